// Calls of tools that a person must agree to, by the official TypeScript SDK, old or new:
//
//   node ask.mjs '{"sdk": "@modelcontextprotocol/client", "era": "modern", "name": "ada", "url": "http://…", "key": "…",
//                  "answers": [{"action": "accept", "content": {"approve": true}}], "sampled": "…",
//                  "calls": [{"name": "…", "arguments": {}}]}'
//
// sdk, era, name, url, key and command are as in walk.mjs. The calls are made one after the other; what the server asks is
// answered with the next of `answers`, or with a dismissal when there are no more; for `sampled` the client's model says that. One line of JSON says what was asked, and
// what each call came to.

const adapters = { "@modelcontextprotocol/client": "./sdk2.mjs" };

const text = ({ content }) => content.map((block) => block.text).join("\n");

async function main(spec) {
  const asked = [];
  const answers = [...spec.answers];
  const heard = {
    elicit: ({ message }) => {
      asked.push(message);
      return answers.shift() ?? { action: "cancel" };
    },
    sample: ({ messages }) => {
      if (!spec.sampled) throw new Error("not asked for");
      asked.push(messages.at(-1).content.text);
      return { role: "assistant", model: "m", content: { type: "text", text: spec.sampled } };
    },
    log: () => {},
    progress: () => {},
    updated: () => {},
    faults: [],
  };
  const { connect } = await import(adapters[spec.sdk] ?? "./sdk1.mjs");
  const session = await connect(spec, heard);
  const said = [];
  for (const call of spec.calls) {
    try {
      said.push(text(await session.call(call.name, call.arguments)));
    } catch (error) {
      said.push(`refused: ${error.message}`);
    }
  }
  await session.close();
  console.log(JSON.stringify({ asked, said, faults: heard.faults }));
}

await main(JSON.parse(process.argv[2]));
