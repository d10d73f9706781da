fn c() { let b = reqwest::Client::builder().danger_accept_invalid_certs(true); }
