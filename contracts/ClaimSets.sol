// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClaimRegistry} from "./interfaces/IClaimRegistry.sol";
import {Kinds} from "./Kinds.sol";
import {Positions} from "./Positions.sol";

/// @title What claims are made of: positions and pieces of lots, and ranges of books
/// @dev setHash is a fold over the parts of the set, so that its last part can be shown and taken off again, and a set
/// too large for one transaction be brought in from its end, each part held against the signed hash.
abstract contract ClaimSets is Positions {
    uint256 internal constant MAX_LOTS = 1000;
    uint256 private constant MAX_WORDS = 256;
    uint256 private constant MAX_BOOKS = 64;

    /// @dev `claim` comes first: three slots that a state proof can show.
    struct Lineage {
        Claim claim;
        bytes32 rest; // what an OPEN claim still lacks
        uint96 lowest; // of an OPEN claim: lot and first word of the lowest LotSet that it has
        uint32 overdrawnAt; // its place in the owner's list, counted from 1; 0 if it is not overdrawn
        uint64 deadline; // of an OPEN claim: from then on anyone may revoke it
        uint96[] lots; // lot 64 | pieces 32, highest lot first; two to a slot
        BookRange[] books;
        bytes3[] currencies;
        Settlement[] settlements;
    }

    mapping(bytes32 id => Lineage) internal _lineages;
    mapping(uint256 purposeOwner => bytes32 id) internal _opened; // the last claim that was OPEN at first
    mapping(uint256 purposeLot => uint32 pieces) private _claimedPieces;
    mapping(uint256 purposeBook => uint32 cursor) private _cursors;

    /// @inheritdoc IClaimRegistry
    function claimOf(bytes32 id) external view returns (Claim memory) {
        return _lineages[id].claim;
    }

    /// @inheritdoc IClaimRegistry
    function restOf(bytes32 id) external view returns (bytes32) {
        return _lineages[id].rest;
    }

    /// @inheritdoc IClaimRegistry
    function lotsOf(bytes32 id) external view returns (uint64[] memory lots) {
        uint96[] storage entries = _lineages[id].lots;
        lots = new uint64[](entries.length);
        for (uint256 i = 0; i < lots.length; ++i) lots[i] = uint64(entries[i] >> 32);
    }

    /// @inheritdoc IClaimRegistry
    function piecesOf(bytes32 id, uint64 lot) external view returns (uint32) {
        Lineage storage lineage = _lineages[id];
        if (lineage.claim.state == State.REVOKED) return 0;
        for (uint256 i = 0; i < lineage.lots.length; ++i) {
            if (lineage.lots[i] >> 32 == lot) return uint32(lineage.lots[i]);
        }
        return 0;
    }

    /// @inheritdoc IClaimRegistry
    function claimedPieces(uint8 purpose, uint64 lot) external view returns (uint32) {
        return _claimedPieces[_key(purpose, lot)];
    }

    /// @inheritdoc IClaimRegistry
    function bookCursor(uint8 purpose, uint64 book) external view returns (uint32) {
        return _cursors[_key(purpose, book)];
    }

    /// @inheritdoc IClaimRegistry
    function adverseOf(bytes32 id) external view returns (uint64) {
        return _adverseOf(_lineages[id]);
    }

    function _adverseOf(Lineage storage lineage) internal view returns (uint64 sum) {
        uint256 count = lineage.lots.length;
        for (uint256 i = 0; i < count; ++i) {
            (, uint32 adverse) = _historyOf(uint64(lineage.lots[i] >> 32));
            sum += adverse;
        }
    }

    function _foldSets(bytes32 hash, LotSet[] calldata sets) internal pure returns (bytes32) {
        for (uint256 i = 0; i < sets.length; ++i) hash = _foldSet(hash, sets[i]);
        return hash;
    }

    function _foldBooks(bytes32 hash, BookRange[] calldata books) internal pure returns (bytes32) {
        for (uint256 i = 0; i < books.length; ++i) hash = _foldBook(hash, books[i]);
        return hash;
    }

    function _foldSet(bytes32 hash, LotSet calldata set) internal pure returns (bytes32) {
        return keccak256(abi.encode(hash, set.lot, set.pieces, set.firstWord, set.words));
    }

    function _foldBook(bytes32 hash, BookRange calldata range) internal pure returns (bytes32) {
        return keccak256(abi.encode(hash, range.book, range.from, range.to));
    }

    /// @dev Takes the LotSets of a new claim, the last one first. Each lot must be the owner's, and may be claimed up to
    /// what the ledger holds of it now.
    /// @param above lot and first word of the LotSet behind them, which they must stay below
    /// @return below the same of the first of them
    function _takeSets(Lineage storage lineage, LotSet[] calldata sets, uint96 above) internal returns (uint96 below) {
        uint8 purpose = lineage.claim.purpose;
        uint32 owner = lineage.claim.owner;
        LotNow memory lot;
        below = above;
        for (uint256 i = sets.length; i > 0;) {
            LotSet calldata set = sets[--i];
            if (set.words.length == 0) revert ClaimRegistryBadSet(set.lot, set.firstWord, 0);
            below = _requireBelow(set, below);
            if (set.lot != lot.number) lot = _lotNow(set.lot);
            if (lot.owner != owner) revert ClaimRegistryNotTheOwner(set.lot, owner, lot.owner);
            _takeWords(purpose, lot, set);
            _claimPieces(lineage, purpose, lot, set.pieces);
        }
    }

    /// @dev Adds LotSets to a claim that has their lots, and sets the pieces of those lots.
    function _addSets(Lineage storage lineage, LotSet[] calldata sets) internal {
        uint8 purpose = lineage.claim.purpose;
        uint96 above = type(uint96).max;
        uint256 place = 0;
        for (uint256 i = sets.length; i > 0;) {
            LotNow memory lot = _lotNow(sets[i - 1].lot);
            place = _find(lineage, place, lot.number);
            uint256 pieces = 0;
            while (i > 0 && sets[i - 1].lot == lot.number) {
                LotSet calldata set = sets[--i];
                above = _requireBelow(set, above);
                _takeWords(purpose, lot, set);
                pieces += set.pieces;
            }
            _lowerPieces(lineage, place, pieces);
        }
    }

    /// @dev Sets the pieces of lots of a claim. They ascend by lot, as LotSets do.
    function _reducePieces(Lineage storage lineage, Pieces[] calldata pieces) internal {
        uint256 place = 0;
        for (uint256 i = pieces.length; i > 0; ++place) {
            place = _find(lineage, place, pieces[--i].lot);
            _lowerPieces(lineage, place, pieces[i].pieces);
        }
    }

    function _giveBackPieces(Lineage storage lineage) internal {
        uint8 purpose = lineage.claim.purpose;
        uint256 count = lineage.lots.length;
        for (uint256 i = 0; i < count; ++i) {
            uint96 entry = lineage.lots[i];
            if (uint32(entry) != 0) _claimedPieces[_key(purpose, uint64(entry >> 32))] -= uint32(entry);
        }
    }

    /// @dev Moves the cursors of books forward. A range may be empty: it says that the book holds nothing new.
    function _takeBooks(Lineage storage lineage, BookRange[] calldata books) internal {
        uint8 purpose = lineage.claim.purpose;
        uint32 owner = lineage.claim.owner;
        for (uint256 i = 0; i < books.length; ++i) {
            BookRange calldata range = books[i];
            if (range.book & Kinds.BOOK_BIT == 0 || uint32(range.book) != owner) {
                revert ClaimRegistryNotTheOwner(range.book, owner, uint32(range.book));
            }
            uint256 key = _key(purpose, range.book);
            uint32 cursor = _cursors[key];
            (uint32 length, ) = _historyOf(range.book);
            if (range.from != cursor || range.to < range.from || range.to > length) {
                revert ClaimRegistryBadBook(range.book, range.from, range.to, cursor, length);
            }
            if (range.to != cursor) _cursors[key] = range.to;
            lineage.books.push(range);
        }
        if (lineage.books.length > MAX_BOOKS) revert ClaimRegistryTooMany(lineage.books.length, MAX_BOOKS);
    }

    /// @dev Moves the cursors back, which is refused once a later claim stands on one of them: else the fees in between
    /// would never be counted.
    function _giveBackBooks(Lineage storage lineage) internal {
        uint8 purpose = lineage.claim.purpose;
        for (uint256 i = lineage.books.length; i > 0;) {
            BookRange storage range = lineage.books[--i];
            uint256 key = _key(purpose, range.book);
            uint32 cursor = _cursors[key];
            if (range.from == range.to) continue;
            if (cursor != range.to) revert ClaimRegistryBookMoved(range.book, range.to, cursor);
            _cursors[key] = range.from;
        }
    }

    function _requireBelow(LotSet calldata set, uint96 above) private pure returns (uint96 place) {
        uint256 count = set.words.length;
        place = uint96(set.lot) << 32 | set.firstWord;
        bool isBelow = place < above && uint256(place) + count <= above;
        if (!isBelow || count > MAX_WORDS || (count > 0 && set.words[count - 1] == 0)) {
            revert ClaimRegistryBadSet(set.lot, set.firstWord, count);
        }
    }

    function _takeWords(uint8 purpose, LotNow memory lot, LotSet calldata set) private {
        for (uint256 j = 0; j < set.words.length; ++j) _take(purpose, lot, uint256(set.firstWord) + j, set.words[j]);
    }

    function _claimPieces(Lineage storage lineage, uint8 purpose, LotNow memory lot, uint32 pieces) private {
        uint256 count = lineage.lots.length;
        if (count > 0 && lineage.lots[count - 1] >> 32 == lot.number) {
            lineage.lots[count - 1] += pieces;
        } else {
            if (count == MAX_LOTS) revert ClaimRegistryTooMany(count + 1, MAX_LOTS);
            lineage.lots.push(uint96(lot.number) << 32 | pieces);
        }
        if (pieces == 0) return;
        uint256 key = _key(purpose, lot.number);
        uint256 claimed = _claimedPieces[key];
        uint256 claimable = _claimable(lot, purpose);
        if (claimed + pieces > claimable) {
            uint256 available = claimable > claimed ? claimable - claimed : 0;
            revert ClaimRegistryInsufficient(purpose, lot.number, available, pieces);
        }
        _claimedPieces[key] = uint32(claimed + pieces);
    }

    function _lowerPieces(Lineage storage lineage, uint256 place, uint256 pieces) private {
        uint96 entry = lineage.lots[place];
        uint64 lot = uint64(entry >> 32);
        uint32 before = uint32(entry);
        if (pieces > before) revert ClaimRegistryMorePieces(lot, pieces, before);
        if (pieces == before) return;
        lineage.lots[place] = uint96(lot) << 32 | uint96(pieces);
        _claimedPieces[_key(lineage.claim.purpose, lot)] -= before - uint32(pieces);
    }

    /// @dev The place of a lot in a claim, at or behind `place`.
    function _find(Lineage storage lineage, uint256 place, uint64 lot) private view returns (uint256) {
        uint256 count = lineage.lots.length;
        while (place < count && lineage.lots[place] >> 32 > lot) ++place;
        if (place == count || lineage.lots[place] >> 32 != lot) {
            revert ClaimRegistryLotNotClaimed(lot);
        }
        return place;
    }

    function _key(uint8 purpose, uint64 lotBookOrOwner) internal pure returns (uint256) {
        return uint256(purpose) << 64 | lotBookOrOwner;
    }
}
