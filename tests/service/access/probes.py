"""How each route is asked: for what is of the exporter's side (a), of the rival's (b), and of nobody (none).

A probe of a list names what must, or must not, stand in the answer instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.service.access.world import EXPORTER, PARTY, RIVAL, WEST_COAST, World, digest_of
from tests.service.market import CARRIER, HANSA, PLATFORM

NO_CLAIM, NO_DIGEST, NO_ENDORSEMENT = "0x" + "7" * 64, "0x" + "6" * 64, "5" * 64
NO_LINE = {"declaration_no": "999999999999999999", "item_no": 1}
NO_PARTY = 4_000_000


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    body: Any = None


@dataclass(frozen=True)
class Things:
    """A route about one thing: requests for a's, b's and nobody's; ``office`` are (a's, b's) of the other kind."""

    a: Ask
    b: Ask
    none: Ask
    office: tuple[Ask, Ask] | None = None


@dataclass(frozen=True)
class Rows:
    """A list: the request, and what stands in it of a and of b; ``office`` are (a's, b's) of the other kind."""

    ask: Ask
    a: str
    b: str
    office: tuple[str, str] | None = None


@dataclass(frozen=True)
class Tool:
    """A route about nothing that anybody has: it is there or not."""

    ask: Ask


Probe = Things | Rows | Tool
Make = Callable[[World, str], Probe]


def things(to: Callable[[World, str, Any], Ask], a: Any, b: Any, none: Any, office: Any = None) -> Make:
    """A probe for what three expressions of the world name."""

    def make(world: World, role: str) -> Probe:
        pair = None if office is None else tuple(to(world, role, item) for item in office(world))
        named = a(world, role), b(world), none
        return Things(*(to(world, role, item) for item in named), office=pair)  # type: ignore[arg-type]

    return make


def tool(path: str, body: Any = None) -> Make:
    return lambda world, role: Tool(Ask(path, body))


def of_claim(suffix: str, body: Any = None) -> Make:
    """A route below a claim."""
    return things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}{suffix}", body),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
        lambda world: (world.a.loss["claim_id"], world.b.loss["claim_id"]),
    )  # fmt: skip


def of_credential(suffix: str = "") -> Make:
    def digests(world: World) -> tuple[str, str]:
        return (
            digest_of(world.api, EXPORTER, world.a.loss["claim_id"]),
            digest_of(world.api, RIVAL, world.b.loss["claim_id"]),
        )

    return things(
        lambda world, role, digest: Ask(f"/v1/credentials/{digest}{suffix}"),
        lambda world, role: digest_of(world.api, EXPORTER, world.a.claim),
        lambda world: digest_of(world.api, RIVAL, world.b.claim), NO_DIGEST, digests,
    )  # fmt: skip


def of_lines(path: str, to: Callable[[dict[str, Any]], Any]) -> Make:
    return things(
        lambda world, role, line: Ask(path, to(line)),
        lambda world, role: world.a.line, lambda world: world.b.line, NO_LINE,
    )  # fmt: skip


def of_lot(path: str) -> Make:
    return things(
        lambda world, role, line: Ask(path.format(**line)),
        lambda world, role: world.a.line, lambda world: world.b.line, NO_LINE,
    )  # fmt: skip


def event_of(world: World, role: str) -> tuple[str, int]:
    """An event of a's side: what the role posted itself, if it did."""
    if role == "platform":
        return world.sale["event_id"], PLATFORM
    return (world.back["event_id"], CARRIER) if role == "carrier" else (world.a.ship["event_id"], WEST_COAST)


def of_event(suffix: str) -> Make:
    return things(
        lambda world, role, named: Ask(f"/v1/events/{named[0]}{suffix}?party={named[1]}"),
        event_of, lambda world: (world.b.ship["event_id"], HANSA), ("none", HANSA),
    )  # fmt: skip


def own_keys(path: str) -> Make:
    return lambda world, role: Things(Ask(path), Ask(f"{path}?party={RIVAL}"), Ask(f"{path}?party={NO_PARTY}"))


def spare_keys(world: World, role: str) -> Probe:
    own = world.a.spare_keys[PARTY[role]]
    other = f"/v1/keys/{world.a.spare_keys[RIVAL]}"
    return Things(Ask(f"/v1/keys/{own}"), Ask(f"{other}?party={RIVAL}"), Ask(f"/v1/keys/ffffffff?party={RIVAL}"))


def access_log(world: World, role: str) -> Probe:
    own = Ask("/v1/access-log" if role != "auditor" else f"/v1/access-log?owner={EXPORTER}")
    return Things(own, Ask(f"/v1/access-log?owner={RIVAL}"), Ask(f"/v1/access-log?owner={NO_PARTY}"))


def batch(world: World, role: str) -> Probe:
    own = world.batches.get(PARTY[role], world.batches[EXPORTER])
    return Things(*(Ask(f"/v1/batches/{number}") for number in (own, world.batches[HANSA], 9999)))


def lots(world: World, role: str) -> Probe:
    return Rows(Ask("/v1/lots"), "223320260001234567-01", "223320260001234567-02")


def deadlines(world: World, role: str) -> Probe:
    return Rows(Ask("/v1/deadlines?limit=1000"), "223320260001234567-01", "223320260001234567-02")


def claims(world: World, role: str) -> Probe:
    return Rows(
        Ask("/v1/claims"), world.a.claim, world.b.claim, (world.a.loss["claim_id"], world.b.loss["claim_id"])
    )  # fmt: skip


def credentials(world: World, role: str) -> Probe:
    own = world.bank_credential if role == "bank" else digest_of(world.api, EXPORTER, world.a.claim)
    return Rows(Ask("/v1/credentials"), own, digest_of(world.api, RIVAL, world.b.claim))


ENDORSE = {"currency": "USD", "amount_minor": 1, "reference": "R-9", "receipt_minor": 1}

PROBES: dict[str, Make] = {
    "POST /v1/events": tool("/v1/events", []),
    "POST /v1/events/resolve": tool("/v1/events/resolve", []),
    "GET /v1/events/{event_id}": of_event(""),
    "GET /v1/events/{event_id}/proof": of_event("/proof"),
    "POST /v1/batches": tool("/v1/batches", {}),
    "GET /v1/batches/own": tool("/v1/batches/own"),
    "PUT /v1/batches/own/{lane}/{nonce}": tool("/v1/batches/own/1/0", {}),
    "POST /v1/batches/own/keys": tool("/v1/batches/own/keys", {}),
    "POST /v1/batches/own/keys/{address}/end": tool(f"/v1/batches/own/keys/0x{'0' * 40}/end", {}),
    "GET /v1/batches/{number}": batch,
    "PUT /v1/kits/{kit_sku}": tool("/v1/kits/SET-NEW", {"components": [{"sku": "LAMP", "pieces": 1}]}),
    "GET /v1/kits": lambda world, role: Rows(Ask("/v1/kits"), "LAMP-OF-A", "LAMP-OF-B"),
    "GET /v1/lots": lots,
    "GET /v1/lots/{declaration_no}/{item_no}": of_lot("/v1/lots/{declaration_no}/{item_no}"),
    "GET /v1/deadlines": deadlines,
    "GET /v1/tax-rows": of_lot("/v1/tax-rows?declaration_no={declaration_no}&item_no={item_no}"),
    "POST /v1/claims/preview": of_lines("/v1/claims/preview", lambda line: {"kind": "loss", "lines": [line]}),
    "POST /v1/claims": of_lines("/v1/claims", lambda line: {"kind": "exchange-collection", "lines": [line]}),
    "GET /v1/claims": claims,
    "GET /v1/claims/{claim_id}": of_claim(""),
    "GET /v1/claims/{claim_id}/credential": of_claim("/credential"),
    "DELETE /v1/claims/{claim_id}": things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}"),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
    ),
    "POST /v1/claims/{claim_id}/consents": things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}/consents", {"bank": 8, "currency": "USD"}),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
    ),
    "GET /v1/claims/{claim_id}/consents": things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}/consents"),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
    ),
    "DELETE /v1/claims/{claim_id}/consents/{reader}": things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}/consents/14"),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
    ),
    "POST /v1/claims/{claim_id}/endorsements": things(
        lambda world, role, claim: Ask(f"/v1/claims/{claim}/endorsements", ENDORSE | {"amount_minor": 9_999_00}),
        lambda world, role: world.a.claim, lambda world: world.b.claim, NO_CLAIM,
    ),
    "GET /v1/endorsements": lambda world, role: Rows(Ask("/v1/endorsements"), world.a.endorsement, "-"),
    "POST /v1/endorsements/{endorsement_id}/release": things(
        lambda world, role, named: Ask(f"/v1/endorsements/{named}/release", {"payment": "OUT-1"}),
        lambda world, role: world.released, lambda world: NO_ENDORSEMENT, NO_ENDORSEMENT,
    ),
    "POST /v1/credentials/provenance": of_lines("/v1/credentials/provenance", lambda line: line),
    "GET /v1/credentials": credentials,
    "GET /v1/credentials/{digest}": of_credential(),
    "GET /v1/credentials/{digest}/certificate": of_credential("/certificate"),
    "DELETE /v1/credentials/{digest}": things(
        lambda world, role, digest: Ask(f"/v1/credentials/{digest}"),
        lambda world, role: digest_of(world.api, EXPORTER, world.a.claim),
        lambda world: digest_of(world.api, RIVAL, world.b.claim), NO_DIGEST,
    ),
    "POST /v1/verify": tool("/v1/verify", {}),
    "POST /v1/certificates": tool("/v1/certificates", {}),
    "POST /v1/credentials/disclose": tool("/v1/credentials/disclose", {}),
    "GET /v1/checkpoint": tool("/v1/checkpoint"),
    "GET /v1/checkpoint/key": tool("/v1/checkpoint/key"),
    "GET /v1/checkpoint/wanted": tool("/v1/checkpoint/wanted?witness=nobody.example"),
    "POST /v1/checkpoint/cosignatures": tool("/v1/checkpoint/cosignatures", {}),
    "GET /v1/consistency": tool("/v1/consistency?from=1"),
    "GET /v1/log/entries": tool("/v1/log/entries?from=0"),
    "GET /.well-known/jwt-vc-issuer": tool("/.well-known/jwt-vc-issuer"),
    "GET /v1/status/1": tool("/v1/status/1"),
    "POST /v1/erasures": tool("/v1/erasures", {"order_ref": "no such order"}),
    "GET /v1/erasures": tool("/v1/erasures"),
    "GET /v1/keys": own_keys("/v1/keys"),
    "POST /v1/keys": tool("/v1/keys", {}),
    "DELETE /v1/keys/{key_id}": spare_keys,
    "GET /v1/access-log": access_log,
    "GET /v1/users": tool("/v1/users"),
    "POST /v1/users": tool("/v1/users", {}),
    "POST /v1/users/{user_id}/reset": tool("/v1/users/0000000000000000/reset", {}),
    "DELETE /v1/users/{user_id}": tool("/v1/users/0000000000000000"),
    "POST /v1/session": tool("/v1/session", {}),
    "GET /v1/session": tool("/v1/session"),
    "DELETE /v1/session": tool("/v1/session"),
    "POST /v1/session/password": tool("/v1/session/password", {}),
    "POST /v1/session/renewal": tool("/v1/session/renewal", {}),
    "GET /v1/sessions": tool("/v1/sessions"),
    "DELETE /v1/sessions/{session_id}": tool("/v1/sessions/0000000000000000"),
    "GET /v1/oidc/{provider}/start": tool("/v1/oidc/NO/start"),
    "GET /v1/oidc/{provider}/callback": tool("/v1/oidc/NO/callback"),
    "POST /v1/oidc/{provider}/code": tool("/v1/oidc/NO/code", {}),
    "POST /v1/session/link": tool("/v1/session/link", {}),
    "POST /v1/enrolment/look": tool("/v1/enrolment/look", {}),
    "POST /v1/enrolment": tool("/v1/enrolment", {}),
    "POST /v1/invitations/look": tool("/v1/invitations/look", {}),
    "POST /v1/invitations/join": tool("/v1/invitations/join", {}),
    "GET /healthz": tool("/healthz"),
    "GET /readyz": tool("/readyz"),
    "GET /metrics": tool("/metrics"),
}  # fmt: skip
