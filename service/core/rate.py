"""How often somebody may ask: so many at once, then as many a minute (a token bucket, kept as one number a name).

Pure: the caller brings the time. The number is the theoretical arrival time of the generic cell rate algorithm (ITU-T
I.371): the moment at which the bucket is full again.
"""

MAX_NAMES = 50_000
"""Names that are remembered; who floods us with names makes us forget the oldest, and costs no more memory."""


class Rate:
    """What each name has used up of ``per_minute``."""

    def __init__(self, per_minute: int, max_names: int = MAX_NAMES) -> None:
        self.per_minute = per_minute
        self._step_seconds = 60 / per_minute
        self._slack_seconds = 60 - self._step_seconds
        self._full_at: dict[bytes, float] = {}
        self._max_names = max_names

    @property
    def names(self) -> int:
        """How many are remembered."""
        return len(self._full_at)

    def wait(self, name: bytes, now: float) -> float:
        """Seconds until the name may ask; 0 if it may ask now."""
        return max(0.0, self._full_at.get(name, now) - now - self._slack_seconds)

    def take(self, name: bytes, now: float) -> float:
        """The same; and it counts, unless it has to wait."""
        full_at = self._full_at.get(name)
        if full_at is None:
            self._make_room(now)
            full_at = now
        seconds = full_at - now - self._slack_seconds
        if seconds > 0:
            return seconds
        self._full_at[name] = max(full_at, now) + self._step_seconds
        return 0.0

    def _make_room(self, now: float) -> None:
        """A full bucket is the same as none; if that is not enough, the oldest go, a tenth at once."""
        if len(self._full_at) < self._max_names:
            return
        self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        surplus = len(self._full_at) - self._max_names * 9 // 10
        for name in list(self._full_at)[: max(0, surplus)]:
            del self._full_at[name]
