"""A claim takes the fees of the accounts that sold its goods, and of no other account of the exporter."""

from typing import Any

from scripts.story_expected import EXPECTED_MONEY, LINE_A
from tests.service.api.caller import Api
from tests.service.claims.actions import LINES, NEW_LINE, ask, claim, collect, open_line, sale_of_two, wait_for_version
from tests.service.claims.conftest import TOLD_AT, wait_until_settled
from tests.service.market import BANK, EXPORTER, a_refund, a_sale, an_event
from verifier.record import book_number, lot_to_hex

OTHER_BOOK = lot_to_hex(book_number(2, EXPORTER))


def sell_on_another_account(api: Api) -> None:
    """Ten pieces for USD 100.00 on account 2, which is charged USD 15.00 and, for storage of other goods, USD 5.00."""
    open_line(api)
    ship = an_event("SHIP", 10, line=NEW_LINE, logistics={"ship_purpose": "sale"})
    sale = a_sale(ship, line=NEW_LINE) | {"order": {"order_ref": "OTHER-1", "platform_account": 2}}
    bills: list[dict[str, Any]] = [
        an_event("FEE", lot=OTHER_BOOK, money={"currency": "USD", "fee_type": fee, "fee_minor": minor, "bill_no": fee})
        for fee, minor in (("commission", 15_00), ("storage", 5_00))
    ]
    api.house.tell(ship, sale, *bills, now=TOLD_AT)
    wait_until_settled(api)


def test_another_account_lessens_no_ceiling(worked: Api) -> None:
    sell_on_another_account(worked)
    found = claim(worked, "exchange-collection", LINES)["figures"]["currencies"]["USD"]
    assert found["ceiling_minor"] == EXPECTED_MONEY["USD"]["ceiling"]


def test_a_debt_comes_back_when_the_claim_that_bore_it_is_revoked(worked: Api) -> None:
    made = collect(worked)
    path = f"/v1/claims/{made['claim_id']}"
    body = {"currency": "USD", "reference": "ALL", "amount_minor": 12_675_00, "receipt_minor": 12_675_00}
    assert ask(worked, BANK, f"{path}/endorsements", **body).status_code == 201
    sale = sale_of_two(worked)
    worked.house.tell(
        an_event("RETURN_IN", 2, line=LINE_A, target=sale), a_refund(sale, 30_00, line=LINE_A), now=TOLD_AT
    )
    wait_for_version(worked, path, 2)
    sell_on_another_account(worked)
    for _ in range(2):
        bearing = claim(worked, "exchange-collection", [LINES[0] | {"item_no": 3}])
        usd = bearing["figures"]["currencies"]["USD"]
        assert (usd["deducted_minor"], usd["ceiling_minor"]) == (30_00, 50_00)
        found = worked.client.delete(f"/v1/claims/{bearing['claim_id']}", headers=worked.headers(EXPORTER))
        assert (found.status_code, found.json()["state"]) == (200, "revoked")


def test_the_accounts_own_fees_are_all_taken(worked: Api) -> None:
    sell_on_another_account(worked)
    figures = claim(worked, "exchange-collection", [LINES[0] | {"item_no": 3}])["figures"]
    assert figures["currencies"]["USD"]["fees_by_type_minor"] == {"commission": 15_00, "storage": 5_00}
    assert figures["currencies"]["USD"]["ceiling_minor"] == 80_00
    assert figures["receipts"] == []
