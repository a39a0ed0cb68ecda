"""What is signed is hashed as it lies in the calldata: a word that its type has no room for is refused, signed or not.

Two readings of one signature would else be possible, the hashed one and the one that the contract acts on.
"""

from dataclasses import astuple, fields, replace

import brownie
import pytest
from claims import BANK, ISSUER, OWNER, TAX, WHOLE, to_tuple
from ledger import FOREVER, sign
from trade import LOT

from verifier.claim_messages import Endorse, EndorseConsent, Order, Reduce, Release, Revoke, RowPost, Supersede
from verifier.claim_messages import deducted_hash as empty_hash

SALE = 11
WIDE = ("id", "nonce", "set_hash", "credential_digest", "payment", "receipt_reference", "receipt_commitment")
PANIC = "0x4e487b71"


def narrow(message):
    """The members of a message that do not fill a word."""
    names = [field.name for field in fields(message)]
    return [name for name in names if name not in WIDE and not name.endswith("_hash")]


CASES = [
    (message, name)
    for message in (Order, Supersede, Reduce, Revoke, Endorse, Release, RowPost)
    for name in narrow(message)
]


@pytest.fixture
def ready(claims):
    """Of each message one that would be accepted, with its method and the arguments behind it, given signatures."""
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.endorse(claims.endorsement(id, 10, 10))
    spare, note = claims.issue(), claims.note("TAX_STATE", site=0)
    consent = sign(OWNER.key, EndorseConsent(id, BANK.number, "USD", WHOLE, FOREVER).digest(claims.domain))
    nothing = empty_hash([])
    return {
        Order: ("issue", claims.order(), lambda *both: (bytes(32), [], [], [], [], *both)),
        Supersede: (
            "supersede",
            Supersede(id, 1, bytes(claims.claim(id)["setHash"]), bytes(32), nothing, FOREVER),
            lambda signature: ([], [], [], signature),
        ),
        Reduce: ("reduce", Reduce(id, 1, nothing, FOREVER), lambda signature: ([], signature)),
        Revoke: ("revoke", Revoke(spare, 1, FOREVER), lambda signature: (signature,)),
        Endorse: (
            "endorse",
            claims.endorsement(id, 20, 20),
            lambda signature: (signature, (WHOLE, FOREVER), consent),
        ),
        Release: ("release", claims.returned(id, 0, 0), lambda signature: (signature,)),
        RowPost: ("postRow", RowPost(TAX.number, LOT, 1, 1, 5, note, 0, FOREVER), lambda signature: (signature,)),
    }


def answer(claims, method, message, behind, member=None):
    """What the contract answers to a message of which one member has a bit too many, by whom it is signed as well."""
    signed, place = message, None
    if member is not None:
        place = [field.name for field in fields(message)].index(member)
        signed = replace(message, **{member: overfull(getattr(message, member))})
    data = bytes.fromhex(
        getattr(claims.contract, method).encode_input(to_tuple(message), *behind(*signatures(claims, signed)))[2:]
    )
    if place is not None:
        word = getattr(signed, member)
        word = word if isinstance(word, bytes) else word.to_bytes(32, "big")
        data = data[: 4 + 32 * place] + word + data[36 + 32 * place :]
    call = {"from": claims.relayer.address, "to": claims.contract.address, "data": "0x" + data.hex()}
    return brownie.web3.provider.make_request("eth_call", [call, "latest"])


def overfull(value):
    """The same value to who reads only the bytes of its type."""
    if isinstance(value, str):
        return value.encode().ljust(31, b"\0") + b"\1"
    return value | 1 << 255


def signatures(claims, message):
    if isinstance(message, Order):
        digests = ((ISSUER, message.issue_digest(claims.domain)), (OWNER, message.consent_digest(claims.domain)))
        return [sign(signer.key, digest) for signer, digest in digests]
    signer = {Endorse: BANK, Release: BANK, RowPost: TAX}.get(type(message), ISSUER)
    return [sign(signer.key, message.digest(claims.domain))]


@pytest.mark.parametrize("message", [Order, Supersede, Reduce, Revoke, Endorse, Release, RowPost])
def test_a_message_with_no_bit_too_many_is_accepted(claims, ready, message):
    method, message, behind = ready[message]
    assert "error" not in answer(claims, method, message, behind)
    assert len(astuple(message)) == len(fields(message))


@pytest.mark.parametrize(("message", "member"), CASES, ids=[f"{message.__name__}.{name}" for message, name in CASES])
def test_a_member_with_a_bit_too_many_is_refused(claims, ready, message, member):
    method, message, behind = ready[message]
    error = answer(claims, method, message, behind, member)["error"]
    data = error.get("data") or "0x"
    assert data == "0x" or data.startswith(PANIC)


def test_a_state_that_there_is_not_is_refused(claims, ready):
    _, message, behind = ready[RowPost]
    signed = replace(message, state=9)
    data = claims.contract.postRow.encode_input(astuple(message), *behind(*signatures(claims, signed)))
    data = data[: 10 + 64 * 3] + f"{9:064x}" + data[10 + 64 * 4 :]
    call = {"from": claims.relayer.address, "to": claims.contract.address, "data": data}
    assert "error" in brownie.web3.provider.make_request("eth_call", [call, "latest"])
