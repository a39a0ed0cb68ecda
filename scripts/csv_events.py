"""Events as CSV, one file per sender: what a warehouse, platform or broker system exports in a night.

A row is an event (POST /v1/events); an empty cell is an absent member. The columns are ``posted_at``, the members of
an event and the members of its groups (service/core/groups.py), under their own names and in any order. ``line`` may be
empty where a SKU or the event that it names leads to the lots (docs/api.md, events without a lot). ``posted_at``
says when the sender posted the row: inside a file it never goes back, and it merges the files into one order.

Rows are checked for shape only. Whether an event is acceptable is the service's answer, not this file's.
"""

import csv
import heapq
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from service.core.groups import GROUP_TYPES
from verifier.canonical import MAX_INTEGER
from verifier.kinds import CODE_BY_NAME, target_kinds

Event = dict[str, Any]
Step = tuple[int, Event]
"""A sender's party number and what it posts."""

PARTY_BY_FILE = {
    "gateway.csv": 2,
    "exporter.csv": 7,
    "carrier.csv": 3,
    "wms-los-angeles.csv": 4,
    "wms-hamburg.csv": 5,
    "platform.csv": 6,
    "bank.csv": 8,
    "tax.csv": 9,
}
REQUIRED = ("posted_at", "event_id", "kind", "quantity", "event_time")

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\Z", re.ASCII)
_LINE = re.compile(r"[0-9]{18}-[0-9]{2}(-[0-9]{2})?\Z")
_LOT = re.compile(r"[0-9a-f]{16}\Z")
_INTEGER = re.compile(r"(0|-?[1-9][0-9]{0,15})\Z")


class CsvRowError(ValueError):
    """A cell that is not what its column asks for. ``line`` counts from 1, the header."""

    def __init__(self, file: str, line: int, column: str, expected: str, got: str) -> None:
        super().__init__(f"{file} line {line}, column {column}: expected {expected}, got {got}")
        self.file, self.line, self.column, self.expected, self.got = file, line, column, expected, got


class _CellError(ValueError):
    """Says what was expected; the reader adds where."""


def read_events(folder: Path | str) -> Iterator[Step]:
    """Every event in the folder's files as (sender party, event), in posted order.

    Rows posted at the same moment keep the order of ``PARTY_BY_FILE``. Files that are not named there are refused.
    Raises CsvRowError at the first cell that cannot be read.
    """
    paths = sorted(Path(folder).glob("*.csv"))
    for path in paths:
        if path.name not in PARTY_BY_FILE:
            raise CsvRowError(path.name, 1, "(file name)", "one of " + ", ".join(PARTY_BY_FILE), repr(path.name))
    order = list(PARTY_BY_FILE)
    streams = [_read_file(path, order.index(path.name)) for path in paths]
    for _, _, _, party, event in heapq.merge(*streams, key=lambda row: row[:3]):
        yield party, event


def write_events(folder: Path | str, rows: Iterable[tuple[datetime, int, Event]]) -> None:
    """Write rows (posted_at, sender party, event), sorted by time, as one file per sender that has any.

    A file gets the columns that its events use, so the same events always give the same bytes.
    """
    by_party: dict[int, list[tuple[datetime, Event]]] = {}
    for posted_at, party, event in rows:
        by_party.setdefault(party, []).append((posted_at, event))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, party in PARTY_BY_FILE.items():
        if party in by_party:
            flat = [{"posted_at": _to_text(at)} | _flatten(event) for at, event in by_party[party]]
            used = {column for row in flat for column in row}
            with (Path(folder) / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [column for column in COLUMNS if column in used], lineterminator="\n")
                writer.writeheader()
                writer.writerows(flat)


def _flatten(event: Event) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in event.items():
        members = value if name in GROUP_TYPES else {name: value}
        flat |= {member: str(cell).lower() if isinstance(cell, bool) else str(cell) for member, cell in members.items()}
    return flat


def _to_text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _read_file(path: Path, file_order: int) -> Iterator[tuple[datetime, int, int, int, Event]]:
    party = PARTY_BY_FILE[path.name]
    with path.open(encoding="utf-8-sig", newline="") as file:  # a spreadsheet may have put a byte order mark
        reader = csv.reader(file, strict=True)
        last = None
        try:
            columns = _read_header(path.name, next(reader, []))
            for cells in reader:
                posted_at, event = _read_row(path.name, reader.line_num, columns, cells)
                if last is not None and posted_at < last:
                    expected = f"a time not before the row above, {_to_text(last)}"
                    raise CsvRowError(path.name, reader.line_num, "posted_at", expected, repr(_to_text(posted_at)))
                last = posted_at
                yield posted_at, file_order, reader.line_num, party, event
        except csv.Error as error:
            raise CsvRowError(path.name, reader.line_num, "(row)", "well-formed CSV", str(error)) from error
        except UnicodeDecodeError as error:
            raise CsvRowError(path.name, reader.line_num, "(row)", "UTF-8 text", str(error)) from error


def _read_header(file: str, header: Sequence[str]) -> list[str]:
    for index, column in enumerate(header):
        if column not in COLUMNS:
            raise CsvRowError(file, 1, repr(column), "a member of an event or of its groups", repr(column))
        if column in header[:index]:
            raise CsvRowError(file, 1, column, "each column once", "a second one")
    for column in REQUIRED:
        if column not in header:
            raise CsvRowError(file, 1, column, "this column in the header", "no such column")
    return list(header)


def _read_row(file: str, line: int, columns: list[str], cells: list[str]) -> tuple[datetime, Event]:
    if len(cells) != len(columns):
        raise CsvRowError(file, line, "(row)", f"{len(columns)} cells as in the header", f"{len(cells)} cells")
    event: Event = {}
    posted_at = datetime.min
    for column, cell in zip(columns, cells, strict=True):
        if cell == "":
            if column in REQUIRED:
                raise CsvRowError(file, line, column, "a value", "an empty cell")
            continue
        group, parse = COLUMNS[column]
        try:
            value = parse(cell)
        except _CellError as error:
            raise CsvRowError(file, line, column, str(error), repr(cell)) from error
        if column == "posted_at":
            posted_at = datetime.fromisoformat(value)
        elif group is None:
            event[column] = value
        else:
            event.setdefault(group, {})[column] = value
    _check_row(file, line, event)
    return posted_at, event


def _check_row(file: str, line: int, event: Event) -> None:
    """What no single cell shows: line or lot or what leads to one, a target exactly where the kind names one."""
    if "line" in event and "lot" in event:
        raise CsvRowError(file, line, "line", "either a line or, for a book, a lot", "both")
    leads = ("line" in event, "lot" in event, "target_id" in event, "sku" in event.get("goods", {}))
    if not any(leads):
        raise CsvRowError(file, line, "line", "a line, a lot, a SKU or the event that it names", "none of them")
    kind, targets = event["kind"], target_kinds(CODE_BY_NAME[event["kind"]])
    if targets and "target_id" not in event:
        expected = f"the event_id of the {' or '.join(targets)} that a {kind} names"
        raise CsvRowError(file, line, "target_id", expected, "an empty cell")
    for column in ("target_id", "target_party"):
        if not targets and column in event:
            raise CsvRowError(file, line, column, f"an empty cell, since a {kind} names no event", repr(event[column]))


def _text(cell: str) -> str:
    return cell


def _event_id(cell: str) -> str:
    if len(cell) > 100:
        raise _CellError("at most 100 characters")
    return cell


def _kind(cell: str) -> str:
    if cell not in CODE_BY_NAME:
        raise _CellError("a kind such as SHIP, SALE or SHIP_REVERSAL")
    return cell


def _time(cell: str) -> str:
    try:
        if _TIME.match(cell) and datetime.fromisoformat(cell):
            return cell
    except ValueError:
        pass  # such as 30 February: answered below like any other text
    raise _CellError("a time written YYYY-MM-DDThh:mm:ss±hh:mm")


def _pattern(pattern: re.Pattern[str], expected: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if not pattern.match(cell):
            raise _CellError(expected)
        return cell

    return parse


def _integer(cell: str) -> int:
    if not _INTEGER.match(cell) or abs(int(cell)) > MAX_INTEGER:
        raise _CellError("a whole number without separators or leading zeros")
    return int(cell)


def _count(cell: str) -> int:
    if not _INTEGER.match(cell) or not 0 <= int(cell) < 1 << 32:
        raise _CellError("a whole number, 0 or more")
    return int(cell)


def _boolean(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise _CellError("true or false")
    return cell == "true"


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if cell not in choices:
            raise _CellError("one of " + ", ".join(choices))
        return cell

    return parse


def _parser(hint: Any) -> Callable[[str], Any]:
    """The parser of a group member's type."""
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    return {int: _integer, str: _text, bool: _boolean}[hint]


def _columns() -> dict[str, tuple[str | None, Callable[[str], Any]]]:
    line = _pattern(_LINE, "a line such as 223320260001234567-01 or, with a part, 223320260001234567-01-02")
    columns: dict[str, tuple[str | None, Callable[[str], Any]]] = {
        "posted_at": (None, _time),
        "event_id": (None, _event_id),
        "kind": (None, _kind),
        "line": (None, line),
        "lot": (None, _pattern(_LOT, "16 lower-case hex digits")),
        "site": (None, _count),
        "quantity": (None, _count),
        "event_time": (None, _time),
        "target_id": (None, _event_id),
        "target_party": (None, _count),
        "owner": (None, _count),
    }
    for group, type_ in GROUP_TYPES.items():
        columns |= {member: (group, _parser(hint)) for member, hint in get_type_hints(type_).items()}
    return columns


COLUMNS = _columns()
"""Every column that a file may have: the group it belongs to, if any, and how its cells are read."""
