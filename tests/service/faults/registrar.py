"""Changes of the registry: through the service, and past it by somebody else at the registrar's desk."""

from collections.abc import Sequence
from typing import Any

from eth_account.signers.local import LocalAccount

from service.flow import register
from service.keys.keyring import REGISTRAR
from tests.service.house import House
from tests.service.market import HANSA
from verifier.kinds import Role


def registrar_of(house: House) -> LocalAccount:
    """The registrar's account."""
    return house.runtime.keyring.account(REGISTRAR)


def change_registry(house: House, *calls: tuple[str, list[Any]]) -> None:
    """Change the registry through the service; the house must be running."""
    register.change_registry(house.runtime.logs, house.runtime.chain, registrar_of(house), calls)


def act_as_registrar(house: House, function: str, arguments: Sequence[Any], *, is_first: bool = True) -> None:
    """Send a registry call past the service. ``is_first`` pays more, so that it comes first in its block."""
    chain, account = house.runtime.chain, registrar_of(house)
    nonce = chain.transaction_count(account.address)
    raw_tx, _ = chain.sign_call(account, function, arguments, tx_nonce=nonce)
    if is_first:
        fields = chain._contract.functions[function](*arguments).build_transaction(
            {
                "from": account.address,
                "nonce": nonce,
                "gas": 600_000,
                "maxFeePerGas": 10**10,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        raw_tx = bytes(account.sign_transaction(fields).raw_transaction)
    chain.send(raw_tx)


def take_a_leaf(house: House) -> None:
    """Somebody else writes a leaf: a party is set to what it was."""
    act_as_registrar(house, "setParty", [HANSA, int(Role.OPERATOR)])
