"""How a party brings its own key, adds one and ends one: by signatures, never by a token or an API key alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.client.client import Client, ClientError
from service.client.join import join, rotate
from service.client.key import KeyFileError, LocalKey
from service.client.profile import Profile, ProfileError
from service.invitations import invite
from service.members import Party
from service.store import schema
from service.store.database import writing
from tests.service.api.caller import Api, open_api, problem_of
from tests.service.custody.conftest import OWN_OPERATOR, OWN_WAREHOUSE, Own
from tests.service.house import House
from tests.service.market import a_declare, an_event
from verifier.kinds import Role

PASSPHRASE = "a passphrase of the newcomer"
NEWCOMER = Party(OWN_OPERATOR, "Newcomer", Role.OPERATOR, ((OWN_WAREHOUSE, "Own warehouse"),))


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    with house.running(), open_api(house) as opened:
        yield opened


def take_up(api: Api, token: str, folder: Path) -> Profile:
    return join("", token, folder, PASSPHRASE, http=api.client)


def test_a_newcomer_joins_with_a_key_that_stays_with_it(api: Api, tmp_path: Path) -> None:
    token = invite(api.house.runtime, NEWCOMER)
    profile = take_up(api, token, tmp_path)
    client = Client("", profile.api_key, LocalKey.load(tmp_path / profile.key_file, PASSPHRASE), http=api.client)
    keys = client.own()["keys"]
    assert [(key["address"], key["is_custodial"]) for key in keys] == [
        ("0x" + LocalKey.load(tmp_path / profile.key_file, PASSPHRASE).address.hex(), False)
    ]
    assert f"party-{OWN_OPERATOR}" not in api.house.runtime.keyring


def test_joining_again_with_the_same_key_gives_another_api_key_and_ends_the_first(api: Api, tmp_path: Path) -> None:
    """The answer was lost on the way."""
    token = invite(api.house.runtime, NEWCOMER)
    first, second = take_up(api, token, tmp_path), take_up(api, token, tmp_path)
    assert first.key_file == second.key_file
    headers = {"Authorization": f"Bearer {first.api_key}"}
    assert api.client.get("/v1/batches/own", headers=headers).status_code == 401


def test_another_key_does_not_take_up_an_invitation_that_is_taken(api: Api, tmp_path: Path) -> None:
    token = invite(api.house.runtime, NEWCOMER)
    take_up(api, token, tmp_path / "one")
    with pytest.raises(ClientError) as refused:
        take_up(api, token, tmp_path / "two")
    assert refused.value.problem["code"] == "NotFound"


def test_an_invitation_that_has_run_out_looks_like_none(api: Api, tmp_path: Path) -> None:
    token = invite(api.house.runtime, NEWCOMER)
    with writing(api.house.runtime.engine) as connection:
        connection.execute(schema.invitation.update().values(expires_at=1))
    gone, unknown = (api.client.post("/v1/invitations/look", json={"token": text}) for text in (token, "no such"))
    assert problem_of(gone, 404) == problem_of(unknown, 404)


def test_a_token_without_the_key_takes_up_nothing(api: Api) -> None:
    """Somebody who saw the address of the newcomer\'s key and the token, and has not the key."""
    token = invite(api.house.runtime, NEWCOMER)
    thief, victim = LocalKey.create(), LocalKey.create()
    body = {
        "token": token,
        "address": "0x" + victim.address.hex(),
        "signature": "0x" + thief.sign_digest(bytes(32)).hex(),
    }
    assert problem_of(api.client.post("/v1/invitations/join", json=body), 404)["code"] == "NotFound"


def test_a_token_is_never_read_out(api: Api) -> None:
    answer = api.client.post("/v1/invitations/look", json={"token": "s3cret" * 30})
    assert "s3cret" not in answer.text
    assert problem_of(answer, 422)["field"] == "token"


def test_a_key_is_rotated_and_what_the_old_one_signed_stays(api: Api, tmp_path: Path) -> None:
    profile = take_up(api, invite(api.house.runtime, NEWCOMER), tmp_path)
    old = LocalKey.load(tmp_path / profile.key_file, PASSPHRASE)
    api.house.tell(a_declare(100), an_event("DEPART", 100), an_event("ASN", 100, site=OWN_WAREHOUSE))
    client = Client("", profile.api_key, old, http=api.client)
    first = client.post([an_event("RECEIVE", 10, site=OWN_WAREHOUSE)])
    list(client.wait([first.events[0].part_ids[0]]))

    renewed = rotate(profile, tmp_path, PASSPHRASE, http=api.client)
    assert Profile.load(tmp_path) == renewed
    new = Client("", renewed.api_key, LocalKey.load(tmp_path / renewed.key_file, PASSPHRASE), http=api.client)
    list(new.wait([new.post([an_event("RECEIVE", 10, site=OWN_WAREHOUSE)]).events[0].part_ids[0]]))
    with pytest.raises(ClientError) as refused:
        client.post([an_event("RECEIVE", 10, site=OWN_WAREHOUSE)])
    assert refused.value.problem["code"] == "SignatureMismatch"
    new.receipt(first.events[0].part_ids[0], first.events[0].records[0])


def test_an_api_key_alone_adds_and_ends_no_key(own: Own) -> None:
    headers, thief = own.api.headers(OWN_OPERATOR), LocalKey.create()
    signature = "0x" + thief.sign_digest(bytes(32)).hex()
    body = {"address": "0x" + thief.address.hex(), "possession": signature, "consent": signature}
    added = own.api.client.post("/v1/batches/own/keys", json=body, headers=headers)
    ended = own.api.client.post(
        f"/v1/batches/own/keys/0x{own.key.address.hex()}/end", json={"signature": signature}, headers=headers
    )
    assert [problem_of(answer, 409)["code"] for answer in (added, ended)] == ["KeyRefused", "KeyRefused"]


def test_a_key_file_is_its_owners_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    key = LocalKey.create()
    key.save(path, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert LocalKey.load(path, PASSPHRASE).address == key.address
    with pytest.raises(KeyFileError):
        LocalKey.create().save(path, PASSPHRASE)
    with pytest.raises(KeyFileError):
        LocalKey.load(path, "another passphrase")
    assert key._key.to_bytes().hex() not in path.read_text() + repr(key)


def test_without_a_profile_one_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cangsu join"):
        Profile.load(tmp_path)
