"""Writes contracts/Kinds.sol from the one table of kinds, verifier/kinds.py. ``--check`` only compares.

Each code has a 32-bit row: signers 16 | scope 4 | source lane 3, at a site, present | destination lane 3, at a site,
present | adverse 1.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier.kinds import KIND_BY_CODE, KINDS, Home, Kind, Role, Scope, Signer, Site

TARGET = Path(__file__).resolve().parent.parent / "contracts" / "Kinds.sol"
CODES = 128


def _lane(lane: Home | Site | None) -> int:
    return 0 if lane is None else int(lane) | isinstance(lane, Site) << 3 | 1 << 4


def row(kind: Kind) -> int:
    """The 32-bit row of a kind."""
    return (
        int(kind.signers)
        | kind.scope << 16
        | _lane(kind.source) << 20
        | _lane(kind.destination) << 25
        | kind.adverse << 30
    )


def _constants(entries: list[tuple[str, str, int, int]]) -> str:
    return "\n".join(
        f"    {type_} internal constant {name} = 0x{value:0{width}X};" for type_, name, value, width in entries
    )


def kinds_sol() -> str:
    """The text of contracts/Kinds.sol."""
    table = [row(KIND_BY_CODE[code]) if code in KIND_BY_CODE else 0 for code in range(CODES)]
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
    uint256 internal constant ROLE_BITS = 0x7FF;
    uint256 internal constant ROW_ADVERSE = 1 << 30;
    uint64 internal constant BOOK_BIT = 1 << 63;
    uint64 internal constant REGISTRY_BOOKS = (1 << 63) | (uint64(0x7FFFFFFF) << 32);

{codes}

{roles}

{signers}

{scopes}

    /// @dev One row of four bytes for each code: signers 16 | scope 4 | source 5 | destination 5 | adverse 1, from the
    /// lowest bit. A lane is 3 bits of number, 1 bit "at a site", 1 bit "present". A row of zero is an unlisted kind.
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
