"""The signed status list that an issuer publishes, and what it says of a credential.

The token is fetched by whoever verifies, from the ``uri`` that the credential names, and given to the verifier. It
counts if the issuer's key of the credential signed it and was in force when it did, or a key that this one leads to
(``verifier.succession``), ``sub`` is that very uri, it has not expired, and it is not older than the credential, whose
place was reserved as invalid before. One that does not count says nothing: it is never held against the credential.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.claim_record import Recorded
from verifier.errors import (
    InvalidError,
    MalformedError,
    SuspendedError,
    UnlistedError,
    VerificationError,
    WithdrawnError,
)
from verifier.es256 import Jwk
from verifier.payload import Payload
from verifier.policy import CLOCK_SKEW_SECONDS
from verifier.registry import KeyType
from verifier.roles import Registry
from verifier.sdjwt import make_jwt_input, parse_jwt, verify_signed_by
from verifier.shapes import integer, members, string
from verifier.status import Status, StatusList
from verifier.succession import follow_successions
from verifier.zones import show_time

TYPE = "statuslist+jwt"
MAX_TOKEN_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Listed:
    """What a status list said of a credential at ``iat``. Without ``status`` it said nothing, and ``reason`` why."""

    status: Status | None
    iat: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain's record and a status list say of a credential; None where it is not asked or not given."""

    recorded: Recorded | None
    listed: Listed | None


def make_token_input(
    issuer: Jwk,
    uri: str,
    statuses: Iterable[tuple[int, int]],
    *,
    iat: int,
    exp: int,
    ttl: int,
    successions: Sequence[str] = (),
) -> bytes:
    """The ASCII ``header.payload`` of the list at ``uri``, from (place, value), that the issuer's newest key signs.

    ``successions`` lead from its first key to this one.
    """
    payload = {"sub": uri, "iat": iat, "exp": exp, "ttl": ttl, "status_list": StatusList.of(statuses).to_json()}
    if successions:
        payload["succession"] = list(successions)
    return make_jwt_input(issuer, TYPE, payload)


def read_status(token: bytes, payload: Payload, registry: Registry, now: int) -> Listed:
    """What a status list token says of a credential whose own issuer and registry are genuine."""
    try:
        return _read(token, payload, registry, now)
    except VerificationError as error:
        return Listed(None, reason=f"the status list is of no use: {error}")


def verify_listed(listed: Listed | None) -> None:
    """Step 9 of the kinds that the chain does not record: WithdrawnError, SuspendedError, UnavailableError."""
    if listed is None:
        raise UnlistedError("this kind of credential uses nothing up, and no status list says whether it still stands")
    match listed.status:
        case None:
            raise UnlistedError(listed.reason)
        case Status.INVALID:
            raise WithdrawnError(f"invalid in the status list of {show_time(listed.iat)}")
        case Status.SUSPENDED:
            raise SuspendedError(f"suspended in the status list of {show_time(listed.iat)}")


def _read(token: bytes, payload: Payload, registry: Registry, now: int) -> Listed:
    place, issuer = payload.status, payload.issuer
    if place is None:
        raise InvalidError("the credential names no place in one")
    if len(token) > MAX_TOKEN_BYTES or not token.isascii():
        raise MalformedError(f"a status list token has ASCII characters only, at most {MAX_TOKEN_BYTES}")
    header, found, signing_input, signature = parse_jwt(token.decode("ascii").strip())
    members(found, "the status list token", ("sub", "iat", "exp", "status_list"), ("iss", "ttl", "succession"))
    signer = follow_successions(issuer.jwk, found.get("succession", []))
    verify_signed_by(signer, TYPE, header, signing_input, signature)
    iat, exp = integer(found["iat"], "iat"), integer(found["exp"], "exp")
    if string(found["sub"], "sub") != place.uri:
        raise InvalidError(f"it is the list at {found['sub']}, the credential names {place.uri}")
    if iat > now + CLOCK_SKEW_SECONDS:
        raise InvalidError(f"its time {show_time(iat)} is yet to come")
    if exp <= now:
        raise InvalidError(f"it expired at {show_time(exp)}")
    if iat < payload.iat:
        raise InvalidError(
            f"it is older ({show_time(iat)}) than the credential ({show_time(payload.iat)}): fetch it again"
        )
    key = registry.find_key(issuer.party, KeyType.ISSUER, issuer.jwk.thumbprint())
    if signer == issuer.jwk and not key.valid_from <= iat < key.valid_to:
        raise InvalidError(f"the issuer's key was not in force at its time {show_time(iat)}")
    value = StatusList.from_json(found["status_list"]).value(place.index)
    if value not in list(Status):
        raise InvalidError(f"value {value} is of no meaning here")
    return Listed(Status(value), iat)
