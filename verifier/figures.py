"""The figures of a claim as lines of text: names in the reader's language, amounts as its currency writes them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from verifier.currencies import format_minor
from verifier.figure_texts import FIGURE_TEXTS
from verifier.texts import TEXTS, Say

_MINOR = "_minor"
_NO_LINES: Mapping[str, str] = MappingProxyType({})
_RATE = "rebate_rate"
_NAMES_FIGURES = "stated_by_exporter"
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,8})?\Z", re.ASCII)
_RANK = {code.removeprefix("figure."): rank for rank, code in enumerate(FIGURE_TEXTS)}
"""Figures are told in the order of their texts: from gross to ceiling, and not by the alphabet."""


def figure_lines(claim: dict[str, Any], say: Say, line_by_lot: Mapping[str, str] = _NO_LINES) -> Iterator[str]:
    """Every figure of a claim, one a line, indented below what it is a part of; first what was asked for.

    ``line_by_lot``: the proven lines, by the hex of their lots, in words.
    """
    teller = _Teller(say, line_by_lot)
    for part in ("asked", "figures"):
        if claim.get(part):
            yield say(f"claim.{part}")
            yield from teller.members(claim[part], "  ", "CNY")


@dataclass(frozen=True, slots=True)
class _Teller:
    say: Say
    line_by_lot: Mapping[str, str]

    def members(self, value: dict[str, Any], indent: str, currency: str, *, are_minor: bool = False) -> Iterator[str]:
        """``are_minor``: the members are amounts, since the object that holds them is named so."""
        currency = str(value.get("currency", currency))
        for name, member in sorted(value.items(), key=lambda item: _RANK.get(item[0], len(_RANK))):
            label = f"{indent}{self._label(name)}"
            unit = name if _is_currency(name) else currency
            if isinstance(member, dict):
                if member:
                    yield label
                    yield from self.members(member, indent + "  ", unit, are_minor=name.endswith(_MINOR))
            elif isinstance(member, list):
                yield f"{label}: {len(member)}"
                yield from self._entries(name, member, indent, currency)
            elif (are_minor or name.endswith(_MINOR)) and isinstance(member, int):
                amount = format_minor(member, unit)
                yield f"{label}: {amount}" if _is_currency(name) else f"{label}: {unit} {amount}"
            else:
                yield f"{label}: {self._value(name, member)}"

    def _entries(self, name: str, entries: list[Any], indent: str, currency: str) -> Iterator[str]:
        for entry in entries:
            if isinstance(entry, dict):
                yield f"{indent}  -"
                yield from self.members(entry, indent + "    ", currency)
            elif name == _NAMES_FIGURES:
                yield f"{indent}  - {self._label(str(entry))}"
            else:
                yield f"{indent}  - {self._value(name, entry)}"

    def _label(self, name: str) -> str:
        code = f"figure.{name}"
        return self.say(code) if code in TEXTS else self._with_line(name)

    def _value(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if not isinstance(value, str):
            return str(value)
        if name == _RATE:
            return _percent(value)
        code = f"value.{value}"
        return self.say(code) if code in TEXTS else self._with_line(self.say("as_it_is", value=value))

    def _with_line(self, words: str) -> str:
        line = self.line_by_lot.get(words)
        return words if line is None else f"{words} ({line})"


def _percent(rate: str) -> str:
    """A rate such as 0.13 as people say it; as it stands if it is none."""
    if not _DECIMAL.match(rate):
        return rate
    hundredfold = Fraction(rate) * 100
    whole = hundredfold.numerator // hundredfold.denominator
    digits = f"{(hundredfold - whole) * 10**6 // 1:06d}".rstrip("0")
    return f"{whole}.{digits}%" if digits else f"{whole}%"


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isupper()
