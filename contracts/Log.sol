// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Domain} from "./Domain.sol";
import {Tree} from "./Tree.sol";
import {ILog} from "./interfaces/ILog.sol";

/// @title The log: one tree over all leaves, and one hash chain over the leaves of each lot or book
abstract contract Log is ILog, Domain {
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

    Tree.Frontier internal _tree;
    mapping(uint64 lot => History) internal _histories;

    constructor(bytes32 logId_) Domain(logId_) {}

    /// @inheritdoc ILog
    function logId() external view returns (bytes32) {
        return _logId;
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

    function _domainName() internal pure override returns (string memory) {
        return "Cangsu";
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
}
