// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Accounts of pieces: words of eight lanes of 32 bits, lane 0 lowest
/// @dev A lane of a row of {Kinds} is 3 bits of number and 2 bits of place, which is an index into `accounts`. Neither
/// function checks anything: who takes must compare, and a lane cannot overflow, since a lot has less than 2^32 pieces.
library Lanes {
    /// @return available what the lane held before; if it is less than `quantity`, the caller MUST revert
    function take(uint256[3] memory accounts, uint256 lane, uint256 quantity) internal pure returns (uint256 available) {
        assembly ("memory-safe") {
            let account := add(accounts, shl(5, shr(3, lane)))
            let shift := shl(5, and(lane, 7))
            let word := mload(account)
            available := and(shr(shift, word), 0xffffffff)
            mstore(account, sub(word, shl(shift, quantity)))
        }
    }

    function put(uint256[3] memory accounts, uint256 lane, uint256 quantity) internal pure {
        assembly ("memory-safe") {
            let account := add(accounts, shl(5, shr(3, lane)))
            mstore(account, add(mload(account), shl(shl(5, and(lane, 7)), quantity)))
        }
    }
}
