"""The vectors of keys that end without the registrar: EIP-712 ``RetireKey`` under the domain of the log vector."""

from typing import Any

from scripts.vectors_log import DOMAIN, FOREVER, forge, mirror
from scripts.vectors_plain import RETIRE_KEY, Json, known_key, sign_typed, to_hex


def keys_vector() -> Json:
    """Signatures that end a key of the log vector after its last step, and such that do not."""
    key_id = to_hex(_key_id("operator"))
    good = _sign("operator", "operator", FOREVER)
    return {
        "about": "RetireKey signatures. Refused: the first one with another signature.",
        "domain": DOMAIN,
        "accepted": [
            {"name": "a_key_ends_itself", **good},
            {"name": "latest_deadline", **_sign("operator", "operator", 2**64 - 1)},
        ],
        "refused": [
            {"defect": defect, "keyId": key_id, "deadline": hex(FOREVER), **forge(good["digest"], signature)}
            for defect, signature in (
                ("other_chain", _sign("operator", "operator", FOREVER, chain_id=1)["signature"]),
                ("other_contract", _sign("operator", "operator", FOREVER, contract="0x" + "11" * 20)["signature"]),
                ("other_log", _sign("operator", "operator", FOREVER, log_id="0x" + "22" * 32)["signature"]),
                ("other_key", _sign("operator", "platform", FOREVER)["signature"]),
                ("other_deadline", _sign("operator", "operator", FOREVER - 1)["signature"]),
                ("other_partys_key", _sign("platform", "operator", FOREVER)["signature"]),
                ("key_of_nobody", _sign("nobody", "operator", FOREVER)["signature"]),
                ("high_s", mirror(good["signature"])),
                ("one_byte_short", good["signature"][:-2]),
                ("empty", "0x"),
                ("zeros", "0x" + "00" * 65),
            )
        ],
    }


def _sign(signer: str, ended: str, deadline: int, **domain: Any) -> Json:
    key = known_key(signer)
    key_id = _key_id(ended)
    signed = sign_typed(DOMAIN | domain, "RetireKey", RETIRE_KEY, {"keyId": key_id, "deadline": deadline}, key)
    return (
        {"keyId": to_hex(key_id), "deadline": hex(deadline)} | signed | {"signer": key.public_key.to_checksum_address()}
    )


def _key_id(name: str) -> bytes:
    return known_key(name).public_key.to_canonical_address().rjust(32, b"\x00")
