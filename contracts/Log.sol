// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {Tree} from "./Tree.sol";
import {ILog} from "./interfaces/ILog.sol";

/// @title The log: one tree over all leaves, and one hash chain over the leaves of each lot or book
/// @dev The EIP-712 domain carries `salt` = logId, since two development chains can have the same chain id, the same
/// address and the same genesis (docs/formats.md §3). OpenZeppelin's EIP712 has no salt, so the domain is put together
/// here from its {MessageHashUtils}.
abstract contract Log is ILog, IERC5267 {
    using Tree for Tree.Frontier;

    /// @dev One slot: what nearly every record of a lot changes. `owner` and `home` (six lanes) are kept for lots only.
    struct State {
        uint32 length;
        uint32 owner;
        uint192 home;
    }

    /// @dev Three slots. The verifier proves `head` and, in the low bits of the second one, `length`.
    struct History {
        bytes32 head;
        State state;
        uint32 adverse;
        uint32 declared;
    }

    bytes32 private constant NAME_HASH = keccak256("Cangsu");
    bytes32 private constant VERSION_HASH = keccak256("1");

    bytes32 public immutable logId;
    uint256 private immutable _cachedChainId;
    bytes32 private immutable _cachedSeparator;

    Tree.Frontier internal _tree;
    mapping(uint64 lot => History) internal _histories;

    constructor(bytes32 logId_) {
        logId = logId_;
        _cachedChainId = block.chainid;
        _cachedSeparator = _separator(logId_);
    }

    /// @inheritdoc ILog
    function treeHead() external view returns (uint64 size, bytes32 root) {
        return (_tree.size, _tree.root);
    }

    /// @inheritdoc ILog
    function history(uint64 lot) external view returns (bytes32 head, uint32 length, uint32 adverse) {
        History storage found = _histories[lot];
        return (found.head, found.state.length, found.adverse);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x1f, "Cangsu", "1", block.chainid, address(this), logId, new uint256[](0));
    }

    function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = block.chainid == _cachedChainId ? _cachedSeparator : _separator(logId);
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    /// @dev Appends one leaf that the contract itself writes, to the history of `lot` and to the tree.
    function _appendOne(bytes memory record, uint64 lot, uint32 party) internal {
        bytes32 leaf = sha256(abi.encodePacked(bytes1(0), record, party));
        uint256 base = Tree.allocate(1);
        assembly ("memory-safe") {
            mstore(base, leaf)
        }
        History storage found = _histories[lot];
        found.head = keccak256(abi.encodePacked(found.head, leaf));
        found.state.length += 1;
        uint64 firstLeaf = _tree.size;
        emit Recorded(firstLeaf, party, _tree.append(base, 1), record);
    }

    function _separator(bytes32 salt) private view returns (bytes32) {
        return MessageHashUtils.toDomainSeparator(
            bytes1(0x1f), NAME_HASH, VERSION_HASH, block.chainid, address(this), salt
        );
    }
}
