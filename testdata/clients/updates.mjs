// A resource that changes, as the official TypeScript SDK sees it, old or new:
//
//   node updates.mjs '{"sdk": "@modelcontextprotocol/client", "era": "modern", "name": "ada", "url": "http://…",
//                      "uri": "policy://active", "times": 2}'
//
// sdk, era, name, url, key and command are as in walk.mjs. It subscribes to the resource and prints what it reads, one line of
// JSON each time: at first, and whenever it was told of a change, which it is so many times.

const adapters = { "@modelcontextprotocol/client": "./sdk2.mjs" };

async function main(spec) {
  const told = [];
  let wake = () => {};
  const unasked = () => {
    throw new Error("not asked for");
  };
  const heard = {
    elicit: unasked,
    sample: unasked,
    log: () => {},
    progress: () => {},
    updated: (uri) => {
      told.push(uri);
      wake();
    },
    faults: [],
  };
  const { connect } = await import(adapters[spec.sdk] ?? "./sdk1.mjs");
  const session = await connect(spec, heard);
  const unsubscribe = await session.subscribe(spec.uri);
  const show = async (updated) => {
    const { contents } = await session.read(spec.uri);
    console.log(JSON.stringify({ updated, text: contents[0].text, faults: heard.faults }));
  };
  await show("");
  for (let n = 0; n < spec.times; n++) {
    while (told.length === 0) await new Promise((resolve) => (wake = resolve));
    await show(told.splice(0).at(-1));
  }
  await unsubscribe();
  await session.close();
}

await main(JSON.parse(process.argv[2]));
