// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title One append-only RFC 9162 (SHA-256) tree, kept as its frontier
/// @notice `peaks[level]` is the root of the perfect subtree of 2^level leaves at the right edge; it counts only while
/// bit `level` of the size is set. Appending n leaves costs about n node hashes, whatever the size of the tree.
/// @dev Assembly is confined to this library and to reading packed records (docs/adr/0003): Solidity has no cheap way
/// to hash with SHA-256 in place, and these loops are most of what an event costs.
library Tree {
    uint256 internal constant MAX_LEVEL = 48;
    uint256 private constant SHA256 = 2; // the precompile
    uint256 private constant FRONT = 1600; // a word for each level and one for the prefix

    error TreeHashFailed();

    struct Frontier {
        bytes32[48] peaks;
        uint64 size;
        bytes32 root;
    }

    /// @notice Memory for `count` leaves: in front a byte for the prefix that is hashed with a pair, and a word for each
    /// level's peak, which is put beside its first sibling; behind, room for the 65 bytes of a node.
    /// @return base where the first leaf goes; the scratch area starts at `base + 32 * count`
    function allocate(uint256 count) internal pure returns (uint256 base) {
        assembly ("memory-safe") {
            base := add(mload(0x40), FRONT)
            mstore(0x40, add(base, add(shl(5, count), 128)))
        }
    }

    /// @notice Hashes an entry to its leaf, SHA-256(0x00 ‖ record ‖ party), and the leaf into its history.
    /// @param scratch memory prepared by {prepareLeaf}
    /// @param record where the 48 bytes of the record lie in memory
    /// @param target where the 32 bytes of the leaf go
    /// @return next keccak256(head ‖ leaf)
    function chainLeaf(bytes32 head, uint256 scratch, uint256 record, uint256 target)
        internal
        view
        returns (bytes32 next)
    {
        assembly ("memory-safe") {
            mcopy(add(scratch, 1), record, 48)
            if iszero(staticcall(gas(), SHA256, scratch, 53, target, 32)) {
                mstore(0, shl(224, 0x16b3166f)) // TreeHashFailed()
                revert(0, 4)
            }
            mstore(0, head)
            mstore(32, mload(target))
            next := keccak256(0, 64)
        }
    }

    /// @notice Puts the 0x00 in front and the party behind the place of a record.
    function prepareLeaf(uint256 scratch, uint32 party) internal pure {
        assembly ("memory-safe") {
            mstore8(scratch, 0)
            mstore(add(scratch, 49), shl(224, party))
        }
    }

    /// @notice SHA-256(0x01 ‖ left ‖ right).
    function node(uint256 scratch, bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore8(scratch, 1)
            mstore(add(scratch, 1), left)
            mstore(add(scratch, 33), right)
            if iszero(staticcall(gas(), SHA256, scratch, 65, 0, 32)) {
                mstore(0, shl(224, 0x16b3166f)) // TreeHashFailed()
                revert(0, 4)
            }
            hash := mload(0)
        }
    }

    /// @notice Appends `count` leaves that lie at `base` (from {allocate}) and returns the new tree head.
    /// @dev Works level by level: the peak of the level, if there is one, is put in front; a node left over is the new
    /// peak of its level; pairs become the next level in place.
    function append(Frontier storage self, uint256 base, uint256 count) internal returns (bytes32 root) {
        uint256 oldSize = self.size;
        uint256 scratch = base + 32 * count;
        uint256 remaining = count;
        for (uint256 level = 0; remaining > 0; ++level) {
            if ((oldSize >> level) & 1 == 1) {
                base -= 32;
                ++remaining;
                _store(base, self.peaks[level]);
            }
            if (remaining & 1 == 1) self.peaks[level] = _load(base + 32 * (remaining - 1));
            remaining >>= 1;
            _pair(base, remaining);
        }
        uint256 size = oldSize + count;
        root = _bag(self, scratch, size);
        self.size = uint64(size);
        self.root = root;
    }

    /// @dev Replaces `count` pairs at `base` by their nodes. The byte in front of a pair, where the prefix goes, is free
    /// by then: it belongs to a pair that was hashed before, or lies in front of them all.
    function _pair(uint256 base, uint256 count) private view {
        assembly ("memory-safe") {
            let isHashed := 1
            let prefix := sub(base, 1)
            for { let end := add(base, shl(5, count)) } lt(base, end) { base := add(base, 32) } {
                mstore8(prefix, 1)
                isHashed := and(isHashed, staticcall(gas(), SHA256, prefix, 65, base, 32))
                prefix := add(prefix, 64)
            }
            if iszero(isHashed) {
                mstore(0, shl(224, 0x16b3166f)) // TreeHashFailed()
                revert(0, 4)
            }
        }
    }

    /// @dev The head of a tree is its peaks folded from the smallest (RFC 9162 §2.1.1).
    function _bag(Frontier storage self, uint256 scratch, uint256 size) private view returns (bytes32 root) {
        bool isFirst = true;
        for (uint256 level = 0; size >> level > 0; ++level) {
            if ((size >> level) & 1 == 0) continue;
            root = isFirst ? self.peaks[level] : node(scratch, self.peaks[level], root);
            isFirst = false;
        }
    }

    function _load(uint256 at) private pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := mload(at)
        }
    }

    function _store(uint256 at, bytes32 value) private pure {
        assembly ("memory-safe") {
            mstore(at, value)
        }
    }
}
