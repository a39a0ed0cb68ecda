"""The sheet of a reconciliation (P5): each pre-refund reversed in full and claimed anew; never a bare difference.

The net change is shown once, at the end of the sums, where it says that it is not filed alone. Its tables are
in ``sheet_settlement_tables`` and ``sheet_settlement_sales``.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from service.certificate.sheet_parts import owner_figure, valued
from service.certificate.sheet_settlement_sales import exchange, sales, stated
from service.certificate.sheet_settlement_tables import OUTCOMES, amount_rows, clocks, lots, piece_rows, windows
from service.core.sheet import Figure, Sheet, Table, Words, money, pieces, said
from verifier.report import Statement


def settlement_sheet(statement: Statement) -> Sheet:
    """What to do, by when, the reversal and the new claim first; then row by row."""
    figures = statement.claim["figures"]
    return Sheet(
        title=Words("海外仓预退税销售再核算表", "Reconciliation Sheet of Pre-refunded Tax"),
        headline=(
            *_row_figures(figures),
            Figure(Words("净销售件数（本证明）", "Net sold, this sheet"), pieces(sum(figures["pieces"].values()))),
            *(
                (Figure(said("figure.evidence_until"), figures["evidence_until"]),)
                if "evidence_until" in figures
                else ()
            ),
            owner_figure(statement),
        ),
        tables=tuple(_tables(statement, figures)),
        notes=tuple(_notes(figures)),
    )


def _row_figures(figures: dict[str, Any]) -> Iterator[Figure]:
    rows, total, currency = figures["rows"], figures["total"], figures["currency"]
    if not rows:
        ordinary = sum(lot["ordinary_pieces"] for lot in figures["lots"].values())
        yield Figure(Words("按普通方式申报件数", "Pieces to claim in the ordinary way"), pieces(ordinary), is_key=True)
        return
    states = Counter(row["window"]["state"] for row in rows)
    last = min((row["window"]["own_last"] for row in rows if "own_last" in row["window"]), default=None)
    until = "" if last is None else f" · {last}"
    outcomes = Counter(OUTCOMES[row["outcome"]] for row in rows)
    yield Figure(said("figure.outcome"), _counted(outcomes), is_key=len(outcomes) == 1)
    state = _counted(Counter({valued(name): number for name, number in states.items()}))
    yield Figure(
        Words("核算期（状态 · 最早截止日）", "Window (state · earliest last day)"),
        Words(f"{state.zh}{until}", f"{state.en}{until}"),
        is_warning="too_late" in states,
    )
    yield Figure(
        Words("全额冲减（负数申报）", "Reversal in full (negative rows)"),
        money(total["reversal_minor"], currency),
        is_key=True,
    )
    yield Figure(
        Words("按实际销售重新申报", "New claim, for what was sold"),
        money(total["reclaim_minor"], currency),
        is_key=True,
    )
    yield Figure(Words("核算前现存预退税额", "Pre-refund standing before"), money(total["standing_minor"], currency))
    yield Figure(Words("核算后留存税额", "Kept after"), money(total["kept_minor"], currency))


def _counted(words: Counter[Words]) -> Words:
    """What all rows are, or how many are which."""
    if len(words) == 1:
        return next(iter(words))
    return Words(
        "；".join(f"{found.zh} {number:,} 行" for found, number in words.items()),
        "; ".join(f"{found.en}: {number:,}" for found, number in words.items()),
    )


def _tables(statement: Statement, figures: dict[str, Any]) -> Iterator[Table]:
    if figures["rows"]:
        yield amount_rows(statement, figures)
        yield piece_rows(statement, figures["rows"])
        yield windows(statement, figures["rows"])
    yield clocks(statement, figures["lots"])
    yield lots(statement, figures["lots"])
    yield sales(figures)
    if figures["exchange"]:
        yield exchange(figures["exchange"])
    if "stated_by_exporter" in figures:
        yield stated(statement)


def _notes(figures: dict[str, Any]) -> Iterator[Words]:
    change = figures["total"]["net_change_minor"]
    if change:
        amount = money(change, figures["currency"])
        yield Words(
            f"冲减与重新申报相抵后的净变动为 {amount}，不得单独申报：须先全额冲减，再按实际销售申报。",
            f"Reversal and new claim come to a net change of {amount}, never filed alone: the whole pre-refund is "
            "reversed, then what was sold is claimed.",
        )
    states = {row["window"]["state"] for row in figures["rows"]}
    if "too_late" in states:
        yield Words(
            "已逾期的明细行由税务机关追回全部预退税款；其后实现销售的，仍可按普通方式申报。",
            "The office recovers the whole pre-refund of rows that are too late; what is sold can still be claimed in "
            "the ordinary way.",
        )
    if any(row["window"].get("is_provisional") for row in figures["rows"]):
        yield Words(
            "标“暂定”的截止日所在申报期尚未公布，可能顺延。",
            "A last day that is provisional lies in a filing period that is not announced yet; it may move later.",
        )
    yield Words(
        "核算期自预退税办结日起算，收汇期限自出口日期起算，两者互不替代。",
        "The window runs from the day of finalisation, the collection of exchange from the date of export; neither "
        "stands for the other.",
    )
    if not figures["exchange"]:
        yield Words(
            "未出示平台账户的账簿，收汇情况未核对。",
            "No book of a platform account is shown: the collection is not compared.",
        )
