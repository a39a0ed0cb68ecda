"""The sheet of a correction notice (P9): before, after, the difference, and because of which events."""

from typing import Any

from service.certificate.kind_words import kind_words
from service.certificate.sheet_parts import LOT, PIECES, lot_name, owner_figure
from service.core.sheet import Cell, Column, Figure, Sheet, Table, Words, count, day, party
from verifier.currencies import format_minor
from verifier.record import BOOK_BIT, lot_from_hex
from verifier.report import Statement

_BEFORE_AND_AFTER = (
    Column(Words("更正前", "Before"), is_number=True),
    Column(Words("更正后", "After"), is_number=True),
    Column(Words("变动", "Change"), is_number=True),
)


def correction_sheet(statement: Statement) -> Sheet:
    """The credential that is no longer true, the one that replaces it, and what changed."""
    asked, figures = statement.claim["asked"], statement.claim["figures"]
    old, new = asked["old"], asked["new"]
    amounts = figures["difference_minor"]
    return Sheet(
        title=Words("更正通知", "Correction Notice"),
        headline=(
            Figure(Words("失效版本", "No longer true: version"), str(old["version"])),
            Figure(Words("替代版本", "Replaced by: version"), str(new["version"])),
            *(
                Figure(
                    Words(f"额度变动（{currency}）", f"Change ({currency})"),
                    f"{currency} {_signed(minor, currency)}",
                    is_key=True,
                    is_warning=minor < 0,
                )
                for currency, minor in amounts.items()
                if minor
            ),
            owner_figure(statement),
        ),
        tables=(
            Table(
                Words("收汇额度", "Ceilings"),
                (Column(Words("币种", "Currency")), *_BEFORE_AND_AFTER),
                tuple(
                    (
                        currency,
                        format_minor(old["amounts_minor"].get(currency, 0), currency),
                        format_minor(new["amounts_minor"].get(currency, 0), currency),
                        _signed(minor, currency),
                    )
                    for currency, minor in amounts.items()
                ),
            ),
            Table(
                Words("件数", "Pieces"),
                (Column(LOT), *_BEFORE_AND_AFTER),
                tuple(
                    (
                        lot_name(statement, lot),
                        count(old["pieces"].get(lot, 0)),
                        count(new["pieces"].get(lot, 0)),
                        f"{change:+,}" if change else "0",
                    )
                    for lot, change in figures["difference_pieces"].items()
                ),
            ),
            _reasons(statement, figures["reasons"]),
        ),
        notes=(
            Words(
                f"失效凭证摘要：{old['digest']}", f"Digest of the credential that is no longer true: {old['digest']}"
            ),
            Words(f"替代凭证摘要：{new['digest']}", f"Digest of the credential that replaces it: {new['digest']}"),
        ),
    )


def _reasons(statement: Statement, reasons: list[dict[str, Any]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            kind_words(reason["kind"]),
            _place(statement, reason["lot"]),
            day(reason["event_time"]),
            party(reason["attester"]),
            count(reason["quantity"]) if reason["quantity"] else "-",
        )
        for reason in reasons
    ]
    return Table(
        Words("更正原因", "Because of these events"),
        (
            Column(Words("事件", "Event")),
            Column(LOT),
            Column(Words("日期", "Day")),
            Column(Words("证明方", "Attested by")),
            PIECES,
        ),
        tuple(rows),
    )


def _place(statement: Statement, lot: str) -> Cell:
    number = lot_from_hex(lot)
    if number & BOOK_BIT:
        account = number >> 32 & 0x7FFFFFFF
        return Words(f"账户 {account} 的账簿", f"book of account {account}")
    return lot_name(statement, number)


def _signed(minor: int, currency: str) -> str:
    return f"+{format_minor(minor, currency)}" if minor > 0 else format_minor(minor, currency)
