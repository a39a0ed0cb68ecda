"""The sheet of a kind that has none of its own: every figure of its claim, laid out by its shape.

Plain figures lead. Figures of several things, such as currencies, stand in columns beside each other where there is
room; a list of records is a table; whatever fits no table is listed, one figure a line. Names, values and their order
are those of ``verifier.figure_texts``; a lot goes by its line where that is shown. Nothing is left out or computed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.core.sheet import (
    Cell,
    Column,
    Figure,
    Sheet,
    Table,
    Words,
    count,
    find_said,
    line_text,
    money,
    party,
    said,
)
from verifier.figure_texts import FIGURE_TEXTS
from verifier.record import lot_to_hex
from verifier.report import Statement

_PREFIX = "urn:cangsu:vct:"
_RANKS = {code.removeprefix("figure."): rank for rank, code in enumerate(FIGURE_TEXTS)}
_ITEM, _FIGURE = Words("项目", "Item"), Words("数据", "Figure")
_LEADING = ("ceiling_minor", "remaining_minor")
"""Amounts that lead although they stand in a part: what a bank looks for first."""
_MAX_COLUMNS = 7
_MAX_ACROSS = 4
_MAX_LEADING_LETTERS = 40
_LONG_TABLE = 12


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One figure: the names that lead to it, its value, and its currency if it is an amount."""

    path: tuple[str, ...]
    value: Any
    currency: str | None

    def cell(self) -> Cell:
        """The figure as it is printed."""
        if isinstance(self.value, bool):
            return said("yes" if self.value else "no")
        if isinstance(self.value, int):
            return count(self.value) if self.currency is None else money(self.value, self.currency)
        return find_said(f"value.{self.value}", str(self.value) or "-")

    def leads(self) -> bool:
        """Whether it belongs to what is read first."""
        if len(self.path) == 1:
            return not isinstance(self.value, str) or len(self.value) <= _MAX_LEADING_LETTERS
        return self.path[-1] in _LEADING


def plain_sheet(statement: Statement) -> Sheet:
    """Every figure of a claim; then what was asked for."""
    name = statement.vct.removeprefix(_PREFIX).split(":")[0]
    claim = statement.claim
    leaves = _named(_leaves((), claim.get("figures", {}), "CNY"), statement)
    leading = [Figure(_label((leaf.path[-1], *leaf.path[1:-1])), leaf.cell()) for leaf in leaves if leaf.leads()]
    tables = [table for part in dict.fromkeys(leaf.path[0] for leaf in leaves) for table in _tables(part, leaves)]
    tables.sort(key=lambda table: len(table.rows) > _LONG_TABLE)  # what is long comes behind what is short
    asked = _named(_leaves((), claim.get("asked", {}), "CNY"), statement)
    if asked:
        tables.append(_list(said("claim.asked"), asked))
    return Sheet(
        title=find_said(f"kind.{name}", name),
        headline=(Figure(Words("货主", "Owner"), party(claim["owner"])), *leading),
        tables=tuple(tables),
    )


def _leaves(path: tuple[str, ...], value: Any, currency: str, *, is_amount: bool = False) -> Iterator[_Leaf]:
    """The figures below a name. All that lies below a name that ends in ``_minor`` is an amount."""
    if isinstance(value, dict):
        currency = str(value.get("currency", currency))
        for name, member in sorted(value.items(), key=lambda item: _rank(item[0])):
            unit = name if _is_currency(name) else currency
            yield from _leaves((*path, name), member, unit, is_amount=is_amount or name.endswith("_minor"))
    elif isinstance(value, list):
        for number, entry in enumerate(value, 1):
            yield from _leaves((*path, str(number)), entry, currency, is_amount=is_amount)
    else:
        yield _Leaf(path, value, currency if is_amount else None)


def _named(leaves: Iterator[_Leaf], statement: Statement) -> list[_Leaf]:
    """Figures with lots named by their lines, as a clerk knows them."""
    names = {lot_to_hex(lot): line_text(line) for lot, line in statement.lines.items()}
    return [
        _Leaf(
            tuple(names.get(name, name) for name in leaf.path),
            names.get(leaf.value, leaf.value) if isinstance(leaf.value, str) else leaf.value,
            leaf.currency,
        )
        for leaf in leaves
    ]


def _tables(part: str, leaves: list[_Leaf]) -> Iterator[Table]:
    """A part of the figures as a table of its shape."""
    own = [leaf for leaf in leaves if leaf.path[0] == part and not (len(leaf.path) == 1 and leaf.leads())]
    things: dict[str, dict[tuple[str, ...], _Leaf]] = {}
    for leaf in own:
        if len(leaf.path) > 1:
            things.setdefault(leaf.path[1], {})[leaf.path[2:]] = leaf
    names = sorted({name: None for thing in things.values() for name in thing}, key=lambda path: [*map(_rank, path)])
    title = _label((part,))
    if not names or () in names:
        if own:
            yield _list(title, [_Leaf(leaf.path[1:] or leaf.path, leaf.value, leaf.currency) for leaf in own])
    elif len(names) < _MAX_COLUMNS and not _are_few_currencies(things):
        rows = [(_label((key,)), *(_cell(thing, name) for name in names)) for key, thing in things.items()]
        yield Table(title, (Column(_ITEM), *(Column(_label(name), is_number=True) for name in names)), tuple(rows))
    elif len(things) < _MAX_COLUMNS:
        rows = [(_label(name), *(_cell(thing, name) for thing in things.values())) for name in names]
        yield Table(title, (Column(_ITEM), *(Column(_label((key,)), is_number=True) for key in things)), tuple(rows))
    else:
        yield _list(title, [_Leaf(leaf.path[1:], leaf.value, leaf.currency) for leaf in own])


def _are_few_currencies(things: dict[str, Any]) -> bool:
    """Amounts of a few currencies read downwards, as in an account."""
    return len(things) <= _MAX_ACROSS and all(map(_is_currency, things))


def _list(title: Words, leaves: list[_Leaf]) -> Table:
    columns = (Column(_ITEM), Column(_FIGURE, is_number=True))
    return Table(title, columns, tuple((_label(leaf.path), leaf.cell()) for leaf in leaves))


def _cell(thing: dict[tuple[str, ...], _Leaf], name: tuple[str, ...]) -> Cell:
    return thing[name].cell() if name in thing else "-"


def _label(path: tuple[str, ...]) -> Words:
    parts = [find_said(f"figure.{name}", name or "-") for name in path]
    return Words(zh=" · ".join(part.zh for part in parts), en=" · ".join(part.en for part in parts))


def _rank(name: str) -> tuple[int, str]:
    """Where a figure stands among its siblings; unnamed ones, such as lots and sites, come last, in order."""
    return _RANKS.get(name, len(_RANKS)), name.zfill(8)


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isupper()
