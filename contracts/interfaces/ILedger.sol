// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILog} from "./ILog.sol";
import {ILotLedger} from "./ILotLedger.sol";
import {IParties} from "./IParties.sol";

/// @title What the claim registry reads of its ledger
interface ILedger is ILog, ILotLedger, IParties {
    /// @notice The one pause switch: it stops the registry as well.
    function paused() external view returns (bool);
}
