// One walk through everything that a client does with a server, by the official TypeScript SDK, old or new:
//
//   node walk.mjs '{"sdk": "sdk-1.10", "era": "legacy", "name": "ada", "url": "http://…", "key": "…"}'
//   node walk.mjs '{"sdk": "@modelcontextprotocol/client", "era": "modern", "name": "ada", "command": ["PROGRAM", "ARGUMENT"]}'
//
// `sdk` is the package, `era` legacy or modern, `name` what the client calls itself, `key` a bearer key. The server is the
// one with the conformance suite's surface. One line of JSON says what each step came to; walk.py prints the same for the
// Python SDK. Exit 0 means that the walk was walked to its end, not that every answer was what it should be.

const adapters = { "@modelcontextprotocol/client": "./sdk2.mjs" };
const watched = "test://watched-resource";

// A listener answers what the server asks and hears what it says. Whatever the SDK complains of on the way is a fault.
function listener() {
  return {
    elicit: () => ({ action: "accept", content: { username: "ada", email: "ada@example.org" } }),
    sample: () => ({ model: "none", role: "assistant", content: { type: "text", text: "Paris" } }),
    log: () => {},
    progress: () => {},
    updated: () => {},
    faults: [],
  };
}

// settled lets the handlers of what came together with an answer run: the SDK does not wait for them.
const settled = () => new Promise((resolve) => setImmediate(resolve));

const text = ({ content }) => content.map((block) => block.text).join("\n");

// attempt is what a call answers, or the words with which it is refused.
async function attempt(calling) {
  try {
    return text(await calling);
  } catch (error) {
    return error.message.replace(/^MCP error -?\d+: /, ""); // 1.x puts the code before the words
  }
}

async function listings(session) {
  const names = (items, key) => items.map((item) => item[key]).sort();
  return {
    tools: names(await session.tools(), "name"),
    resources: names(await session.resources(), "uri"),
    templates: names(await session.templates(), "uriTemplate"),
    prompts: names(await session.prompts(), "name"),
  };
}

async function progress(session, heard) {
  const steps = [];
  heard.progress = ({ progress, total, message }) => steps.push({ progress, total, message: message ?? null });
  const answer = text(await session.call("test_tool_with_progress", {}, { progressToken: "steps" }));
  await settled();
  return { steps, answer };
}

async function logs(session, heard) {
  const logged = [];
  heard.log = ({ data }) => logged.push(data);
  const answer = text(await session.call("test_tool_with_logging"));
  await settled();
  return { logged, answer };
}

// update subscribes, has the resource change, and waits to be told.
async function update(session, heard) {
  const told = new Promise((resolve) => (heard.updated = resolve));
  const unsubscribe = await session.subscribe(watched);
  await session.call("test_trigger_resource_change");
  const uri = await told;
  await unsubscribe();
  return uri;
}

// cancel gives up a call that takes a second as soon as it shows that it has begun.
async function cancel(session, heard) {
  const aborter = new AbortController();
  heard.log = () => aborter.abort(new Error("enough"));
  try {
    return text(await session.call("test_reconnection", {}, {}, aborter.signal));
  } catch (error) {
    return aborter.signal.aborted ? "cancelled" : error.message;
  } finally {
    heard.log = () => {};
  }
}

async function walk(session, heard) {
  return {
    protocol: session.protocol,
    ...(await listings(session)),
    call: text(await session.call("test_simple_text")),
    progress: await progress(session, heard),
    logs: await logs(session, heard),
    read: (await session.read("test://template/7/data")).contents[0].text,
    prompt: (await session.prompt("test_prompt_with_arguments", { arg1: "one", arg2: "two" })).messages[0].content.text,
    updated: await update(session, heard),
    cancelled: await cancel(session, heard),
    elicited: await attempt(session.call("test_elicitation", { message: "Who are you?" })),
    sampled: await attempt(session.call("test_sampling", { prompt: "What is the capital of France?" })),
    unknown: await attempt(session.call("nope")),
    faults: heard.faults,
  };
}

async function main(spec) {
  const heard = listener();
  const { connect } = await import(adapters[spec.sdk] ?? "./sdk1.mjs");
  const session = await connect(spec, heard);
  try {
    console.log(JSON.stringify(await walk(session, heard)));
  } finally {
    await session.close();
  }
}

await main(JSON.parse(process.argv[2]));
