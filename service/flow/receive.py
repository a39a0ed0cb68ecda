"""receive: take posted events in, decide each one, seal and save the accepted ones. All in one transaction.

Repeating is safe: the same id with the same payload is a duplicate and changes nothing; the same id with another
payload is refused. An event that waits for another one is held, and applied when that one comes.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.core.errors import RefusedError
from service.core.events import EventIn
from service.flow.capture_group import Group, Random, Result
from service.flow.ports import Capture, CaptureStore


@dataclass(frozen=True, slots=True)
class Post:
    """The events of one request."""

    party: int
    events: Sequence[EventIn | RefusedError]


def receive(
    store: CaptureStore, posts: Sequence[Post], now: datetime, random: Random = os.urandom
) -> list[list[Result]]:
    """Decide the events of several requests, in order, and save the outcome. One list of results for each post.

    After it returns, whatever it called accepted or held is durable.
    """
    with store.capture() as capture:
        group = Group(capture, now, random)
        group.load([(post.party, event) for post in posts for event in post.events if isinstance(event, EventIn)])
        results = [[group.decide(post.party, event) for event in post.events] for post in posts]
        group.save()
    return results


def wake(capture: Capture, place: str, now: datetime) -> None:
    """Try again, in a capture that is open, what waits in a place that something else than an event has changed."""
    group = Group(capture, now, os.urandom)
    group.wake(place)
    group.save()
