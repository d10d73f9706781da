// The second line of the TypeScript SDK, @modelcontextprotocol/client 2.x: both eras.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const MODERN = "2026-07-28";

export async function connect(spec, heard) {
  const modern = spec.era === "modern";
  const client = new Client(
    { name: spec.name, version: "1" },
    { capabilities: { sampling: {}, elicitation: {} }, versionNegotiation: { mode: modern ? { pin: MODERN } : "legacy" } },
  );
  client.onerror = ({ message }) => heard.faults.push(message);
  client.setRequestHandler("sampling/createMessage", ({ params }) => heard.sample(params));
  client.setRequestHandler("elicitation/create", ({ params }) => heard.elicit(params));
  client.setNotificationHandler("notifications/message", ({ params }) => heard.log(params));
  // Not the SDK's own onprogress, which drops a notification that comes in one piece with the answer.
  client.setNotificationHandler("notifications/progress", ({ params }) => heard.progress(params));
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => heard.updated(params.uri));
  const transport = dial(spec);
  await client.connect(transport);
  if (!modern) await client.setLoggingLevel("info");
  return session(client, transport, modern);
}

function dial({ url, key, command }) {
  if (command) return new StdioClientTransport({ command: command[0], args: command.slice(1), stderr: "inherit" });
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

function session(client, transport, modern) {
  // In the 2026 era each request says which log messages it wants.
  const wanted = modern ? { "io.modelcontextprotocol/logLevel": "info" } : {};
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    tools: async () => (await client.listTools()).tools,
    resources: async () => (await client.listResources()).resources,
    templates: async () => (await client.listResourceTemplates()).resourceTemplates,
    prompts: async () => (await client.listPrompts()).prompts,
    call: (name, args = {}, meta = {}, signal) =>
      client.callTool({ name, arguments: args, _meta: { ...wanted, ...meta } }, { signal }),
    read: (uri) => client.readResource({ uri }),
    prompt: (name, args) => client.getPrompt({ name, arguments: args }),
    async subscribe(uri) {
      if (modern) {
        const subscription = await client.listen({ resourceSubscriptions: [uri] });
        return () => subscription.close();
      }
      await client.subscribeResource({ uri });
      return () => client.unsubscribeResource({ uri });
    },
    async close() {
      if (!modern) await transport.terminateSession?.();
      await client.close();
    },
  };
}
