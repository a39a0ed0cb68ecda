// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The event `Recorded(uint64 indexed, uint32 indexed, bytes32 root, bytes records)`, put together in place
/// @dev One copy of the records in memory is hashed for the signature, hashed leaf by leaf, and emitted. Left to the
/// compiler they would be copied three times, and memory is paid for by the square of its size.
library Announcement {
    bytes32 private constant RECORDED = keccak256("Recorded(uint64,uint32,bytes32,bytes)");

    /// @return announcement where the event data begins: root, offset of the bytes, their length, then the records
    /// @return records where the records begin
    function copy(bytes calldata source) internal pure returns (uint256 announcement, uint256 records) {
        assembly ("memory-safe") {
            announcement := mload(0x40)
            records := add(announcement, 96)
            mstore(add(announcement, 32), 64)
            mstore(add(announcement, 64), source.length)
            let end := add(records, and(add(source.length, 31), not(31)))
            mstore(sub(end, 32), 0)
            calldatacopy(records, source.offset, source.length)
            mstore(0x40, end)
        }
    }

    function recordsHash(uint256 records, uint256 length) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(records, length)
        }
    }

    function emitRecorded(uint256 announcement, uint64 firstLeaf, uint32 party, bytes32 root) internal {
        bytes32 topic = RECORDED;
        assembly ("memory-safe") {
            mstore(announcement, root)
            let length := and(add(mload(add(announcement, 64)), 31), not(31))
            log3(announcement, add(length, 96), topic, firstLeaf, party)
        }
    }
}
