"""Who may read a lot. Default deny; a refusal looks the same as absence."""

from verifier.kinds import Role


def may_read_lot(party: int, roles: int, *, owner: int, is_admitted: bool) -> bool:
    """The owner, customs and tax read every event of a lot; a bank or payment firm once the owner admitted it."""
    if party == owner or roles & (Role.GATEWAY | Role.TAX):
        return True
    return is_admitted and bool(roles & (Role.BANK | Role.PAYMENT))


def may_read_event(party: int, sender: int, *, may_read_lot: bool) -> bool:
    """Everyone reads its own events."""
    return party == sender or may_read_lot
