"""What a reconciliation sheet says of the sales: their proof, the exchange collected, a restored FOB."""

from typing import Any

from service.certificate.sheet_parts import ITEM, lot_name, valued
from service.certificate.sheet_settlement_tables import numbers
from service.core.sheet import Cell, Column, Table, Words, count, money, said
from verifier.currencies import format_minor
from verifier.report import Statement

_EXCHANGE = {
    "account_sold_minor": Words("账户销售额", "Sold"),
    "fees_minor": Words("轧差费用", "Netted fees"),
    "collected_minor": Words("已收汇", "Collected"),
    "gap_minor": Words("未收汇差额", "Gap"),
}


def sales(figures: dict[str, Any]) -> Table:
    """What the sales came to, on whose word, and by when their proof is to be on file."""
    sold = "; ".join(money(minor, currency) for currency, minor in figures["sold_minor"].items())
    rows: list[tuple[Cell, ...]] = [
        (said("figure.sales"), count(figures["sales"])),
        (said("figure.self_declared_sales"), count(figures["self_declared_sales"])),
        (said("figure.sold_minor"), sold or "-"),
        *((said(f"figure.{n}"), figures[n]) for n in ("last_sale_on", "evidence_until") if n in figures),
    ]
    return Table(
        Words("销售与销售凭证", "Sales and their proof"),
        (ITEM, Column(Words("数据", "Figure"), is_number=True)),
        tuple(rows),
    )


def exchange(found: dict[str, dict[str, int]]) -> Table:
    """What the accounts shown sold, paid and collected, currency by currency, for whatever goods."""
    return Table(
        Words(
            "收汇情况（按平台对账单，所列账户内全部商品）",
            "Exchange collected, by the platform's statements: all goods",
        ),
        (Column(Words("币种", "Currency")), *numbers(_EXCHANGE, ("gap_minor",))),
        tuple(
            (currency, *(format_minor(sums[name], currency) for name in _EXCHANGE)) for currency, sums in found.items()
        ),
    )


def stated(statement: Statement) -> Table:
    """What the restored FOB of a manufacturer rests on."""
    asked = statement.claim["asked"]
    rows: list[tuple[Cell, ...]] = [
        (said("figure.reclaim_base"), valued(asked["reclaim_base"])),
        (said("figure.rates_on"), asked["rates_on"]),
        *((Words(f"汇率 {code}/CNY", f"rate {code}/CNY"), rate) for code, rate in asked["exchange_rates"].items()),
        *(
            (Words(f"境外费用 {line}", f"costs abroad {line}"), money(minor, "CNY"))
            for line, minor in ((lot_name(statement, lot), cost) for lot, cost in asked["abroad_costs_minor"].items())
        ),
    ]
    return Table(
        Words(
            "重新申报依据（企业自述，无事件佐证）", "Base of the new claim (stated by the exporter, backed by no event)"
        ),
        (ITEM, Column(Words("企业自述", "Stated"), is_number=True)),
        tuple(rows),
    )
