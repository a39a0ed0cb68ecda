"""What has to be said beside the answer: what was not checked, and what a reader may trip over."""

from datetime import datetime

from verifier.anchor import Anchor
from verifier.claim_record import Recorded
from verifier.claims.kinds import claim_kind
from verifier.credential import Credential
from verifier.currencies import format_minor
from verifier.disclosures import Shown
from verifier.event import GROUPS, event_time
from verifier.kinds import REVERSAL_SUFFIX, Role
from verifier.numbers import Numbers
from verifier.payload import Event, History, Payload
from verifier.policy import Policy
from verifier.report import Attestation, Note
from verifier.roles import Custody
from verifier.status_list import Standing
from verifier.view import ChainView
from verifier.zones import show_time

_SALES = ("SALE", "SALE_AT_EXPORT", "REFUND", "ADJUST", "RETURNLESS")


def find_open(
    credential: Credential, policy: Policy, view: ChainView, shown: Shown, numbers: Numbers, standing: Standing
) -> tuple[Note, ...]:
    """What no step has checked. Some of it can never be checked by a file: whether what was attested is true."""
    payload, binding = credential.payload, credential.sd_jwt.key_binding
    notes = [Note("printed")] if credential.is_from_pdf else []
    notes += [*_open_standing(payload, standing), Note("truth"), Note("names", {"iss": payload.iss})]
    notes.append(later(payload.anchor, standing.recorded))
    notes.append(Note(f"trusted.{view.trusted}", {"witnesses": ", ".join(view.witnesses)} if view.witnesses else {}))
    if len(numbers.lines) < len(numbers.case.lots):
        notes.append(Note("declaration"))
    withheld = len(GROUPS) * len(shown) - sum(len(groups) for groups in shown)
    if withheld:
        notes.append(Note("groups", {"withheld": withheld, "groups": len(GROUPS) * len(shown)}))
    if policy.log is None and not view.pins_log:
        notes.append(Note("log", {"log": payload.anchor.domain.origin("")[1:]}))
    if binding is None:
        notes.append(Note("holder"))
    elif policy.audience is None or policy.nonce is None:
        notes.append(Note("audience", {"audience": binding.audience, "nonce": binding.nonce}))
    return tuple(notes)


def later(anchor: Anchor, recorded: Recorded | None) -> Note:
    """From where on nothing is known: from the anchor's block, or from where the chain's record was read."""
    if recorded is None:
        return Note("later", {"block_number": anchor.block_number})
    return Note("later_recorded", {"block_number": anchor.block_number, "read_block": recorded.block_number})


def _open_standing(payload: Payload, standing: Standing) -> list[Note]:
    """What step 9 leaves open: for a kind that the chain records, nothing but a list that could not be used."""
    listed = standing.listed
    if claim_kind(payload.vct).asks_chain:
        return [Note("status_list", {"reason": listed.reason})] if listed is not None and listed.reason else []
    notes = [Note("claim_record")]
    if payload.status is None:
        notes.append(Note("no_status"))
    elif listed is None:
        notes.append(Note("status", {"uri": payload.status.uri}))
    return notes


def find_remarks(payload: Payload, attestations: tuple[Attestation, ...], standing: Standing) -> tuple[Note, ...]:
    """What holds, and is still worth knowing."""
    remarks = _standing_remarks(payload, standing)
    owner = int(payload.claim["owner"])
    self_declared = sum(_is_sale(event) and event.attester == owner for event in payload.events)
    if self_declared:
        remarks.append(Note("self_declared", {"events": self_declared, "owner": owner}))
    role_by_party = {attestation.party: attestation.roles for attestation in attestations}
    by_carrier = sum(
        event.clear["kind"] == "DEPART" and Role.GATEWAY.name not in role_by_party[event.attester]
        for event in payload.events
    )
    if by_carrier:
        remarks.append(Note("departed_by_carrier", {"events": by_carrier}))
    custodial = [a.party for a in attestations if a.custody != (Custody.SELF_HELD,)]
    if custodial:
        remarks.append(Note("custodial", {"parties": ", ".join(map(str, custodial))}))
    early = sum(_is_before_target(event, history) for history in payload.histories for event in history.events)
    if early:
        remarks.append(Note("before_target", {"events": early}))
    if any(event.clear["kind"] == "REDECLARE" for event in payload.events):
        remarks.append(Note("redeclared"))
    return tuple(remarks)


def _standing_remarks(payload: Payload, standing: Standing) -> list[Note]:
    """Currencies that are overdrawn; and a status list that contradicts the chain, which counts."""
    recorded, listed = standing.recorded, standing.listed
    remarks = [
        Note(
            "overdrawn",
            {"currency": used.currency, "remaining": format_minor(used.remaining_minor, used.currency)},
        )
        for used in (() if recorded is None else recorded.used)
        if used.remaining_minor < 0
    ]
    if claim_kind(payload.vct).asks_chain and listed is not None and listed.status:
        remarks.append(Note(f"list_{listed.status.name.lower()}", {"iat": show_time(listed.iat)}))
    return remarks


def _is_sale(event: Event) -> bool:
    """A sale, what changes its price, or the taking back of either."""
    kind: str = event.clear["kind"]
    return kind.removesuffix(REVERSAL_SUFFIX) in _SALES


def _is_before_target(event: Event, history: History) -> bool:
    target = event.clear.get("target")
    return target is not None and _time(event) < _time(history.events[target])


def _time(event: Event) -> datetime:
    return event_time(event.clear)
