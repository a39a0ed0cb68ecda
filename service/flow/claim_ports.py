"""What the verbs of claims ask of the store and the chain."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from service.core.row_steps import Note
from service.flow.histories import Trail

SENT, LIVE, FAILED, REVOKED = "sent", "live", "failed", "revoked"
"""States of claims and endorsements: on its way to the chain, on chain, refused by it, taken back."""
RELEASING, RELEASED = "releasing", "released"
"""Of an endorsement: its release is on its way to the chain, or there."""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A lineage as it is kept. ``histories`` are lots and books; ``record`` is the JSON of its newest version."""

    claim_id: bytes
    kind: str
    purpose: int
    owner: int
    version: int
    state: str
    asked: dict[str, Any]
    histories: tuple[int, ...]
    record: dict[str, Any]
    is_overdrawn: bool
    failure: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """An issued credential and its status: 0 valid, 1 invalid, 2 suspended. What its reader got is ``Claims.text_of``:
    one over thousands of sales has many megabytes, and is read only to be handed out."""

    status_index: int
    digest: bytes
    kind: str
    owner: int
    reader: int | None
    claim_id: bytes | None
    version: int | None
    status: int
    reason: str | None
    successor: bytes | None
    issued_at: int
    expires_at: int
    figures: dict[str, Any]


SIGHT = ""
"""In place of a currency: a consent that lets its reader see the claim, and endorse nothing."""


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """How much of a currency of a claim a bank may endorse: the owner's signed word. Or sight alone (``SIGHT``)."""

    claim_id: bytes
    bank: int
    currency: str
    maximum_minor: int
    maximum_share: int
    deadline: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class EndorsementRow:
    """What a bank endorsed. Amounts in minor units: of the claim's currency, and of the receipt's."""

    endorsement_id: bytes
    claim_id: bytes
    version: int
    bank: int
    currency: str
    amount_minor: int
    claim_from: int
    claim_to: int
    reference: bytes
    receipt_minor: int
    receipt_currency: str
    receipt_salt: bytes
    receipt_amount_minor: int
    receipt_from: int
    receipt_to: int
    state: str
    created_at: int
    payment: bytes | None = None


@dataclass(frozen=True, slots=True)
class ClaimTx:
    """A signed transaction to the registry of claims. ``subject`` is the claim or endorsement that it is about."""

    tx_nonce: int
    tx_hash: bytes
    raw_tx: bytes
    action: str
    subject: bytes
    sent_at: int
    block_number: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PostedRow:
    """A step of a tax row that was sent to the chain, or why it was not."""

    lot: int
    position: int
    row: int
    state: str
    failure: str | None


@dataclass(frozen=True, slots=True)
class HeldNote:
    """An event that still waits for another one, of a party that has attested events of the same lot before."""

    lot: int
    party: int
    code: str


@dataclass(frozen=True, slots=True)
class RestsOn:
    """A lot under a credential that the chain does not record: how long its history was when it was issued, up to where
    it was looked at since, and where it ends on chain now."""

    digest: bytes
    status_index: int
    lot: int
    length: int
    looked: int
    end: int


class Claims(Trail, Protocol):
    """One transaction over claims, and over the trail that they rest on."""

    def reserve_status(self, kind: str, owner: int, now: int) -> int: ...
    def free_status(self, index: int) -> None: ...
    def save_credential(self, row: CredentialRow, text: str, anchor_block: int) -> None: ...
    def text_of(self, digest: bytes) -> str: ...
    def find_credential(self, digest: bytes) -> CredentialRow | None: ...
    def credentials_of(self, claim_id: bytes) -> list[CredentialRow]: ...
    def set_status(self, digest: bytes, status: int, reason: str, successor: bytes | None) -> None: ...
    def statuses(self) -> list[tuple[int, int]]: ...
    def save_claim(self, row: ClaimRow, lengths: dict[int, int]) -> None: ...
    def find_claim(self, claim_id: bytes) -> ClaimRow | None: ...
    def claims_on(self, lots: Sequence[int], purpose: int) -> list[ClaimRow]: ...
    def stale_claims(self) -> list[ClaimRow]: ...
    def claims_without_notice(self) -> list[ClaimRow]: ...
    def set_claim_state(self, claim_id: bytes, state: str, failure: str | None) -> None: ...
    def lengths_of(self, claim_id: bytes) -> dict[int, int]: ...
    def set_lengths(self, claim_id: bytes, lengths: dict[int, int]) -> None: ...
    def claims_for(
        self, *, owners: Collection[int], ids: Sequence[bytes], kinds: Collection[str]
    ) -> list[ClaimRow]: ...
    def settle_overdrawn(self, claim_ids: Sequence[bytes]) -> None: ...
    def books_of(self, owner: int) -> list[int]: ...
    def roles_of(self, number: int) -> int: ...
    def save_consent(self, row: ConsentRow) -> None: ...
    def find_consent(self, claim_id: bytes, bank: int, currency: str) -> ConsentRow | None: ...
    def delete_consents(self, claim_id: bytes, bank: int) -> None: ...
    def consents_of(self, claim_id: bytes) -> list[ConsentRow]: ...
    def save_endorsement(self, row: EndorsementRow) -> None: ...
    def find_endorsement(self, endorsement_id: bytes) -> EndorsementRow | None: ...
    def endorsements_of(self, claim_id: bytes) -> list[EndorsementRow]: ...
    def receipt_endorsements(self, bank: int, reference: bytes) -> list[EndorsementRow]: ...
    def set_endorsement_state(self, endorsement_id: bytes, state: str, payment: bytes | None) -> None: ...
    def find_request(self, party: int, name_hash: bytes) -> tuple[bytes, bytes] | None: ...
    def save_request(self, party: int, name_hash: bytes, body_hash: bytes, subject: bytes) -> None: ...
    def last_tx_nonce(self) -> int | None: ...
    def save_tx(self, tx: ClaimTx) -> None: ...
    def pending_txs(self) -> list[ClaimTx]: ...
    def recent_txs(self, after_block: int) -> list[ClaimTx]: ...
    def lose_txs(self, tx: ClaimTx, mark: str, now: int) -> list[ClaimTx]: ...
    def settle_tx(self, tx_hash: bytes, block_number: int, failure: str | None) -> None: ...
    def save_rests_on(self, status_index: int, lengths: dict[int, int]) -> None: ...
    def outgrown(self, now: int) -> list[RestsOn]: ...
    def set_looked(self, rests_on: RestsOn) -> None: ...
    def held_on(self, lots: Sequence[int], now: int) -> list[HeldNote]: ...
    def lots_with_new_notes(self) -> list[int]: ...
    def tax_notes(self, lot: int) -> list[Note]: ...
    def posted_rows(self, lot: int) -> list[PostedRow]: ...
    def save_posted_row(self, row: PostedRow) -> None: ...


class ClaimStore(Protocol):
    """Opens transactions."""

    def claims(self) -> AbstractContextManager[Claims]: ...
    def view(self) -> AbstractContextManager[Claims]: ...


class ClaimChain(Protocol):
    """The registry of claims on chain."""

    def transaction_count(self, address: str) -> int: ...
    def why_refused(self, sender: str, function: str, arguments: Sequence[Any], *, gas: int) -> str: ...
    def why_refused_again(self, sender: str, raw_tx: bytes) -> str: ...
    def sign_claim_call(
        self, account: Any, function: str, arguments: Sequence[Any], *, tx_nonce: int, gas: int
    ) -> tuple[bytes, bytes]: ...
    def send(self, raw_tx: bytes) -> bool: ...
    def receipt_of(self, tx_hash: bytes) -> tuple[int, bool] | None: ...
    def block_number(self) -> int: ...
    def tank(self, claim_id: bytes, currency: str) -> tuple[int, int]: ...
    def receipt_share(self, bank: int, reference: bytes) -> int: ...
    def adverse_sum(self, claim_id: bytes) -> int: ...
    def book_cursor(self, purpose: int, book: int) -> int: ...
    def row_live_pieces(self, lot: int, row: int) -> int: ...
    def overdrawn_of(self, owner: int) -> list[bytes]: ...
    def claim_version(self, claim_id: bytes) -> int: ...
