"""Every call of the registry of claims gets the gas that it needs, however many lots the claim holds."""

from dataclasses import replace
from typing import Any

from service.flow.claim_calls import endorse_call, issue_calls, revoke_calls, supersede_call
from service.flow.claim_ports import SENT, ConsentRow, EndorsementRow
from service.flow.outbox import GAS_LIMIT, Outbox
from verifier.claims.record import ClaimRecord, LotPart, Part
from verifier.eip712 import Domain

LOTS = 200
"""As many lines as one claim may name."""
MEASURED_REVOKE, MEASURED_SUPERSEDE, MEASURED_ENDORSE = 1_104_000, 362_300, 2_052_300
"""Of a claim of 200 lots, on Anvil; a superseding version took something of one of them."""


class Signer:
    """Signs everything, badly: what is signed is not looked at here."""

    def signs_for(self, party: int) -> bool:
        return True

    def sign_digest(self, party: int, digest: bytes) -> bytes:
        return bytes(65)


def an_outbox() -> Outbox:
    unused: Any = None
    signer: Any = Signer()
    return Outbox(unused, unused, unused, signer, Domain(1, bytes(20), bytes(32)), {})


def a_record(words: int) -> ClaimRecord:
    """Every lot with positions in so many words."""
    positions = frozenset(256 * word for word in range(words))
    return ClaimRecord(bytes(32), 1, (Part(tuple(LotPart(lot, 1, positions) for lot in range(1, LOTS + 1)), ()),))


def test_a_set_is_cut_so_that_each_transaction_has_gas_enough() -> None:
    for words in (1, 3, 256):
        calls = issue_calls(an_outbox(), 1, 2, a_record(words), bytes(32))
        assert max(call.gas for call in calls) <= GAS_LIMIT
        lots = [found[0] for call in calls for found in call.arguments[2]]
        assert sorted(lots) == list(range(1, LOTS + 1))


def test_a_call_that_looks_at_every_lot_of_a_claim_has_gas_for_them() -> None:
    outbox, record = an_outbox(), a_record(1)
    assert revoke_calls(outbox, 1, bytes(32), record)[0].gas > MEASURED_REVOKE
    grown = replace(record, parts=(*record.parts, Part((LotPart(7, 1, frozenset({1})),), ())))
    assert supersede_call(outbox, 1, grown, bytes(32), {}).gas > MEASURED_SUPERSEDE
    row = EndorsementRow(
        bytes(32), bytes(32), 1, 8, "USD", 1, 0, 1, bytes(32), 1, "USD", bytes(16), 1, 0, 1, SENT, 0
    )  # fmt: skip
    consent = ConsentRow(bytes(32), 8, "USD", 1, 1, 0, bytes(65))
    assert endorse_call(outbox, row, 0, consent, held=LOTS).gas > MEASURED_ENDORSE
