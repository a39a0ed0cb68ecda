"""The sheet of the basis of a pre-refund (P4): what to claim as HWC-YT, on how many pieces, and on whose word.

Pieces are those of the lot's events. Cost or FOB, rate, and so the tax, are the exporter's own word: wherever they
stand, the sheet says so.
"""

from collections.abc import Iterator
from typing import Any

from service.certificate.sheet_parts import ITEM, PIECES, lot_name, owner_figure, percent, valued
from service.core.sheet import Bar, Cell, Column, Figure, Sheet, Table, Words, count, money, pieces, said
from verifier.claims.tax_rows import METHODS, PRE_REFUND_TYPE
from verifier.currencies import format_minor
from verifier.report import Statement

_TRADER = METHODS[0]
_BASES = ("cost_minor", "fob_cny_minor")
_TERMS = ("mode", "sale_model", "tax_treatment", "method", "invoice_no")
_CLOCKS = ("export_date", "claim_deadline", "exchange_deadline", "claim_until")
_NOT_SOLD = Words("未在境外实现销售", "not sold abroad")
_WHY = {
    "DECLARED": Words("未离境，离境后方可申报", "not departed: to be claimed once it has"),
    "VOID": Words("未出口", "not exported"),
    "RETURNING": Words("退运回国，不属于境外销售", "on the way home: not sold abroad"),
    "RETURNED": Words("退运回国，不属于境外销售", "returned home: not sold abroad"),
}
"""Why pieces of a lane cannot be pre-refunded; all others were not sold abroad."""


def pre_refund_sheet(statement: Statement) -> Sheet:
    """The HWC-YT row first; then the line, what is sold and what is not, and the clocks."""
    asked, figures = statement.claim["asked"], statement.claim["figures"]
    currency = figures["currency"]
    row = next(row for row in figures["rows"] if row["claim_type"] == PRE_REFUND_TYPE)
    return Sheet(
        title=Words(
            "海外仓货物预退税（离境即退税）依据", "Basis of a Pre-refund on Departure, Overseas Warehouse Goods"
        ),
        headline=(
            Figure(
                Words("海外仓预退（HWC-YT）税额", "Tax to pre-refund (HWC-YT)"),
                money(row["tax_minor"], currency),
                is_stated_by_exporter=True,
                is_key=True,
            ),
            Figure(
                Words("海外仓预退（HWC-YT）件数", "Pieces to pre-refund (HWC-YT)"), pieces(row["pieces"]), is_key=True
            ),
            Figure(Words("报关单号-项号", "Customs declaration and item"), lot_name(statement, figures["lot"])),
            Figure(Words("退税申报用报关单号（21 位）", "Tax row (21 digits)"), figures["tax_row"]),
            Figure(Words("未售件数", "Not sold"), pieces(figures["unsold"])),
            Figure(Words("净销售件数", "Sold, returns taken off"), pieces(figures["sold"])),
            Figure(Words("海关证明离境件数", "Departed, by customs"), pieces(figures["departed"])),
            owner_figure(statement),
        ),
        bars=(Bar(Words("申报货物的构成（件）", "What became of the pieces declared"), tuple(_parts(figures))),),
        tables=tuple(_tables(figures, asked)),
        notes=tuple(_notes(figures, asked)),
    )


def _parts(figures: dict[str, Any]) -> Iterator[tuple[Words, int]]:
    yield Words("未售", "not sold"), figures["unsold"]
    yield Words("净销售", "sold"), figures["sold"]
    for lane, number in figures["not_refundable"].items():
        yield said(lane), number


def _tables(figures: dict[str, Any], asked: dict[str, Any]) -> Iterator[Table]:
    yield _rows(figures, asked)
    if figures["not_refundable"]:
        yield Table(
            Words("不得预退的件数及原因", "Pieces that cannot be pre-refunded, and why"),
            (Column(Words("状态", "State")), Column(Words("原因", "Why")), PIECES),
            tuple((said(lane), _WHY.get(lane, _NOT_SOLD), count(n)) for lane, n in figures["not_refundable"].items()),
        )
    days = tuple((said(f"figure.{name}"), figures[name]) for name in _CLOCKS if name in figures)
    yield Table(
        Words("期限（自出口日期起算）", "Clocks, from the date of export"), (ITEM, Column(Words("日期", "Day"))), days
    )
    found = figures | asked
    terms = [(said(f"figure.{name}"), valued(found[name])) for name in _TERMS if name in found]
    yield Table(Words("申报要件", "Terms of the claim"), (ITEM, Column(Words("内容", "Stated"))), tuple(terms))


def _rows(figures: dict[str, Any], asked: dict[str, Any]) -> Table:
    """The rows to claim; each is filed by itself, so they have no sum."""
    currency = figures["currency"]
    base = next(name for name in _BASES if name in asked)
    rows: list[tuple[Cell, ...]] = [
        (
            valued(row["claim_type"]),
            valued(row["part"]),
            count(row["pieces"]),
            format_minor(row[base], currency),
            percent(asked["rebate_rate"]),
            format_minor(row["tax_minor"], currency),
        )
        for row in figures["rows"]
    ]
    marked = (said(f"figure.{base}"), Words("退税率", "Rate"), Words("退税额", "Tax"))
    return Table(
        Words(
            "退税申报明细（人民币元；* 企业自述，无事件佐证）",
            "Rows to claim (CNY; * on the exporter's word alone)",
        ),
        (
            Column(Words("退（免）税业务类型", "Type of claim")),
            Column(Words("部分", "Part")),
            PIECES,
            *(
                Column(Words(f"{words.zh}*", f"{words.en}*"), is_number=True, is_key=words is marked[-1])
                for words in marked
            ),
        ),
        tuple(rows),
    )


def _notes(figures: dict[str, Any], asked: dict[str, Any]) -> Iterator[Words]:
    names = [said(f"figure.{name}") for name in figures["stated_by_exporter"]]
    yield Words(
        f"由出口企业自述、无事件佐证：{'、'.join(name.zh for name in names)}；税额据此计算。",
        f"Stated by the exporter, backed by no event: {', '.join(name.en for name in names)}; the tax rests on them.",
    )
    if figures["claimed_before"]:
        number = figures["claimed_before"]
        yield Words(
            f"净销售件数中 {number:,} 件此前已按普通方式申报，不再列入上表。",
            f"Of the pieces sold, {number:,} were claimed in the ordinary way before and are in no row above.",
        )
    if not asked.get("split"):
        yield Words("未区分已售与未售，全部视同未售申报。", "Sold and unsold are not split: all is treated as unsold.")
    zh, en = ("关联号", "link number") if asked["method"] == _TRADER else ("申报序号", "row number")
    yield Words(
        f"HWC-YT 明细须使用单独的{zh}；预退税办结后须在核算期内核算，逾期由税务机关追回全部预退税款。",
        f"HWC-YT rows carry a {en} of their own. Once finalised, a pre-refund is reconciled within its window; after "
        "it, the office recovers all of it.",
    )
