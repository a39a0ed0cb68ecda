"""Which kind of credential prints which sheet.

A kind without a maker of its own prints its figures one by one, with the names and values that the verifier's report
uses for them.
"""

from collections.abc import Iterator
from typing import Any

from service.certificate.sheet_provenance import provenance_sheet
from service.core.sheet import (
    Cell,
    Column,
    Figure,
    Sheet,
    SheetMaker,
    Table,
    Words,
    count,
    find_said,
    money,
    party,
    said,
)
from verifier.claims.kinds import PROVENANCE
from verifier.report import Statement

SHEET_MAKERS: dict[str, SheetMaker] = {
    PROVENANCE.vct: provenance_sheet,
}
"""By ``vct``. A new kind adds a line."""

_PREFIX = "urn:cangsu:vct:"
_TITLES = {
    "exchange-collection": Words("跨境电商收汇真实性证明", "Certificate of Authenticity of an Exchange Collection"),
    "endorsement": Words("收汇签注证明", "Certificate of a Bank's Endorsement"),
    "pre-refund": Words("离境即退税预退税证明", "Certificate for Tax Pre-refund on Departure"),
    "settlement": Words("预退税核算证明", "Certificate for the Settlement of Pre-refunded Tax"),
    "return-origin": Words("退运货物证明", "Certificate of Goods Returned to Origin"),
    "loss": Words("海外仓货物损失证明", "Certificate of Loss of Goods in Overseas Warehouses"),
    "stock": Words("海外仓库存证明", "Certificate of Stock in Overseas Warehouses"),
    "correction": Words("证明更正说明", "Certificate of Correction"),
}


def make_sheet(statement: Statement) -> Sheet:
    """The sheet of a verified credential."""
    return SHEET_MAKERS.get(statement.vct, plain_sheet)(statement)


def plain_sheet(statement: Statement) -> Sheet:
    """Every figure of a claim as the verifier's report lists them."""
    name = statement.vct.removeprefix(_PREFIX).split(":")[0]
    asked = tuple(_rows(statement.claim.get("asked", {}), "CNY"))
    rows = tuple(_rows(statement.claim.get("figures", statement.claim), "CNY"))
    columns = (Column(Words("项目", "Item")), Column(Words("数据", "Figure"), is_number=True))
    return Sheet(
        title=_TITLES.get(name, Words(name, name)),
        headline=(Figure(Words("货主", "Owner"), party(statement.claim["owner"])),),
        tables=tuple(
            Table(said(f"claim.{part}"), columns, cells)
            for part, cells in (("asked", asked), ("figures", rows))
            if cells
        ),
    )


def _rows(
    value: dict[str, Any], currency: str, path: tuple[Words, ...] = (), *, is_money: bool = False
) -> Iterator[tuple[Cell, Cell]]:
    """Label and value of every figure; all that lies below a name that ends in ``_minor`` is an amount."""
    currency = str(value.get("currency", currency))
    for name, member in value.items():
        is_amount = is_money or name.endswith("_minor")
        label = (*path, find_said(f"figure.{name}", name))
        if isinstance(member, dict):
            yield from _rows(member, name if _is_currency(name) else currency, label, is_money=is_amount)
        elif isinstance(member, list):
            for number, entry in enumerate(member, 1):
                numbered = (*label, Words(str(number), str(number)))
                if isinstance(entry, dict):
                    yield from _rows(entry, currency, numbered)
                else:
                    yield _join(numbered), str(entry)
        else:
            yield _join(label), _value(member, currency if is_amount else None)


def _value(value: Any, currency: str | None) -> Cell:
    if isinstance(value, bool):
        return said("yes" if value else "no")
    if isinstance(value, int):
        return count(value) if currency is None else money(value, currency)
    return find_said(f"value.{value}", str(value) or "-")


def _join(path: tuple[Words, ...]) -> Words:
    return Words(zh=" · ".join(part.zh for part in path), en=" · ".join(part.en for part in path))


def _is_currency(name: str) -> bool:
    return len(name) == 3 and name.isascii() and name.isupper()
