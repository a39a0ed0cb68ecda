"""The kinds vector, from a table typed by hand after the design: a second opinion on verifier/kinds.py.

``scope`` says what the lot and site fields of a word must be. ``seller`` is a platform or payment firm that the owner
admitted, or the owner, never the operator of the site; ``biller*`` is a platform or biller that the owner admitted.
"""

from scripts.vectors_plain import Json

_TABLE = """
code name               scope     from             to               signers              targets             adverse
01   DECLARE            open      -                home.DECLARED    gateway              -                   -
02   VOID               home      home.DECLARED    home.VOID        gateway              -                   -
03   VOID_SHORT         site      site.SHORT       home.VOID        gateway              -                   -
04   DEPART             home      home.DECLARED    home.TRANSIT     gateway,carrier*     -                   -
05   ASN                site      home.TRANSIT     site.EXPECTED    owner                -                   -
06   ASN_VOID           site      site.EXPECTED    home.TRANSIT     owner                -                   -
07   RECEIVE            site      site.EXPECTED    site.ON_HAND     operator             -                   -
08   RECEIVE_DAMAGED    site      site.EXPECTED    site.HELD        operator             -                   -
09   SHORT              site      site.EXPECTED    site.SHORT       operator             -                   -
0a   FOUND_SHORT        site      site.SHORT       site.EXPECTED    operator             -                   -
0b   HOLD               site      site.ON_HAND     site.HELD        operator             -                   -
0c   RELEASE            site      site.HELD        site.ON_HAND     operator             -                   -
0d   TRANSFER_OUT       site      site.ON_HAND     home.TRANSIT     operator             -                   -
0e   TRANSFER_HELD      site      site.HELD        home.TRANSIT     operator             -                   -
0f   SHIP               site      site.ON_HAND     site.SHIPPED     operator             -                   -
10   SHIP_VOID          site      site.SHIPPED     site.ON_HAND     operator             SHIP                -
11   UNDELIVERED        site      site.SHIPPED     site.HELD        operator,carrier*    SHIP                -
12   LOST_IN_DELIVERY   site      site.SHIPPED     site.LOST        operator,carrier*    SHIP                -
13   GIVE               site      site.ON_HAND     site.GIVEN       operator             -                   -
14   GIVEN_BACK         site      site.GIVEN       site.HELD        operator             GIVE,RETURNLESS     -
15   SALE               site      site.SHIPPED     home.SOLD        seller               SHIP                -
16   SALE_AT_EXPORT     home      home.TRANSIT     home.SOLD        owner                -                   -
17   RETURN_IN          site      home.SOLD        site.HELD        operator             SALE,SALE_AT_EXPORT adverse
18   RETURNLESS         site      home.SOLD        site.GIVEN       seller               SALE,SALE_AT_EXPORT adverse
19   LOSE               site      site.ON_HAND     site.LOST        operator             -                   -
1a   FIND               site      site.LOST        site.ON_HAND     operator             -                   -
1b   LOSE_HELD          site      site.HELD        site.LOST        operator             -                   -
1c   DESTROY            site      site.HELD        site.DESTROYED   operator             -                   -
1d   RETURN_ORIGIN      site      site.HELD        home.RETURNING   operator             -                   -
1e   ENTRY              home      home.RETURNING   home.RETURNED    gateway              RETURN_ORIGIN       -
1f   ENTRY_FAILED       home      home.RETURNING   home.TRANSIT     gateway              RETURN_ORIGIN       -
40   REFUND             site      -                -                seller               SALE,SALE_AT_EXPORT adverse
41   ADJUST             site      -                -                seller               SALE,SALE_AT_EXPORT -
42   COUNT              site      -                -                operator             -                   -
43   KIT                site      -                -                operator             -                   -
44   TAX_STATE          home      -                -                tax                  -                   -
45   AMEND              home      -                -                gateway              -                   -
46   REDECLARE          home      -                -                gateway              -                   -
50   FEE                book      -                -                platform*,biller*    -                   -
51   FEE_CREDIT         book      -                -                platform*,biller*    FEE                 -
52   PLATFORM_STATEMENT book      -                -                platform*,biller*    -                   -
53   FX_RECEIPT         book      -                -                bank*                -                   -
54   EXCESS             book_site -                -                operator*            -                   -
55   EXCESS_SOLVED      book_site -                -                operator*            EXCESS              -
56   ACCESS_LOG         book      -                -                owner                -                   -
60   ADMIT              grant     -                -                owner                -                   -
61   ADMIT_END          grant     -                -                owner                -                   -
62   PARTY              registry  -                -                -                    -                   -
63   KEY                registry  -                -                -                    -                   -
64   KEY_END            registry  -                -                -                    -                   -
65   SITE               registry  -                -                -                    -                   -
"""
_SELLER = ["platform*", "payment*", "owner"]
LANES = {
    "home": ("DECLARED", "TRANSIT", "SOLD", "RETURNING", "RETURNED", "VOID"),
    "site": ("EXPECTED", "ON_HAND", "HELD", "SHIPPED", "GIVEN", "LOST", "DESTROYED", "SHORT"),
}
ROLES = (
    *("gateway", "carrier", "operator", "exporter", "platform", "payment"),
    *("bank", "tax", "biller", "issuer", "registrar"),
)
"""In the order of their bits."""
READERS = ("safe", "auditor")
"""Roles that sign nothing: from bit 16 on."""
STOCKED = ("COUNT", "KIT")
"""Only where pieces of the lot are accounted for at the site; their reversals anywhere."""
FINAL = ("ACCESS_LOG",)
"""Without a reversal."""


def kinds_vector() -> Json:
    """Every kind with its lanes and signers."""
    rows = [line.split() for line in _TABLE.strip().splitlines()[1:]]
    return {
        "about": "The table of kinds. A reversal is code | 0x80, from and to swapped; final kinds have none.",
        "signers": "A role; owner: of the lot or book; operator: of the site; *: admitted by the owner.",
        "lanes": LANES,
        "roles": {role: 1 << bit for bit, role in enumerate(ROLES)}
        | {role: 1 << bit for bit, role in enumerate(READERS, 16)},
        "kinds": [_to_kind(*row) for row in rows],
    }


def find_lane(text: str | None) -> tuple[str, int] | None:
    """("home" or "site", lane number) of "home.SOLD"."""
    if text is None:
        return None
    place, lane = text.split(".")
    return place, LANES[place].index(lane)


def _to_kind(
    code: str, name: str, scope: str, source: str, destination: str, signers: str, targets: str, adverse: str
) -> Json:
    return {
        "code": int(code, 16),
        "name": name,
        "scope": scope,
        "from": None if source == "-" else source,
        "to": None if destination == "-" else destination,
        "signers": _SELLER if signers == "seller" else _list(signers),
        "never_the_operator": signers == "seller",
        "targets": _list(targets),
        "adverse": adverse == "adverse",
        "needs_stock": name in STOCKED,
        "is_final": name in FINAL or scope in ("grant", "registry"),
    }


def _list(text: str) -> list[str]:
    return [] if text == "-" else text.split(",")
