"""Takes up an invitation: makes the key here, shows that we have it, and keeps what the service answers."""

import hashlib
from pathlib import Path

import httpx

from service.client.client import TIMEOUT_SECONDS, Client, ask, domain_of
from service.client.key import LocalKey
from service.client.profile import Profile
from service.core.possession import end_key_digest, join_digest, rotate_digest
from verifier.eip712 import add_key_digest
from verifier.registry import KeyType, key_id_of_address

NEVER = 2**40
"""``valid_to`` of a key that is ended when it is ended."""


def join(url: str, token: str, folder: Path, passphrase: str, http: httpx.Client | None = None) -> Profile:
    """Join as the party that a token invites. Safe to repeat: the key that was made the first time is used again.

    The key is on disk before the service hears of it. Raises ClientError, KeyFileError.
    """
    http = http or httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
    found = ask(http, "POST", "/v1/invitations/look", json={"token": token})
    path = folder / f"key-{found['party']}-1.json"
    if path.exists():
        key = LocalKey.load(path, passphrase)
    else:
        key = LocalKey.create()
        key.save(path, passphrase)
    key_id, token_hash = key_id_of_address(key.address), hashlib.sha256(token.encode()).digest()
    signature = key.sign_digest(join_digest(domain_of(found["domain"]), found["party"], key_id, token_hash))
    body = {"token": token, "address": "0x" + key.address.hex(), "signature": "0x" + signature.hex()}
    joined = ask(http, "POST", "/v1/invitations/join", json=body)
    profile = Profile(url, found["party"], found["name"], joined["api_key"], found["domain"], path.name)
    profile.save(folder)
    return profile


def rotate(profile: Profile, folder: Path, passphrase: str, http: httpx.Client | None = None) -> Profile:
    """Make a new key, have it registered with the old one's consent, go over to it, and end the old one."""
    old = LocalKey.load(folder / profile.key_file, passphrase)
    stem, _, number = Path(profile.key_file).stem.rpartition("-")
    path = folder / f"{stem}-{int(number) + 1}.json"
    if path.exists():
        new = LocalKey.load(path, passphrase)
    else:
        new = LocalKey.create()
        new.save(path, passphrase)
    domain, party, key_id = domain_of(profile.domain), profile.party, key_id_of_address(new.address)
    client = Client(profile.url, profile.api_key, old, domain=domain, http=http)
    consent = add_key_digest(domain, party, int(KeyType.BATCH), key_id, 0, NEVER, False)
    client.ask("POST", "/v1/batches/own/keys", json={
        "address": "0x" + new.address.hex(),
        "possession": "0x" + new.sign_digest(rotate_digest(domain, party, key_id)).hex(),
        "consent": "0x" + old.sign_digest(consent).hex(),
    })  # fmt: skip
    renewed = Profile(profile.url, party, profile.name, profile.api_key, profile.domain, path.name)
    renewed.save(folder)  # from here on the new key signs
    digest = end_key_digest(domain, party, key_id_of_address(old.address))
    client.ask(
        "POST", f"/v1/batches/own/keys/0x{old.address.hex()}/end",
        json={"signature": "0x" + new.sign_digest(digest).hex()},
    )  # fmt: skip
    return renewed
