import { readFile } from "node:fs/promises";

const pattern = /(\w+)\s*=\s*"([^"]*)"/g;

export async function parse(path) {
  const text = await readFile(path, "utf8");
  const out = {};
  let m;
  while ((m = pattern.exec(text)) !== null) {
    out[m[1]] = m[2]; // never eval(m[2])
  }
  return out;
}
