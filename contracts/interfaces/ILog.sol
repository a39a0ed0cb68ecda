// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What every reader of the log needs
interface ILog {
    /// @notice Leaves `firstLeaf`, `firstLeaf + 1`, … were appended for `party`, one for each 48-byte record, and the
    /// tree head became `root`. Every leaf of the tree is announced by exactly one such event.
    event Recorded(uint64 indexed firstLeaf, uint32 indexed party, bytes32 root, bytes records);

    /// @notice A random number given at deployment, the salt of the EIP-712 domain.
    function logId() external view returns (bytes32);

    /// @notice Number of leaves, and the RFC 9162 tree head over them.
    function treeHead() external view returns (uint64 size, bytes32 root);

    /// @notice The hash chain over the leaves of a lot or book: head = keccak256(head ‖ leaf), its length, and how many
    /// of them lessen what was sold (RETURN_IN, RETURNLESS, REFUND and reversals).
    function history(uint64 lot) external view returns (bytes32 head, uint32 length, uint32 adverse);
}
