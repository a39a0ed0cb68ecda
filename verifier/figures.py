"""The figures of a claim as lines of text: names in the reader's language, amounts as its currency writes them."""

from collections.abc import Iterator
from typing import Any

from verifier.currencies import format_minor
from verifier.figure_texts import FIGURE_TEXTS
from verifier.texts import TEXTS, Say

_MINOR = "_minor"
_RANK = {code.removeprefix("figure."): rank for rank, code in enumerate(FIGURE_TEXTS)}
"""Figures are told in the order of their texts: from gross to ceiling, and not by the alphabet."""


def figure_lines(claim: dict[str, Any], say: Say) -> Iterator[str]:
    """Every figure of a claim, one a line, indented below what it is a part of; first what was asked for."""
    for part in ("asked", "figures"):
        if claim.get(part):
            yield say(f"claim.{part}")
            yield from _members(claim[part], say, "  ", "CNY")


def _members(value: dict[str, Any], say: Say, indent: str, currency: str, *, are_minor: bool = False) -> Iterator[str]:
    """``are_minor``: the members are amounts, since the object that holds them is named so."""
    currency = str(value.get("currency", currency))
    for name, member in sorted(value.items(), key=lambda item: _RANK.get(item[0], len(_RANK))):
        label = f"{indent}{_label(name, say)}"
        unit = name if _is_currency(name) else currency
        if isinstance(member, dict):
            if member:
                yield label
                yield from _members(member, say, indent + "  ", unit, are_minor=name.endswith(_MINOR))
        elif isinstance(member, list):
            yield f"{label}: {len(member)}"
            for entry in member:
                if isinstance(entry, dict):
                    yield f"{indent}  -"
                    yield from _members(entry, say, indent + "    ", currency)
                else:
                    yield f"{indent}  - {entry}"
        elif (are_minor or name.endswith(_MINOR)) and isinstance(member, int):
            amount = format_minor(member, unit)
            yield f"{label}: {amount}" if _is_currency(name) else f"{label}: {unit} {amount}"
        else:
            yield f"{label}: {_value(member, say)}"


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isupper()


def _label(name: str, say: Say) -> str:
    code = f"figure.{name}"
    return say(code) if code in TEXTS else name


def _value(value: Any, say: Say) -> str:
    if isinstance(value, bool):
        return say("yes" if value else "no")
    code = f"value.{value}"
    return say(code) if isinstance(value, str) and code in TEXTS else str(value)
