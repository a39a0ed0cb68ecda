// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The table of event kinds
/// @notice Generated from verifier/kinds.py by scripts/kinds_sol.py: change it there.
library Kinds {
    uint8 internal constant REVERSAL = 0x80;
    uint256 internal constant SIGNING_ROLES = 0x7FF;
    uint256 internal constant ALL_ROLES = 0x307FF;
    uint64 internal constant BOOK_BIT = 1 << 63;
    uint64 internal constant REGISTRY_BOOKS = (1 << 63) | (uint64(0x7FFFFFFF) << 32);

    uint8 internal constant DECLARE = 0x01;
    uint8 internal constant ADMIT = 0x60;
    uint8 internal constant ADMIT_END = 0x61;
    uint8 internal constant PARTY = 0x62;
    uint8 internal constant KEY = 0x63;
    uint8 internal constant KEY_END = 0x64;
    uint8 internal constant SITE = 0x65;

    uint32 internal constant ROLE_GATEWAY = 0x001;
    uint32 internal constant ROLE_CARRIER = 0x002;
    uint32 internal constant ROLE_OPERATOR = 0x004;
    uint32 internal constant ROLE_EXPORTER = 0x008;
    uint32 internal constant ROLE_PLATFORM = 0x010;
    uint32 internal constant ROLE_PAYMENT = 0x020;
    uint32 internal constant ROLE_BANK = 0x040;
    uint32 internal constant ROLE_TAX = 0x080;
    uint32 internal constant ROLE_BILLER = 0x100;
    uint32 internal constant ROLE_ISSUER = 0x200;
    uint32 internal constant ROLE_REGISTRAR = 0x400;
    uint32 internal constant ROLE_SAFE = 0x10000;
    uint32 internal constant ROLE_AUDITOR = 0x20000;

    uint256 internal constant SIGNER_SITE_OPERATOR = 0x0800;
    uint256 internal constant SIGNER_OWNER = 0x1000;
    uint256 internal constant SIGNER_ADMITTED = 0x2000;
    uint256 internal constant SIGNER_NOT_SITE_OPERATOR = 0x4000;

    uint256 internal constant SCOPE_HOME = 0x1;
    uint256 internal constant SCOPE_SITE = 0x2;
    uint256 internal constant SCOPE_OPEN = 0x3;
    uint256 internal constant SCOPE_BOOK = 0x4;
    uint256 internal constant SCOPE_BOOK_SITE = 0x5;
    uint256 internal constant SCOPE_GRANT = 0x6;
    uint256 internal constant SCOPE_REGISTRY = 0x7;

    /// @dev In a row, not a signer: the kind is none of a lot at a site.
    uint256 internal constant ELSEWHERE = 0x8000;
    /// @dev In a row: the lot must have pieces at the site.
    uint256 internal constant STOCKED = 0x80000;

    /// @dev One row of four bytes for each code, reversals included. From the lowest bit: signers 15 | elsewhere 1 |
    /// scope 3 | stocked 1 | lane that pieces leave 5 | lane that they enter 5 | adverse 1 | movement 1. A lane is its
    /// number 3 | place 2: 0 the lot's home, 1 the site, 2 outside of the lot. A row of zero is a code that no batch
    /// can carry.
    bytes internal constant TABLE =
        hex"00000000810380018a0180018af200018201a003901210008282100092820800"
        hex"948208009e82080090f208009492080092a208008292080082a2080096920800"
        hex"92b2080094b228029ab228029892080094c2080084b2703084119000d4220800"
        hex"d82270309a92080092d208009aa208009ca2080086a208008831800182318001"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"4002703000027030000a0800000a080000018080000180010001800100000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0004a1100004a1100004a1100004a0400005a8000005a8000004900000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0006900000069000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"00000000e0038001c0518001de520001c011a003c2821000d0121000d0920800"
        hex"d0a20800d0f20800de820800d2a20800d4920800d2120800d4120800d2b20800"
        hex"d6920800d6a22802d6d22802d2c20800d8a20800d6227030c2219000c4a20800"
        hex"c4c27030d2d20800da920800d4d20800d4e20800d4320800c6418001c6118001"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"4002703040027030400208004002080040018080400180014001800100000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"4004a1104004a1104004a1104004a0404005a8004005a8000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000";

    /// @notice The book that holds a party's roles, keys, sites and admissions.
    function registryBook(uint32 party) internal pure returns (uint64) {
        return REGISTRY_BOOKS | party;
    }
}
