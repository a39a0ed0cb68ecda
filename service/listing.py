"""Deadlines as a table for a terminal, coloured by urgency; without colours where the output is no terminal."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.core.deadline_texts import NOT_KNOWN
from service.core.deadlines import Deadline, State
from verifier.texts import LANGUAGES

_WIDTH = 220
_STYLES = {State.OVERDUE: "bold red", State.SOON: "yellow", State.MET: "green", State.NOT_APPLICABLE: "dim"}
_HEADINGS = {
    "en": ("due", "days", "state", "line", "deadline", "what to do", "rule"),
    "zh": ("截止日", "剩余天数", "状态", "报关单项", "期限", "应办事项", "依据"),
}
_NOT_KNOWN_HEADING = {"en": "not known: ", "zh": "未知："}
_FIXED_COLUMNS = 5
_STATES = {
    "en": {state: state.value.replace("_", " ") for state in State},
    "zh": dict(zip(State, ("未到期", "临近", "逾期", "已办", "不适用"), strict=True)),
}


def open_console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for a line each where it is read by something else."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def print_deadlines(console: Console, deadlines: Sequence[Deadline], today: date, language: str) -> None:
    """The list, the most urgent first. ``language`` is en or zh.

    A day with ~ can still move, to a later one. Footnotes say what is not known.
    """
    table = Table(title=f"{today} · {len(deadlines)}", title_justify="left")
    for number, heading in enumerate(_HEADINGS[language]):
        table.add_column(heading, justify="right" if number == 1 else "left", no_wrap=number < _FIXED_COLUMNS)
    notes: dict[str, int] = {}
    for deadline in deadlines:
        due = "–" if deadline.due is None else f"{deadline.due}{'~' if deadline.is_provisional else ''}"
        left = "–" if deadline.days_left is None else str(deadline.days_left)
        marks = "".join(f" [{notes.setdefault(code, len(notes) + 1)}]" for code in deadline.not_known)
        cells = (due, left, _STATES[language][deadline.state], deadline.line or "", deadline.code)
        texts = (deadline.what()[language] + marks, deadline.source or "–")
        table.add_row(*map(Text, (*cells, *texts)), style=_STYLES.get(deadline.state, ""))
    console.print(table)
    for code, number in notes.items():
        text = NOT_KNOWN[code][LANGUAGES.index(language)]
        console.print(Text(f"[{number}] {_NOT_KNOWN_HEADING[language]}{text}"))
