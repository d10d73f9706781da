"""The second line of the Python SDK, 2.x: both eras."""

import warnings
from contextlib import AsyncExitStack, asynccontextmanager

import anyio
import httpx2
import mcp_types as types
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPDeprecationWarning

MODERN = "2026-07-28"


@asynccontextmanager
async def connect(spec, listener):
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    session = Session(listener, spec["era"] == "modern")
    async with AsyncExitStack() as stack:
        client = Client(
            await dial(spec, stack),
            client_info=types.Implementation(name=spec["name"], version="1"),
            mode=MODERN if session.modern else "legacy",
            log_level="info",
            elicitation_callback=session.elicit,
            sampling_callback=session.sample,
            logging_callback=session.log,
            message_handler=session.message,
        )
        session.client = await stack.enter_async_context(client)
        session.protocol = client.protocol_version
        if not session.modern:
            await client.set_logging_level("info")
        yield session


async def dial(spec, stack):
    if "command" in spec:
        command, *args = spec["command"]
        return StdioServerParameters(command=command, args=args)
    if not spec.get("key"):
        return spec["url"]
    headers = {"Authorization": f"Bearer {spec['key']}"}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(30, read=300)))
    return streamable_http_client(spec["url"], http_client=http)


class Session:
    def __init__(self, listener, modern):
        self.listener = listener
        self.modern = modern
        self.faults = []

    async def elicit(self, _context, _params):
        return types.ElicitResult(action="accept", content=self.listener.form)

    async def sample(self, _context, _params):
        content = types.TextContent(type="text", text=self.listener.sampled)
        return types.CreateMessageResult(model="none", role="assistant", content=content)

    async def log(self, params):
        self.listener.log(params.data)

    async def message(self, message):
        if isinstance(message, Exception):
            self.faults.append(repr(message))
        elif isinstance(message, types.ResourceUpdatedNotification):
            self.listener.updated(str(message.params.uri))

    async def tools(self):
        return (await self.client.list_tools()).tools

    async def resources(self):
        return (await self.client.list_resources()).resources

    async def templates(self):
        return [template.uri_template for template in (await self.client.list_resource_templates()).resource_templates]

    async def prompts(self):
        return (await self.client.list_prompts()).prompts

    async def call(self, name, arguments=None, progress=None):
        return await self.client.call_tool(name, arguments or {}, progress_callback=progress)

    async def read(self, uri):
        return await self.client.read_resource(uri)

    async def prompt(self, name, arguments):
        return await self.client.get_prompt(name, arguments)

    @asynccontextmanager
    async def subscribed(self, uri, listener):
        if self.modern:
            async with self.client.listen(resource_subscriptions=[uri]) as events:

                async def event():
                    return str((await anext(events)).uri)

                yield event
            return
        told, changed = [], anyio.Event()

        def updated(which):
            told.append(which)
            changed.set()

        async def wait():
            await changed.wait()
            return told[0]

        listener.updated = updated
        await self.client.subscribe_resource(uri)
        yield wait
        await self.client.unsubscribe_resource(uri)

    async def cancel(self):
        """Does nothing: this line of the SDK tells the server by itself when the task that waits is cancelled."""
