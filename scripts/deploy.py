"""Deploys LotLedger, for operators whose chain is not the one that the service starts by itself.

    CANGSU_CHAIN_URL=… CANGSU_CHAIN_ID=… CANGSU_DEPLOYER=name scripts/brownie run deploy main --network live

CANGSU_DEPLOYER          an account of `scripts/brownie accounts`; without it, the chain's own first account
CANGSU_DEPLOYER_PASSWORD its password; without it, brownie asks
CANGSU_REGISTRAR         address that registers parties; default: the deployer
CANGSU_LOG_ID            32 bytes in hex; default: random. It MUST never serve twice: it keeps the signatures for one
                         deployment from counting in another (docs/formats.md §3).
"""

import json
import os
import secrets
from pathlib import Path

from brownie import LotLedger, accounts, web3

DEPLOYMENT = Path("var/deployment-brownie.json")


def main():
    deployer = find_deployer()
    registrar = web3.to_checksum_address(os.environ.get("CANGSU_REGISTRAR", deployer.address))
    log_id = os.environ.get("CANGSU_LOG_ID", "").removeprefix("0x") or secrets.token_hex(32)
    if len(bytes.fromhex(log_id)) != 32:
        raise ValueError(f"CANGSU_LOG_ID is 32 bytes in hex, not {log_id!r}")

    # A plain transaction: deployer.deploy() would note the address in build/deployments, which fails in brownie 1.22.2
    # and, where it works, keeps brownie from connecting once that chain has been started anew.
    receipt = deployer.transfer(data=LotLedger.deploy.encode_input(bytes.fromhex(log_id), registrar))
    if receipt.status != 1:
        raise RuntimeError(f"the deployment reverted: {receipt.txid}")

    deployment = {
        "chain_id": web3.eth.chain_id,
        "contract": receipt.contract_address,
        "log_id": "0x" + log_id,
        "block": receipt.block_number,
        "registrar": registrar,
        "code_hash": "0x" + bytes(web3.keccak(web3.eth.get_code(receipt.contract_address))).hex(),
    }
    DEPLOYMENT.parent.mkdir(exist_ok=True)
    DEPLOYMENT.write_text(json.dumps(deployment, indent=2) + "\n", "utf-8")
    print(json.dumps(deployment, indent=2))
    print(f"written to {DEPLOYMENT}")


def find_deployer():
    name = os.environ.get("CANGSU_DEPLOYER")
    if name:
        return accounts.load(name, password=os.environ.get("CANGSU_DEPLOYER_PASSWORD"))
    if not len(accounts):
        raise LookupError("the chain holds no account of its own: name one with CANGSU_DEPLOYER")
    return accounts[0]
