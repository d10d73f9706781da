const { execFile } = require("child_process");
const { promisify } = require("util");
const run = promisify(execFile);

async function head(dir) {
  const { stdout } = await run("git", ["-C", dir, "rev-parse", "HEAD"]);
  return stdout.trim();
}

module.exports = { head };
