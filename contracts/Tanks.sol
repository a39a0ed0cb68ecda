// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ClaimSets} from "./ClaimSets.sol";
import {IClaimRegistry} from "./interfaces/IClaimRegistry.sol";
import {Kinds} from "./Kinds.sol";

/// @title Shares of claims and of receipts, and lineages that banks have endorsed above what is left of them
abstract contract Tanks is ClaimSets {
    uint64 internal constant U = 10 ** 12;
    uint256 private constant MAX_TANKS = 16;
    bytes32 private constant ENDORSE_TYPEHASH = keccak256(
        "Endorse(uint32 bank,bytes32 id,uint32 version,bytes3 currency,uint64 claimFrom,uint64 claimTo,bytes32 receiptReference,bytes32 receiptCommitment,uint64 receiptFrom,uint64 receiptTo,uint64 adverse,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant CONSENT_TYPEHASH =
        keccak256("EndorseConsent(bytes32 id,uint32 bank,bytes3 currency,uint64 maximum,uint64 deadline)");
    bytes32 private constant RELEASE_TYPEHASH = keccak256(
        "Release(uint32 bank,bytes32 id,bytes3 currency,uint64 claimFrom,uint64 claimTo,bytes32 receiptReference,uint64 receiptFrom,uint64 receiptTo,bytes32 payment,uint256 nonce,uint64 deadline)"
    );

    /// @dev The commitment is to the whole, which never changes; what changes is how much of it may be used.
    struct ClaimTank {
        bytes32 commitment;
        uint64 share;
        uint64 limit;
        uint64 settled; // what later claims have deducted of share − limit
    }

    struct ReceiptTank {
        bytes32 commitment;
        uint64 share;
    }

    struct Drawn {
        uint64 claimShare;
        uint64 receiptShare;
    }

    /// @dev What an endorsement or a release does to both tanks.
    struct Step {
        uint32 bank;
        bytes32 id;
        bytes3 currency;
        bytes32 receiptReference;
        uint64 claimFrom;
        uint64 claimTo;
        uint64 receiptFrom;
        uint64 receiptTo;
    }

    mapping(bytes32 id => mapping(bytes3 currency => ClaimTank)) private _tanks;
    mapping(uint32 bank => mapping(bytes32 receiptReference => ReceiptTank)) private _receipts;
    mapping(bytes32 idCurrencyBank => uint64 share) private _endorsed;
    mapping(bytes32 idCurrencyBankReceipt => Drawn) private _drawn;
    mapping(uint32 bank => mapping(bytes32 payment => bool)) private _isCited;
    mapping(uint32 owner => bytes32[] ids) private _overdrawn;

    /// @inheritdoc IClaimRegistry
    function endorse(
        Endorsement calldata given, bytes calldata bankSignature, Consent calldata consent, bytes calldata ownerConsent
    ) external whenNotPaused {
        Lineage storage lineage = _liveLineage(given.id, given.version);
        if (lineage.claim.purpose != EXCHANGE) revert ClaimRegistryWrongPurpose(given.id, lineage.claim.purpose);
        if (lineage.claim.isReduced) revert ClaimRegistryReduced(given.id, given.version);
        uint256 at;
        assembly ("memory-safe") {
            at := given
        }
        bytes32 structHash = _hashStruct(ENDORSE_TYPEHASH, at, 13);
        _requireSigned(given.bank, Kinds.ROLE_BANK, structHash, given.deadline, bankSignature);
        _useCheckedNonce(_nonceOwner(given.bank), given.nonce);
        structHash = keccak256(
            abi.encode(CONSENT_TYPEHASH, given.id, given.bank, given.currency, consent.maximum, consent.deadline)
        );
        _requireSigned(lineage.claim.owner, ANY_ROLE, structHash, consent.deadline, ownerConsent);
        uint64 adverse = _adverseOf(lineage);
        if (adverse != given.adverse) revert ClaimRegistryAdverseMoved(given.id, given.adverse, adverse);
        Step memory step = Step(
            given.bank, given.id, given.currency, given.receiptReference,
            given.claimFrom, given.claimTo, given.receiptFrom, given.receiptTo
        );
        _drain(step, given.receiptCommitment, consent.maximum);
        emit ClaimEndorsed(
            step.id, step.bank, step.currency, step.claimTo, step.receiptReference, step.receiptTo
        );
    }

    /// @inheritdoc IClaimRegistry
    function release(EndorsementRelease calldata given, bytes calldata bankSignature) external {
        uint256 at;
        assembly ("memory-safe") {
            at := given
        }
        bytes32 structHash = _hashStruct(RELEASE_TYPEHASH, at, 11);
        _requireSigned(given.bank, ANY_ROLE, structHash, given.deadline, bankSignature);
        _useCheckedNonce(_nonceOwner(given.bank), given.nonce);
        if (given.payment == 0 || _isCited[given.bank][given.payment]) {
            revert ClaimRegistryBadPayment(given.bank, given.payment);
        }
        _isCited[given.bank][given.payment] = true;
        Step memory step = Step(
            given.bank, given.id, given.currency, given.receiptReference,
            given.claimFrom, given.claimTo, given.receiptFrom, given.receiptTo
        );
        _refill(step);
        _updateOverdrawn(step.id);
        emit EndorsementReleased(
            step.id, step.bank, step.currency, step.claimTo, step.receiptReference, step.receiptTo, given.payment
        );
    }

    /// @inheritdoc IClaimRegistry
    function tankOf(bytes32 id, bytes3 currency) external view returns (uint64 share, uint64 limit, bytes32 commitment) {
        ClaimTank storage tank = _tanks[id][currency];
        return (tank.share, tank.limit, tank.commitment);
    }

    /// @inheritdoc IClaimRegistry
    function tanksOf(bytes32 id) external view returns (bytes3[] memory) {
        return _lineages[id].currencies;
    }

    /// @inheritdoc IClaimRegistry
    function settlementsOf(bytes32 id) external view returns (Settlement[] memory) {
        return _lineages[id].settlements;
    }

    /// @inheritdoc IClaimRegistry
    function receiptOf(uint32 bank, bytes32 receiptReference) external view returns (uint64 share, bytes32 commitment) {
        ReceiptTank storage receipt = _receipts[bank][receiptReference];
        return (receipt.share, receipt.commitment);
    }

    /// @inheritdoc IClaimRegistry
    function endorsedBy(bytes32 id, bytes3 currency, uint32 bank) external view returns (uint64) {
        return _endorsed[_endorsedKey(id, currency, bank)];
    }

    /// @inheritdoc IClaimRegistry
    function endorsedWith(
        bytes32 id, bytes3 currency, uint32 bank, bytes32 receiptReference
    ) external view returns (uint64, uint64) {
        Drawn storage drawn = _drawn[_drawnKey(id, currency, bank, receiptReference)];
        return (drawn.claimShare, drawn.receiptShare);
    }

    /// @inheritdoc IClaimRegistry
    function overdrawnOf(uint32 owner) external view returns (bytes32[] memory) {
        return _overdrawn[owner];
    }

    function _liveLineage(bytes32 id, uint32 version) internal view returns (Lineage storage lineage) {
        lineage = _lineages[id];
        if (lineage.claim.state != State.LIVE) revert ClaimRegistryWrongState(id, lineage.claim.state);
        if (version != lineage.claim.version) revert ClaimRegistryWrongVersion(id, version, lineage.claim.version);
    }

    function _openTanks(bytes32 id, Tank[] calldata tanks) internal {
        if (tanks.length > MAX_TANKS) revert ClaimRegistryTooMany(tanks.length, MAX_TANKS);
        for (uint256 i = 0; i < tanks.length; ++i) {
            Tank calldata tank = tanks[i];
            bool isNew = _tanks[id][tank.currency].commitment == 0;
            if (tank.currency == 0 || tank.commitment == 0 || !isNew) revert ClaimRegistryBadTank(id, tank.currency);
            _tanks[id][tank.currency] = ClaimTank(tank.commitment, 0, U, 0);
            _lineages[id].currencies.push(tank.currency);
        }
    }

    function _lowerLimits(bytes32 id, Limit[] calldata limits) internal {
        for (uint256 i = 0; i < limits.length; ++i) {
            Limit calldata limit = limits[i];
            ClaimTank storage tank = _tanks[id][limit.currency];
            if (tank.commitment == 0) revert ClaimRegistryBadTank(id, limit.currency);
            if (limit.limit > tank.limit) revert ClaimRegistryHigherLimit(id, limit.currency, limit.limit, tank.limit);
            tank.limit = limit.limit;
        }
    }

    function _requireEmptyTanks(bytes32 id) internal view {
        bytes3[] storage currencies = _lineages[id].currencies;
        for (uint256 i = 0; i < currencies.length; ++i) {
            uint64 share = _tanks[id][currencies[i]].share;
            if (share != 0) revert ClaimRegistryEndorsed(id, currencies[i], share);
        }
    }

    /// @dev The claim takes over all that was endorsed of the owner's claims above their limits.
    function _settle(bytes32 id, uint32 owner, bytes32[] calldata deducted) internal {
        for (uint256 i = 0; i < deducted.length; ++i) {
            Lineage storage other = _lineages[deducted[i]];
            if (other.overdrawnAt == 0 || other.claim.owner != owner) revert ClaimRegistryNotOverdrawn(deducted[i]);
            for (uint256 j = 0; j < other.currencies.length; ++j) {
                bytes3 currency = other.currencies[j];
                ClaimTank storage tank = _tanks[deducted[i]][currency];
                uint64 excess = _excess(tank);
                if (excess == 0) continue;
                // A claim without a tank has nothing to deduct from, and the debt would be gone.
                if (_tanks[id][currency].commitment == 0) revert ClaimRegistryBadTank(id, currency);
                tank.settled += excess;
                _lineages[id].settlements.push(Settlement(deducted[i], currency, excess));
            }
            _updateOverdrawn(deducted[i]);
        }
        if (_overdrawn[owner].length != 0) revert ClaimRegistryNotDeducted(owner, _overdrawn[owner][0]);
    }

    /// @dev Undoes {_settle} for a claim that is revoked: a debt cannot be shed with the claim that took it over.
    function _giveBackSettlements(Lineage storage lineage) internal {
        for (uint256 i = 0; i < lineage.settlements.length; ++i) {
            Settlement storage settlement = lineage.settlements[i];
            _tanks[settlement.id][settlement.currency].settled -= settlement.share;
            _updateOverdrawn(settlement.id);
        }
    }

    /// @dev Puts a lineage on its owner's list, or takes it off, as its shares and limits say.
    function _updateOverdrawn(bytes32 id) internal {
        Lineage storage lineage = _lineages[id];
        bool isOverdrawn = false;
        for (uint256 i = 0; i < lineage.currencies.length; ++i) {
            isOverdrawn = isOverdrawn || _excess(_tanks[id][lineage.currencies[i]]) != 0;
        }
        uint32 place = lineage.overdrawnAt;
        if (isOverdrawn == (place != 0)) return;
        uint32 owner = lineage.claim.owner;
        bytes32[] storage list = _overdrawn[owner];
        if (isOverdrawn) {
            list.push(id);
            lineage.overdrawnAt = uint32(list.length);
            emit LineageOverdrawn(id, owner);
        } else {
            bytes32 last = list[list.length - 1]; // takes the place that becomes free
            list[place - 1] = last;
            _lineages[last].overdrawnAt = place;
            list.pop();
            lineage.overdrawnAt = 0;
            emit LineageSettled(id, owner);
        }
    }

    function _excess(ClaimTank storage tank) private view returns (uint64) {
        uint64 covered = tank.limit + tank.settled;
        return tank.share > covered ? tank.share - covered : 0;
    }

    /// @dev Finds both tanks, whose shares must be what the bank took them for, and sets them.
    function _compareAndSet(Step memory step) private returns (ClaimTank storage tank, ReceiptTank storage receipt) {
        tank = _tanks[step.id][step.currency];
        receipt = _receipts[step.bank][step.receiptReference];
        if (step.claimFrom != tank.share) {
            revert ClaimRegistryShareMoved(step.id, step.currency, step.claimFrom, tank.share);
        }
        if (step.receiptFrom != receipt.share) {
            revert ClaimRegistryReceiptMoved(step.bank, step.receiptReference, step.receiptFrom, receipt.share);
        }
        (tank.share, receipt.share) = (step.claimTo, step.receiptTo);
    }

    /// @dev `low` < `high` ≤ `most`.
    function _requireStep(uint64 low, uint64 high, uint64 most) private pure {
        if (low >= high || high > most) revert ClaimRegistryBadShare(low, high, most);
    }

    function _drain(Step memory step, bytes32 commitment, uint64 maximum) private {
        (ClaimTank storage tank, ReceiptTank storage receipt) = _compareAndSet(step);
        _requireStep(step.claimFrom, step.claimTo, maximum < tank.limit ? maximum : tank.limit);
        _requireStep(step.receiptFrom, step.receiptTo, U);
        if (receipt.commitment == 0) receipt.commitment = commitment;
        if (commitment == 0 || receipt.commitment != commitment) {
            revert ClaimRegistryWrongReceipt(step.bank, step.receiptReference, receipt.commitment);
        }
        Drawn storage drawn = _drawn[_drawnKey(step.id, step.currency, step.bank, step.receiptReference)];
        drawn.claimShare += step.claimTo - step.claimFrom;
        drawn.receiptShare += step.receiptTo - step.receiptFrom;
        _endorsed[_endorsedKey(step.id, step.currency, step.bank)] += step.claimTo - step.claimFrom;
    }

    function _refill(Step memory step) private {
        _compareAndSet(step);
        _requireStep(step.claimTo, step.claimFrom, U);
        _requireStep(step.receiptTo, step.receiptFrom, U);
        Drawn storage drawn = _drawn[_drawnKey(step.id, step.currency, step.bank, step.receiptReference)];
        drawn.claimShare = _less(step.bank, drawn.claimShare, step.claimFrom - step.claimTo);
        drawn.receiptShare = _less(step.bank, drawn.receiptShare, step.receiptFrom - step.receiptTo);
        _endorsed[_endorsedKey(step.id, step.currency, step.bank)] -= step.claimFrom - step.claimTo;
    }

    function _less(uint32 bank, uint64 endorsed, uint64 released) private pure returns (uint64) {
        if (released > endorsed) revert ClaimRegistryNotEndorsed(bank, endorsed, released);
        return endorsed - released;
    }

    function _endorsedKey(bytes32 id, bytes3 currency, uint32 bank) private pure returns (bytes32) {
        return keccak256(abi.encode(id, currency, bank));
    }

    function _drawnKey(bytes32 id, bytes3 currency, uint32 bank, bytes32 receiptReference) private pure returns (bytes32) {
        return keccak256(abi.encode(id, currency, bank, receiptReference));
    }
}
