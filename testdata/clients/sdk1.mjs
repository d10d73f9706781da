// The first line of the TypeScript SDK, 1.x: one package under any name, the 2025 era.

export async function connect(spec, heard) {
  const load = (path) => import(`${spec.sdk}/${path}`);
  const [{ Client }, types] = await Promise.all([load("client/index.js"), load("types.js")]);
  const client = new (remembering(Client))({ name: spec.name, version: "1" }, { capabilities: capabilities(types) });
  client.onerror = ({ message }) => heard.faults.push(message);
  client.setRequestHandler(types.CreateMessageRequestSchema, ({ params }) => heard.sample(params));
  if (types.ElicitRequestSchema) client.setRequestHandler(types.ElicitRequestSchema, ({ params }) => heard.elicit(params));
  client.setNotificationHandler(types.LoggingMessageNotificationSchema, ({ params }) => heard.log(params));
  // Not the SDK's own onprogress, which drops a notification that comes in one piece with the answer.
  client.setNotificationHandler(types.ProgressNotificationSchema, ({ params }) => heard.progress(params));
  client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, ({ params }) => heard.updated(params.uri));
  const transport = await dial(spec, load);
  await client.connect(transport);
  await client.setLoggingLevel("info");
  return session(client, transport, types);
}

// remembering makes a client remember which version was agreed on, which not all versions tell.
const remembering = (Client) =>
  class extends Client {
    async request(request, ...rest) {
      const answer = await super.request(request, ...rest);
      if (request.method === "initialize") this.protocol = answer.protocolVersion;
      return answer;
    }
  };

// Versions before 1.13 cannot be asked to fill in a form.
const capabilities = (types) => ({ sampling: {}, ...(types.ElicitRequestSchema && { elicitation: {} }) });

async function dial({ url, key, command }, load) {
  if (command) {
    const { StdioClientTransport } = await load("client/stdio.js");
    return new StdioClientTransport({ command: command[0], args: command.slice(1), stderr: "inherit" });
  }
  const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

function session(client, transport, types) {
  return {
    protocol: client.protocol,
    tools: async () => (await client.listTools()).tools,
    resources: async () => (await client.listResources()).resources,
    templates: async () => (await client.listResourceTemplates()).resourceTemplates,
    prompts: async () => (await client.listPrompts()).prompts,
    call: (name, args = {}, meta = {}, signal) =>
      client.callTool({ name, arguments: args, _meta: meta }, types.CallToolResultSchema, { signal }),
    read: (uri) => client.readResource({ uri }),
    prompt: (name, args) => client.getPrompt({ name, arguments: args }),
    async subscribe(uri) {
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
    async close() {
      await transport.terminateSession?.();
      await client.close();
    },
  };
}
