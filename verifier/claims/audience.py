"""Which groups of an event each kind of reader sees: the table that decides what a credential discloses.

Default deny: what the table does not name stays sealed. ``person`` is shown to nobody, and cost lies in the money of
TAX_STATE, which only the tax office sees. A group is sealed as a whole, so a reader gets all of it or nothing; where a
figure needs a group that its reader may not see, the figure cannot be claimed before that reader (``WithheldError``).
"""

from enum import StrEnum

from verifier.kinds import KINDS, REVERSAL_SUFFIX, Scope, Signer


class Audience(StrEnum):
    """Who reads a credential."""

    BANK = "bank"
    CUSTOMS = "customs"
    TAX = "tax"
    WAREHOUSE = "warehouse"
    """The operator of a site. It sees the events that it attested itself, and of others the clear part only."""
    READER = "reader"
    """An insurer, a lender, an auditor: whoever the exporter names for a loss or a stock position."""


_ALL = "*"
_LOT = "lot"
"""Stands for every kind that is written to a lot."""

# Readable by people: reader → group → the kinds whose group it sees; a reversal is shown like what it takes back.
_TABLE: dict[Audience, dict[str, tuple[str, ...]]] = {
    Audience.BANK: {
        # Which declaration the goods left on, and the invoice of goods sold at export.
        "document": ("DECLARE", "DEPART", "AMEND", "REDECLARE", "SALE_AT_EXPORT"),
        # The declared value: receipts may differ from it, and the bank has to see by how much.
        "goods": ("DECLARE",),
        # Why a shipment left: a replacement or a sample is no sale.
        "logistics": ("SHIP",),
        "money": (
            "SALE", "SALE_AT_EXPORT", "REFUND", "ADJUST", "RETURN_IN", "RETURNLESS",
            "FEE", "FEE_CREDIT", "PLATFORM_STATEMENT", "FX_RECEIPT",
        ),
        # Order and account: shares of an order sum up, and no account's fees are left out.
        "order": (
            "SALE", "SALE_AT_EXPORT", "REFUND", "ADJUST", "RETURN_IN", "RETURNLESS",
            "FEE", "FEE_CREDIT", "PLATFORM_STATEMENT", "FX_RECEIPT",
        ),
    },
    Audience.CUSTOMS: {
        # TAX_STATE's document is the certificate that a refund was repaid (已补税证明); it holds no amount.
        "document": (_LOT,),
        "goods": (_LOT,),
        "logistics": (_LOT,),
    },
    Audience.TAX: {
        "document": (_ALL,),
        "goods": (_LOT,),
        "logistics": ("SHIP", "GIVE", "LOSE", "LOSE_HELD", "DESTROY", "RETURN_ORIGIN"),
        "money": (_ALL,),
        "order": (
            "SALE", "SALE_AT_EXPORT", "REFUND", "ADJUST", "RETURN_IN", "RETURNLESS",
            "FEE", "FEE_CREDIT", "PLATFORM_STATEMENT", "FX_RECEIPT",
        ),
    },
    Audience.READER: {
        "document": (
            "DECLARE", "DEPART", "AMEND", "REDECLARE", "RECEIVE", "RECEIVE_DAMAGED", "SHORT", "FOUND_SHORT",
            "LOSE", "LOSE_HELD", "LOST_IN_DELIVERY", "FIND", "DESTROY", "COUNT",
        ),
        "goods": ("DECLARE", "COUNT", "AMEND"),
        "logistics": ("DEPART", "SHORT", "FOUND_SHORT", "LOSE", "LOSE_HELD", "LOST_IN_DELIVERY", "FIND", "DESTROY"),
    },
}  # fmt: skip
_LOT_SCOPES = (Scope.HOME, Scope.SITE, Scope.OPEN)
_OWN = frozenset(("document", "goods", "logistics", "order"))
"""What a warehouse wrote itself it may show itself again."""


def _expand(kinds: tuple[str, ...]) -> frozenset[str]:
    found = set(kinds) - {_ALL, _LOT}
    if _ALL in kinds:
        found |= {kind.name for kind in KINDS}
    if _LOT in kinds:
        found |= {kind.name for kind in KINDS if kind.scope in _LOT_SCOPES}
    return frozenset(found)


_KINDS_BY_GROUP = {
    audience: {group: _expand(kinds) for group, kinds in groups.items()} for audience, groups in _TABLE.items()
}
_WAREHOUSE_KINDS = frozenset(kind.name for kind in KINDS if kind.signers & Signer.SITE_OPERATOR)


def groups_for(audience: Audience, event_kind: str, *, is_own: bool = True) -> frozenset[str]:
    """The groups of an event of this kind that the audience may see; a reversal counts as the kind it takes back.

    ``is_own`` matters to a warehouse only: whether it attested the event itself.
    """
    kind = event_kind.removesuffix(REVERSAL_SUFFIX)
    if audience is Audience.WAREHOUSE:
        return _OWN if is_own and kind in _WAREHOUSE_KINDS else frozenset()
    return frozenset(group for group, kinds in _KINDS_BY_GROUP[audience].items() if kind in kinds)
