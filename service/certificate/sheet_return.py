"""The sheet of a return to origin (P6): two verdicts side by side, each with its own clock; pieces and certificates."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from service.certificate.sheet_parts import LOT, PIECES, lot_name, owner_figure, valued
from service.core.sheet import Cell, Column, Figure, Sheet, Table, Words, count, pieces, said
from verifier.report import Statement

_VERDICTS = ("relief", "channel")
_ORDER = ("refused", "open", "granted")
_ENTRY_NO = Column(Words("进口报关单号", "Import declaration"))
_LOT = Column(Words("原出口报关单号-项号", "Export declaration and item"))
_UNTIL = Column(Words("截止", "Until"))
_PAID_BACK = ("repaid", "not_refunded")


def return_sheet(statement: Statement) -> Sheet:
    """Relief and channel first, then the refund, the pieces and the papers."""
    figures = statement.claim["figures"]
    entries = figures["entries"]
    refunds = Counter(valued(entry["refund"]) for entry in entries)
    numbers = dict.fromkeys(entry["import_declaration_no"] for entry in entries)
    return Sheet(
        title=Words("退运货物证明", "Certificate of Goods Returned to Origin"),
        headline=(
            *(_verdict_figure(name, [entry[name] for entry in entries]) for name in _VERDICTS),
            Figure(
                Words("本证明退运件数", "Pieces returned, this certificate"), pieces(sum(figures["pieces"].values()))
            ),
            Figure(
                said("figure.refund"),
                _counted(refunds),
                is_warning=any(entry["refund"] not in _PAID_BACK for entry in entries),
            ),
            *((Figure(_ENTRY_NO.label, next(iter(numbers))),) if len(numbers) == 1 else ()),
            owner_figure(statement),
        ),
        tables=tuple(_tables(statement, figures)),
        notes=(
            Words(
                "两项结论各有期限，互不替代：免税自出口日期起算（财政部 海关总署 税务总局公告2026年第16号），"
                "退货通道自放行日期起算（海关总署公告2020年第44号）；以进境日期判断。",
                "Each verdict has a clock of its own and neither stands for the other: relief runs from the date of "
                "export (MOF, GACC, STA 2026-16), the channel from release (GACC 2020-44). The day of entry decides.",
            ),
            Words(
                "已退税的货物须先补缴税款；本证明不能代替《出口货物已补税/未退税证明》。",
                "A refund is repaid first. This certificate does not stand for the tax office's own "
                "《出口货物已补税/未退税证明》.",
            ),
        ),
    )


def _verdict_figure(name: str, found: list[dict[str, str]]) -> Figure:
    """The verdict with its reason; of several entries, how many got which."""
    is_refused = any(verdict["verdict"] != "granted" for verdict in found)
    label = said(f"figure.{name}")
    if len(found) == 1:
        return Figure(label, _dated(found[0]), is_key=True, is_warning=is_refused)
    verdicts = Counter(verdict["verdict"] for verdict in found)
    ordered = Counter({valued(word): verdicts[word] for word in _ORDER if verdicts[word]})
    return Figure(label, _counted(ordered), is_key=len(ordered) == 1, is_warning=is_refused)


def _verdict(found: dict[str, str]) -> Words:
    verdict = valued(found["verdict"])
    if "reason" not in found:
        return verdict
    reason = valued(found["reason"])
    return Words(f"{verdict.zh}：{reason.zh}", f"{verdict.en}: {reason.en}")


def _counted(words: Counter[Words]) -> Words:
    """What they all are, or how many are which."""
    if len(words) == 1:
        return next(iter(words))
    return Words(
        "；".join(f"{found.zh} {number:,} 条" for found, number in words.items()),
        "; ".join(f"{found.en}: {number:,}" for found, number in words.items()),
    )


def _dated(found: dict[str, str]) -> Words:
    verdict = _verdict(found)
    if "until" not in found:
        return verdict
    return Words(f"{verdict.zh}（至 {found['until']}）", f"{verdict.en} (until {found['until']})")


def _tables(statement: Statement, figures: dict[str, Any]) -> Iterator[Table]:
    entries = figures["entries"]
    yield Table(
        Words("逐条结论", "Verdicts, entry by entry"),
        (
            _ENTRY_NO,
            Column(Words("进境日期", "Entered on")),
            PIECES,
            Column(Words("免征进口税收", "Relief"), is_key=True),
            _UNTIL,
            Column(Words("海关退货通道", "Channel"), is_key=True),
            _UNTIL,
            Column(Words("退税状态", "Refund")),
        ),
        tuple(
            (
                entry["import_declaration_no"],
                entry["entry_date"],
                count(entry["quantity"]),
                _verdict(entry["relief"]),
                entry["relief"].get("until", "-"),
                _verdict(entry["channel"]),
                entry["channel"].get("until", "-"),
                valued(entry["refund"]),
            )
            for entry in entries
        ),
    )
    yield _quantities(statement, figures)
    papers: list[tuple[Cell, ...]] = [
        (
            entry["import_declaration_no"],
            lot_name(statement, entry["lot"]),
            valued(entry["entry_mode"]),
            valued(entry["is_original_state"]),
            entry.get("certificate_no", "-"),
        )
        for entry in entries
    ]
    yield Table(
        Words("进境单证", "Papers of the entries"),
        (
            _ENTRY_NO,
            _LOT,
            Column(Words("监管方式", "Mode")),
            Column(Words("是否原状", "Original state")),
            Column(Words("随附的已补税证明编号", "Certificate of repaid tax shown")),
        ),
        tuple(papers),
    )
    certificates: list[tuple[Cell, ...]] = [
        (lot_name(statement, lot), given["certificate_no"], given["certificate_on"], count(given["pieces"]))
        for lot, found in figures["lots"].items()
        for given in found["certificates"]
    ]
    if certificates:
        yield Table(
            Words("税务机关记录的已补税证明", "Certificates of repaid tax, by the tax office's notes"),
            (Column(LOT), Column(Words("证明编号", "Number")), Column(Words("开具日期", "Issued on")), PIECES),
            tuple(certificates),
        )


def _quantities(statement: Statement, figures: dict[str, Any]) -> Table:
    """Declared, returned here and elsewhere, and what may still return, line by line."""
    return Table(
        Words("各项可退运件数", "Pieces that may return, line by line"),
        (
            _LOT,
            Column(Words("出口日期", "Exported on")),
            Column(Words("食品", "Food")),
            Column(Words("申报", "Declared"), is_number=True),
            Column(Words("本证明退运", "Returned here"), is_number=True),
            Column(Words("其他证明退运", "Elsewhere"), is_number=True),
            Column(Words("尚可退运", "Returnable"), is_number=True, is_key=True),
        ),
        tuple(
            (
                lot_name(statement, lot),
                found["export_date"],
                valued(found["is_food"]),
                count(found["declared"]),
                count(figures["pieces"][lot]),
                count(found["returned_before"]),
                count(found["returnable"]),
            )
            for lot, found in figures["lots"].items()
        ),
    )
