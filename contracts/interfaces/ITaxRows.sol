// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The refund rows of a lot, as the tax office keeps them
/// @notice A row is counted from 1 within its lot. Each step cites the position of the note that says it in the lot's
/// history; a position serves one step.
interface ITaxRows {
    enum RowState {
        NONE,
        PRE_REFUND, // claimed at departure for goods not sold yet
        FINALISED, // the tax office has finalised it: the time to settle begins
        REPAID, // all of it was repaid, for goods that came back
        REVERSED, // a negative row took all of it back, to be claimed anew for what was sold
        RECLAIMED,
        RECLAIM_ADJUSTED, // a sale was corrected afterwards
        ORDINARY, // an ordinary refund of goods sold
        RECOVERED // not settled in time, the tax office took all of it back
    }

    /// @notice `pieces` is how many the row was opened for, `livePieces` how many of them are not repaid, `refunded` for
    /// how many sold pieces it now stands.
    struct Row {
        RowState state;
        uint32 pieces;
        uint32 livePieces;
        uint32 refunded;
    }

    /// @notice `pieces`: for REPAID how many are repaid now; for FINALISED how many of the live ones the office grants; for
    /// REVERSED and RECOVERED all that are live; else how many the row now stands for.
    struct RowPost {
        uint32 party;
        uint64 lot;
        uint32 row;
        RowState state;
        uint32 pieces;
        uint32 position;
        uint256 nonce;
        uint64 deadline;
    }

    error TaxRowsWrongState(uint64 lot, uint32 row, RowState from, RowState to);
    error TaxRowsWrongPieces(uint64 lot, uint32 row, uint32 pieces, uint32 expected);
    /// @notice More pieces would be refunded or pre-refunded than were declared, or refunded than are sold.
    error TaxRowsInsufficient(uint64 lot, uint256 available, uint256 asked);

    event TaxRowPosted(uint64 indexed lot, uint32 indexed row, uint32 indexed party, RowState state, uint32 pieces, uint32 position);

    /// @notice Takes a row to its next state. Signed by a tax office (`RowPost`).
    function postRow(RowPost calldata post, bytes calldata signature) external;

    function rowOf(uint64 lot, uint32 row) external view returns (Row memory);

    /// @notice Pieces of a lot in live pre-refund rows, and pieces refunded for good.
    function refundsOf(uint64 lot) external view returns (uint32 live, uint32 refunded);
}
