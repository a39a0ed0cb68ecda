"""The sheet of a provenance credential (P1): where every declared piece of one lot is."""

from collections import Counter
from typing import Any

from service.core.sheet import Bar, Cell, Column, Figure, Sheet, Table, Words, count, party, pieces, said
from verifier.kinds import Home, Site
from verifier.report import Statement

_LANES = (*(lane.name for lane in Home), *(lane.name for lane in Site))


def provenance_sheet(statement: Statement) -> Sheet:
    """Declaration and item, pieces declared, and the lanes that they are in, place by place."""
    claim = statement.claim
    by_lane: Counter[str] = Counter()
    for account in claim["accounts"].values():
        by_lane.update(account)
    return Sheet(
        title=Words("海外仓货物溯源证明", "Certificate of Provenance of Goods in Overseas Warehouses"),
        headline=(
            *_line_figures(statement),
            Figure(Words("申报数量", "Pieces declared"), pieces(claim["declared"])),
            Figure(Words("已售", "Sold"), pieces(by_lane["SOLD"])),
            Figure(Words("在库（含暂扣）", "In warehouses (with held)"), pieces(by_lane["ON_HAND"] + by_lane["HELD"])),
            Figure(Words("货主", "Owner"), party(claim["owner"])),
        ),
        bars=(_bar(by_lane),),
        tables=(_places(claim),),
    )


def _line_figures(statement: Statement) -> tuple[Figure, ...]:
    lot = statement.lots[0]
    line = statement.lines.get(lot)
    if line is None:
        return (Figure(Words("报关单号", "Customs declaration"), Words("未披露", "not shown")),)
    item = f"{line.item_no:02d}"
    part = f"-{line.part_no:02d}" if line.part_no else ""
    return (
        Figure(Words("报关单号", "Customs declaration"), line.declaration_no, is_key=True),
        Figure(Words("项号", "Item"), item + part, is_key=True),
    )


def _bar(by_lane: Counter[str]) -> Bar:
    title = Words("货物去向（件）", "Where the pieces are")
    return Bar(title, tuple((said(lane), by_lane[lane]) for lane in _LANES))


def _places(claim: dict[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for site, account in claim["accounts"].items():
        place = said("home") if site == "0" else said("site", site=site)
        shown = [lane for lane in _LANES if account.get(lane)]
        # a place is named once, beside the first of its states
        rows.extend((place if lane == shown[0] else "", said(lane), count(account[lane])) for lane in shown)
    return Table(
        Words("货物去向明细", "Where the pieces are, place by place"),
        (
            Column(Words("地点", "Place")),
            Column(Words("状态", "State")),
            Column(Words("件数", "Pieces"), is_number=True),
        ),
        tuple(rows),
        (Words("合计", "Total"), "", count(sum(sum(account.values()) for account in claim["accounts"].values()))),
    )
