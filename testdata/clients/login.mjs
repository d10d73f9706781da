// The official TypeScript client logs in to a server that wants OAuth tokens, as an application with a browser would:
//
//   node login.mjs '{"url": …, "era": "modern" or "legacy", "expire": URL, "calls": [{"name": …, "arguments": …}, …]}'
//
// The browser is a fetch that does not follow the redirect. After the calls its token is replaced by an expired one, which
// expire makes of it, and the first call is made again: the client must renew it by itself. It prints one line of JSON:
// {tools, results, renewed, scopes, logins}.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

const spec = JSON.parse(process.argv[2]);

class Provider {
  logins = 0;
  scopes = [];
  redirectUrl = "http://localhost:8765/callback";
  clientMetadata = {
    client_name: "login.mjs",
    redirect_uris: [this.redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation() {
    return this.client;
  }
  saveClientInformation(client) {
    this.client = client;
  }
  tokens() {
    return this.saved;
  }
  saveTokens(tokens) {
    this.saved = tokens;
  }
  codeVerifier() {
    return this.verifier;
  }
  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }
  async redirectToAuthorization(url) {
    this.logins++;
    this.scopes.push(url.searchParams.get("scope"));
    const answer = await fetch(url, { redirect: "manual" });
    const to = answer.headers.get("location");
    if (!to) throw new Error(`the issuer does not redirect: ${answer.status} ${await answer.text()}`);
    this.answer = new URL(to).searchParams;
  }
}

const provider = new Provider();

function dial() {
  const modern = spec.era === "modern";
  const client = new Client({ name: "login", version: "1" }, { versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" } });
  return { client, transport: new StreamableHTTPClientTransport(new URL(spec.url), { authProvider: provider }) };
}

// attempt does something, and once more after the person has agreed.
async function attempt(transport, what) {
  try {
    return await what();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport().finishAuth(provider.answer);
    return what();
  }
}

let current;
await attempt(
  () => current.transport,
  async () => {
    current = dial();
    await current.client.connect(current.transport);
  },
);
const { client, transport } = current;
const call = (c) => attempt(() => transport, () => client.callTool(c));
const tools = (await client.listTools()).tools.map((t) => t.name);
const results = [];
for (const c of spec.calls) results.push((await call(c)).content[0].text);
const fresh = provider.saved.access_token;
provider.saved = { ...provider.saved, access_token: await (await fetch(spec.expire, { method: "POST", body: fresh })).text() };
const logins = provider.logins;
const again = (await call(spec.calls[0])).content[0].text;
const renewed = again === results[0] && provider.logins === logins && provider.saved.access_token !== fresh;
await client.close();
console.log(JSON.stringify({ tools, results, renewed, scopes: provider.scopes, logins }));
