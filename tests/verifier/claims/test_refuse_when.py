"""What each proof is refused for, row by row as the trade's table has it: named, with the figures.

Two conditions of that table are told and refuse nothing, since refusing would be wrong in law: a reconciliation outside
its window, and a return after six months, which loses its relief only. What needs the chain (a second bank, a request
above what remains, an endorsement after a revocation) is refused there: tests/contracts, tests/service/claims.
"""

from datetime import UTC, datetime

import pytest

from tests.verifier.claims.cases import EXPORTER, STRANGER, BookOf, Lot, make_case
from tests.verifier.claims.tax_cases import TaxLot
from verifier.claims.case import ClaimRefusedError, WithheldError
from verifier.claims.endorsement import endorsement_figures
from verifier.claims.exchange import exchange_figures
from verifier.claims.loss import CONSUMED as LOSSES
from verifier.claims.loss import loss_figures
from verifier.claims.pre_refund import pre_refund_figures
from verifier.claims.provenance import provenance_figures
from verifier.claims.return_to_origin import CONSUMED as ENTRIES
from verifier.claims.return_to_origin import return_figures
from verifier.claims.settlement import settlement_figures
from verifier.claims.stock import stock_figures
from verifier.errors import InvalidError

ASKED = {"method": "exempt_refund", "cost_minor": 40_000_00, "rebate_rate": "0.13"}
TANK = {
    "claim_id": "0x" + "ab" * 32, "version": 1, "currency": "USD", "whole_minor": 12_800_00, "ceiling_minor": 12_675_00,
    "salt": "AAECAwQFBgcICQoLDA0ODw", "used_before_minor": 12_600_00, "amount_minor": 100_00,
    "used_after_minor": 12_700_00, "bank": 7,
}  # fmt: skip


def sold(pieces: int = 10, **document) -> Lot:
    lot = Lot(**document)
    lot.sell(pieces, pieces * 15_00)
    return lot


def a_book(**fee) -> BookOf:
    book = BookOf()
    book.fee(10_00, **fee)
    return book


def exchange(lot: Lot, *books: BookOf):
    return exchange_figures(make_case([lot], list(books) or [a_book()]))


def paid_to(payee: int):
    book = a_book()
    book.receipt(100_00, payee=payee)
    return exchange(sold(), book)


def sold_from(kind: str) -> Lot:
    """A sale of pieces that left as a gift, or that names nothing at all."""
    lot = Lot()
    left = lot.add(kind, 10)
    lot.add("SALE", 10, target=left if kind == "GIVE" else None, money={"currency": "USD", "gross_minor": 150_00})
    return lot


def sold_at_export(**document):
    lot = Lot()
    lot.events[2:] = []
    lot.add("SALE_AT_EXPORT", 10, money={"currency": "USD", "gross_minor": 150_00}, document=document)
    return exchange(lot)


def pre_refund(lot: Lot):
    return pre_refund_figures(make_case([lot], asked=ASKED, kinds=frozenset()))


def undeparted() -> Lot:
    lot = TaxLot()
    lot.events[1:] = []
    return lot


def settlement(lot: Lot, **rest):
    return settlement_figures(make_case([lot], purpose=2, **rest))


def settled_lot(**sale) -> Lot:
    lot = TaxLot().pre_refunded()
    lot.sell(10, 150_00, **sale)
    return lot


def hidden_proof() -> Lot:
    return settled_lot(hide=("money",))


def returned(on: str = "2026-08-28", *, is_food: bool = False, refunded: bool = False, **document):
    lot = TaxLot().pre_refunded() if refunded else TaxLot()
    lot.edit(0, groups=lot.events[0].groups | {"goods": {"is_food": is_food}})
    lot.add("HOLD", 10)
    back = lot.add("RETURN_ORIGIN", 10)
    paper = {"import_declaration_no": "223320261000765432", "entry_date": on, "is_original_state": True} | document
    lot.add("ENTRY", 10, target=back, document=paper)
    return return_figures(make_case([lot], purpose=3, kinds=ENTRIES))


def destroyed(**paper):
    lot = Lot()
    lot.add("HOLD", 1)
    lot.add("DESTROY", 1, document=paper)
    return loss_figures(make_case([lot], purpose=4, kinds=LOSSES))


def counted_long_ago():
    lot = Lot()
    lot.add("COUNT", goods={"pieces": 1000}, at=datetime(2026, 5, 1, tzinfo=UTC))
    return stock_figures(make_case([lot]))


@pytest.mark.parametrize(
    ("act", "code"),
    [
        pytest.param(lambda: paid_to(STRANGER), "PayeeNotExporter", id="P2 the payee is not the exporter"),
        pytest.param(lambda: exchange(sold(), a_book(fee_type=None)), "FeeNotItemised", id="P2 a fee is not itemised"),
        pytest.param(sold_at_export, "InvoiceMissing", id="P2 sold at export without a B2B invoice"),
        pytest.param(
            lambda: endorsement_figures(make_case([], asked=TANK)),
            "RequestAboveRemaining", id="P2 P3 a request above what remains",
        ),
        pytest.param(lambda: pre_refund(undeparted()), "NoDeparture", id="P4 no departure"),
        pytest.param(lambda: pre_refund(TaxLot(mode="0110")), "NotMode9810", id="P4 not 9810"),
        pytest.param(lambda: pre_refund(TaxLot().pre_refunded()), "RowLive", id="P4 the row is live already"),
        pytest.param(lambda: pre_refund(TaxLot(tax_treatment="exempt")), "ExemptLine", id="P4 an exempt line"),
        pytest.param(lambda: settlement(TaxLot()), "NothingToSettle", id="P5 nothing was pre-refunded or sold"),
        pytest.param(
            lambda: settlement(settled_lot(currency=None)), "AmountMissing", id="P5 a sale without its proof"
        ),
        pytest.param(lambda: returned(declaration_no="9" * 18), "OtherDeclaration", id="P6 of another lot"),
        pytest.param(destroyed, "CertificateMissing", id="P7 no certificate"),
        pytest.param(counted_long_ago, "StaleCount", id="P8 a stale count"),
    ],
)  # fmt: skip
def test_refused_by_name(act, code):
    with pytest.raises(ClaimRefusedError) as refused:
        act()
    assert refused.value.code == code
    assert refused.value.detail
    assert all(value is not None or name == "got" for name, value in refused.value.figures.items())


def test_a_proof_of_sale_that_is_not_shown_cannot_be_told():
    with pytest.raises(WithheldError):
        settlement(hidden_proof())


@pytest.mark.parametrize(("kind", "reason"), [("GIVE", "SALE cannot name GIVE"), ("SHIP", "SaleWithoutShipment")])
def test_p2_a_sale_without_shipment_is_no_history(kind, reason):
    """The lanes themselves refuse it: a piece is sold out of SHIPPED, by the name of its shipment."""
    with pytest.raises(InvalidError, match=reason):
        exchange(sold_from(kind))


def test_p1_a_history_with_a_gap_tells_nothing():
    lot = Lot()
    del lot.events[1]  # the departure is left out
    with pytest.raises(InvalidError, match="TRANSIT"):
        provenance_figures(make_case([lot]))


def test_p1_what_lies_in_quarantine_is_told_apart():
    lot = Lot()
    lot.add("HOLD", 5)
    assert provenance_figures(make_case([lot]))["accounts"]["7"] == {"ON_HAND": 995, "HELD": 5}


@pytest.mark.parametrize(("day", "state"), [("2026-04-25", "too_early"), ("2027-05-01", "too_late")])
def test_p5_outside_its_window_it_warns(day, state):
    (row,) = settlement(settled_lot(), record_at=datetime.fromisoformat(f"{day}T12:00:00+08:00"))["rows"]
    assert row["window"]["state"] == state


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (returned(is_food=True), "food"),
        (returned("2026-09-11"), "late"),
        (returned(is_original_state=False), "altered"),
        (returned(refunded=True), "not_repaid"),
    ],
)
def test_p6_the_relief_is_refused_by_name_and_the_return_recorded(found, reason):
    (entry,) = found["entries"]
    assert entry["relief"]["verdict"] == "refused"
    assert entry["relief"]["reason"] == reason
    assert list(found["pieces"].values()) == [10]


def test_the_exporter_itself_is_paid():
    assert paid_to(EXPORTER)["receipts"][0]["received_minor"] == 100_00
