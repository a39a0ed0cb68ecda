// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClaimRegistry} from "./interfaces/IClaimRegistry.sol";
import {Signers} from "./Signers.sol";

/// @title Which positions of a lot's history serve something already
/// @dev One bit for each purpose and position, 256 to a word. Tax rows have a purpose of their own.
abstract contract Positions is Signers {
    uint8 internal constant TAX_ROWS = 0;
    uint8 internal constant EXCHANGE = 1;
    uint8 internal constant SETTLEMENT = 2;
    uint8 internal constant RETURN = 3;
    uint8 internal constant LOSS = 4;

    uint256 private constant SOLD_SHIFT = 64; // lane 2 of a lot's home
    uint256 private constant RETURNED_SHIFT = 128; // lane 4

    /// @dev What the ledger says of a lot now.
    struct LotNow {
        uint64 number;
        uint32 owner;
        uint32 declared;
        uint32 length;
        uint256 home;
    }

    mapping(uint256 purposeLotWord => uint256 bits) private _usage;

    /// @inheritdoc IClaimRegistry
    function usage(uint8 purpose, uint64 lot, uint32 wordIndex) external view returns (uint256) {
        return _usage[_usageKey(purpose, lot, wordIndex)];
    }

    function _lotNow(uint64 number) internal view returns (LotNow memory lot) {
        lot.number = number;
        (lot.owner, lot.declared) = ledger.lotOf(number);
        (lot.length, ) = _historyOf(number);
        lot.home = ledger.accountWord(number, 0);
    }

    function _historyOf(uint64 lotOrBook) internal view returns (uint32 length, uint32 adverse) {
        (, length, adverse) = ledger.history(lotOrBook);
    }

    /// @dev How many pieces of a lot can be claimed for a purpose.
    function _claimable(LotNow memory lot, uint8 purpose) internal pure returns (uint32) {
        if (purpose == LOSS) return lot.declared;
        return uint32(lot.home >> (purpose == RETURN ? RETURNED_SHIFT : SOLD_SHIFT));
    }

    /// @dev Takes the positions of `bits`, all of which must exist and be free.
    function _take(uint8 purpose, LotNow memory lot, uint256 wordIndex, uint256 bits) internal {
        if (bits == 0) return;
        uint256 before = wordIndex * 256;
        uint256 known = lot.length > before ? lot.length - before : 0; // positions of this word that exist
        if (known < 256 && bits >> known != 0) {
            revert ClaimRegistryUnknownPosition(lot.number, wordIndex, lot.length);
        }
        uint256 key = _usageKey(purpose, lot.number, wordIndex);
        uint256 used = _usage[key];
        if (used & bits != 0) revert ClaimRegistryUsed(purpose, lot.number, wordIndex, used & bits);
        _usage[key] = used | bits;
    }

    function _free(uint8 purpose, uint64 lot, uint256 wordIndex, uint256 bits) internal {
        if (bits != 0) _usage[_usageKey(purpose, lot, wordIndex)] &= ~bits;
    }

    function _usageKey(uint8 purpose, uint64 lot, uint256 wordIndex) private pure returns (uint256) {
        return uint256(purpose) << 96 | uint256(lot) << 32 | wordIndex;
    }
}
