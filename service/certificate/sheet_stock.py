"""The sheets of a loss (P7) and of a stock position (P8): pieces by lot and site."""

from collections import Counter
from typing import Any

from service.certificate.sheet_parts import LOT, PIECES, declared_value, lot_name, owner_figure, piece_table
from service.core.sheet import Bar, Cell, Column, Figure, Sheet, Table, Words, count, pieces, said
from verifier.kinds import Home, Site
from verifier.report import Statement

_LANES = (*(lane.name for lane in Home), *(lane.name for lane in Site))
_CAUSES = ("lost", "lost_in_delivery", "found", "destroyed", "short", "found_short", "void_short")
_STOCK = (
    Words("仓库", "Site"),
    Words("可售", "Sellable"),
    Words("暂扣", "Held"),
    Words("盘点日", "Counted on"),
    Words("盘点件数", "Counted"),
    Words("差异", "Difference"),
)
_GIVEN_BACK = ("found", "found_short", "void_short")


def loss_sheet(statement: Statement) -> Sheet:
    """How many pieces, of them with a certificate, by lot, site and cause, and where every other piece is."""
    figures = statement.claim["figures"]
    now: Counter[str] = Counter()
    for lot in figures["lots"].values():
        now.update(lot["now"])
    return Sheet(
        title=Words("货物损失与销毁证明", "Certificate of Loss and Destruction"),
        headline=(
            Figure(
                Words("损失与销毁件数", "Pieces lost or destroyed"),
                pieces(sum(figures["pieces"].values())),
                is_key=True,
            ),
            Figure(said("figure.certified_pieces"), pieces(figures["certified_pieces"])),
            Figure(said("figure.uncertified_pieces"), pieces(figures["uncertified_pieces"])),
            Figure(said("figure.declared_fob_minor"), declared_value(figures)),
            owner_figure(statement),
        ),
        bars=(Bar(Words("货物现状（件）", "Where the pieces are now"), tuple((said(n), now[n]) for n in _LANES)),),
        tables=(
            piece_table(statement, figures["pieces"], Words("本证明所涉货物", "Pieces of this certificate")),
            _causes(statement, figures["lots"]),
            *((_certificates(statement, figures["certificates"]),) if figures["certificates"] else ()),
        ),
    )


def _causes(statement: Statement, lots: dict[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for lot, found in lots.items():
        for site, causes in found["sites"].items():
            for cause in _CAUSES:
                if cause in causes:
                    number = -causes[cause] if cause in _GIVEN_BACK else causes[cause]
                    rows.append(
                        (lot_name(statement, lot), said("site", site=site), said(f"figure.{cause}"), count(number))
                    )
    return Table(
        Words("按批次、仓库与原因", "By lot, site and cause"),
        (Column(LOT), Column(Words("仓库", "Site")), Column(Words("原因", "Cause")), PIECES),
        tuple(rows),
    )


def _certificates(statement: Statement, certificates: list[dict[str, Any]]) -> Table:
    return Table(
        Words("销毁凭证", "Certificates of destruction"),
        (
            Column(LOT),
            Column(Words("凭证号", "Number")),
            Column(Words("签发日期", "Issued on")),
            PIECES,
        ),
        tuple(
            (
                lot_name(statement, entry["lot"]),
                entry["certificate_no"],
                entry.get("certificate_on", "-"),
                count(entry["pieces"]),
            )
            for entry in certificates
        ),
    )


def stock_sheet(statement: Statement) -> Sheet:
    """What lies where by the book, what the last count found, and that it excludes no other lender."""
    figures = statement.claim["figures"]
    rows: list[tuple[Cell, ...]] = [
        (
            lot_name(statement, lot),
            site,
            count(place["on_hand"]),
            count(place["held"]),
            place["counted_on"],
            count(place["counted"]),
            f"{place['difference']:+,}" if place["difference"] else "0",
        )
        for lot, found in figures["lots"].items()
        for site, place in found["sites"].items()
    ]
    return Sheet(
        title=Words("海外仓库存证明", "Certificate of Stock in Overseas Warehouses"),
        headline=(
            Figure(said("figure.pieces_in_stock"), pieces(figures["pieces_in_stock"]), is_key=True),
            Figure(said("figure.declared_fob_minor"), declared_value(figures)),
            Figure(Words("截至", "As of"), statement.cutoff.record_time[:10]),
            owner_figure(statement),
        ),
        tables=(
            Table(
                Words("库存明细", "Stock by lot and site"),
                (
                    Column(LOT),
                    *(Column(words, is_number=True) for words in _STOCK),  # as narrow as they can be
                ),
                tuple(rows),
            ),
        ),
        notes=(
            Words(
                "本证明不排除同一库存已向其他资金方出示或质押。",
                "This certificate does not exclude that another lender was shown, or holds, the same stock.",
            ),
            Words(
                f"有库存的仓库须在 {figures['count_max_days']} 天内盘点过；盘点差异为盘点件数减当时账面件数。",
                f"Every site with stock was counted within {figures['count_max_days']} days; the difference is what "
                "was counted less what the book then said.",
            ),
        ),
    )
