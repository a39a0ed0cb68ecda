// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The table of event kinds
/// @notice Generated from verifier/kinds.py by scripts/kinds_sol.py: change it there.
library Kinds {
    uint8 internal constant REVERSAL = 0x80;
    uint256 internal constant ROLE_BITS = 0x7FF;
    uint256 internal constant ROW_ADVERSE = 1 << 30;
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

    /// @dev One row of four bytes for each code: signers 16 | scope 4 | source 5 | destination 5 | adverse 1, from the
    /// lowest bit. A lane is 3 bits of number, 1 bit "at a site", 1 bit "present". A row of zero is an unlisted kind.
    bytes internal constant TABLE =
        hex"00000000200300012b0100012bf2000123010003311210002382100033820800"
        hex"358208003f82080031f208003592080033a208002392080023a2080037920800"
        hex"33b2080035b208023bb208023992080035c2080025b270302511100075220800"
        hex"792270303b92080033d208003ba208003da2080027a208002931000123310001"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"4002703000027030000208000002080000010080000100010001000100000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0004211000042110000421100004204000050800000508000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0006100000061000000700000007000000070000000700000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000"
        hex"0000000000000000000000000000000000000000000000000000000000000000";

    /// @notice The book that holds a party's roles, keys, sites and admissions.
    function registryBook(uint32 party) internal pure returns (uint64) {
        return REGISTRY_BOOKS | party;
    }
}
