"""Brings an installation into being on any chain: database, keys, and a log, new or deployed before."""

import secrets

from service.chain.errors import ChainMismatchError
from service.chain.ledger import ChainLedger
from service.keys.keyring import CLAIMS, ISSUER, LOG, LOGINS, REFERENCES, REGISTRAR, RELAYER, SUBJECTS
from service.runtime import Runtime
from service.store.log_state import LogState, find_log_state, save_log_state
from service.store.migrate import migrate


class AlreadyDeployedError(Exception):
    """This installation keeps a log already; it never changes it."""


def prepare(runtime: Runtime) -> None:
    """Migrate the database and make the keys that are missing. Safe to repeat."""
    runtime.settings.var.mkdir(parents=True, exist_ok=True)
    migrate(runtime.engine)
    for name in (RELAYER, REGISTRAR, ISSUER, CLAIMS, REFERENCES, SUBJECTS, LOGINS, LOG):
        if name not in runtime.keyring:
            runtime.keyring.create(name)


def deploy_log(runtime: Runtime) -> LogState:
    """Deploy a new log from the shipped bytecode, our registrar in charge, and keep it. The registrar pays."""
    _require_none(runtime)
    chain = ChainLedger(runtime.settings.rpc_url)
    first_block = chain.deploy(runtime.keyring.account(REGISTRAR), secrets.token_bytes(32))
    return _keep(runtime, LogState(chain.domain(), first_block))


def adopt_log(runtime: Runtime, contract: bytes, first_block: int) -> LogState:
    """Keep a log that was deployed by other means (scripts/deploy.py), from the block of its deployment on."""
    _require_none(runtime)
    chain = ChainLedger(runtime.settings.rpc_url, contract)
    if next(iter(chain.recorded(first_block, first_block)), None) is None:
        raise ChainMismatchError(f"the log was not deployed in block {first_block}")
    return _keep(runtime, LogState(chain.domain(), first_block))


def _keep(runtime: Runtime, state: LogState) -> LogState:
    save_log_state(runtime.engine, state)
    return state


def _require_none(runtime: Runtime) -> None:
    if find_log_state(runtime.engine) is not None:
        raise AlreadyDeployedError("this installation keeps a log already")
