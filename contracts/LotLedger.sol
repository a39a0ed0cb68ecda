// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Announcement} from "./Announcement.sol";
import {Kinds} from "./Kinds.sol";
import {Log} from "./Log.sol";
import {Parties} from "./Parties.sol";
import {Tree} from "./Tree.sol";
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
    uint256 private constant SIGNERS = 0x1fff; // in a row: roles, SITE_OPERATOR, OWNER
    uint256 private constant AT_SITE = 8; // in a lane of a row
    uint256 private constant PRESENT = 16;
    uint256 private constant NO_LOT = type(uint256).max; // before the first record

    /// @dev What one batch has in hand: the lot and the site that the last record touched are written back only when
    /// the next record touches another, which is why batches come sorted by lot.
    struct Cursor {
        uint256 index;
        uint256 party;
        uint256 roles;
        uint256 may; // the bits of a row's signers that the party satisfies for this lot and site
        uint256 admission; // whether the owner admitted the party: 0 not looked up yet, 1 no, 2 yes
        uint256 lot;
        uint256 site;
        uint256 hasHome; // 1 once the home word was read
        uint256 homeWord;
        uint256 siteWord;
        bytes32 head;
        uint256 length;
        uint256 adverse;
        uint256 owner;
        uint256 declared;
    }

    mapping(uint64 lot => mapping(uint24 site => uint256 word)) private _accounts;

    constructor(bytes32 logId_, address registrar) Log(logId_) Parties(registrar) {
        _grantRole(PAUSER_ROLE, registrar);
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
        // Announce.copy keeps the one copy of the records in memory that is hashed for the signature, hashed leaf by
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
        return _accounts[lot][site];
    }

    /// @inheritdoc ILotLedger
    function lotOf(uint64 lot) external view returns (uint32 owner, uint32 declared) {
        return (_histories[lot].owner, _histories[lot].declared);
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
        uint256 scratch = leaves + 32 * count;
        Tree.prepareLeaf(scratch, party);
        Cursor memory at;
        at.lot = NO_LOT;
        at.party = party;
        at.roles = _roles[party];
        // Nothing below can overflow: indices stay under 2,048, a history under 2^32 leaves (two million full batches),
        // and a lane under 2^32, since all lanes of a lot together hold what DECLARE put in, a uint32.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                at.index = i;
                uint256 word;
                uint256 row;
                assembly ("memory-safe") {
                    word := shr(128, mload(records))
                    row := shr(224, mload(add(add(table, 32), shl(2, and(shr(32, word), 0x7f)))))
                }
                _applyWord(at, row, word);
                at.head = Tree.chainLeaf(at.head, scratch, records, leaves + 32 * i);
                ++at.length;
                records += RECORD_BYTES;
            }
        }
        _flush(at);
    }

    /// @dev word = lot uint64 | site uint24 | kind uint8 | quantity uint32
    function _applyWord(Cursor memory at, uint256 row, uint256 word) private {
        unchecked {
            uint256 scope = (row >> 16) & 0xf;
            if (word >> 64 != at.lot) _load(at, uint64(word >> 64), scope);
            if (scope == Kinds.SCOPE_SITE) {
                uint256 site = (word >> 40) & 0xffffff;
                if (site != at.site || site == 0) _loadSite(at, uint24(site));
            } else {
                _requirePlace(at, scope, word);
            }
            if (scope > Kinds.SCOPE_OPEN != (at.lot & Kinds.BOOK_BIT != 0)) revert LotLedgerWrongPlace(at.index, word);
            _requireSigner(at, row, word);
            uint256 source = (row >> 20) & 0x1f;
            uint256 destination = (row >> 25) & 0x1f;
            if (word & REVERSAL != 0) {
                (source, destination) = (destination, source);
                ++at.adverse;
            } else if (row & Kinds.ROW_ADVERSE != 0) {
                ++at.adverse;
            }
            uint256 quantity = uint32(word);
            if ((quantity == 0) == ((source | destination) & PRESENT != 0)) revert LotLedgerWrongQuantity(at.index, word);
            if (source & PRESENT != 0) _take(at, source, quantity);
            if (destination & AT_SITE != 0) {
                at.siteWord += quantity << ((destination & 7) << 5);
            } else if (destination & PRESENT != 0) {
                if (at.hasHome == 0) _loadHome(at);
                at.homeWord += quantity << ((destination & 7) << 5);
            }
        }
    }

    function _take(Cursor memory at, uint256 lane, uint256 quantity) private view {
        uint256 shift = (lane & 7) << 5;
        bool isSite = lane & AT_SITE != 0;
        if (!isSite && at.hasHome == 0) _loadHome(at);
        uint256 pieces = isSite ? at.siteWord : at.homeWord;
        uint256 available = (pieces >> shift) & 0xffffffff;
        if (available < quantity) {
            revert LotLedgerInsufficient(at.index, uint64(at.lot), isSite ? uint24(at.site) : 0, uint8(lane & 7), available, quantity);
        }
        unchecked {
            pieces -= quantity << shift;
        }
        if (isSite) at.siteWord = pieces;
        else at.homeWord = pieces;
    }

    /// @dev Every scope but SITE: what the site field of the word must be.
    function _requirePlace(Cursor memory at, uint256 scope, uint256 word) private {
        uint24 site = uint24(word >> 40);
        if (scope == Kinds.SCOPE_OPEN) {
            _open(at, site, word);
        } else if (scope == Kinds.SCOPE_BOOK_SITE) {
            if (site != at.site || site == 0) _loadSite(at, site);
        } else if (scope == Kinds.SCOPE_GRANT) {
            _grant(at, site, word);
        } else if (scope == 0 || scope == Kinds.SCOPE_REGISTRY) {
            revert LotLedgerUnlistedKind(at.index, word);
        } else if (site != 0) {
            revert LotLedgerWrongPlace(at.index, word);
        }
        bool isRegistry = at.lot & Kinds.REGISTRY_BOOKS == Kinds.REGISTRY_BOOKS;
        if (isRegistry != (scope == Kinds.SCOPE_GRANT)) revert LotLedgerWrongPlace(at.index, word);
    }

    /// @dev DECLARE opens a lot that has no history; its reversal needs all pieces to lie in DECLARED still.
    function _open(Cursor memory at, uint24 owner, uint256 word) private view {
        uint32 quantity = uint32(word);
        if (at.hasHome == 0) _loadHome(at);
        if (word & REVERSAL != 0) {
            if (at.owner != owner || at.declared == 0) revert LotLedgerUnknownLot(at.index, uint64(at.lot));
            // The whole lot or nothing: DECLARED is the lowest lane, so a home word of exactly `declared` says that
            // no piece has left it.
            if (at.homeWord != at.declared || quantity != at.declared) {
                revert LotLedgerInsufficient(at.index, uint64(at.lot), 0, 0, uint32(at.homeWord), at.declared);
            }
            at.declared = 0;
        } else {
            if (at.length != 0) revert LotLedgerLotTaken(at.index, uint64(at.lot));
            if (_roles[owner] & Kinds.ROLE_EXPORTER == 0) revert LotLedgerNotAnExporter(at.index, owner);
            at.owner = owner;
            at.declared = quantity;
        }
    }

    /// @dev An owner admits a party to act for it, or ends that.
    function _grant(Cursor memory at, uint24 party, uint256 word) private {
        if (word & REVERSAL != 0) revert LotLedgerUnlistedKind(at.index, word);
        if (_roles[party] == 0) revert LotLedgerWrongPlace(at.index, word);
        if (at.owner != at.party) revert LotLedgerNotAllowed(at.index, word, uint32(at.party));
        bool isAdmitted_ = uint8(word >> 32) == Kinds.ADMIT;
        _admissions[uint32(at.owner)][party] = isAdmitted_;
        emit Admitted(uint32(at.owner), party, isAdmitted_);
    }

    /// @dev Who may sign: docs/formats.md §5. The row says which roles and relations are enough.
    function _requireSigner(Cursor memory at, uint256 row, uint256 word) private view {
        uint256 may = at.may;
        uint256 hits = row & may & SIGNERS;
        bool isAllowed = hits & (Kinds.SIGNER_SITE_OPERATOR | Kinds.SIGNER_OWNER) != 0
            || (hits != 0 && (row & Kinds.SIGNER_ADMITTED == 0 || _isAdmitted(at)));
        bool isBarred = row & Kinds.SIGNER_NOT_SITE_OPERATOR != 0 && may & Kinds.SIGNER_SITE_OPERATOR != 0;
        if (!isAllowed || isBarred) revert LotLedgerNotAllowed(at.index, word, uint32(at.party));
    }

    function _isAdmitted(Cursor memory at) private view returns (bool) {
        if (at.admission == 0) at.admission = _admissions[uint32(at.owner)][uint32(at.party)] ? 2 : 1;
        return at.admission == 2;
    }

    /// @dev Turns to another lot or book. Only DECLARE may turn to a lot without history.
    function _load(Cursor memory at, uint64 lot, uint256 scope) private {
        _flush(at);
        History storage found = _histories[lot];
        at.lot = lot;
        at.site = 0;
        at.hasHome = 0;
        at.admission = 0;
        at.head = found.head;
        at.length = found.length;
        at.adverse = found.adverse;
        if (lot & Kinds.BOOK_BIT != 0) {
            at.owner = uint32(lot);
            if (_roles[uint32(at.owner)] == 0) revert LotLedgerUnknownLot(at.index, lot);
        } else {
            if (lot == 0 || (at.length == 0 && scope != Kinds.SCOPE_OPEN)) revert LotLedgerUnknownLot(at.index, lot);
            at.owner = found.owner;
            at.declared = found.declared;
        }
        at.may = at.roles | (at.owner == at.party ? Kinds.SIGNER_OWNER : 0);
    }

    function _loadHome(Cursor memory at) private view {
        at.hasHome = 1;
        at.homeWord = _accounts[uint64(at.lot)][0];
    }

    function _loadSite(Cursor memory at, uint24 site) private {
        _flushSite(at);
        uint32 operator = _operators[site];
        if (operator == 0) revert LotLedgerUnknownSite(at.index, site);
        at.site = site;
        at.siteWord = at.lot & Kinds.BOOK_BIT == 0 ? _accounts[uint64(at.lot)][site] : 0;
        if (operator == at.party) at.may |= Kinds.SIGNER_SITE_OPERATOR;
        else at.may &= ~Kinds.SIGNER_SITE_OPERATOR;
    }

    function _flush(Cursor memory at) private {
        if (at.lot == NO_LOT) return;
        uint64 lot = uint64(at.lot);
        bool isBook = lot & Kinds.BOOK_BIT != 0;
        _histories[lot] = History(
            at.head, uint32(at.length), uint32(at.adverse), isBook ? 0 : uint32(at.owner), isBook ? 0 : uint32(at.declared)
        );
        if (at.hasHome == 1) _accounts[lot][0] = at.homeWord;
        _flushSite(at);
    }

    function _flushSite(Cursor memory at) private {
        if (at.site != 0 && at.lot & Kinds.BOOK_BIT == 0) _accounts[uint64(at.lot)][uint24(at.site)] = at.siteWord;
    }

    /// @dev Nonces belong to parties, not to keys, so that changing a key opens no second lane.
    function _nonceOwner(uint32 party) private pure returns (address) {
        return address(uint160(party));
    }
}
