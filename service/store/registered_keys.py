"""What our mirror of the registry says of the keys of parties, each answer in a transaction of its own."""

from service.flow.ports import BatchKey
from service.store.capture import SqlCaptureStore
from service.store.trail import SqlTrailStore
from verifier.books import Book
from verifier.record import registry_book
from verifier.roles import PartyHistory


class RegisteredKeys:
    """The keys of parties, and the registry book of the issuer."""

    def __init__(self, captures: SqlCaptureStore, trails: SqlTrailStore, issuer: int) -> None:
        self._captures, self._trails, self._issuer = captures, trails, issuer

    def batch_keys(self, party: int) -> list[BatchKey]:
        """Every batch key that a party ever had."""
        with self._captures.view() as capture:
            return capture.batch_keys(party)

    def issuer_history(self) -> PartyHistory:
        """What the registrar has written of the issuer."""
        with self._trails.trail() as trail:
            written = trail.registry_entries(registry_book(self._issuer))
        entries = [entry | {"leaf_index": place} for place, entry in sorted(written.items())]
        return PartyHistory(Book.from_json({"party": self._issuer, "entries": entries}))
