"""Changes keys in custody on chain: makes the next one, registers it with the consent of the one before, ends that.

Each step is safe to repeat: a key that was made and did not get on chain is taken up again, and what was begun is
ended. What a key has signed and is not on chain yet must get there before the key is ended. Batches do by themselves:
the worker sends a change of the registry when no batch is under way. Claims are waited for, and consents signed anew.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from service.claim_runtime import ClaimRuntime
from service.custody import IssuerKey, is_in_force
from service.flow.consent import renew_consents
from service.flow.ports import BatchKey
from service.flow.register import change_registry
from service.keys.keyring import ISSUER, REGISTRAR, party_key
from service.members import NEVER
from service.runtime import Runtime
from verifier.eip712 import add_key_digest
from verifier.registry import KeyType, key_id_of_address

WAIT_SECONDS = 60.0


class RotationError(Exception):
    """A key cannot be changed now; the message says why, and what to do first."""


def rotate_issuer_key(runtime: Runtime) -> IssuerKey:
    """Give the issuer a new key. It signs once its leaf is on chain; the one before stays in force until it is ended.

    Raises RotationError if an older one is still to be ended, NotInCustodyError if the issuer's batch key is not here.
    """
    custody, keyring, party = runtime.custody, runtime.keyring, runtime.settings.issuer_party
    registered = [key for key, _ in custody.registered_issuer_keys()]
    if not registered:
        raise RotationError(f"party {party} has no issuer key on chain: register it first")
    if len(_in_force(runtime)) > 1:
        raise RotationError("the key before is still in force: `cangsu issuer-key end` first")
    keys = custody.issuer_keys()
    if keys == registered:
        keyring.create(f"{ISSUER}-{len(keys) + 1}")
        keys = custody.issuer_keys()
    new = keys[-1]
    digest = add_key_digest(runtime.log.domain, party, int(KeyType.ISSUER), new.thumbprint(), 0, NEVER, True)
    consent = custody.sign_digest(party, digest)
    _change(runtime, [("addKey", (party, int(KeyType.ISSUER), new.thumbprint(), 0, NEVER, True, consent))])
    return new


def end_issuer_keys(runtime: Runtime) -> list[IssuerKey]:
    """End every key of the issuer but its newest. What they have signed until now stays valid."""
    older = _in_force(runtime)[:-1]
    _change(runtime, [("endKey", (key.thumbprint(),)) for key in older])
    return older


def rotate_party_key(runtime: Runtime, claims: ClaimRuntime, party: int) -> tuple[bytes, list[bytes]]:
    """Give a party in custody a new batch key and end the ones before; the addresses of both.

    If an earlier call did not get to the end, this one ends it, and makes no further key.
    """
    in_force = _party_keys(runtime, party)
    if not in_force:
        raise RotationError(f"no key of party {party} in custody is in force")
    if _has_left(runtime, party):
        raise RotationError(f"party {party} has left custody")
    if len(in_force) == 1:
        _add_party_key(runtime, party)
        in_force = _party_keys(runtime, party)
    _wait_for_claims(claims)
    renew_consents(claims.desk.outbox, party)
    older = in_force[:-1]
    _end_party_keys(runtime, older)
    return in_force[-1].address, [key.address for key in older]


def retire_party_key(runtime: Runtime, claims: ClaimRuntime, party: int) -> list[bytes]:
    """End every key of a party in custody, once all that was accepted in its name is on chain; their addresses.

    From the first moment on the service takes no more events of it but what it signs itself.
    """
    if not runtime.custody.party_keys(party):
        raise RotationError(f"no key of party {party} is in custody")
    with runtime.captures.capture() as capture:
        capture.leave_custody(party)
    _wait(lambda: not _count_unsigned(runtime, party), f"events of party {party} are not signed yet")
    _wait_for_claims(claims)
    keys = _party_keys(runtime, party)
    _end_party_keys(runtime, keys)
    return [key.address for key in keys]


def _add_party_key(runtime: Runtime, party: int) -> None:
    custody, keyring, first = runtime.custody, runtime.keyring, party_key(party)
    names = keyring.generations(first)
    if names[-1] in [name for name, _ in custody.party_keys(party)]:
        names.append(f"{first}-{len(names) + 1}")
        keyring.create(names[-1])
    key_id = key_id_of_address(keyring.address(names[-1]))
    digest = add_key_digest(runtime.log.domain, party, int(KeyType.BATCH), key_id, 0, NEVER, True)
    consent = custody.sign_digest(party, digest)
    _change(runtime, [("addKey", (party, int(KeyType.BATCH), key_id, 0, NEVER, True, consent))])


def _end_party_keys(runtime: Runtime, keys: Sequence[BatchKey]) -> None:
    _change(runtime, [("endKey", (key_id_of_address(key.address),)) for key in keys])


def _party_keys(runtime: Runtime, party: int) -> list[BatchKey]:
    now = int(time.time())
    return [key for _, key in runtime.custody.party_keys(party) if is_in_force(key, now)]


def _has_left(runtime: Runtime, party: int) -> bool:
    with runtime.captures.view() as capture:
        return capture.has_left_custody(party)


def _count_unsigned(runtime: Runtime, party: int) -> int:
    with runtime.captures.view() as capture:
        return capture.count_unsigned(party)


def _wait_for_claims(claims: ClaimRuntime) -> None:
    """Until all that was signed about claims before now is on chain, or refused there."""
    pending = _pending(claims)
    _wait(lambda: not pending & _pending(claims), "what was signed about claims is not on chain yet")


def _pending(claims: ClaimRuntime) -> set[bytes]:
    with claims.store.view() as view:
        return {tx.tx_hash for tx in view.pending_txs()}


def _wait(is_done: Callable[[], bool], reason: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise RotationError(f"{reason}; is the worker running? Try again")
        time.sleep(0.05)


def _in_force(runtime: Runtime) -> list[IssuerKey]:
    now = int(time.time())
    return [key for key, entry in runtime.custody.registered_issuer_keys() if is_in_force(entry, now)]


def _change(runtime: Runtime, calls: Sequence[tuple[str, Sequence[Any]]]) -> None:
    change_registry(runtime.logs, runtime.chain, runtime.keyring.account(REGISTRAR), calls)
