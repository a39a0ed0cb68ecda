// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Announcement} from "./Announcement.sol";
import {ClaimRegistry} from "./ClaimRegistry.sol";
import {Kinds} from "./Kinds.sol";
import {Lanes} from "./Lanes.sol";
import {Log} from "./Log.sol";
import {Parties} from "./Parties.sol";
import {Tree} from "./Tree.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {ILotLedger} from "./interfaces/ILotLedger.sol";

/// @title The ledger of lots: every event moves pieces between lanes and is one leaf of the tree
contract LotLedger is ILotLedger, Parties, NoncesKeyed, Pausable {
    using Tree for Tree.Frontier;

    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");
    bytes32 private constant BATCH_TYPEHASH =
        keccak256("Batch(uint32 party,uint256 nonce,uint64 deadline,bytes32 recordsHash)");
    uint256 private constant RECORD_BYTES = 48;
    uint256 private constant MAX_RECORDS = 2048;
    uint256 private constant REVERSAL = uint256(Kinds.REVERSAL) << 32; // in a word
    // Parts of a row of Kinds.TABLE.
    uint256 private constant SIGNERS = 0x1fff; // roles, SITE_OPERATOR, OWNER: one of them is enough
    uint256 private constant CONDITIONS = Kinds.SIGNER_ADMITTED | Kinds.SIGNER_NOT_SITE_OPERATOR | Kinds.ELSEWHERE;
    uint256 private constant ADVERSE_SHIFT = 30;
    uint256 private constant MOVEMENT_SHIFT = 31;
    uint256 private constant NOWHERE = type(uint256).max; // no lot or place is in hand

    /// @dev What one batch has in hand: the lot and the site that the last record touched are written back only when
    /// the next record touches another, which is why batches come sorted by lot.
    struct Cursor {
        uint256 leaves; // where the leaves begin in memory, and where that of the record goes
        uint256 leaf;
        uint256 party;
        uint256 roles;
        uint256 may; // the signers and conditions of a row that the party is known to satisfy for this lot and site
        uint256 lot;
        uint256 place; // lot and site of the account in hand, as they stand in a word
        uint256[3] accounts; // words of lanes: the lot's home, the site, and what is outside of the lot
        bytes32 head;
        uint256 length;
        uint256 adverse; // since the lot was taken in hand
        uint256 owner;
    }

    mapping(uint256 place => uint256 word) private _accounts;

    constructor(bytes32 logId_, address registrar) Log(logId_) Parties(registrar) {
        _grantRole(PAUSER_ROLE, registrar);
        // The first contract that this one creates, hence at an address that everyone can compute from ours.
        new ClaimRegistry(ILedger(address(this)), logId_);
    }

    /// @inheritdoc ILotLedger
    function record(
        bytes calldata records, uint64 firstLeaf, uint32 party, uint256 nonce, uint64 deadline, bytes calldata signature
    ) external whenNotPaused {
        uint256 count = records.length / RECORD_BYTES;
        if (count == 0 || count > MAX_RECORDS || count * RECORD_BYTES != records.length) {
            revert LotLedgerBatchSize(records.length);
        }
        uint64 size = _tree.size;
        if (firstLeaf != type(uint64).max && firstLeaf != size) revert LotLedgerOutOfPlace(firstLeaf, size);
        // Announcement.copy keeps the one copy of the records in memory that is hashed for the signature, hashed leaf by
        // leaf and emitted: memory is paid for by the square of its size.
        (uint256 announcement, uint256 copy) = Announcement.copy(records);
        _authorize(Announcement.recordsHash(copy, records.length), party, nonce, deadline, signature);
        uint256 leaves = _apply(copy, count, party);
        Announcement.emitRecorded(announcement, size, party, _tree.append(leaves, count));
    }

    /// @inheritdoc ILotLedger
    function cancel(uint32 party, uint256 nonce) external {
        if (!_isValidSigner(msg.sender, party)) revert LotLedgerNotAKey(party, msg.sender);
        _useCheckedNonce(_nonceOwner(party), nonce);
    }

    /// @inheritdoc ILotLedger
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc ILotLedger
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @inheritdoc ILotLedger
    function accountWord(uint64 lot, uint24 site) external view returns (uint256) {
        return site == 0 ? _histories[lot].state.home : _accounts[uint256(lot) << 24 | site];
    }

    /// @inheritdoc ILotLedger
    function lotOf(uint64 lot) external view returns (uint32 owner, uint32 declared) {
        return (_histories[lot].state.owner, _histories[lot].declared);
    }

    /// @inheritdoc ILotLedger
    function nonceOf(uint32 party, uint192 key) external view returns (uint256) {
        return nonces(_nonceOwner(party), key);
    }

    function _authorize(bytes32 recordsHash, uint32 party, uint256 nonce, uint64 deadline, bytes calldata signature)
        private
    {
        if (block.timestamp > deadline) revert LotLedgerExpired(deadline);
        bytes32 digest = _hashTypedData(keccak256(abi.encode(BATCH_TYPEHASH, party, nonce, deadline, recordsHash)));
        (address signer, , ) = ECDSA.tryRecover(digest, signature);
        if (!_isValidSigner(signer, party)) revert LotLedgerNotAKey(party, signer);
        _useCheckedNonce(_nonceOwner(party), nonce);
    }

    /// @dev Applies every record and returns where its leaves lie in memory.
    function _apply(uint256 records, uint256 count, uint32 party) private returns (uint256 leaves) {
        bytes memory table = Kinds.TABLE;
        leaves = Tree.allocate(count);
        uint256 end = leaves + 32 * count;
        Tree.prepareLeaf(end, party);
        Cursor memory at;
        at.leaves = leaves;
        at.party = party;
        at.roles = _roles[party];
        at.lot = NOWHERE;
        at.place = NOWHERE;
        // Nothing below can overflow: a history stays under 2^32 leaves (two million full batches), and a lane under
        // 2^32, since all lanes of a lot together hold what DECLARE put in, a uint32.
        unchecked {
            for (uint256 leaf = leaves; leaf < end; leaf += 32) {
                uint256 word;
                uint256 row;
                assembly ("memory-safe") {
                    word := shr(128, mload(records))
                    row := shr(224, mload(add(add(table, 32), shl(2, and(shr(32, word), 0xff)))))
                }
                at.leaf = leaf;
                _applyWord(at, row, word);
                at.head = Tree.chainLeaf(at.head, end, records, leaf);
                ++at.length;
                records += RECORD_BYTES;
            }
        }
        _flush(at);
    }

    /// @dev word = lot uint64 | site uint24 | kind uint8 | quantity uint32
    function _applyWord(Cursor memory at, uint256 row, uint256 word) private {
        unchecked {
            // Nearly every record: a kind of a lot at a site, where the last one was, by a signer known to be one.
            bool isKnown = word >> 40 == at.place && row & at.may & SIGNERS != 0 && row & CONDITIONS & ~at.may == 0;
            if (!isKnown) {
                _turn(at, row, word);
                _requireSigner(at, row, word);
            }
            uint256 quantity = uint32(word);
            if ((quantity == 0) == (row >> MOVEMENT_SHIFT == 1)) revert LotLedgerWrongQuantity(_index(at), word);
            // What is counted or kitted must be there [an operator strews notes over the lots of all].
            if (quantity == 0 && row & Kinds.STOCKED != 0 && at.accounts[1] == 0) {
                revert LotLedgerNoStock(_index(at), uint64(at.lot), uint24(at.place));
            }
            at.adverse += (row >> ADVERSE_SHIFT) & 1;
            _move(at, row, quantity);
        }
    }

    function _move(Cursor memory at, uint256 row, uint256 quantity) private pure {
        uint256 lane = (row >> 20) & 0x1f;
        uint256 available = Lanes.take(at.accounts, lane, quantity);
        if (available < quantity) {
            uint24 site = lane >> 3 == 0 ? 0 : uint24(at.place);
            revert LotLedgerInsufficient(_index(at), uint64(at.lot), site, uint8(lane & 7), available, quantity);
        }
        Lanes.put(at.accounts, (row >> 25) & 0x1f, quantity);
    }

    /// @dev Turns to the lot and site of a word, and checks that they are what its kind asks for.
    function _turn(Cursor memory at, uint256 row, uint256 word) private {
        uint256 scope = (row >> 16) & 7;
        uint24 site = uint24(word >> 40);
        if (word >> 64 != at.lot) _load(at, uint64(word >> 64), scope);
        if (scope == Kinds.SCOPE_SITE || scope == Kinds.SCOPE_BOOK_SITE) {
            if (word >> 40 != at.place) _loadSite(at, site);
        } else if (scope == Kinds.SCOPE_OPEN) {
            _open(at, site, word);
        } else if (scope == Kinds.SCOPE_GRANT) {
            _grant(at, site, word);
        } else if (scope == 0) {
            revert LotLedgerUnlistedKind(_index(at), word);
        } else if (site != 0) {
            revert LotLedgerWrongPlace(_index(at), word);
        }
        bool isBook = at.lot & Kinds.BOOK_BIT != 0;
        bool isRegistry = at.lot & Kinds.REGISTRY_BOOKS == Kinds.REGISTRY_BOOKS;
        if (isBook != (scope > Kinds.SCOPE_OPEN) || isRegistry != (scope == Kinds.SCOPE_GRANT)) {
            revert LotLedgerWrongPlace(_index(at), word);
        }
    }

    /// @dev DECLARE opens a lot that has no history; its reversal needs all pieces to lie in DECLARED still.
    function _open(Cursor memory at, uint24 owner, uint256 word) private {
        uint32 quantity = uint32(word);
        History storage found = _histories[uint64(at.lot)];
        if (word & REVERSAL != 0) {
            uint32 declared = found.declared;
            if (at.owner != owner || declared == 0) revert LotLedgerUnknownLot(_index(at), uint64(at.lot));
            // The whole lot or nothing: DECLARED is the lowest lane, so a home word of exactly `declared` says that
            // no piece has left it.
            uint256 home = at.accounts[0];
            if (home != declared || quantity != declared) {
                revert LotLedgerInsufficient(_index(at), uint64(at.lot), 0, 0, uint32(home), declared);
            }
            found.declared = 0;
        } else {
            if (at.length != 0) revert LotLedgerLotTaken(_index(at), uint64(at.lot));
            if (_roles[owner] & Kinds.ROLE_EXPORTER == 0) revert LotLedgerNotAnExporter(_index(at), owner);
            at.owner = owner;
            found.declared = quantity;
        }
    }

    /// @dev An owner admits a party to act for it, or ends that.
    function _grant(Cursor memory at, uint24 party, uint256 word) private {
        if (_roles[party] == 0) revert LotLedgerWrongPlace(_index(at), word);
        if (at.owner != at.party) revert LotLedgerNotAllowed(_index(at), word, uint32(at.party));
        bool isAdmitted_ = uint8(word >> 32) == Kinds.ADMIT;
        _admissions[uint32(at.owner)][party] = isAdmitted_;
        emit Admitted(uint32(at.owner), party, isAdmitted_);
    }

    /// @dev Who may sign: docs/formats.md §5. One of the row's signers is enough, and every condition of the row must
    /// hold; but the owner and the gateway need no admission, nor the operator of the site where roles are named beside
    /// it, or where it is the owner itself.
    function _requireSigner(Cursor memory at, uint256 row, uint256 word) private view {
        uint256 hits = row & at.may & SIGNERS;
        bool isExempt = hits & (Kinds.SIGNER_OWNER | Kinds.ROLE_GATEWAY) != 0
            || (hits & Kinds.SIGNER_SITE_OPERATOR != 0 && (row & Kinds.SIGNING_ROLES != 0 || at.owner == at.party));
        bool isAdmitted_ = row & Kinds.SIGNER_ADMITTED == 0 || isExempt || _isAdmitted(at);
        bool isBarred = row & Kinds.SIGNER_NOT_SITE_OPERATOR & ~at.may != 0;
        if (hits == 0 || !isAdmitted_ || isBarred) revert LotLedgerNotAllowed(_index(at), word, uint32(at.party));
    }

    function _isAdmitted(Cursor memory at) private view returns (bool isAdmitted_) {
        isAdmitted_ = _admissions[uint32(at.owner)][uint32(at.party)];
        if (isAdmitted_) at.may |= Kinds.SIGNER_ADMITTED;
    }

    /// @dev Takes another lot or book in hand. Only DECLARE may turn to a lot without history.
    function _load(Cursor memory at, uint64 lot, uint256 scope) private {
        _flush(at);
        History storage found = _histories[lot];
        State memory state = found.state;
        bool isBook = lot & Kinds.BOOK_BIT != 0;
        uint32 owner = isBook ? uint32(lot) : state.owner;
        bool isKnown = isBook ? _roles[owner] != 0 : lot != 0 && (state.length != 0 || scope == Kinds.SCOPE_OPEN);
        if (!isKnown) revert LotLedgerUnknownLot(_index(at), lot);
        at.lot = lot;
        at.place = NOWHERE;
        at.accounts[0] = state.home;
        at.accounts[2] = type(uint32).max; // enough for any DECLARE
        at.head = found.head;
        at.length = state.length;
        at.adverse = 0;
        at.owner = owner;
        at.may = at.roles | (owner == at.party ? Kinds.SIGNER_OWNER : 0);
    }

    /// @dev Takes the lot's account at a site in hand; a book has none.
    function _loadSite(Cursor memory at, uint24 site) private {
        _flushSite(at);
        uint32 operator = _operators[site];
        if (operator == 0) revert LotLedgerUnknownSite(_index(at), site);
        at.may &= ~(Kinds.SIGNER_SITE_OPERATOR | Kinds.SIGNER_NOT_SITE_OPERATOR);
        at.may |= operator == at.party ? Kinds.SIGNER_SITE_OPERATOR : Kinds.SIGNER_NOT_SITE_OPERATOR;
        if (at.lot & Kinds.BOOK_BIT != 0) return;
        at.place = at.lot << 24 | site;
        at.accounts[1] = _accounts[at.place];
    }

    function _flush(Cursor memory at) private {
        if (at.lot == NOWHERE) return;
        History storage found = _histories[uint64(at.lot)];
        uint32 owner = at.lot & Kinds.BOOK_BIT == 0 ? uint32(at.owner) : 0;
        found.head = at.head;
        found.state = State(uint32(at.length), owner, uint192(at.accounts[0]));
        if (at.adverse != 0) found.adverse += uint32(at.adverse);
        _flushSite(at);
    }

    function _flushSite(Cursor memory at) private {
        if (at.place != NOWHERE) _accounts[at.place] = at.accounts[1];
    }

    /// @dev The number of the record in its batch, for errors.
    function _index(Cursor memory at) private pure returns (uint256) {
        return (at.leaf - at.leaves) / 32;
    }

    /// @dev Nonces belong to parties, not to keys, so that changing a key opens no second lane.
    function _nonceOwner(uint32 party) private pure returns (address) {
        return address(uint160(party));
    }
}
