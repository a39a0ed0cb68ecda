// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {Domain} from "./Domain.sol";
import {IClaimRegistry} from "./interfaces/IClaimRegistry.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {IParties} from "./interfaces/IParties.sol";

/// @title Who may sign what, as the ledger's registry of parties says
abstract contract Signers is IClaimRegistry, Domain, NoncesKeyed {
    uint32 internal constant ANY_ROLE = 0;

    ILedger public immutable ledger;

    constructor(ILedger ledger_, bytes32 logId_) Domain(logId_) {
        ledger = ledger_;
    }

    /// @dev The registry has no switch of its own: what stops the ledger stops whatever builds on it.
    modifier whenNotPaused() {
        _requireNotPaused();
        _;
    }

    /// @inheritdoc IClaimRegistry
    function cancel(uint32 party, uint256 nonce) external {
        if (!_isValidSigner(msg.sender, party)) revert ClaimRegistryNotAKey(party, msg.sender);
        _useCheckedNonce(_nonceOwner(party), nonce);
    }

    /// @inheritdoc IClaimRegistry
    function nonceOf(uint32 party, uint192 key) external view returns (uint256) {
        return nonces(_nonceOwner(party), key);
    }

    /// @inheritdoc IClaimRegistry
    function logId() external view returns (bytes32) {
        return _logId;
    }

    function _domainName() internal pure override returns (string memory) {
        return "Cangsu Claims";
    }

    function _requireNotPaused() internal view {
        if (ledger.paused()) revert ClaimRegistryPaused();
    }

    /// @dev EIP-712's hashStruct of a struct of `count` members that lies in calldata. Words are hashed as they are, for
    /// half the code that encoding them anew would take. A member of a narrower type is checked where it is read, and
    /// the contract MUST read every one of them.
    function _hashStruct(bytes32 typeHash, uint256 at, uint256 count) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 32), at, shl(5, count))
            hash := keccak256(free, shl(5, add(count, 1)))
        }
    }

    /// @dev keccak256 of `count` words of calldata: the elements of an array one after the other.
    function _hashWords(uint256 at, uint256 count) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, at, shl(5, count))
            hash := keccak256(free, shl(5, count))
        }
    }

    /// @dev Of a party with `role` (or {ANY_ROLE}), by a batch key that is in force now.
    function _requireSigned(uint32 party, uint32 role, bytes32 structHash, uint64 deadline, bytes calldata signature)
        internal
        view
    {
        if (block.timestamp > deadline) revert ClaimRegistryExpired(deadline);
        (address signer, , ) = ECDSA.tryRecover(_hashTypedData(structHash), signature);
        if (!_isValidSigner(signer, party)) revert ClaimRegistryNotAKey(party, signer);
        if (ledger.rolesOf(party) & role != role) revert ClaimRegistryNotAllowed(party, role);
    }

    /// @dev As Parties._isValidSigner.
    function _isValidSigner(address signer, uint32 party) internal view returns (bool) {
        IParties.Key memory key = ledger.keyOf(bytes32(uint256(uint160(signer))));
        return key.party == party && party != 0 && key.keyType == IParties.KeyType.BATCH
            && key.validFrom <= block.timestamp && block.timestamp < key.validTo;
    }

    /// @dev Nonces belong to parties, not to keys, as those of the ledger.
    function _nonceOwner(uint32 party) internal pure returns (address) {
        return address(uint160(party));
    }
}
