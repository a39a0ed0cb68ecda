"""What a certificate prints of a claim: a title, the figures a clerk reads first, tables, bars and notes, in zh and en.

A kind of credential supplies one function that makes its ``Sheet`` (``service.certificate.sheets``); layout, fonts and
what every certificate carries besides (who attested, checkpoint, not checked) are not its business. Amounts become
text here, with the minor digits of their currency; nothing is rounded, and no figure is computed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifier.currencies import format_minor
from verifier.declaration import Line
from verifier.report import Statement
from verifier.texts import TEXTS, text


@dataclass(frozen=True, slots=True)
class Words:
    """One phrase in both languages. They may be equal; neither may be empty."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh or not self.en:
            raise ValueError(f"expected a phrase in both languages, got zh {self.zh!r}, en {self.en!r}")

    def to_json(self) -> dict[str, str]:
        """The phrase for the template."""
        return {"zh": self.zh, "en": self.en}


Cell = str | Words
"""A value: plain text where both languages write it alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure. ``is_stated_by_exporter``: the exporter's own word, which no event backs.

    ``is_key``: what the certificate is for, printed largest. ``is_warning``: it stands against the reader's approval;
    the words MUST say so too, since paper may have no colour.
    """

    label: Words
    value: Cell
    is_stated_by_exporter: bool = False
    is_key: bool = False
    is_warning: bool = False

    def to_json(self) -> dict[str, Any]:
        """The figure for the template."""
        return {
            "label": self.label.to_json(),
            "value": _cell(self.value),
            "is_stated_by_exporter": self.is_stated_by_exporter,
            "is_key": self.is_key,
            "is_warning": self.is_warning,
        }


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``is_number`` aligns it right; ``is_key`` prints it bold: what the table is read for."""

    label: Words
    is_number: bool = False
    is_key: bool = False

    def to_json(self) -> dict[str, Any]:
        """The column for the template."""
        return {"label": self.label.to_json(), "is_number": self.is_number, "is_key": self.is_key}


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Every row, and ``total`` if there is one, has a cell for each column; ValueError otherwise."""

    title: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()

    def __post_init__(self) -> None:
        for row in (*self.rows, self.total or (("",) * len(self.columns))):
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.title.en}: expected {len(self.columns)} cells in a row, got {len(row)}")

    def to_json(self) -> dict[str, Any]:
        """The table for the template."""
        return {
            "title": self.title.to_json(),
            "columns": [column.to_json() for column in self.columns],
            "rows": [[_cell(cell) for cell in row] for row in self.rows],
            "total": [_cell(cell) for cell in self.total],
        }


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar of whole numbers, such as pieces; parts of 0 are left out when it is drawn."""

    title: Words
    parts: tuple[tuple[Words, int], ...]

    def to_json(self) -> dict[str, Any]:
        """The bar for the template."""
        return {
            "title": self.title.to_json(),
            "parts": [
                {"label": label.to_json(), "value": value, "count": count(value)}
                for label, value in self.parts
                if value
            ],
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one kind of credential prints. ``notes`` say what a reader of the figures must know beside them."""

    title: Words
    headline: tuple[Figure, ...]
    bars: tuple[Bar, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[Words, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The sheet for the template: plain data only."""
        return {
            "title": self.title.to_json(),
            "headline": [figure.to_json() for figure in self.headline],
            "bars": [bar.to_json() for bar in self.bars],
            "tables": [table.to_json() for table in self.tables],
            "notes": [note.to_json() for note in self.notes],
        }


def said(code: str, **facts: object) -> Words:
    """A text of ``verifier.texts`` in both languages: the certificate and the verifier use the same words."""
    return Words(zh=text(code, "zh", **facts), en=text(code, "en", **facts))


def find_said(code: str, otherwise: str) -> Words:
    """A text of ``verifier.texts``, or ``otherwise`` in both languages where there is none."""
    return said(code) if code in TEXTS else Words(otherwise, otherwise)


def money(amount_minor: int, currency: str) -> str:
    """An amount in minor units as its currency writes it: ``USD 12,675.00``, ``JPY 1,200``, ``KWD 0.125``."""
    return f"{currency} {format_minor(amount_minor, currency)}"


def count(number: int) -> str:
    """A whole number with thousands separators."""
    return f"{number:,}"


def pieces(number: int) -> Words:
    """A number of pieces 件."""
    return Words(f"{number:,} 件", f"{number:,} pcs")


def party(number: int) -> Words:
    """A party, which on chain is a number and nothing else."""
    return Words(f"{number} 号主体", f"party {number}")


def line_text(line: Line) -> str:
    """A line as customs writes it: ``223320260001234567-01``, with its part if it has one."""
    part = f"-{line.part_no:02d}" if line.part_no else ""
    return f"{line.declaration_no}-{line.item_no:02d}{part}"


def day(iso_time: str) -> str:
    """The date of a time or date in ISO 8601, in the zone in which it is written."""
    return iso_time[:10]


def _cell(cell: Cell) -> dict[str, str]:
    return cell.to_json() if isinstance(cell, Words) else {"zh": cell, "en": cell}


SheetMaker = Callable[[Statement], Sheet]
"""Makes the sheet of one kind from what a verified credential of that kind states."""
