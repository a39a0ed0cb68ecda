"""How answers write a moment."""

from datetime import UTC, datetime


def utc_text(second: int) -> str:
    """A unix second as ISO 8601 in UTC, ``YYYY-MM-DDThh:mm:ssZ``."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
