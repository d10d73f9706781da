// Shows that sdk-client.mjs reports what a server says: `node --test` here, or `make test` above.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

function run(steps, command) {
  return new Promise((resolve) => {
    const args = ["sdk-client.mjs", ...steps.map((step) => JSON.stringify(step)), "--", ...command];
    execFile(process.execPath, args, { cwd: here, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

const echo = [process.execPath, "echo-server.mjs"];

test("a whole conversation is one line", async () => {
  const { code, stdout, stderr } = await run(
    [
      { method: "tools/call", params: { name: "echo", arguments: { text: "hi" } } },
      { method: "tools/call", params: { name: "refuse", arguments: {} } },
      { method: "resources/read", params: { uri: "test://there/x" } },
      { method: "resources/read", params: { uri: "test://nowhere" } },
      { method: "prompts/get", params: { name: "greet", arguments: { name: "Ada" } } },
      { method: "ping" },
    ],
    echo,
  );
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trimEnd().split("\n").length, 1);
  const report = JSON.parse(stdout);
  assert.deepEqual(report.server, { name: "echo", version: "1.2.3" });
  assert.equal(report.instructions, "Say something.");
  assert.deepEqual(report.tools.map((tool) => tool.name), ["echo", "refuse"]);
  assert.deepEqual(report.resources.map((resource) => resource.uri), ["test://here"]);
  assert.deepEqual(report.resourceTemplates.map((template) => template.uriTemplate), ["test://there/{name}"]);
  assert.deepEqual(report.prompts.map((prompt) => prompt.name), ["greet"]);
  const [said, refused, there, nowhere, greeting, pong] = report.steps;
  assert.deepEqual(said.result.structuredContent, { text: "hi" });
  assert.equal(refused.result.isError, true);
  assert.equal(there.result.contents[0].text, "at test://there/x");
  assert.equal(nowhere.error.code, -32602);
  assert.equal(greeting.result.messages[0].content.text, "Greet Ada.");
  assert.deepEqual(pong.result, {});
});

test("a server that does not start is a failure", async () => {
  const { code, stdout } = await run([], [process.execPath, "--eval", "process.exit(3)"]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
});

test("a wrong command line says what is right", async () => {
  for (const [steps, command] of [[[], []], [[{ method: "tools/cal" }], echo]]) {
    const { code, stderr } = await run(steps, command);
    assert.equal(code, 2);
    assert.match(stderr, /usage|known are/);
  }
});
