"""The rows that a bench prints and keeps."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Mark:
    """One row: what was measured, what is wanted, and what it is compared with."""

    mark: str
    goal: str
    figure: float
    unit: str
    yardstick: str = ""
    ratio: float | None = None


def show(console: Console, marks: Sequence[Mark]) -> None:
    """Print the rows as a table."""
    table = Table("mark", "goal", "figure", "unit", "yardstick", "ratio")
    for mark in marks:
        is_whole = mark.figure >= 100 or float(mark.figure).is_integer()
        figure = f"{mark.figure:,.0f}" if is_whole else f"{mark.figure:.3f}"
        ratio = "" if mark.ratio is None else f"{mark.ratio:.2f}"
        table.add_row(mark.mark, mark.goal, figure, mark.unit, mark.yardstick, ratio)
    console.print(table)


def save(path: Path, marks: Sequence[Mark]) -> None:
    """Write the raw numbers: a list of {mark, goal, figure, unit, yardstick, ratio}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(mark) for mark in marks], indent=1, ensure_ascii=False))
