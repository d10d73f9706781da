"""One walk through everything that a client does with a server, by the official Python SDK, old or new.

    python3 walk.py '{"era": "legacy", "name": "ada", "url": "http://…", "key": "…"}'
    python3 walk.py '{"era": "modern", "name": "ada", "command": ["PROGRAM", "ARGUMENT"]}'

The SDK is the one on PYTHONPATH. What the members mean and what is printed is as in walk.mjs, which does the same with
the TypeScript SDK: one line of JSON that says what each step came to.
"""

import importlib
import importlib.metadata
import json
import sys

import anyio

WATCHED = "test://watched-resource"
PLACES = {"arg1": "one", "arg2": "two"}


class Listener:
    """Answers what the server asks and hears what it says."""

    form = {"username": "ada", "email": "ada@example.org"}
    sampled = "Paris"

    def __init__(self):
        self.log = self.progress = self.updated = lambda *_: None


def text(result):
    return "\n".join(block.text for block in result.content)


async def attempt(calling):
    """What a call answers, or the words with which it is refused."""
    try:
        return text(await calling)
    except Exception as refusal:
        return str(getattr(refusal, "error", refusal).message)


async def listings(session):
    return {
        "tools": sorted(tool.name for tool in await session.tools()),
        "resources": sorted(str(resource.uri) for resource in await session.resources()),
        "templates": sorted(await session.templates()),
        "prompts": sorted(prompt.name for prompt in await session.prompts()),
    }


async def heard(what, many):
    """Waits until so much was heard: newer SDKs run the handlers of what came before an answer after it."""
    with anyio.move_on_after(5):
        while len(what) < many:
            await anyio.sleep(0.01)
    return what


async def progress(session):
    steps = []

    async def step(done, total, message):
        steps.append({"progress": done, "total": total, "message": message})

    answer = text(await session.call("test_tool_with_progress", progress=step))
    return {"steps": await heard(steps, 3), "answer": answer}


async def logs(session, listener):
    logged = []
    listener.log = logged.append
    answer = text(await session.call("test_tool_with_logging"))
    return {"logged": await heard(logged, 3), "answer": answer}


async def update(session, listener):
    """Subscribes, has the resource change, and waits to be told."""
    async with session.subscribed(WATCHED, listener) as told:
        await session.call("test_trigger_resource_change")
        return await told()


async def cancel(session, listener):
    """Gives up a call that takes a second as soon as it shows that it has begun."""
    begun = anyio.Event()
    listener.log = lambda _: begun.set()
    answers = []

    async def call():
        answers.append(text(await session.call("test_reconnection")))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await begun.wait()
        await session.cancel()
        tasks.cancel_scope.cancel()
    listener.log = lambda _: None
    return answers[0] if answers else "cancelled"


async def walk(session, listener):
    return {
        "protocol": session.protocol,
        **await listings(session),
        "call": text(await session.call("test_simple_text")),
        "progress": await progress(session),
        "logs": await logs(session, listener),
        "read": (await session.read("test://template/7/data")).contents[0].text,
        "prompt": (await session.prompt("test_prompt_with_arguments", PLACES)).messages[0].content.text,
        "updated": await update(session, listener),
        "cancelled": await cancel(session, listener),
        "elicited": await attempt(session.call("test_elicitation", {"message": "Who are you?"})),
        "sampled": await attempt(session.call("test_sampling", {"prompt": "What is the capital of France?"})),
        "unknown": await attempt(session.call("nope")),
        "faults": session.faults,
    }


async def main(spec):
    listener = Listener()
    line = importlib.metadata.version("mcp").partition(".")[0]
    sdk = importlib.import_module("sdk" + line)
    async with sdk.connect(spec, listener) as session:
        print(json.dumps(await walk(session, listener)))


anyio.run(main, json.loads(sys.argv[1]))
