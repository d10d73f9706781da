"""The first line of the Python SDK, 1.x: the 2025 era."""

from contextlib import asynccontextmanager

import anyio
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from pydantic import AnyUrl


@asynccontextmanager
async def connect(spec, listener):
    if "command" in spec:
        command, *args = spec["command"]
        wire = stdio_client(StdioServerParameters(command=command, args=args))
    else:
        headers = {"Authorization": f"Bearer {spec['key']}"} if spec.get("key") else None
        wire = streamablehttp_client(spec["url"], headers=headers)
    async with wire as (incoming, outgoing, *_):
        session = Session(listener)
        info = types.Implementation(name=spec["name"], version="1")
        async with ClientSession(incoming, outgoing, client_info=info, **session.callbacks()) as session.client:
            session.protocol = (await session.client.initialize()).protocolVersion
            await session.client.set_logging_level("info")
            yield session


class Session:
    def __init__(self, listener):
        self.listener = listener
        self.faults = []

    def callbacks(self):
        callbacks = {"sampling_callback": self.sample, "logging_callback": self.log, "message_handler": self.message}
        if hasattr(types, "ElicitResult"):  # versions before 1.10 cannot be asked to fill in a form
            callbacks["elicitation_callback"] = self.elicit
        return callbacks

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
        elif isinstance(message, types.ServerNotification):
            if isinstance(message.root, types.ResourceUpdatedNotification):
                self.listener.updated(str(message.root.params.uri))

    async def tools(self):
        return (await self.client.list_tools()).tools

    async def resources(self):
        return (await self.client.list_resources()).resources

    async def templates(self):
        return [template.uriTemplate for template in (await self.client.list_resource_templates()).resourceTemplates]

    async def prompts(self):
        return (await self.client.list_prompts()).prompts

    async def call(self, name, arguments=None, progress=None):
        return await self.client.call_tool(name, arguments or {}, progress_callback=progress)

    async def read(self, uri):
        return await self.client.read_resource(AnyUrl(uri))

    async def prompt(self, name, arguments):
        return await self.client.get_prompt(name, arguments)

    @asynccontextmanager
    async def subscribed(self, uri, listener):
        told, changed = [], anyio.Event()

        def updated(which):
            told.append(which)
            changed.set()

        async def wait():
            await changed.wait()
            return told[0]

        listener.updated = updated
        await self.client.subscribe_resource(AnyUrl(uri))
        yield wait
        await self.client.unsubscribe_resource(AnyUrl(uri))

    async def cancel(self):
        """Tells the server that the last request is given up, which this line of the SDK leaves to the application."""
        params = types.CancelledNotificationParams(requestId=self.client._request_id - 1, reason="enough")
        notification = types.CancelledNotification(method="notifications/cancelled", params=params)
        await self.client.send_notification(types.ClientNotification(notification))
