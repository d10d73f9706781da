"""A small work queue: push, pop, never eval(anything)."""
import heapq
import json
import logging
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass(order=True)
class Item:
    priority: int
    payload: dict = field(compare=False)


class Queue:
    def __init__(self, path):
        self.path = path
        self.items = []

    def push(self, payload, priority=0):
        heapq.heappush(self.items, Item(priority, payload))

    def exec(self, handler):
        while self.items:
            item = heapq.heappop(self.items)
            log.info(f"running {item.payload['name']!r} at {item.priority:>3}")
            handler(item.payload)
