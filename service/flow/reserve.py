"""reserve: a place in the status list for a credential that is about to be signed, since the place is a part of it.

Until it is issued the place counts as invalid. A draft that is refused gives its place back: nobody has seen it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.flow.claim_ports import ClaimStore


@contextmanager
def reserved_place(store: ClaimStore, kind: str, owner: int) -> Iterator[int]:
    """A place of one's own; free again unless a credential was saved in it. A crash leaves it reserved for ever."""
    with store.claims() as claims:
        index = claims.reserve_status(kind, owner, int(time.time()))
    try:
        yield index
    finally:
        with store.claims() as claims:
            claims.free_status(index)
