"""P1, provenance: where every piece of one declared line is."""

from verifier.claims.case import Case, Figures
from verifier.record import lot_to_hex


def provenance_figures(case: Case) -> Figures:
    """The lot, its owner, its declared pieces, and site number → lane name → pieces, lanes of 0 left out."""
    lot = case.only_lot()
    accounts = lot.replay.accounts.to_names()
    return {"lot": lot_to_hex(lot.lot), "owner": lot.owner, "declared": lot.declared, "accounts": accounts}
