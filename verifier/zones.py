"""Times as they are printed: UTC; for a reader of Chinese Beijing time, and UTC behind it."""

import re
from datetime import UTC, datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TIME = re.compile(r"(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def show_time(unix_seconds: int) -> str:
    """A time as texts print it; the bare number where there is no such date."""
    try:
        return datetime.fromtimestamp(unix_seconds, UTC).strftime(_FORMAT)
    except (OverflowError, ValueError, OSError):
        return str(unix_seconds)


def in_zones(words: str, language: str) -> str:
    """Words, with every time in them as a reader of the language dates."""
    return _TIME.sub(_in_both_zones, words) if language == "zh" else words


def _in_both_zones(found: re.Match[str]) -> str:
    try:
        time = datetime.fromisoformat(found[0])
        beijing, utc = time.astimezone(_BEIJING), time.astimezone(UTC)
    except (OverflowError, ValueError):
        return found[0]
    return f"{_plain(beijing)} (UTC+8) · {_plain(utc)} (UTC)"


def _plain(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(" ")
