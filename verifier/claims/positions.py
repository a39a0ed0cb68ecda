"""Which positions of a lot a kind of claim uses up.

A kind begins from events of its own (``roots``: sales, entries, losses) and takes with each of them whatever follows on
it and lessens it. What follows on a root of another claim is that claim's.
"""

from verifier.claims.case import Case, LotStory, Told
from verifier.claims.kinds import ClaimKind


def positions_for(kind: ClaimKind, case: Case, lot: LotStory, used: frozenset[int]) -> frozenset[int]:
    """What a new claim takes: every root that is not used and not taken back, with all that follows on it."""
    roots = [event for event in lot.events if event.kind in kind.roots and event.position not in used]
    standing = [root for root in roots if not lot.is_taken_back(root) and not _follows(kind, lot, root)]
    return frozenset(position for root in standing for position in _with_followers(kind, lot, root))


def follow_ups(kind: ClaimKind, lot: LotStory, taken: frozenset[int]) -> frozenset[int]:
    """What has followed on a claim's positions since, and is not among them."""
    roots = [lot.events[position] for position in taken if lot.events[position].kind in kind.roots]
    return frozenset(position for root in roots for position in _with_followers(kind, lot, root)) - taken


def _follows(kind: ClaimKind, lot: LotStory, event: Told) -> bool:
    """Whether an event comes with another one, or not at all: the reversal of a loss is a root of its kind too."""
    return event.target is not None and lot.events[event.target].kind in kind.consumed


def _with_followers(kind: ClaimKind, lot: LotStory, event: Told) -> list[int]:
    found = [event.position]
    for follower in lot.followers(event):
        if follower.kind in kind.consumed:
            found += _with_followers(kind, lot, follower)
    return found
