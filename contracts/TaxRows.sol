// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaxRows} from "./interfaces/ITaxRows.sol";
import {Kinds} from "./Kinds.sol";
import {Positions} from "./Positions.sol";

/// @title The refund rows of lots: no piece is refunded twice, and none that is not sold is refunded for good
abstract contract TaxRows is Positions {
    bytes32 private constant ROW_TYPEHASH = keccak256(
        "RowPost(uint32 party,uint64 lot,uint32 row,uint8 state,uint32 pieces,uint32 position,uint256 nonce,uint64 deadline)"
    );

    struct Refunds {
        uint32 live;
        uint32 refunded;
    }

    mapping(uint256 lotRow => Row) private _rows;
    mapping(uint64 lot => Refunds) private _refunds;

    /// @inheritdoc ITaxRows
    function postRow(RowPost calldata post, bytes calldata signature) external whenNotPaused {
        uint256 at;
        assembly ("memory-safe") {
            at := post
        }
        bytes32 structHash = _hashStruct(ROW_TYPEHASH, at, 8);
        _requireSigned(post.party, Kinds.ROLE_TAX, structHash, post.deadline, signature);
        _useCheckedNonce(_nonceOwner(post.party), post.nonce);
        LotNow memory lot = _lotNow(post.lot);
        _take(TAX_ROWS, lot, post.position / 256, 1 << (post.position % 256));
        Row storage row = _rows[_rowKey(post.lot, post.row)];
        if (post.row == 0 || !_mayFollow(row.state, post.state)) {
            revert TaxRowsWrongState(post.lot, post.row, row.state, post.state);
        }
        _count(lot, row, post);
        emit TaxRowPosted(post.lot, post.row, post.party, post.state, post.pieces, post.position);
    }

    /// @inheritdoc ITaxRows
    function rowOf(uint64 lot, uint32 row) external view returns (Row memory) {
        return _rows[_rowKey(lot, row)];
    }

    /// @inheritdoc ITaxRows
    function refundsOf(uint64 lot) external view returns (uint32 live, uint32 refunded) {
        return (_refunds[lot].live, _refunds[lot].refunded);
    }

    function _mayFollow(RowState from, RowState to) private pure returns (bool) {
        if (from == RowState.NONE) return to == RowState.PRE_REFUND || to == RowState.ORDINARY;
        if (from == RowState.PRE_REFUND) return to == RowState.FINALISED;
        if (from == RowState.FINALISED) {
            return to == RowState.REPAID || to == RowState.REVERSED || to == RowState.RECOVERED;
        }
        if (from == RowState.REVERSED) return to == RowState.RECLAIMED;
        if (from == RowState.RECLAIMED || from == RowState.RECLAIM_ADJUSTED) return to == RowState.RECLAIM_ADJUSTED;
        return from == RowState.RECOVERED && to == RowState.ORDINARY;
    }

    /// @dev Sets the row, and the pieces of its lot that are live or refunded for good.
    function _count(LotNow memory lot, Row storage row, RowPost calldata post) private {
        (RowState from, RowState to, uint32 pieces, uint32 live) = (row.state, post.state, post.pieces, row.livePieces);
        if (from == RowState.NONE) {
            if (pieces == 0) revert TaxRowsWrongPieces(lot.number, post.row, 0, 1);
            row.pieces = live = pieces;
        }
        // What takes a row back names all that is live of it, the others at most that.
        bool isWhole = to == RowState.REVERSED || to == RowState.RECOVERED;
        bool isPart = to == RowState.FINALISED || to == RowState.REPAID;
        if (pieces > live || (isWhole && pieces != live) || (isPart && pieces == 0)) {
            revert TaxRowsWrongPieces(lot.number, post.row, pieces, live);
        }
        Refunds storage sum = _refunds[lot.number];
        if (to == RowState.PRE_REFUND) {
            _requirePieces(lot, lot.declared, uint256(sum.live) + sum.refunded + pieces);
            sum.live += pieces;
        } else if (isWhole) {
            sum.live -= pieces;
        } else if (isPart) {
            // The office may finalise fewer pieces than were claimed.
            uint32 rest = to == RowState.FINALISED ? pieces : live - pieces;
            sum.live -= live - rest;
            live = rest;
            if (live != 0) to = RowState.FINALISED;
        } else {
            _refund(lot, sum, row.refunded, pieces);
            row.refunded = pieces;
        }
        row.state = to;
        row.livePieces = live;
    }

    /// @dev What only falls is never refused: a sale may have been taken back meanwhile.
    function _refund(LotNow memory lot, Refunds storage sum, uint32 before, uint32 pieces) private {
        uint256 refunded = uint256(sum.refunded) - before + pieces;
        if (pieces > before) {
            _requirePieces(lot, _claimable(lot, SETTLEMENT), refunded);
            _requirePieces(lot, lot.declared, refunded + sum.live);
        }
        sum.refunded = uint32(refunded);
    }

    function _requirePieces(LotNow memory lot, uint256 available, uint256 asked) private pure {
        if (asked > available) revert TaxRowsInsufficient(lot.number, available, asked);
    }

    function _rowKey(uint64 lot, uint32 row) private pure returns (uint256) {
        return uint256(lot) << 32 | row;
    }
}
