"""What the sheets of several kinds print alike: lots as the lines that they are, owners, declared values."""

from decimal import Decimal
from typing import Any

from service.core.sheet import Cell, Column, Figure, Table, Words, count, find_said, money, party, said
from verifier.record import lot_from_hex, lot_to_hex
from verifier.report import Statement

OWNER = Words("货主", "Owner")
LOT = Words("报关单与项号（或批次）", "Declaration and item (or lot)")
ITEM = Column(Words("项目", "Item"))
PIECES = Column(Words("件数", "Pieces"), is_number=True)


def owner_figure(statement: Statement) -> Figure:
    """Whose claim it is."""
    return Figure(OWNER, party(statement.claim["owner"]))


def lot_name(statement: Statement, lot: int | str) -> str:
    """Declaration number and item of a lot whose line is proven; its number, 16 hex digits, otherwise."""
    number = lot_from_hex(lot) if isinstance(lot, str) else lot
    line = statement.lines.get(number)
    if line is None:
        return lot_to_hex(number)
    part = f"-{line.part_no:02d}" if line.part_no else ""
    return f"{line.declaration_no}-{line.item_no:02d}{part}"


def piece_table(statement: Statement, pieces: dict[str, int], title: Words) -> Table:
    """Lot by lot, the pieces that a claim is of, and their sum."""
    columns = (Column(LOT), PIECES)
    rows = tuple((lot_name(statement, lot), count(number)) for lot, number in pieces.items())
    return Table(title, columns, rows, (Words("合计", "Total"), count(sum(pieces.values()))))


def declared_value(figures: dict[str, Any]) -> Cell:
    """The declared FOB of the pieces, currency by currency; never added up."""
    found = figures["declared_fob_minor"]
    return "; ".join(money(minor, currency) for currency, minor in found.items()) or Words("未申报", "none declared")


def valued(value: object) -> Words:
    """A value of a claim in the verifier's words: yes or no, a name such as ``granted``, or the text as it is."""
    if isinstance(value, bool):
        return said("yes" if value else "no")
    return find_said(f"value.{value}", str(value))


def percent(rate: str) -> str:
    """A rate such as "0.13" as clerks write it: 13%. No digit is lost."""
    return f"{(Decimal(rate) * 100).normalize():f}%"
