// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Parties, their roles, keys and sites, and whom an owner has admitted
/// @notice Every change is a leaf in the registry book of the party that it concerns, so that a proof can show who held
/// which role, key or site when an event was recorded.
interface IParties {
    enum KeyType {
        NONE,
        BATCH, // signs batches; the key id is the address
        ISSUER, // signs credentials (ES256); the key id is the RFC 7638 thumbprint
        LINE // numbers declaration lines (RSA); the key id is SHA-256 of the SubjectPublicKeyInfo
    }

    struct Key {
        uint32 party;
        KeyType keyType;
        uint64 validFrom;
        uint64 validTo;
        bool isCustodial;
    }

    error PartiesUnknownParty(uint32 party);
    error PartiesBadNumber(uint32 number);
    error PartiesSiteTaken(uint24 site);
    error PartiesNotAnOperator(uint32 party);
    error PartiesKeyTaken(bytes32 keyId);
    error PartiesUnknownKey(bytes32 keyId);
    error PartiesBadKey(bytes32 keyId, uint64 validFrom, uint64 validTo);
    /// @notice A further key of an active party needs the consent of one of its keys, or must wait until `earliest`.
    error PartiesKeyTooSoon(bytes32 keyId, uint64 validFrom, uint64 earliest);
    error PartiesExpired(uint64 deadline);
    error PartiesNotAKey(uint32 party, address signer);

    event PartySet(uint32 indexed party, uint32 roles);
    event KeyAdded(bytes32 indexed keyId, uint32 indexed party, KeyType keyType, uint64 validFrom, uint64 validTo, bool isCustodial);
    event KeyEnded(bytes32 indexed keyId, uint32 indexed party, uint64 validTo);
    event SiteOpened(uint24 indexed site, uint32 indexed operator);
    event Admitted(uint32 indexed owner, uint32 indexed party, bool isAdmitted);

    /// @notice Registers a party or changes its roles. Only the registrar.
    function setParty(uint32 party, uint32 roles) external;

    /// @notice Gives a party a key. Only the registrar; a party that has a key must consent by an EIP-712 signature
    /// `AddKey` of one of its batch keys, or `validFrom` must lie 48 hours ahead.
    function addKey(
        uint32 party, KeyType keyType, bytes32 keyId, uint64 validFrom, uint64 validTo, bool isCustodial, bytes calldata consent
    ) external;

    /// @notice Ends a key now. Only the registrar.
    function endKey(bytes32 keyId) external;

    /// @notice Ends a key now, whoever sends it, by an EIP-712 signature `RetireKey` of a batch key of its party that is
    /// in force, or of the key itself, in force or not yet. An end is for good, so the signature needs no nonce; and none
    /// waits for the registrar, or for recording to be resumed.
    function retireKey(bytes32 keyId, uint64 deadline, bytes calldata signature) external;

    /// @notice Opens a site under an operator, for good. Only the registrar.
    function openSite(uint24 site, uint32 operator) external;

    function rolesOf(uint32 party) external view returns (uint32);
    function keyOf(bytes32 keyId) external view returns (Key memory);
    function operatorOf(uint24 site) external view returns (uint32);
    function isAdmitted(uint32 owner, uint32 party) external view returns (bool);
}
