// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title The EIP-712 domain of a contract of the log
/// @dev It carries `salt` = logId, since two development chains can have the same chain id, the same address and the
/// same genesis (docs/formats.md §3). OpenZeppelin's EIP712 has no salt, so the domain is put together here from its
/// {MessageHashUtils}.
abstract contract Domain is IERC5267 {
    bytes32 private constant VERSION_HASH = keccak256("1");

    bytes32 internal immutable _logId;
    uint256 private immutable _cachedChainId;
    bytes32 private immutable _cachedSeparator;

    constructor(bytes32 logId_) {
        _logId = logId_;
        _cachedChainId = block.chainid;
        _cachedSeparator = _separator(logId_);
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x1f, _domainName(), "1", block.chainid, address(this), _logId, new uint256[](0));
    }

    function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = block.chainid == _cachedChainId ? _cachedSeparator : _separator(_logId);
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    function _domainName() internal pure virtual returns (string memory);

    function _separator(bytes32 salt) private view returns (bytes32) {
        return MessageHashUtils.toDomainSeparator(
            bytes1(0x1f), keccak256(bytes(_domainName())), VERSION_HASH, block.chainid, address(this), salt
        );
    }
}
