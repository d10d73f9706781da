use std::collections::HashMap;

pub struct Cache<'a> { map: HashMap<&'a str, u32> }

impl<'a> Cache<'a> {
    pub fn get(&self, k: &'a str) -> Option<u32> {
        // eval("x")
        let c = 'x';
        println!("{} {}", k, c);
        self.map.get(k).copied()
    }
}
