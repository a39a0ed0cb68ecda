"""Who may read a lot. Default deny; a refusal looks the same as absence."""

from service.core.caller import Reader
from verifier.kinds import SIGNING_ROLES, Role, Signer


def may_read_lot(party: int, roles: int, *, owner: int, is_admitted: bool) -> bool:
    """The owner, customs and tax read every event of a lot; a bank or payment firm once the owner admitted it."""
    if party == owner or roles & (Role.GATEWAY | Role.TAX):
        return True
    return is_admitted and bool(roles & (Role.BANK | Role.PAYMENT))


_KINDS_BY_ROLE = {
    Role.TAX: ("pre-refund", "settlement", "return-to-origin", "loss", "stock"),
    Role.GATEWAY: ("return-to-origin", "loss", "stock"),
}


def may_read_claim(party: int, roles: int, *, owner: int, kind: str, is_shown: bool) -> bool:
    """The owner, and the banks that it has shown the claim; tax and customs the kinds that are made for them."""
    return party == owner or (is_shown and may_be_shown_claims(roles)) or kind in claim_kinds_for(roles)


def may_be_shown_claims(roles: int) -> bool:
    """A consent opens a claim to banks alone."""
    return bool(roles & Role.BANK)


def claim_kinds_for(roles: int) -> frozenset[str]:
    """The kinds of claim that are made for an office, whoever's they are."""
    return frozenset(kind for role, kinds in _KINDS_BY_ROLE.items() if roles & role for kind in kinds)


def may_read_event(party: int, sender: int, *, may_read_lot: bool) -> bool:
    """Everyone reads its own events."""
    return party == sender or may_read_lot


def may_manage_keys(reader: Reader, *, owner: int) -> bool:
    """Every party its own; the administrator sees and ends those of others, and never learns or makes one."""
    return reader.party == owner or bool(reader.roles & Role.REGISTRAR)


def may_speak(roles: int, signers: int) -> bool:
    """Whether roles are among those in which a kind is posted: an operator's at its site, an exporter's of its lots."""
    needed = signers & SIGNING_ROLES
    needed |= Role.OPERATOR if signers & Signer.SITE_OPERATOR else 0
    needed |= Role.EXPORTER if signers & Signer.OWNER else 0
    return bool(roles & needed)
