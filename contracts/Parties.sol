// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Kinds} from "./Kinds.sol";
import {Log} from "./Log.sol";
import {IParties} from "./interfaces/IParties.sol";

/// @title The registry of parties
abstract contract Parties is Log, AccessControl, IParties {
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
    /// @notice The registrar is party 1: it attests every registry leaf.
    uint32 public constant REGISTRAR_PARTY = 1;
    uint64 public constant KEY_DELAY = 48 hours;

    bytes32 private constant ADD_KEY_TYPEHASH = keccak256(
        "AddKey(uint32 party,uint8 keyType,bytes32 keyId,uint64 validFrom,uint64 validTo,bool isCustodial)"
    );
    bytes32 private constant RETIRE_KEY_TYPEHASH = keccak256("RetireKey(bytes32 keyId,uint64 deadline)");

    mapping(uint32 party => uint32 roles) internal _roles;
    mapping(uint32 party => bool) private _hasKey;
    mapping(bytes32 keyId => Key) private _keys;
    mapping(uint24 site => uint32 operator) internal _operators;
    mapping(uint32 owner => mapping(uint32 party => bool)) internal _admissions;

    constructor(address registrar) {
        _grantRole(DEFAULT_ADMIN_ROLE, registrar);
        _grantRole(REGISTRAR_ROLE, registrar);
        _setParty(REGISTRAR_PARTY, Kinds.ROLE_REGISTRAR);
    }

    /// @inheritdoc IParties
    function setParty(uint32 party, uint32 roles) external onlyRole(REGISTRAR_ROLE) {
        if (party == 0 || party >= 1 << 24) revert PartiesBadNumber(party);
        // The other bits are relations to a lot or site (Kinds.SIGNER_…), which no one can be given.
        if (roles == 0 || roles & ~Kinds.ALL_ROLES != 0) revert PartiesBadNumber(roles);
        _setParty(party, roles);
    }

    /// @inheritdoc IParties
    function addKey(
        uint32 party, KeyType keyType, bytes32 keyId, uint64 validFrom, uint64 validTo, bool isCustodial, bytes calldata consent
    ) external onlyRole(REGISTRAR_ROLE) {
        if (_roles[party] == 0) revert PartiesUnknownParty(party);
        if (_keys[keyId].party != 0) revert PartiesKeyTaken(keyId);
        if (keyId == 0 || keyType == KeyType.NONE || validFrom >= validTo) revert PartiesBadKey(keyId, validFrom, validTo);
        if (_hasKey[party] && validFrom < block.timestamp + KEY_DELAY) {
            bytes32 digest = _hashTypedData(
                keccak256(abi.encode(ADD_KEY_TYPEHASH, party, keyType, keyId, validFrom, validTo, isCustodial))
            );
            (address signer, , ) = ECDSA.tryRecover(digest, consent);
            if (!_isValidSigner(signer, party)) {
                revert PartiesKeyTooSoon(keyId, validFrom, uint64(block.timestamp) + KEY_DELAY);
            }
        }
        _hasKey[party] = true;
        _keys[keyId] = Key(party, keyType, validFrom, validTo, isCustodial);
        _appendRegistry(party, Kinds.KEY, 0, sha256(abi.encode(keyType, keyId, validFrom, validTo, isCustodial)));
        emit KeyAdded(keyId, party, keyType, validFrom, validTo, isCustodial);
    }

    /// @inheritdoc IParties
    function endKey(bytes32 keyId) external onlyRole(REGISTRAR_ROLE) {
        _endKey(keyId);
    }

    /// @inheritdoc IParties
    function retireKey(bytes32 keyId, uint64 deadline, bytes calldata signature) external {
        Key storage key = _keys[keyId];
        if (key.party == 0) revert PartiesUnknownKey(keyId);
        if (block.timestamp > deadline) revert PartiesExpired(deadline);
        bytes32 digest = _hashTypedData(keccak256(abi.encode(RETIRE_KEY_TYPEHASH, keyId, deadline)));
        (address signer, , ) = ECDSA.tryRecover(digest, signature);
        // A key whose time has not begun may end itself only: nobody but its holder loses by that.
        bool isItself = key.keyType == KeyType.BATCH && keyId == _keyIdOf(signer);
        if (!isItself && !_isValidSigner(signer, key.party)) revert PartiesNotAKey(key.party, signer);
        _endKey(keyId);
    }

    /// @inheritdoc IParties
    function openSite(uint24 site, uint32 operator) external onlyRole(REGISTRAR_ROLE) {
        if (site == 0) revert PartiesBadNumber(site);
        if (_operators[site] != 0) revert PartiesSiteTaken(site);
        if (_roles[operator] & Kinds.ROLE_OPERATOR == 0) revert PartiesNotAnOperator(operator);
        _operators[site] = operator;
        _appendRegistry(operator, Kinds.SITE, site, sha256(abi.encode(operator)));
        emit SiteOpened(site, operator);
    }

    function rolesOf(uint32 party) external view returns (uint32) {
        return _roles[party];
    }

    function keyOf(bytes32 keyId) external view returns (Key memory) {
        return _keys[keyId];
    }

    function operatorOf(uint24 site) external view returns (uint32) {
        return _operators[site];
    }

    function isAdmitted(uint32 owner, uint32 party) external view returns (bool) {
        return _admissions[owner][party];
    }

    /// @dev A batch key of the party, within its time. The zero address is never a key.
    function _isValidSigner(address signer, uint32 party) internal view returns (bool) {
        Key storage key = _keys[_keyIdOf(signer)];
        return key.party == party && party != 0 && key.keyType == KeyType.BATCH && key.validFrom <= block.timestamp
            && block.timestamp < key.validTo;
    }

    function _keyIdOf(address signer) private pure returns (bytes32) {
        return bytes32(uint256(uint160(signer)));
    }

    function _endKey(bytes32 keyId) private {
        Key storage key = _keys[keyId];
        if (key.party == 0) revert PartiesUnknownKey(keyId);
        uint64 end = uint64(block.timestamp);
        if (key.validTo <= end) revert PartiesBadKey(keyId, key.validFrom, key.validTo);
        key.validTo = end;
        _appendRegistry(key.party, Kinds.KEY_END, 0, sha256(abi.encode(keyId, end)));
        emit KeyEnded(keyId, key.party, end);
    }

    function _setParty(uint32 party, uint32 roles) private {
        _roles[party] = roles;
        _appendRegistry(party, Kinds.PARTY, 0, sha256(abi.encode(roles)));
        emit PartySet(party, roles);
    }

    function _appendRegistry(uint32 party, uint8 kind, uint24 site, bytes32 digest) private {
        uint64 book = Kinds.registryBook(party);
        _appendOne(abi.encodePacked(book, site, kind, uint32(0), digest), book, REGISTRAR_PARTY);
    }
}
