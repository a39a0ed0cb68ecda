"""The tables of a reconciliation sheet: rows in money and pieces, windows, lots with their clocks."""

from collections.abc import Iterable
from typing import Any

from service.certificate.sheet_parts import lot_name, percent, valued
from service.core.sheet import Cell, Column, Table, Words, count, said
from verifier.currencies import format_minor
from verifier.report import Statement

OUTCOMES = {
    "adjust": Words("需要调整申报", "adjustment needed"),
    "no_adjustment": Words("无需调整申报", "no adjustment needed"),
    "full_reversal": Words("全额冲减", "reversal in full"),
}
"""The outcomes as 国家税务总局公告2025年第3号 art. 4 names them."""
_METHODS = {
    "exempt_refund": Words("免退税", "trader"),
    "exempt_credit_refund": Words("免抵退税", "manufacturer"),
}
_LINE = Column(Words("报关单号-项号", "Declaration and item"))
_SEQ = Column(Words("关联号或序号", "Row no."))
_AMOUNTS = {
    "pre_refund_minor": Words("预退", "Pre-refund"),
    "repaid_minor": Words("已补税", "Repaid"),
    "standing_minor": Words("现存", "Standing"),
    "reversal_minor": Words("全额冲减", "Reversal"),
    "reclaim_minor": Words("重新申报", "New claim"),
    "kept_minor": Words("留存", "Kept"),
}
_KEYS = ("reversal_minor", "reclaim_minor")
_PIECES = {
    "pre_refund_pieces": Words("预退", "Pre-refunded"),
    "repaid_pieces": Words("已补税", "Repaid"),
    "standing_pieces": Words("现存", "Standing"),
    "reclaim_pieces": Words("重新申报", "New claim"),
}
_LOTS = {
    "declared": Words("申报", "Declared"),
    "sold": Words("净销售", "Net sold"),
    "net_sold": Words("本证明", "Here"),
    "sold_in_other_claims": Words("其他证明", "Elsewhere"),
    "claimed_before": Words("已普通申报", "Claimed"),
    "ordinary_pieces": Words("待普通申报", "To claim"),
    "unsold": Words("未售", "Unsold"),
    "gone": Words("其他去向", "Other"),
    "returned": Words("退运", "Returned"),
    "returned_not_repaid": Words("退运未补税", "Not repaid"),
}
_CLOCKS = ("export_date", "exchange_deadline", "claim_deadline", "claim_until")


def amount_rows(statement: Statement, figures: dict[str, Any]) -> Table:
    """Row by row in CNY, what to do with each, and the sums. What was pre-refunded or repaid has none in the claim."""
    currency, total = figures["currency"], figures["total"]
    return Table(
        Words("逐行核算（人民币元）", "Row by row (CNY)"),
        (_LINE, _SEQ, *numbers(_AMOUNTS, _KEYS), Column(Words("处理方式", "What to do"), is_key=True)),
        tuple(
            (
                lot_name(statement, row["lot"]),
                row["tax_seq"],
                *("-" if name in _KEYS and is_kept(row) else format_minor(row[name], currency) for name in _AMOUNTS),
                OUTCOMES[row["outcome"]],
            )
            for row in figures["rows"]
        ),
        (
            Words("合计", "Total"),
            "",
            *(format_minor(total[name], currency) if name in total else "" for name in _AMOUNTS),
            "",
        ),
    )


def is_kept(row: dict[str, Any]) -> bool:
    """Whether a row stays as it is: nothing is reversed and nothing claimed anew."""
    return bool(row["outcome"] == "no_adjustment")


def piece_rows(statement: Statement, rows: list[dict[str, Any]]) -> Table:
    """The same rows in pieces, with their method, rate and state."""
    return Table(
        Words("各行件数与状态", "The rows in pieces"),
        (
            _LINE,
            _SEQ,
            Column(Words("退税方式", "Method")),
            Column(Words("退税率", "Rate"), is_number=True),
            Column(Words("行状态", "State")),
            *numbers(_PIECES),
        ),
        tuple(
            (
                lot_name(statement, row["lot"]),
                row["tax_seq"],
                _METHODS[row["method"]],
                percent(row["rebate_rate"]),
                valued(row["state"]),
                *("-" if name == "reclaim_pieces" and is_kept(row) else count(row[name]) for name in _PIECES),
            )
            for row in rows
        ),
    )


def windows(statement: Statement, rows: list[dict[str, Any]]) -> Table:
    """When each row may be reconciled, and how that stands at the cut-off."""
    return Table(
        Words("核算期（自办结日起算）", "Windows, from the day of finalisation"),
        (
            _LINE,
            _SEQ,
            Column(Words("办结日", "Finalised")),
            Column(Words("核算期", "Window")),
            Column(Words("截止日", "Last day"), is_key=True),
            Column(Words("状态", "State"), is_key=True),
        ),
        tuple((lot_name(statement, row["lot"]), row["tax_seq"], *_window(row["window"])) for row in rows),
    )


def _window(found: dict[str, Any]) -> tuple[Cell, ...]:
    if "first" not in found:
        return "-", "-", "-", valued(found["state"])
    span = f"{found['first']} – {found['last']}"
    last: Cell = found["own_last"]
    if found["is_provisional"]:
        last = Words(f"{found['own_last']}（暂定）", f"{found['own_last']} (provisional)")
    return found["finalised_on"], span, last, valued(found["state"])


def clocks(statement: Statement, lots: dict[str, dict[str, Any]]) -> Table:
    """The clocks of each lot that run from its export."""
    return Table(
        Words("收汇与申报期限（自出口日期起算）", "Collection and claim, from the date of export"),
        (_LINE, *(Column(said(f"figure.{name}"), is_key=name == "exchange_deadline") for name in _CLOCKS)),
        tuple((lot_name(statement, lot), *(found.get(name, "-") for name in _CLOCKS)) for lot, found in lots.items()),
    )


def lots(statement: Statement, found: dict[str, dict[str, Any]]) -> Table:
    """Pieces of each lot: sold here and elsewhere, claimed and to be claimed, unsold, returned, and the others."""
    counted = {lot: lot_found | {"gone": sum(lot_found["not_refundable"].values())} for lot, lot_found in found.items()}
    return Table(
        Words("各项件数", "Pieces, line by line"),
        (_LINE, *numbers(_LOTS)),
        tuple((lot_name(statement, lot), *(count(row[name]) for name in _LOTS)) for lot, row in counted.items()),
    )


def numbers(names: dict[str, Words], keys: Iterable[str] = ()) -> tuple[Column, ...]:
    """A column of numbers for each name, those of ``keys`` bold."""
    return tuple(Column(words, is_number=True, is_key=name in keys) for name, words in names.items())
