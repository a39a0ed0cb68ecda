"""Who sees what: one function for each resource. Default deny; a refusal looks the same as absence.

Every route and every list asks here (docs/access.md is the table of routes and roles). A store may narrow a list
before; it decides nothing. What an owner *admitted* it did on chain (ADMIT); what it has *shown* it did by a consent,
which ends.
"""

from enum import IntEnum

from service.core.caller import Reader
from verifier.kinds import SIGNING_ROLES, Role, Signer

_OFFICES = Role.GATEWAY | Role.TAX
_ADMITTED = Role.BANK | Role.PAYMENT | Role.AUDITOR
_SHOWN = Role.BANK | Role.SAFE | Role.AUDITOR
_KINDS_BY_ROLE = {
    Role.TAX: ("pre-refund", "settlement", "return-to-origin", "loss", "stock"),
    Role.GATEWAY: ("return-to-origin", "loss", "stock"),
    Role.SAFE: ("exchange-collection",),
}


class Sight(IntEnum):
    """How much of a lot a reader sees."""

    NOTHING = 0
    OWN_SITES = 1
    """What lies at the sites that it operates, and the events that it posted."""
    WHOLE = 2


def sight_of_lot(reader: Reader, *, owner: int, is_admitted: bool, has_site: bool) -> Sight:
    """The owner, customs and tax see a lot whole; a bank, payment firm or auditor once the owner admitted it.

    An operator sees what was addressed to its own sites (``has_site``), and nothing of other warehouses.
    """
    if reader.party == owner or reader.roles & _OFFICES or (is_admitted and reader.roles & _ADMITTED):
        return Sight.WHOLE
    return Sight.OWN_SITES if has_site and reader.roles & Role.OPERATOR else Sight.NOTHING


def sees_every_lot(reader: Reader) -> bool:
    """Whether a list of lots or batches need not be narrowed to owners."""
    return bool(reader.roles & _OFFICES)


def may_read_event(reader: Reader, *, sender: int, sight: Sight) -> bool:
    """Everyone reads its own events; whoever sees a lot or book whole, those of others in it."""
    return reader.party == sender or sight is Sight.WHOLE


def may_read_groups(reader: Reader, *, sender: int) -> bool:
    """The sealed groups of an event, and one that is held: its sender alone. Others ask for a credential."""
    return reader.party == sender


def may_read_batch(reader: Reader, *, party: int) -> bool:
    """Its party, customs and tax."""
    return reader.party == party or bool(reader.roles & _OFFICES)


def may_read_log_entries(reader: Reader) -> bool:
    """The records of all parties, as a witness replays them: offices, banks and auditors, no competitor of anybody."""
    return bool(reader.roles & (_OFFICES | _SHOWN))


def may_read_deadlines(sight: Sight) -> bool:
    """Whoever sees the lot whole."""
    return sight is Sight.WHOLE


def may_read_tax_rows(reader: Reader, *, owner: int, is_admitted: bool) -> bool:
    """The owner of the lot and tax offices; an auditor that the owner admitted."""
    return reader.party == owner or bool(reader.roles & Role.TAX) or _is_auditor(reader, is_admitted)


def may_issue_provenance(reader: Reader, *, owner: int, sight: Sight, groups: frozenset[str]) -> bool:
    """Whoever sees a lot whole, of document and goods; the owner, of every group."""
    return reader.party == owner or (sight is Sight.WHOLE and groups <= {"document", "goods"})


def may_read_claim(reader: Reader, *, owner: int, kind: str, is_shown: bool, is_admitted: bool) -> bool:
    """The owner, and whom it has shown the claim; an auditor that it admitted; offices the kinds made for them."""
    if reader.party == owner or (is_shown and may_be_shown_claims(reader)):
        return True
    return kind in claim_kinds_for(reader) or _is_auditor(reader, is_admitted)


def may_be_shown_claims(reader: Reader) -> bool:
    """A consent opens a claim to banks, SAFE and auditors."""
    return bool(reader.roles & _SHOWN)


def claim_kinds_for(reader: Reader) -> frozenset[str]:
    """The kinds of claim that are made for an office, whoever's they are."""
    return frozenset(kind for role, kinds in _KINDS_BY_ROLE.items() if reader.roles & role for kind in kinds)


def may_read_credential(
    reader: Reader, *, owner: int, named: int | None, sees_claim: bool, sees_endorsement: bool
) -> bool:
    """Its owner and whom it was issued to; whoever reads its claim, an endorsement only if it may know of that."""
    return reader.party in (owner, named) or (sees_claim and sees_endorsement)


def may_change_claim(reader: Reader, *, owner: int) -> bool:
    """The owner alone takes back, shows and hides a claim, and makes one of its lots."""
    return reader.party == owner


def may_read_consent(reader: Reader, *, owner: int, named: int, is_admitted: bool) -> bool:
    """What an owner lets another see: itself, the one it named, an auditor that it admitted."""
    return reader.party in (owner, named) or _is_auditor(reader, is_admitted)


def may_read_endorsement(reader: Reader, *, owner: int, bank: int, kind: str, is_admitted: bool) -> bool:
    """The bank that endorsed and the claim's owner; SAFE, which supervises both; an auditor. No other bank."""
    if reader.party in (owner, bank) or _is_auditor(reader, is_admitted):
        return True
    return bool(reader.roles & Role.SAFE) and kind in claim_kinds_for(reader)


def may_endorse(reader: Reader) -> bool:
    """Banks endorse what they may read."""
    return bool(reader.roles & Role.BANK)


def may_release(reader: Reader, *, bank: int) -> bool:
    """Only the bank that endorsed gives back."""
    return reader.party == bank


def may_read_kit(reader: Reader, *, owner: int) -> bool:
    """An exporter its own."""
    return reader.party == owner


def may_register_kits(reader: Reader) -> bool:
    """Exporters, of their own goods."""
    return bool(reader.roles & Role.EXPORTER)


def may_manage_keys(reader: Reader, *, owner: int) -> bool:
    """Every party its own; the administrator sees and ends those of others, and never learns or makes one."""
    return reader.party == owner or bool(reader.roles & Role.REGISTRAR)


def may_read_access_log(reader: Reader, *, owner: int, is_admitted: bool) -> bool:
    """Who has read an owner's data: the owner, and an auditor that it admitted. Not the service's own administrator."""
    return reader.party == owner or _is_auditor(reader, is_admitted)


def may_read_metrics(reader: Reader) -> bool:
    """How much is traded is nobody's business: the administrator alone."""
    return bool(reader.roles & Role.REGISTRAR)


def may_speak(roles: int, signers: int) -> bool:
    """Whether roles are among those in which a kind is posted: an operator's at its site, an exporter's of its lots."""
    needed = signers & SIGNING_ROLES
    needed |= Role.OPERATOR if signers & Signer.SITE_OPERATOR else 0
    needed |= Role.EXPORTER if signers & Signer.OWNER else 0
    return bool(roles & needed)


def _is_auditor(reader: Reader, is_admitted: bool) -> bool:
    return is_admitted and bool(reader.roles & Role.AUDITOR)
