const fs = require("node:fs");
fs.rmSync(dir, { recursive: true, force: true });
