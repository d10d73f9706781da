// A tiny stdio server, for the test of sdk-client.mjs only: one tool, one resource, one template and one prompt.

import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "echo", version: "1.2.3" }, { instructions: "Say something." });

server.registerTool(
  "echo",
  { description: "Returns its text.", inputSchema: { text: z.string() }, outputSchema: { text: z.string() } },
  ({ text }) => ({ content: [{ type: "text", text }], structuredContent: { text } }),
);

server.registerTool(
  "refuse",
  { description: "Always answers with an error.", inputSchema: {} },
  () => ({ content: [{ type: "text", text: "no" }], isError: true }),
);

const read = (uri) => ({ contents: [{ uri: uri.href, text: `at ${uri.href}` }] });
server.registerResource("here", "test://here", {}, read);
server.registerResource("there", new ResourceTemplate("test://there/{name}", { list: undefined }), {}, read);

server.registerPrompt("greet", { argsSchema: { name: z.string() } }, ({ name }) => ({
  messages: [{ role: "user", content: { type: "text", text: `Greet ${name}.` } }],
}));

await server.connect(new StdioServerTransport());
