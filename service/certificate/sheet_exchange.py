"""The sheets of an exchange collection (P2) and of an endorsement on it (P3): amounts currency by currency."""

from collections.abc import Iterator
from typing import Any

from service.certificate.sheet_parts import ITEM, declared_value, owner_figure, piece_table
from service.core.sheet import Cell, Column, Figure, Sheet, Table, Words, count, money, party, pieces, said
from verifier.claim_record import Recorded, Used
from verifier.currencies import format_minor
from verifier.report import Statement

_CURRENCIES_ABREAST = 4
"""Currencies that fit beside one another on a page."""
_BEFORE = (("gross_minor", 1), ("refunds_minor", -1), ("adjustments_minor", 1))
_AFTER = (("fee_credits_minor", 1), ("deducted_minor", -1))


def exchange_sheet(statement: Statement) -> Sheet:
    """Ceilings first, then how each came about, the receipts, and the lots."""
    figures = statement.claim["figures"]
    currencies = figures["currencies"]
    return Sheet(
        title=Words("跨境电商收汇真实性证明", "Certificate of Authenticity of an Exchange Collection"),
        headline=(
            *(
                Figure(
                    Words(f"收汇额度（{currency}）", f"Ceiling ({currency})"),
                    money(sums["ceiling_minor"], currency),
                    is_key=True,
                    is_warning=sums["ceiling_minor"] < 0,
                )
                for currency, sums in currencies.items()
            ),
            *_remaining(statement.recorded),
            Figure(said("figure.orders"), count(figures["orders"])),
            Figure(said("figure.pieces"), pieces(sum(figures["pieces"].values()))),
            Figure(said("figure.declared_fob_minor"), declared_value(figures)),
            owner_figure(statement),
        ),
        tables=(
            *_amounts(currencies),
            *_endorsed(statement.recorded),
            *_receipts(figures["receipts"]),
            piece_table(statement, figures["pieces"], Words("所涉货物", "Goods")),
        ),
        notes=tuple(_notes(figures)),
    )


def _amounts(currencies: dict[str, dict[str, Any]]) -> Iterator[Table]:
    """Gross to ceiling, one column for each currency; a fee type is a row of its own."""
    names = list(currencies)
    for first in range(0, len(names), _CURRENCIES_ABREAST):
        shown = names[first : first + _CURRENCIES_ABREAST]
        types = sorted({name for currency in shown for name in currencies[currency]["fees_by_type_minor"]})
        rows = [_row(currencies, shown, name, sign) for name, sign in _BEFORE]
        for name in types:
            cells = (_signed(-currencies[c]["fees_by_type_minor"].get(name, 0), c) for c in shown)
            rows.append((said(f"figure.{name}"), *cells))
        rows += [_row(currencies, shown, name, sign) for name, sign in _AFTER]
        yield Table(
            Words("额度的构成（轧差还原）", "From gross to ceiling (netting restored)"),
            (ITEM, *(Column(Words(currency, currency), is_number=True) for currency in shown)),
            tuple(rows),
            _row(currencies, shown, "ceiling_minor", 1),
        )


def _row(currencies: dict[str, dict[str, Any]], shown: list[str], name: str, sign: int) -> tuple[Cell, ...]:
    return (said(f"figure.{name}"), *(_signed(sign * currencies[currency][name], currency) for currency in shown))


def _signed(minor: int, currency: str) -> str:
    """An amount as it enters the sum: what is taken off carries a minus sign."""
    return format_minor(minor, currency)


def _remaining(recorded: Recorded | None) -> Iterator[Figure]:
    """What is left of each ceiling, by the chain."""
    for used in () if recorded is None else recorded.used:
        yield Figure(
            Words(f"剩余额度（{used.currency}）", f"Remaining ({used.currency})"),
            money(used.remaining_minor, used.currency),
            is_key=True,
            is_warning=used.remaining_minor < 0,
        )


def _endorsed(recorded: Recorded | None) -> Iterator[Table]:
    """What banks had used when the certificate was made; a bank asks the chain again."""
    if recorded is None or not recorded.used:
        return
    block = f"{recorded.block_number:,}"
    columns = (
        Column(Words("币种", "Currency")),
        Column(said("figure.ceiling_minor"), is_number=True),
        Column(said("figure.used_minor"), is_number=True),
        Column(said("figure.remaining_minor"), is_number=True),
    )
    rows = tuple(
        (used.currency, *(format_minor(minor, used.currency) for minor in _used(used))) for used in recorded.used
    )
    yield Table(Words(f"签注情况（截至区块 {block}）", f"Endorsed by banks (as of block {block})"), columns, rows)


def _used(used: Used) -> tuple[int, int, int]:
    return used.ceiling_minor, used.endorsed_minor, used.remaining_minor


def _receipts(receipts: list[dict[str, Any]]) -> Iterator[Table]:
    if not receipts:
        return
    columns = (
        Column(Words("到账日期", "Received on")),
        Column(Words("银行", "Bank")),
        Column(Words("到账金额", "Received"), is_number=True),
        Column(Words("兑换前", "Converted from"), is_number=True),
    )
    rows = tuple(
        (
            receipt.get("date", "-"),
            party(receipt["bank"]),
            money(receipt["received_minor"], receipt["currency"]),
            _conversion(receipt.get("converted")),
        )
        for receipt in receipts
    )
    yield Table(Words("银行收款", "Receipts"), columns, rows)


def _conversion(converted: dict[str, Any] | None) -> str:
    if converted is None:
        return "-"
    rate = f" @ {converted['conversion_rate']}" if "conversion_rate" in converted else ""
    return money(converted["converted_minor"], converted["currency"]) + rate


def _notes(figures: dict[str, Any]) -> Iterator[Words]:
    yield Words(
        "收款与报关金额可以不一致（汇发〔2020〕11号第二条）；各币种金额不相加。",
        "Receipts may differ from the declared value (SAFE 2020-11 art. 2); currencies are never added up.",
    )
    if figures["self_declared_sales"]:
        number = figures["self_declared_sales"]
        amounts = "; ".join(
            money(sums["self_declared_minor"], currency)
            for currency, sums in figures["currencies"].items()
            if sums["self_declared_minor"]
        )
        yield Words(
            f"由出口企业自行申报的销售：{number:,} 笔，{amounts}。",
            f"Sales on the exporter's own word: {number:,}, {amounts}.",
        )
    if figures["fees_in_other_claims_minor"]:
        fees = figures["fees_in_other_claims_minor"].items()
        amounts = "; ".join(money(minor, currency) for currency, minor in fees)
        yield Words(
            f"同一账户由其他证明计入的轧差费用：{amounts}。",
            f"Netted fees of these accounts that other claims have taken: {amounts}.",
        )
    back = {c: sums["back_not_refunded_minor"] for c, sums in figures["currencies"].items()}
    if any(back.values()):
        amounts = "; ".join(money(minor, currency) for currency, minor in back.items() if minor)
        yield Words(f"退回货物未退款：{amounts}。", f"Of goods that came back, not refunded: {amounts}.")
    if figures["orders_in_part"]:
        number = figures["orders_in_part"]
        yield Words(
            f"另有明细不在本证明内的订单：{number:,} 个。", f"Orders with lines outside this certificate: {number:,}."
        )


def endorsement_sheet(statement: Statement) -> Sheet:
    """What is used and what remains; bank and amount only where the credential names them."""
    asked, figures = statement.claim["asked"], statement.claim["figures"]
    currency = figures["currency"]
    own: tuple[Figure, ...] = ()
    if "bank" in asked:
        own = (
            Figure(Words("签注银行", "Endorsing bank"), party(asked["bank"])),
            Figure(said("figure.amount_minor"), money(asked["amount_minor"], currency)),
        )
    rows = [("ceiling_minor", asked["ceiling_minor"])]
    if "bank" in asked:
        rows += [("used_before_minor", asked["used_before_minor"]), ("amount_minor", asked["amount_minor"])]
    rows += [("used_minor", figures["used_minor"]), ("remaining_minor", figures["remaining_minor"])]
    overdrawn = Words(
        "已超额：签注额超过现行额度，不得再签注。", "Overdrawn: more was endorsed than the ceiling now allows."
    )
    return Sheet(
        title=Words("收汇额度签注证明", "Certificate of Endorsement"),
        headline=(
            Figure(
                Words("剩余额度（已超额）", "Remaining (overdrawn)")
                if figures["is_overdrawn"]
                else said("figure.remaining_minor"),
                money(figures["remaining_minor"], currency),
                is_key=True,
                is_warning=figures["is_overdrawn"],
            ),
            Figure(said("figure.used_minor"), money(figures["used_minor"], currency)),
            *own,
            Figure(Words("额度版本", "Version of the claim"), str(asked["version"])),
            owner_figure(statement),
        ),
        tables=(
            Table(
                Words(f"额度使用情况（{currency}）", f"Use of the ceiling ({currency})"),
                (ITEM, Column(Words(currency, currency), is_number=True)),
                tuple((said(f"figure.{name}"), format_minor(minor, currency)) for name, minor in rows),
            ),
            Table(
                Words("所签注的证明", "The claim that is endorsed"),
                (Column(said("figure.claim_id")),),
                ((asked["claim_id"],),),
            ),
        ),
        notes=(overdrawn,) if figures["is_overdrawn"] else (),
    )
