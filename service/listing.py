"""Deadlines for a terminal, an entry each, coloured by urgency; without colours where the output is no terminal.

An entry is a few lines and not a row: what to do and the rule behind it are sentences, which a table of 80 columns has
no room for.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from service.core.deadline_texts import NOT_KNOWN
from service.core.deadlines import Deadline, State
from verifier.texts import LANGUAGES

_WIDTH = 220
_STYLES = {State.OVERDUE: "bold red", State.SOON: "yellow", State.MET: "green", State.NOT_APPLICABLE: "dim"}
_NAMES: dict[str, tuple[str, str]] = {
    "export_date": ("customs' export date", "海关出口日期"),
    "reconciliation": ("reconciliation of the pre-refund", "预退税核算"),
    "exchange": ("exchange to be collected", "收汇"),
    "claim": ("ordinary claim", "正常申报退税"),
    "final_claim": ("last day to claim", "最后申报期限"),
    "claim_papers": ("papers of a claim", "备案单证"),
    "retention": ("retention of the papers", "单证保存"),
    "return_relief": ("return free of import tax", "退运免税"),
    "return_channel": ("return channel of customs", "海关退货通道"),
    "sale_evidence": ("proof of sales", "销售凭证留存"),
}
_TEXTS: dict[str, tuple[str, str]] = {
    "count_one": ("{today}: 1 deadline", "{today}：共 1 项期限"),
    "count": ("{today}: {count} deadlines", "{today}：共 {count} 项期限"),
    "no_day": ("no day", "无截止日"),
    "left_one": ("1 day left", "剩余 1 天"),
    "left": ("{count} days left", "剩余 {count} 天"),
    "over_one": ("1 day over", "逾期 1 天"),
    "over": ("{count} days over", "逾期 {count} 天"),
    "rule": ("rule: {source}", "依据：{source}"),
    "not_known": ("[{number}] not known: {what}", "[{number}] 未知：{what}"),
    "provisional": ("~ may still move, to a later day only", "~ 该日期仍可能顺延，只会更晚"),
}
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
    console.print(Text(_counted("count", len(deadlines), language, today=today), style="bold"))
    notes: dict[str, int] = {}
    for deadline in deadlines:
        console.print()
        marks = "".join(f" [{notes.setdefault(code, len(notes) + 1)}]" for code in deadline.not_known)
        console.print(Text(" · ".join(_head(deadline, language)), style=_STYLES.get(deadline.state, "")))
        console.print(_indented(deadline.what()[language] + marks))
        if deadline.source is not None:
            console.print(_indented(_say("rule", language, source=deadline.source)))
    if notes or any(deadline.is_provisional for deadline in deadlines):
        console.print()
    if any(deadline.is_provisional for deadline in deadlines):
        console.print(Text(_say("provisional", language)))
    for code, number in notes.items():
        what = NOT_KNOWN[code][LANGUAGES.index(language)]
        console.print(Text(_say("not_known", language, number=number, what=what)))


def _head(deadline: Deadline, language: str) -> Iterator[str]:
    """Day, days left, state, line and name, as far as there are such."""
    if deadline.due is None:
        yield _say("no_day", language)
    else:
        yield f"{deadline.due}{'~' if deadline.is_provisional else ''}"
    left = deadline.days_left
    if left is not None:
        yield _counted("over" if left < 0 else "left", abs(left), language)
    if left is None or deadline.state is not State.OVERDUE:  # the days that it is over say so
        yield _STATES[language][deadline.state]
    if deadline.line:
        yield deadline.line
    yield _NAMES[deadline.code][LANGUAGES.index(language)]


def _indented(words: str) -> Padding:
    return Padding(Text(words), (0, 0, 0, 2))


def _counted(code: str, count: int, language: str, **facts: object) -> str:
    return _say(f"{code}_one" if count == 1 else code, language, count=count, **facts)


def _say(code: str, language: str, **facts: object) -> str:
    return _TEXTS[code][LANGUAGES.index(language)].format(**facts)
