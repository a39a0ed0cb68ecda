// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILedger} from "./ILedger.sol";
import {ITaxRows} from "./ITaxRows.sol";

/// @title What was claimed of the ledger's lots, and what banks have endorsed of it
/// @notice A claim is a lineage: it keeps its id, its positions and what was endorsed through all of its versions. A
/// *position* is a place in the history of a lot, and serves one claim of each purpose. A claim's currency and a bank's
/// receipt are *tanks*: U = 10^12 shares of an amount that stays off chain behind a commitment, drained by compare and
/// set of the cumulative share. Whoever signs is a batch key of the party, in force (IParties); every signature has a
/// deadline in unix seconds. Anyone may send what is signed.
interface IClaimRegistry is ITaxRows {
    enum State {
        NONE,
        OPEN, // issued, but not all of its set is taken yet
        LIVE,
        REVOKED
    }

    struct Claim {
        uint32 issuer;
        uint32 owner;
        uint8 purpose;
        State state;
        bool isReduced;
        uint32 version;
        bytes32 setHash;
        bytes32 credentialDigest;
    }

    /// @notice Bit i of words[j] is position 256 · (firstWord + j) + i of the lot's history. `pieces` of a lot are those
    /// of all of its LotSets in a call together.
    struct LotSet {
        uint64 lot;
        uint32 pieces;
        uint32 firstWord;
        uint256[] words;
    }

    /// @notice The positions `from` ≤ position < `to` of a book.
    struct BookRange {
        uint64 book;
        uint32 from;
        uint32 to;
    }

    struct Tank {
        bytes3 currency;
        bytes32 commitment;
    }

    struct Limit {
        bytes3 currency;
        uint64 limit;
    }

    struct Pieces {
        uint64 lot;
        uint32 pieces;
    }

    /// @notice That a claim deducts `share` of a tank of another, overdrawn one.
    struct Settlement {
        bytes32 id;
        bytes3 currency;
        uint64 share;
    }

    struct Order {
        bytes32 id;
        uint32 issuer;
        uint32 owner;
        uint8 purpose;
        bytes32 setHash;
        bytes32 credentialDigest;
        bytes32 tanksHash;
        bytes32 deductedHash;
        uint64 deadline;
    }

    struct Supersession {
        bytes32 id;
        uint32 version;
        bytes32 setHash;
        bytes32 credentialDigest;
        bytes32 limitsHash;
        uint64 deadline;
    }

    struct Reduction {
        bytes32 id;
        uint32 version;
        bytes32 piecesHash;
        uint64 deadline;
    }

    struct Revocation {
        bytes32 id;
        uint32 version;
        uint64 deadline;
    }

    struct Endorsement {
        uint32 bank;
        bytes32 id;
        uint32 version;
        bytes3 currency;
        uint64 claimFrom;
        uint64 claimTo;
        bytes32 receiptReference;
        bytes32 receiptCommitment;
        uint64 receiptFrom;
        uint64 receiptTo;
        uint64 adverse;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice Up to which cumulative share of the claim's currency its owner lets this bank endorse.
    struct Consent {
        uint64 maximum;
        uint64 deadline;
    }

    struct EndorsementRelease {
        uint32 bank;
        bytes32 id;
        bytes3 currency;
        uint64 claimFrom;
        uint64 claimTo;
        bytes32 receiptReference;
        uint64 receiptFrom;
        uint64 receiptTo;
        bytes32 payment;
        uint256 nonce;
        uint64 deadline;
    }

    error ClaimRegistryPaused();
    error ClaimRegistryExpired(uint64 deadline);
    error ClaimRegistryNotAKey(uint32 party, address signer);
    error ClaimRegistryNotAllowed(uint32 party, uint32 role);
    error ClaimRegistryIdTaken(bytes32 id);
    error ClaimRegistryWrongState(bytes32 id, State state);
    error ClaimRegistryWrongVersion(bytes32 id, uint32 version, uint32 current);
    error ClaimRegistryWrongPurpose(bytes32 id, uint8 purpose);
    /// @notice What was handed over is not what was signed.
    error ClaimRegistryWrongHash(bytes32 id, bytes32 given, bytes32 expected);
    /// @notice LotSets are not ascending by lot and word, or one has no word, too many, or a last word of zero.
    error ClaimRegistryBadSet(uint64 lot, uint32 firstWord, uint256 words);
    error ClaimRegistryTooMany(uint256 given, uint256 most);
    error ClaimRegistryNotTheOwner(uint64 lot, uint32 party, uint32 owner);
    /// @notice The word has bits of positions at or behind the length of the lot's history.
    error ClaimRegistryUnknownPosition(uint64 lot, uint256 wordIndex, uint32 length);
    /// @notice `used` are the bits of the word that serve another claim of this purpose already.
    error ClaimRegistryUsed(uint8 purpose, uint64 lot, uint256 wordIndex, uint256 used);
    error ClaimRegistryInsufficient(uint8 purpose, uint64 lot, uint256 available, uint256 asked);
    /// @notice The lot is not one of the claim, or the lots do not ascend.
    error ClaimRegistryLotNotClaimed(uint64 lot);
    error ClaimRegistryMorePieces(uint64 lot, uint256 pieces, uint32 before);
    error ClaimRegistryBadBook(uint64 book, uint32 from, uint32 to, uint32 cursor, uint32 length);
    error ClaimRegistryBookMoved(uint64 book, uint32 to, uint32 cursor);
    error ClaimRegistryBadTank(bytes32 id, bytes3 currency);
    error ClaimRegistryHigherLimit(bytes32 id, bytes3 currency, uint64 limit, uint64 before);
    error ClaimRegistryNotOverdrawn(bytes32 id);
    error ClaimRegistryNotDeducted(uint32 owner, bytes32 id);
    error ClaimRegistryReduced(bytes32 id, uint32 version);
    error ClaimRegistryAdverseMoved(bytes32 id, uint64 seen, uint64 current);
    /// @notice Another endorsement or release came first. The tank is a claim's currency or a bank's receipt.
    error ClaimRegistryShareMoved(bytes32 id, bytes3 currency, uint64 from, uint64 current);
    error ClaimRegistryReceiptMoved(uint32 bank, bytes32 receiptReference, uint64 from, uint64 current);
    error ClaimRegistryBadShare(uint64 from, uint64 to, uint64 most);
    error ClaimRegistryWrongReceipt(uint32 bank, bytes32 receiptReference, bytes32 commitment);
    error ClaimRegistryNotEndorsed(uint32 bank, uint64 endorsed, uint64 asked);
    error ClaimRegistryBadPayment(uint32 bank, bytes32 payment);
    error ClaimRegistryEndorsed(bytes32 id, bytes3 currency, uint64 share);
    error ClaimRegistryNotTheLast(bytes32 id, bytes32 setHash);

    /// @notice A claim was issued of which `rest` is still to be added.
    event ClaimOpened(bytes32 indexed id, uint32 indexed issuer, uint32 indexed owner, uint8 purpose, bytes32 rest);
    event ClaimIssued(bytes32 indexed id, uint32 indexed issuer, uint32 indexed owner, uint8 purpose, bytes32 setHash, bytes32 credentialDigest);
    event ClaimSuperseded(bytes32 indexed id, uint32 version, bytes32 oldDigest, bytes32 newDigest);
    event ClaimReduced(bytes32 indexed id, uint32 version);
    event ClaimRevoked(bytes32 indexed id);
    event ClaimUnwound(bytes32 indexed id, bytes32 setHash);
    event ClaimEndorsed(bytes32 indexed id, uint32 indexed bank, bytes3 currency, uint64 claimTo, bytes32 receiptReference, uint64 receiptTo);
    event EndorsementReleased(bytes32 indexed id, uint32 indexed bank, bytes3 currency, uint64 claimTo, bytes32 receiptReference, uint64 receiptTo, bytes32 payment);
    event LineageOverdrawn(bytes32 indexed id, uint32 indexed owner);
    event LineageSettled(bytes32 indexed id, uint32 indexed owner);

    /// @notice Issues a claim. Signed by the issuer (`Issue`) and by the owner (`IssueConsent`), with the same members.
    /// Refused while another claim of this owner and purpose is OPEN.
    /// @param previous what the set's hash is before `sets` and `books` are folded in: 0 if they are the whole set, else
    /// the claim is OPEN until {add} has brought the rest, from its end to its beginning; then `sets` is not empty
    /// @param books all book ranges of the claim; each begins at the cursor of this purpose
    /// @param deducted all overdrawn lineages of the owner, if the purpose is EXCHANGE, each overdrawn in currencies that
    /// this claim has tanks of
    function issue(
        Order calldata order, bytes32 previous, LotSet[] calldata sets, BookRange[] calldata books, Tank[] calldata tanks,
        bytes32[] calldata deducted, bytes calldata issuerSignature, bytes calldata ownerConsent
    ) external;

    /// @notice Adds to an OPEN claim the LotSets in front of those that it has. Anyone may: the signed hash fixes what
    /// they are. With `previous` 0 the claim is whole and LIVE.
    function add(bytes32 id, bytes32 previous, LotSet[] calldata sets) external;

    /// @notice Replaces a claim's credential by the next version. Positions of its lots are only added, pieces and
    /// limits can only fall. A lot in `sets` gets the pieces given there. Signed by the issuer (`Supersede`).
    function supersede(
        Supersession calldata supersession, LotSet[] calldata sets, BookRange[] calldata books, Limit[] calldata limits,
        bytes calldata issuerSignature
    ) external;

    /// @notice Lowers a claim's pieces at once, after a return; it cannot be endorsed until it is superseded. Signed by
    /// the issuer (`Reduce`). `pieces` ascend by lot.
    function reduce(Reduction calldata reduction, Pieces[] calldata pieces, bytes calldata issuerSignature) external;

    /// @notice Revokes a claim of which nothing is endorsed: pieces, book ranges and what it deducted are given back at
    /// once, its positions by {unwind}. Signed by the issuer (`Revoke`); but a claim that is still OPEN after the deadline
    /// of its order may be revoked by anyone.
    function revoke(Revocation calldata revocation, bytes calldata issuerSignature) external;

    /// @notice Frees the positions of the last part of a revoked claim's set. Anyone may.
    function unwind(bytes32 id, bytes32 previous, LotSet calldata set) external;

    /// @notice As {unwind}, where the last part is a book range.
    function unwindBook(bytes32 id, bytes32 previous, BookRange calldata range) external;

    /// @notice Moves the cumulative shares of a claim's currency and of a bank's receipt up. Signed by the bank
    /// (`Endorse`) and by the claim's owner (`EndorseConsent`).
    function endorse(
        Endorsement calldata given, bytes calldata bankSignature, Consent calldata consent, bytes calldata ownerConsent
    ) external;

    /// @notice Moves both shares down again, by at most what this bank endorsed of this claim with this receipt, citing
    /// its outward payment. Signed by the bank (`Release`).
    function release(EndorsementRelease calldata given, bytes calldata bankSignature) external;

    /// @notice Uses up a nonce of a bank or tax office. The caller is a key of the party.
    function cancel(uint32 party, uint256 nonce) external;

    function claimOf(bytes32 id) external view returns (Claim memory);

    /// @notice What an OPEN claim still lacks: the hash that the next {add} must end at. 0 if it is whole.
    function restOf(bytes32 id) external view returns (bytes32);
    function tankOf(bytes32 id, bytes3 currency) external view returns (uint64 share, uint64 limit, bytes32 commitment);
    function tanksOf(bytes32 id) external view returns (bytes3[] memory currencies);

    /// @notice The lots of a claim, highest first.
    function lotsOf(bytes32 id) external view returns (uint64[] memory);
    function piecesOf(bytes32 id, uint64 lot) external view returns (uint32);

    /// @notice What a claim deducts of others, which its ceilings MUST allow for.
    function settlementsOf(bytes32 id) external view returns (Settlement[] memory);
    function usage(uint8 purpose, uint64 lot, uint32 wordIndex) external view returns (uint256);
    function claimedPieces(uint8 purpose, uint64 lot) external view returns (uint32);
    function bookCursor(uint8 purpose, uint64 book) external view returns (uint32);
    function receiptOf(uint32 bank, bytes32 receiptReference) external view returns (uint64 share, bytes32 commitment);

    /// @notice What a bank has endorsed of a claim's currency and not released, over all of its receipts.
    function endorsedBy(bytes32 id, bytes3 currency, uint32 bank) external view returns (uint64 share);

    /// @notice The same with one receipt, and the share of that receipt that it took.
    function endorsedWith(bytes32 id, bytes3 currency, uint32 bank, bytes32 receiptReference)
        external
        view
        returns (uint64 claimShare, uint64 receiptShare);

    /// @notice The sum of the ledger's adverse counters over the lots of a claim.
    function adverseOf(bytes32 id) external view returns (uint64);
    function overdrawnOf(uint32 owner) external view returns (bytes32[] memory);
    function nonceOf(uint32 party, uint192 key) external view returns (uint256);
    function ledger() external view returns (ILedger);
    function logId() external view returns (bytes32);
}
