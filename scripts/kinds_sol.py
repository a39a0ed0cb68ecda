"""Writes contracts/Kinds.sol from the one table of kinds, verifier/kinds.py. ``--check`` only compares.

Each code, reversals included, has a 32-bit row: signers 15 | elsewhere 1 | scope 3 | stocked 1 | lane that pieces
leave 5 | lane that they enter 5 | adverse 1 | movement 1. A lane is its number 3 | place 2: the lot's home, the site,
or outside of the lot, which is where DECLARE takes from.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier.kinds import (
    ALL_ROLES,
    KIND_BY_CODE,
    KINDS,
    NAME_BY_CODE,
    REVERSAL,
    SIGNING_ROLES,
    Home,
    Role,
    Scope,
    Signer,
    Site,
    lanes,
)

TARGET = Path(__file__).resolve().parent.parent / "contracts" / "Kinds.sol"
CODES = 256
HOME, SITE, OUTSIDE = range(3)


def _lane(lane: Home | Site | None) -> int:
    place = OUTSIDE if lane is None else SITE if isinstance(lane, Site) else HOME
    return int(lane or 0) | place << 3


def row(code: int) -> int:
    """The 32-bit row of a code; 0 if no batch can carry it. A note moves no pieces from home to home."""
    kind = KIND_BY_CODE.get(code & ~REVERSAL)
    if kind is None or kind.scope is Scope.REGISTRY or code not in NAME_BY_CODE:
        return 0
    source, destination = lanes(code) if kind.is_movement else (Home(0), Home(0))
    return (
        int(kind.signers)
        | (kind.scope is not Scope.SITE) << 15
        | kind.scope << 16
        | (kind.needs_stock and not code & REVERSAL) << 19
        | _lane(source) << 20
        | _lane(destination) << 25
        | (kind.adverse or code & REVERSAL != 0) << 30
        | kind.is_movement << 31
    )


def _constants(entries: list[tuple[str, str, int, int]]) -> str:
    return "\n".join(
        f"    {type_} internal constant {name} = 0x{value:0{width}X};" for type_, name, value, width in entries
    )


def kinds_sol() -> str:
    """The text of contracts/Kinds.sol."""
    table = [row(code) for code in range(CODES)]
    words = "\n".join(
        '        hex"' + "".join(f"{value:08x}" for value in table[start : start + 8]) + '"'
        for start in range(0, CODES, 8)
    )
    named = ("DECLARE", "ADMIT", "ADMIT_END", "PARTY", "KEY", "KEY_END", "SITE")
    codes = _constants([("uint8", name, kind.code, 2) for kind in KINDS if (name := kind.name) in named])
    roles = _constants([("uint32", f"ROLE_{role.name}", role.value, 3) for role in Role])
    relations = (Signer.SITE_OPERATOR, Signer.OWNER, Signer.ADMITTED, Signer.NOT_SITE_OPERATOR)
    signers = _constants([("uint256", f"SIGNER_{signer.name}", signer.value, 4) for signer in relations])
    scopes = _constants([("uint256", f"SCOPE_{scope.name}", scope.value, 1) for scope in Scope])
    return f"""// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The table of event kinds
/// @notice Generated from verifier/kinds.py by scripts/kinds_sol.py: change it there.
library Kinds {{
    uint8 internal constant REVERSAL = 0x80;
    uint256 internal constant SIGNING_ROLES = 0x{SIGNING_ROLES:03X};
    uint256 internal constant ALL_ROLES = 0x{ALL_ROLES:05X};
    uint64 internal constant BOOK_BIT = 1 << 63;
    uint64 internal constant REGISTRY_BOOKS = (1 << 63) | (uint64(0x7FFFFFFF) << 32);

{codes}

{roles}

{signers}

{scopes}

    /// @dev In a row, not a signer: the kind is none of a lot at a site.
    uint256 internal constant ELSEWHERE = 0x8000;
    /// @dev In a row: the lot must have pieces at the site.
    uint256 internal constant STOCKED = 0x80000;

    /// @dev One row of four bytes for each code, reversals included. From the lowest bit: signers 15 | elsewhere 1 |
    /// scope 3 | stocked 1 | lane that pieces leave 5 | lane that they enter 5 | adverse 1 | movement 1. A lane is its
    /// number 3 | place 2: 0 the lot's home, 1 the site, 2 outside of the lot. A row of zero is a code that no batch
    /// can carry.
    bytes internal constant TABLE =
{words};

    /// @notice The book that holds a party's roles, keys, sites and admissions.
    function registryBook(uint32 party) internal pure returns (uint64) {{
        return REGISTRY_BOOKS | party;
    }}
}}
"""


def main() -> int:
    text = kinds_sol()
    if "--check" in sys.argv:
        if TARGET.read_text() != text:
            print("contracts/Kinds.sol is not what verifier/kinds.py says: run make vectors")
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
