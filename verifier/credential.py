"""Steps 1 to 3: a file becomes a credential whose issuer signed it and whose disclosures lie in their slots."""

from dataclasses import dataclass

from verifier import disclosures, pdf, sdjwt
from verifier.claims.claim import claim_asked
from verifier.claims.kinds import claim_kind
from verifier.disclosures import Shown
from verifier.errors import HolderError, InvalidError, MalformedError
from verifier.kinds import Role
from verifier.payload import Payload
from verifier.policy import CLOCK_SKEW_SECONDS, Policy
from verifier.registry import KeyType
from verifier.roles import Registry
from verifier.sdjwt import SdJwt
from verifier.zones import show_time

MAX_BYTES = 64 << 20
"""A larger file is refused unread: this is a claim over about seventy thousand events."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A parsed credential; nothing of it is verified yet."""

    sd_jwt: SdJwt
    payload: Payload
    registry: Registry
    is_from_pdf: bool = False
    """Taken out of a certificate, whose page prints what nobody verifies."""


def parse_credential(data: bytes) -> Credential:
    """Step 1. A certificate (PDF) is opened; one newline behind a credential is allowed, since editors put it there."""
    if len(data) > MAX_BYTES:
        raise MalformedError(f"the file has more than {MAX_BYTES} bytes")
    is_from_pdf = pdf.is_pdf(data)
    if is_from_pdf:
        data = pdf.extract_credential(data, MAX_BYTES)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError("an SD-JWT has ASCII characters only") from error
    sd_jwt = sdjwt.parse(text.removesuffix("\n").removesuffix("\r"))
    payload = Payload.from_json(sd_jwt.payload)
    claim_asked(claim_kind(payload.vct), payload.claim)
    return Credential(sd_jwt, payload, Registry(payload.registry), is_from_pdf)


def verify_issuer(credential: Credential, policy: Policy) -> None:
    """Step 2. The key is sought in the issuer's registry book, which steps 5 and 7 show to be genuine and complete."""
    payload = credential.payload
    sdjwt.verify_issuer_signature(credential.sd_jwt, payload.issuer.jwk)
    _verify_times(payload, policy.now)
    _verify_issuer_key(payload, credential.registry)
    if credential.sd_jwt.key_binding is not None:
        _verify_holder(credential, policy)
    elif policy.audience is not None or policy.nonce is not None:
        raise HolderError("it was not presented by its holder: the key-binding JWT that was asked for is missing")


def place_disclosures(credential: Credential) -> Shown:
    """Step 3."""
    return disclosures.place_disclosures(
        credential.sd_jwt.disclosures, [event.digests for event in credential.payload.events]
    )


def _verify_times(payload: Payload, now: int) -> None:
    if not payload.iat < payload.exp:
        raise InvalidError("the credential expires before it is issued")
    if payload.iat > now + CLOCK_SKEW_SECONDS:
        raise InvalidError(f"issued at {_show(payload.iat)}, which is yet to come")
    if payload.exp <= now:
        raise InvalidError(f"expired at {_show(payload.exp)}")
    if payload.iat < payload.anchor.block_time - CLOCK_SKEW_SECONDS:
        raise InvalidError("issued before the block that it is anchored in")


def _verify_issuer_key(payload: Payload, registry: Registry) -> None:
    """The key must be good at the anchor's block too: an issuing time before a key's end is easily written."""
    party = payload.issuer.party
    key = registry.find_key(party, KeyType.ISSUER, payload.issuer.jwk.thumbprint())
    if not key.valid_from <= payload.iat < key.valid_to or payload.anchor.block_time >= key.valid_to:
        raise InvalidError(f"the issuer's key is valid from {_show(key.valid_from)} to {_show(key.valid_to)} only")
    if not registry.of(party).roles.before(payload.anchor.tree_size) & Role.ISSUER:
        raise InvalidError(f"party {party} is not an issuer")


def _verify_holder(credential: Credential, policy: Policy) -> None:
    binding, holder = credential.sd_jwt.key_binding, credential.payload.holder
    if binding is None or holder is None:
        raise HolderError("a key-binding JWT, but the credential names no holder's key")
    sdjwt.verify_key_binding(credential.sd_jwt, holder)
    if policy.audience not in (None, binding.audience):
        raise HolderError("the key-binding JWT is for another reader")
    if policy.nonce not in (None, binding.nonce):
        raise HolderError("the key-binding JWT answers another nonce")


def _show(unix_seconds: int) -> str:
    shown = show_time(unix_seconds)
    return "the end of time" if shown.isdecimal() else shown
