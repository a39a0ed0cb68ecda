// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClaimRegistry} from "./interfaces/IClaimRegistry.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {Kinds} from "./Kinds.sol";
import {Signers} from "./Signers.sol";
import {Tanks} from "./Tanks.sol";
import {TaxRows} from "./TaxRows.sol";

/// @title The claims on a ledger's lots: so that no sale, return or receipt serves twice
/// @dev Deployed by the ledger itself, as the first contract that it creates: there is one for each ledger, and its
/// address follows from the ledger's.
contract ClaimRegistry is Tanks, TaxRows {
    bytes32 private constant ISSUE_TYPEHASH = keccak256(
        "Issue(bytes32 id,uint32 issuer,uint32 owner,uint8 purpose,bytes32 setHash,bytes32 credentialDigest,bytes32 tanksHash,bytes32 deductedHash,uint64 deadline)"
    );
    bytes32 private constant ISSUE_CONSENT_TYPEHASH = keccak256(
        "IssueConsent(bytes32 id,uint32 issuer,uint32 owner,uint8 purpose,bytes32 setHash,bytes32 credentialDigest,bytes32 tanksHash,bytes32 deductedHash,uint64 deadline)"
    );
    bytes32 private constant SUPERSEDE_TYPEHASH = keccak256(
        "Supersede(bytes32 id,uint32 version,bytes32 setHash,bytes32 credentialDigest,bytes32 limitsHash,uint64 deadline)"
    );
    bytes32 private constant REDUCE_TYPEHASH =
        keccak256("Reduce(bytes32 id,uint32 version,bytes32 piecesHash,uint64 deadline)");
    bytes32 private constant REVOKE_TYPEHASH = keccak256("Revoke(bytes32 id,uint32 version,uint64 deadline)");

    constructor(ILedger ledger_, bytes32 logId_) Signers(ledger_, logId_) {}

    /// @inheritdoc IClaimRegistry
    function issue(
        Order calldata order, bytes32 previous, LotSet[] calldata sets, BookRange[] calldata books, Tank[] calldata tanks,
        bytes32[] calldata deducted, bytes calldata issuerSignature, bytes calldata ownerConsent
    ) external whenNotPaused {
        Lineage storage lineage = _lineages[order.id];
        if (lineage.claim.state != State.NONE) revert ClaimRegistryIdTaken(order.id);
        if (order.purpose < EXCHANGE || order.purpose > LOSS) revert ClaimRegistryWrongPurpose(order.id, order.purpose);
        // Else a claim that is never filled could hold fees and debts for good that all others then need not count.
        uint256 key = _key(order.purpose, order.owner);
        bytes32 opened = _opened[key];
        if (_lineages[opened].claim.state == State.OPEN) revert ClaimRegistryWrongState(opened, State.OPEN);
        (uint256 at, uint256 tanksAt, uint256 deductedAt) = (0, 0, 0);
        assembly ("memory-safe") {
            at := order
            tanksAt := tanks.offset
            deductedAt := deducted.offset
        }
        _requireHash(order.id, _hashWords(tanksAt, 2 * tanks.length), order.tanksHash);
        _requireHash(order.id, _hashWords(deductedAt, deducted.length), order.deductedHash);
        _requireHash(order.id, _foldBooks(_foldSets(previous, sets), books), order.setHash);
        // The books stand behind all LotSets, so whoever brings one brings every book: {add} could not.
        if (sets.length == 0) _requireHash(order.id, previous, 0);
        bytes32 structHash = _hashStruct(ISSUE_TYPEHASH, at, 9);
        _requireSigned(order.issuer, Kinds.ROLE_ISSUER, structHash, order.deadline, issuerSignature);
        structHash = _hashStruct(ISSUE_CONSENT_TYPEHASH, at, 9);
        _requireSigned(order.owner, ANY_ROLE, structHash, order.deadline, ownerConsent);
        lineage.claim = Claim(
            order.issuer, order.owner, order.purpose, State.OPEN, false, 1, order.setHash, order.credentialDigest
        );
        uint96 lowest = _takeSets(lineage, sets, type(uint96).max);
        _takeBooks(lineage, books);
        _openTanks(order.id, tanks);
        if (order.purpose == EXCHANGE) {
            _settle(order.id, order.owner, deducted);
        } else if (deducted.length != 0) {
            revert ClaimRegistryNotOverdrawn(deducted[0]);
        }
        if (previous != 0) (lineage.deadline, _opened[key]) = (order.deadline, order.id);
        _advance(order.id, previous, lowest);
    }

    /// @inheritdoc IClaimRegistry
    function add(bytes32 id, bytes32 previous, LotSet[] calldata sets) external whenNotPaused {
        Lineage storage lineage = _lineages[id];
        if (lineage.claim.state != State.OPEN) revert ClaimRegistryWrongState(id, lineage.claim.state);
        _requireHash(id, _foldSets(previous, sets), lineage.rest);
        uint96 lowest = _takeSets(lineage, sets, lineage.lowest);
        _advance(id, previous, lowest);
    }

    /// @inheritdoc IClaimRegistry
    function supersede(
        Supersession calldata supersession, LotSet[] calldata sets, BookRange[] calldata books, Limit[] calldata limits,
        bytes calldata issuerSignature
    ) external whenNotPaused {
        bytes32 id = supersession.id;
        Lineage storage lineage = _liveLineage(id, supersession.version);
        (uint256 at, uint256 limitsAt) = (0, 0);
        assembly ("memory-safe") {
            at := supersession
            limitsAt := limits.offset
        }
        _requireHash(id, _hashWords(limitsAt, 2 * limits.length), supersession.limitsHash);
        _requireHash(id, _foldBooks(_foldSets(lineage.claim.setHash, sets), books), supersession.setHash);
        bytes32 structHash = _hashStruct(SUPERSEDE_TYPEHASH, at, 6);
        _requireSigned(lineage.claim.issuer, Kinds.ROLE_ISSUER, structHash, supersession.deadline, issuerSignature);
        _addSets(lineage, sets);
        _takeBooks(lineage, books);
        _lowerLimits(id, limits);
        _updateOverdrawn(id);
        bytes32 oldDigest = lineage.claim.credentialDigest;
        lineage.claim.version = supersession.version + 1;
        lineage.claim.isReduced = false;
        lineage.claim.setHash = supersession.setHash;
        lineage.claim.credentialDigest = supersession.credentialDigest;
        emit ClaimSuperseded(id, supersession.version + 1, oldDigest, supersession.credentialDigest);
    }

    /// @inheritdoc IClaimRegistry
    function reduce(Reduction calldata reduction, Pieces[] calldata pieces, bytes calldata issuerSignature) external {
        Lineage storage lineage = _liveLineage(reduction.id, reduction.version);
        (uint256 at, uint256 piecesAt) = (0, 0);
        assembly ("memory-safe") {
            at := reduction
            piecesAt := pieces.offset
        }
        _requireHash(reduction.id, _hashWords(piecesAt, 2 * pieces.length), reduction.piecesHash);
        bytes32 structHash = _hashStruct(REDUCE_TYPEHASH, at, 4);
        _requireSigned(lineage.claim.issuer, ANY_ROLE, structHash, reduction.deadline, issuerSignature);
        _reducePieces(lineage, pieces);
        lineage.claim.isReduced = true;
        emit ClaimReduced(reduction.id, reduction.version);
    }

    /// @inheritdoc IClaimRegistry
    function revoke(Revocation calldata revocation, bytes calldata issuerSignature) external {
        bytes32 id = revocation.id;
        Lineage storage lineage = _lineages[id];
        Claim storage claim = lineage.claim;
        if (claim.state != State.OPEN && claim.state != State.LIVE) revert ClaimRegistryWrongState(id, claim.state);
        if (revocation.version != claim.version) revert ClaimRegistryWrongVersion(id, revocation.version, claim.version);
        if (claim.state == State.LIVE || block.timestamp <= lineage.deadline) {
            uint256 at;
            assembly ("memory-safe") {
                at := revocation
            }
            bytes32 structHash = _hashStruct(REVOKE_TYPEHASH, at, 3);
            _requireSigned(claim.issuer, ANY_ROLE, structHash, revocation.deadline, issuerSignature);
        }
        _requireEmptyTanks(id);
        claim.state = State.REVOKED;
        _giveBackPieces(lineage);
        _giveBackBooks(lineage);
        _giveBackSettlements(lineage);
        emit ClaimRevoked(id);
    }

    /// @inheritdoc IClaimRegistry
    function unwind(bytes32 id, bytes32 previous, LotSet calldata set) external {
        Lineage storage lineage = _unwindTo(id, previous, _foldSet(previous, set));
        uint8 purpose = lineage.claim.purpose;
        for (uint256 i = 0; i < set.words.length; ++i) {
            _free(purpose, set.lot, uint256(set.firstWord) + i, set.words[i]);
        }
    }

    /// @inheritdoc IClaimRegistry
    function unwindBook(bytes32 id, bytes32 previous, BookRange calldata range) external {
        _unwindTo(id, previous, _foldBook(previous, range));
    }

    /// @dev The claim has what is behind `rest` now; with all of its set it is LIVE.
    function _advance(bytes32 id, bytes32 rest, uint96 lowest) private {
        Lineage storage lineage = _lineages[id];
        Claim storage claim = lineage.claim;
        if (lineage.rest != rest) lineage.rest = rest;
        if (rest == 0) {
            claim.state = State.LIVE;
            emit ClaimIssued(id, claim.issuer, claim.owner, claim.purpose, claim.setHash, claim.credentialDigest);
        } else {
            lineage.lowest = lowest;
            emit ClaimOpened(id, claim.issuer, claim.owner, claim.purpose, rest);
        }
    }

    /// @dev Takes the last part off the set of a revoked claim; what an OPEN claim lacked was never taken.
    function _unwindTo(bytes32 id, bytes32 previous, bytes32 hash) private returns (Lineage storage lineage) {
        lineage = _lineages[id];
        if (lineage.claim.state != State.REVOKED) revert ClaimRegistryWrongState(id, lineage.claim.state);
        bytes32 setHash = lineage.claim.setHash;
        if (hash != setHash || setHash == lineage.rest) revert ClaimRegistryNotTheLast(id, setHash);
        lineage.claim.setHash = previous;
        emit ClaimUnwound(id, previous);
    }

    function _requireHash(bytes32 id, bytes32 given, bytes32 expected) private pure {
        if (given != expected) revert ClaimRegistryWrongHash(id, given, expected);
    }
}
