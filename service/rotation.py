"""Changes the keys in custody on chain: makes the next one, registers it with the consent of the one before, ends that.

Each step is safe to repeat: a key that was made and did not get on chain is taken up again.
"""

import time
from collections.abc import Sequence
from typing import Any

from service.custody import IssuerKey, is_in_force
from service.flow.register import change_registry
from service.keys.keyring import ISSUER, REGISTRAR
from service.members import NEVER
from service.runtime import Runtime
from verifier.eip712 import add_key_digest
from verifier.registry import KeyType


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


def _in_force(runtime: Runtime) -> list[IssuerKey]:
    now = int(time.time())
    return [key for key, entry in runtime.custody.registered_issuer_keys() if is_in_force(entry, now)]


def _change(runtime: Runtime, calls: Sequence[tuple[str, Sequence[Any]]]) -> None:
    change_registry(runtime.logs, runtime.chain, runtime.keyring.account(REGISTRAR), calls)
