"""Which of the keys in custody signs now. The one place that says so, for batches, claims, consents and credentials.

A key is changed by making the next one of its name (``party-4``, ``party-4-2``, …), registering it on chain, and
ending the old one there. The newest that the registry has in force signs; what the registry says is read from our
mirror of the chain, so that a key signs once its leaf is there.
"""

import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from service.flow.ports import BatchKey
from service.keys.key_file import KeyringError
from service.keys.keyring import ISSUER, Keyring, party_key
from verifier.books import KeyEntry
from verifier.canonical import to_base64url
from verifier.es256 import Jwk, to_low_s
from verifier.roles import PartyHistory
from verifier.succession import make_succession_input

LOOK_SECONDS = 1.0
"""How long the registry is not asked again which key of the issuer signs."""


class NotInCustodyError(KeyringError):
    """No key of a party that is in force lies here: it signs itself, or not any more."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A P-256 key of the issuer, to sign with. It stays the same whatever is registered meanwhile."""

    keyring: Keyring = field(repr=False, compare=False)
    name: str

    def sign_es256(self, message: bytes) -> bytes:
        """r ‖ s over SHA-256 of a message."""
        return self.keyring.sign_es256(message, self.name)

    def jwk(self) -> dict[str, str]:
        """The public half."""
        return self.keyring.jwk(self.name)

    def thumbprint(self) -> bytes:
        """Its id in the registry."""
        return Jwk.from_json(self.jwk()).thumbprint()


class Registered(Protocol):
    """What our mirror of the registry says of keys."""

    def batch_keys(self, party: int) -> list[BatchKey]: ...
    def issuer_history(self) -> PartyHistory: ...


class Custody:
    """The keys in custody, and the registry that says which of them are in force."""

    def __init__(self, keyring: Keyring, registered: Registered) -> None:
        self.keyring = keyring
        self._registered = registered
        self._looked_at, self._signs = -LOOK_SECONDS, IssuerKey(keyring, ISSUER)

    def signs_for(self, party: int) -> bool:
        """Whether a key of a party that is in force lies here."""
        return self._newest(party) is not None

    def sign_digest(self, party: int, digest: bytes) -> bytes:
        """r ‖ s ‖ v over a 32-byte digest, by the key of a party that signs now. Raises NotInCustodyError.

        Where none is in force the newest signs, and the contract refuses it by name: what was accepted of a party must
        not stop the worker, whatever became of its keys.
        """
        name = self._newest(party) or next((name for name, _ in reversed(self.party_keys(party))), None)
        if name is None:
            raise NotInCustodyError(f"the key of party {party} is not in custody here: it must sign itself")
        return self.keyring.sign_digest(name, digest)

    def mac(self, message: bytes) -> bytes:
        """HMAC-SHA256 of a message under the key for references."""
        return self.keyring.mac(message)

    def party_keys(self, party: int) -> list[tuple[str, BatchKey]]:
        """The keys of a party that lie here and are registered, with their names, the oldest first."""
        known = {key.address: key for key in self._registered.batch_keys(party)}
        named = [(name, self.keyring.address(name)) for name in self.keyring.generations(party_key(party))]
        return [(name, known[address]) for name, address in named if address in known]

    def _newest(self, party: int) -> str | None:
        now = int(time.time())
        held = [name for name, key in self.party_keys(party) if is_in_force(key, now)]
        return held[-1] if held else None

    def issuer_key(self, history: PartyHistory | None = None) -> IssuerKey:
        """The issuer's key that signs now; as of ``history``, the issuer's registry book, if one is given.

        One that is not on chain signs only as long as none is: what it signs says nothing before it is registered.
        """
        keys = self.issuer_keys()
        if len(keys) < 2:
            return IssuerKey(self.keyring, ISSUER)
        if history is not None:
            return _newest(keys, history)
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at, self._signs = time.monotonic(), _newest(keys, self._registered.issuer_history())
        return self._signs

    def issuer_keys(self) -> list[IssuerKey]:
        """Every key that the issuer ever had, the oldest first."""
        return [IssuerKey(self.keyring, name) for name in self.keyring.generations(ISSUER)]

    def registered_issuer_keys(self) -> list[tuple[IssuerKey, KeyEntry]]:
        """Those that are on chain, with what the registry says of them."""
        return _registered(self.issuer_keys(), self._registered.issuer_history())

    def successions(self, last: IssuerKey) -> list[str]:
        """That each key of the issuer is followed by the next one, up to ``last``: see ``verifier.succession``."""
        keys = self.issuer_keys()
        return [_succession(*pair) for pair in pairwise(keys[: keys.index(last) + 1])]


def is_in_force(key: BatchKey | KeyEntry, now: int) -> bool:
    """Whether a key may sign at a time."""
    return key.valid_from <= now < key.valid_to


def _registered(keys: list[IssuerKey], history: PartyHistory) -> list[tuple[IssuerKey, KeyEntry]]:
    found = [(key, history.key_by_id.get(key.thumbprint())) for key in keys]
    return [(key, entry) for key, entry in found if entry is not None]


def _newest(keys: list[IssuerKey], history: PartyHistory) -> IssuerKey:
    now, registered = int(time.time()), _registered(keys, history)
    in_force = [key for key, entry in registered if is_in_force(entry, now)]
    return [keys[0], *(key for key, _ in registered), *in_force][-1]


def _succession(key: IssuerKey, successor: IssuerKey) -> str:
    signing_input = make_succession_input(Jwk.from_json(key.jwk()), Jwk.from_json(successor.jwk()))
    return f"{signing_input.decode()}.{to_base64url(to_low_s(key.sign_es256(signing_input)))}"
