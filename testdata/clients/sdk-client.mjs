// The official TypeScript SDK's client, driven from the command line:
//
//   node sdk-client.mjs [STEP…] -- COMMAND [ARGUMENT…]
//
// It starts COMMAND as a stdio server, initializes, lists everything the server's capabilities announce (every page),
// carries out each STEP in order, closes, and prints one line of JSON:
//
//   {server, capabilities, instructions, tools, resources, resourceTemplates, prompts, steps}
//
// A STEP is {"method": …, "params": …}; its outcome in `steps` is {result} or {error: {code, message}}, so that a
// refusal is something a test can look at. Exit 0 means that the conversation took place, 1 that it did not, 2 that
// the command line was wrong. What the server writes to stderr passes through.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

// The SDK's own method for each step: it checks answers against the protocol's and the tool's schemas as it does for
// any application, which a raw request would not.
const perform = {
  "tools/call": (client, params) => client.callTool(params),
  "resources/read": (client, params) => client.readResource(params),
  "resources/subscribe": (client, params) => client.subscribeResource(params),
  "resources/unsubscribe": (client, params) => client.unsubscribeResource(params),
  "prompts/get": (client, params) => client.getPrompt(params),
  "completion/complete": (client, params) => client.complete(params),
  "logging/setLevel": (client, params) => client.setLoggingLevel(params.level),
  ping: (client) => client.ping(),
};

class UsageError extends Error {}

// parse splits the command line at "--".
function parse(args) {
  const split = args.indexOf("--");
  if (split < 0 || split + 1 === args.length) {
    throw new UsageError("usage: node sdk-client.mjs [STEP…] -- COMMAND [ARGUMENT…]");
  }
  return { steps: args.slice(0, split).map(parseStep), command: args[split + 1], args: args.slice(split + 2) };
}

function parseStep(text) {
  const step = JSON.parse(text);
  if (!Object.hasOwn(perform, step.method)) {
    throw new UsageError(`step ${text}: unknown method; known are ${Object.keys(perform).join(", ")}`);
  }
  return step;
}

// everyPage follows cursors to the end; a server that repeats a cursor is a fault, not an endless loop.
async function everyPage(key, page) {
  const items = [];
  const seen = new Set();
  for (let cursor; ; ) {
    const answer = await page(cursor === undefined ? {} : { cursor });
    items.push(...answer[key]);
    cursor = answer.nextCursor;
    if (cursor === undefined) return items;
    if (seen.has(cursor)) throw new Error(`listing ${key}: cursor ${cursor} came twice`);
    seen.add(cursor);
  }
}

async function listings(client, capabilities) {
  const found = {};
  if (capabilities.tools) found.tools = await everyPage("tools", (page) => client.listTools(page));
  if (capabilities.resources) {
    found.resources = await everyPage("resources", (page) => client.listResources(page));
    found.resourceTemplates = await everyPage("resourceTemplates", (page) => client.listResourceTemplates(page));
  }
  if (capabilities.prompts) found.prompts = await everyPage("prompts", (page) => client.listPrompts(page));
  return found;
}

async function outcome(client, step) {
  try {
    return { result: await perform[step.method](client, step.params) };
  } catch (error) {
    return { error: { code: error.code, message: error.message } };
  }
}

async function converse({ steps, command, args }) {
  const client = new Client({ name: "mcp-kernel-sdk-client", version: "1.0.0" });
  await client.connect(new StdioClientTransport({ command, args, stderr: "inherit" }));
  try {
    const capabilities = client.getServerCapabilities();
    const report = {
      server: client.getServerVersion(),
      capabilities,
      instructions: client.getInstructions(),
      ...(await listings(client, capabilities)),
      steps: [],
    };
    for (const step of steps) report.steps.push(await outcome(client, step));
    return report;
  } finally {
    await client.close();
  }
}

try {
  console.log(JSON.stringify(await converse(parse(process.argv.slice(2)))));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError || error instanceof SyntaxError ? 2 : 1;
}
