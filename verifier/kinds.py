"""The one table of event kinds: which lane pieces leave, which they enter, and who may sign.

``contracts/Kinds.sol`` is generated from this table (``scripts/kinds_sol.py``), and a test keeps the two equal. The
kinds and their lanes are those of docs/formats.md §5; the names follow the trade (docs/glossary.md).

A lot has one *account* per place: its home (site 0) and every warehouse that it was sent to. An account is eight
lanes of pieces. A movement takes pieces from one lane and puts them into another; nothing else changes a quantity.
"""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

REVERSAL = 0x80
"""Bit of a kind code that makes it the reversal of that kind: lanes swapped, naming its target."""


class Home(IntEnum):
    """Lanes of a lot's home account."""

    DECLARED = 0
    TRANSIT = 1
    SOLD = 2
    RETURNING = 3
    RETURNED = 4
    VOID = 5


class Site(IntEnum):
    """Lanes of a lot's account at one warehouse."""

    EXPECTED = 0
    ON_HAND = 1
    HELD = 2
    SHIPPED = 3
    GIVEN = 4
    LOST = 5
    DESTROYED = 6
    SHORT = 7


class Role(IntFlag):
    """What a party may be. One party may hold several roles."""

    GATEWAY = 1 << 0
    CARRIER = 1 << 1
    OPERATOR = 1 << 2
    EXPORTER = 1 << 3
    PLATFORM = 1 << 4
    PAYMENT = 1 << 5
    BANK = 1 << 6
    TAX = 1 << 7
    BILLER = 1 << 8
    ISSUER = 1 << 9
    REGISTRAR = 1 << 10
    SAFE = 1 << 16
    """The foreign-exchange administration 外汇局. Like AUDITOR it reads and signs nothing: above the signers' bits."""
    AUDITOR = 1 << 17


class Signer(IntFlag):
    """Who may sign a kind. The low bits are roles; the high bits are relations to the site or the owner."""

    GATEWAY = Role.GATEWAY
    CARRIER = Role.CARRIER
    PLATFORM = Role.PLATFORM
    PAYMENT = Role.PAYMENT
    BANK = Role.BANK
    TAX = Role.TAX
    BILLER = Role.BILLER
    SITE_OPERATOR = 1 << 11
    OWNER = 1 << 12
    ADMITTED = 1 << 13
    """The role bits count only for a party that the owner has admitted, but for the gateway, which needs no admission;
    where there are no role bits, the operator of the site counts only if it is admitted, or is the owner itself."""
    NOT_SITE_OPERATOR = 1 << 14
    """The operator of the site is refused, whatever else it may be."""


SIGNING_ROLES = 0x7FF
"""The roles that a kind can name as its signers."""
ALL_ROLES = sum(Role)
"""Every role that a party can be given."""
SELLER = Signer.PLATFORM | Signer.PAYMENT | Signer.ADMITTED | Signer.OWNER | Signer.NOT_SITE_OPERATOR
CARRIERS = Signer.CARRIER | Signer.ADMITTED
BILLERS = Signer.PLATFORM | Signer.BILLER | Signer.ADMITTED


class Scope(IntEnum):
    """What the lot and site fields of a word must be for a kind."""

    HOME = 1
    """A lot; site 0."""
    SITE = 2
    """A lot; a registered site."""
    OPEN = 3
    """A lot without history; the site field names the owner, an exporter."""
    BOOK = 4
    """A book; site 0."""
    BOOK_SITE = 5
    """A book; a registered site."""
    GRANT = 6
    """The signer's own registry book; the site field names another party."""
    REGISTRY = 7
    """Written by the contract itself when the registrar acts; never accepted in a batch."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table.

    ``targets`` are the kinds that an event of this kind must name as its target; empty where it names none.
    """

    name: str
    code: int
    scope: Scope
    signers: Signer
    source: Home | Site | None = None
    destination: Home | Site | None = None
    targets: tuple[str, ...] = ()
    adverse: bool = False
    """Counted in the lot's adverse total: it lessens what was sold or what was paid."""
    needs_stock: bool = False
    """Only where pieces of the lot are accounted for at the site; a reversal needs none."""
    is_final: bool = False
    """It has no reversal."""
    is_movement: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_movement", self.destination is not None)


NONE = Signer(0)
_OPERATOR = Signer.SITE_OPERATOR
_GATEWAY = Signer.GATEWAY


def _kinds() -> tuple[Kind, ...]:
    home, site, book = Scope.HOME, Scope.SITE, Scope.BOOK
    sale = ("SALE", "SALE_AT_EXPORT")
    return (
        # movements
        Kind("DECLARE", 0x01, Scope.OPEN, _GATEWAY, None, Home.DECLARED),
        Kind("VOID", 0x02, home, _GATEWAY, Home.DECLARED, Home.VOID),
        Kind("VOID_SHORT", 0x03, site, _GATEWAY, Site.SHORT, Home.VOID),
        Kind("DEPART", 0x04, home, _GATEWAY | CARRIERS, Home.DECLARED, Home.TRANSIT),
        Kind("ASN", 0x05, site, Signer.OWNER, Home.TRANSIT, Site.EXPECTED),
        Kind("ASN_VOID", 0x06, site, Signer.OWNER, Site.EXPECTED, Home.TRANSIT),
        Kind("RECEIVE", 0x07, site, _OPERATOR, Site.EXPECTED, Site.ON_HAND),
        Kind("RECEIVE_DAMAGED", 0x08, site, _OPERATOR, Site.EXPECTED, Site.HELD),
        Kind("SHORT", 0x09, site, _OPERATOR, Site.EXPECTED, Site.SHORT),
        Kind("FOUND_SHORT", 0x0A, site, _OPERATOR, Site.SHORT, Site.EXPECTED),
        Kind("HOLD", 0x0B, site, _OPERATOR, Site.ON_HAND, Site.HELD),
        Kind("RELEASE", 0x0C, site, _OPERATOR, Site.HELD, Site.ON_HAND),
        Kind("TRANSFER_OUT", 0x0D, site, _OPERATOR, Site.ON_HAND, Home.TRANSIT),
        Kind("TRANSFER_HELD", 0x0E, site, _OPERATOR, Site.HELD, Home.TRANSIT),
        Kind("SHIP", 0x0F, site, _OPERATOR, Site.ON_HAND, Site.SHIPPED),
        Kind("SHIP_VOID", 0x10, site, _OPERATOR, Site.SHIPPED, Site.ON_HAND, ("SHIP",)),
        Kind("UNDELIVERED", 0x11, site, _OPERATOR | CARRIERS, Site.SHIPPED, Site.HELD, ("SHIP",)),
        Kind("LOST_IN_DELIVERY", 0x12, site, _OPERATOR | CARRIERS, Site.SHIPPED, Site.LOST, ("SHIP",)),
        Kind("GIVE", 0x13, site, _OPERATOR, Site.ON_HAND, Site.GIVEN),
        Kind("GIVEN_BACK", 0x14, site, _OPERATOR, Site.GIVEN, Site.HELD, ("GIVE", "RETURNLESS")),
        Kind("SALE", 0x15, site, SELLER, Site.SHIPPED, Home.SOLD, ("SHIP",)),
        Kind("SALE_AT_EXPORT", 0x16, home, Signer.OWNER, Home.TRANSIT, Home.SOLD),
        Kind("RETURN_IN", 0x17, site, _OPERATOR, Home.SOLD, Site.HELD, sale, adverse=True),
        Kind("RETURNLESS", 0x18, site, SELLER, Home.SOLD, Site.GIVEN, sale, adverse=True),
        Kind("LOSE", 0x19, site, _OPERATOR, Site.ON_HAND, Site.LOST),
        Kind("FIND", 0x1A, site, _OPERATOR, Site.LOST, Site.ON_HAND),
        Kind("LOSE_HELD", 0x1B, site, _OPERATOR, Site.HELD, Site.LOST),
        Kind("DESTROY", 0x1C, site, _OPERATOR, Site.HELD, Site.DESTROYED),
        Kind("RETURN_ORIGIN", 0x1D, site, _OPERATOR, Site.HELD, Home.RETURNING),
        Kind("ENTRY", 0x1E, home, _GATEWAY, Home.RETURNING, Home.RETURNED, ("RETURN_ORIGIN",)),
        Kind("ENTRY_FAILED", 0x1F, home, _GATEWAY, Home.RETURNING, Home.TRANSIT, ("RETURN_ORIGIN",)),
        # notes on a lot
        Kind("REFUND", 0x40, site, SELLER, targets=sale, adverse=True),
        Kind("ADJUST", 0x41, site, SELLER, targets=sale),
        Kind("COUNT", 0x42, site, _OPERATOR, needs_stock=True),
        Kind("KIT", 0x43, site, _OPERATOR, needs_stock=True),
        Kind("TAX_STATE", 0x44, home, Signer.TAX),
        Kind("AMEND", 0x45, home, _GATEWAY),
        Kind("REDECLARE", 0x46, home, _GATEWAY),
        # notes on a book
        Kind("FEE", 0x50, book, BILLERS),
        Kind("FEE_CREDIT", 0x51, book, BILLERS, targets=("FEE",)),
        Kind("PLATFORM_STATEMENT", 0x52, book, BILLERS),
        Kind("FX_RECEIPT", 0x53, book, Signer.BANK | Signer.ADMITTED),
        Kind("EXCESS", 0x54, Scope.BOOK_SITE, _OPERATOR | Signer.ADMITTED),
        Kind("EXCESS_SOLVED", 0x55, Scope.BOOK_SITE, _OPERATOR | Signer.ADMITTED, targets=("EXCESS",)),
        Kind("ACCESS_LOG", 0x56, book, Signer.OWNER, is_final=True),
        # the registry
        Kind("ADMIT", 0x60, Scope.GRANT, Signer.OWNER, is_final=True),
        Kind("ADMIT_END", 0x61, Scope.GRANT, Signer.OWNER, is_final=True),
        Kind("PARTY", 0x62, Scope.REGISTRY, NONE, is_final=True),
        Kind("KEY", 0x63, Scope.REGISTRY, NONE, is_final=True),
        Kind("KEY_END", 0x64, Scope.REGISTRY, NONE, is_final=True),
        Kind("SITE", 0x65, Scope.REGISTRY, NONE, is_final=True),
    )


KINDS = _kinds()
KIND_BY_NAME = {kind.name: kind for kind in KINDS}
KIND_BY_CODE = {kind.code: kind for kind in KINDS}
REVERSAL_SUFFIX = "_REVERSAL"
REVERSIBLE = frozenset(kind.name for kind in KINDS if not kind.is_final)
CODE_BY_NAME = {kind.name: kind.code for kind in KINDS} | {
    name + REVERSAL_SUFFIX: KIND_BY_NAME[name].code | REVERSAL for name in REVERSIBLE
}
"""Every name that an event may carry, with its code; the reversal of SHIP is named SHIP_REVERSAL."""
NAME_BY_CODE = {code: name for name, code in CODE_BY_NAME.items()}


def lanes(code: int) -> tuple[Home | Site | None, Home | Site | None]:
    """The lanes (from, to) of a kind code, swapped for a reversal; (None, None) for a note.

    Raises KeyError for a code that the table does not list.
    """
    kind = KIND_BY_CODE[code & ~REVERSAL]
    if code & REVERSAL:
        return kind.destination, kind.source
    return kind.source, kind.destination


def target_kinds(code: int) -> tuple[str, ...]:
    """Names of the kinds that an event with this code must name as its target; empty where it names none."""
    kind = KIND_BY_CODE[code & ~REVERSAL]
    return (kind.name,) if code & REVERSAL else kind.targets


# Plain integers: the service asks for every event, and an IntFlag costs a microsecond an operation.
_SITE_OPERATOR, _OWNER, _GATEWAY_BIT = int(Signer.SITE_OPERATOR), int(Signer.OWNER), int(Signer.GATEWAY)
_ADMITTED, _NOT_SITE_OPERATOR = int(Signer.ADMITTED), int(Signer.NOT_SITE_OPERATOR)


def may_sign(signers: int, *, roles: int, is_owner: bool, is_operator: bool, is_admitted: bool) -> bool:
    """Whether a party may sign a kind: the same rule as ``LotLedger._requireSigner``.

    ``is_owner`` and ``is_operator`` say what the party is to the lot and to the site, ``is_admitted`` whether the owner
    admitted it.
    """
    if is_operator and signers & _NOT_SITE_OPERATOR:
        return False
    is_free = not signers & _ADMITTED or is_admitted
    if is_operator and signers & _SITE_OPERATOR and (is_free or is_owner or signers & SIGNING_ROLES):
        return True
    if is_owner and signers & _OWNER:
        return True
    by_role = roles & signers & SIGNING_ROLES
    return by_role & _GATEWAY_BIT != 0 or (by_role != 0 and is_free)
