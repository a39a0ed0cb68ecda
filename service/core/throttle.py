"""How long one who guesses has to wait: a few free tries, then twice as long after each.

A try is charged before it is judged, so that many at once are not free. A right one gives it back.
"""

from dataclasses import dataclass, replace

FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS = 5, 30
"""Behind one address may sit a whole office."""
MOST_SECONDS = 900
FORGET_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries of one account or address that were not right. Times in unix seconds."""

    count: int = 0
    last_at: int = 0
    blocked_until: int = 0


def seconds_to_wait(tries: Tries, now: int) -> int:
    """0 if the next try may be made now."""
    return max(0, tries.blocked_until - now)


def charge(tries: Tries, free: int, now: int) -> Tries:
    """With one more try."""
    count = 1 if now - tries.last_at > FORGET_SECONDS else tries.count + 1
    over = count - free
    delay = 0 if over < 1 else min(2 ** min(over - 1, 20), MOST_SECONDS)
    return Tries(count, now, now + delay)


def give_back(tries: Tries, now: int) -> Tries:
    """Without the try that was right."""
    return replace(tries, count=max(0, tries.count - 1), blocked_until=now)
