"""A refused value as an answer may show it: short, and in the words of JSON. Of what is not simple, its type alone."""

from typing import Any

_MOST = 40


def shown(value: Any) -> str:
    """What came in the place of what was expected."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)[:_MOST]
        case bytes():
            return value[:_MOST].decode("utf-8", "replace")
        case dict():
            return "an object"
        case list() | tuple():
            return "an array"
    return "another type"
