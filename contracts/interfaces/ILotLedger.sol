// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Records movements of pieces between the lanes of a lot's accounts
/// @notice Conservation is the shape of the data: a record takes pieces out of one lane and puts them into another, and
/// only DECLARE opens a lot. Errors carry the index of the record in its batch.
interface ILotLedger {
    error LotLedgerBatchSize(uint256 bytesGiven);
    error LotLedgerExpired(uint64 deadline);
    error LotLedgerOutOfPlace(uint64 firstLeaf, uint64 size);
    /// @notice The signature is not that of a batch key of the party, valid now.
    error LotLedgerNotAKey(uint32 party, address signer);
    error LotLedgerUnlistedKind(uint256 index, uint256 word);
    error LotLedgerWrongPlace(uint256 index, uint256 word);
    /// @notice A count or kit of a lot of which no piece is accounted for at the site.
    error LotLedgerNoStock(uint256 index, uint64 lot, uint24 site);
    error LotLedgerUnknownSite(uint256 index, uint24 site);
    error LotLedgerUnknownLot(uint256 index, uint64 lot);
    error LotLedgerLotTaken(uint256 index, uint64 lot);
    error LotLedgerWrongQuantity(uint256 index, uint256 word);
    error LotLedgerNotAnExporter(uint256 index, uint32 party);
    error LotLedgerNotAllowed(uint256 index, uint256 word, uint32 party);
    /// @notice The lane holds fewer pieces than the record asks for. `site` 0 is the lot's home.
    error LotLedgerInsufficient(uint256 index, uint64 lot, uint24 site, uint8 lane, uint256 available, uint256 asked);

    /// @notice Records a batch for a party: up to 2,048 records of 48 bytes (word ‖ event digest), best sorted by lot.
    /// @param firstLeaf the size that the tree must have now, or the highest uint64 for "wherever": a relayer that has
    /// several batches under way states where each begins, so that none is applied after one before it failed
    /// @param party for whom the records are; `signature` is the EIP-712 `Batch` of one of its keys
    /// @param nonce the party's next keyed nonce
    /// @param deadline unix seconds; refused after it
    function record(
        bytes calldata records, uint64 firstLeaf, uint32 party, uint256 nonce, uint64 deadline, bytes calldata signature
    ) external;

    /// @notice Uses up a nonce, so that a batch signed with it can never be recorded. The caller is a key of the party.
    function cancel(uint32 party, uint256 nonce) external;

    /// @notice Stops and resumes recording. Only the pauser.
    function pause() external;
    function unpause() external;

    /// @notice Eight lanes of 32 bits, lane 0 lowest. Site 0 is the lot's home.
    function accountWord(uint64 lot, uint24 site) external view returns (uint256);

    /// @notice The owner and the declared pieces of a lot; zeros if it was never declared.
    function lotOf(uint64 lot) external view returns (uint32 owner, uint32 declared);

    /// @notice The next nonce of a party in one of its lanes (EIP-4337 semantics: key in the upper 192 bits).
    function nonceOf(uint32 party, uint192 key) external view returns (uint256);
}
