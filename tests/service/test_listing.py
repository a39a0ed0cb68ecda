"""The printed list of deadlines: every sentence whole at 80 columns, names and not codes, in both languages."""

import io
from datetime import date

import pytest
from rich.console import Console

from service.core import deadline_texts
from service.core.deadlines import Deadline, State
from service.listing import _NAMES, print_deadlines

TODAY = date(2026, 6, 12)
LINE = "223320260001234567-01"


def printed(*deadlines: Deadline, language: str) -> list[str]:
    console = Console(width=80, file=io.StringIO())
    print_deadlines(console, deadlines, TODAY, language)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def a_deadline(state: State, due: date, **changes: object) -> Deadline:
    facts = {
        "code": "claim", "lot": 7, "line": LINE, "state": state, "text": "claim", "due": due,
        "days_left": (due - TODAY).days, "source": "a document, clause 1", "numbers": (("pieces", 5),),
    }  # fmt: skip
    return Deadline(**facts | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "2026-06-12: 2 deadlines",
                "",
                f"2026-06-11 · 1 day over · {LINE} · ordinary claim",
                "  claim the refund in a filing period, April's at the latest; 5 pieces are",
                "  unclaimed. Later is possible",
                "  rule: a document, clause 1",
            ],
        ),
        (
            "zh",
            [
                "2026-06-12：共 2 项期限",
                "",
                f"2026-06-11 · 逾期 1 天 · {LINE} · 正常申报退税",
                "  请在申报期内申报退（免）税，最迟为4月申报期；尚有 5 件未申报，逾期仍可补报",
                "  依据：a document, clause 1",
            ],
        ),
    ],
)
def test_an_entry_is_whole_at_80_columns(language: str, expected: list[str]) -> None:
    overdue = a_deadline(State.OVERDUE, date(2026, 6, 11))
    movable = a_deadline(State.SOON, date(2026, 6, 20), not_known=("filing_period",))
    lines = printed(overdue, movable, language=language)
    assert lines[: len(expected)] == expected
    assert any(line.startswith("2026-06-20~ · ") for line in lines)
    assert any(line.startswith("~ ") for line in lines)


def test_the_sign_for_a_movable_day_is_explained_only_where_it_stands() -> None:
    assert not any("~" in line for line in printed(a_deadline(State.OPEN, date(2026, 9, 1)), language="en"))


def test_every_code_has_a_name() -> None:
    assert {code.split(".")[0] for code in deadline_texts.TEXTS} - {"return"} == set(_NAMES)
