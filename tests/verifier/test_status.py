"""Status lists: how they are packed, whose word counts, and that a list that does not count is no verdict."""

import json
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.verifier.credential_factory import CredentialFactory, Issued, sign_es256
from tests.verifier.test_cli import run
from tests.verifier.world import World
from verifier.canonical import from_base64url, to_base64url
from verifier.errors import InvalidError, MalformedError
from verifier.es256 import Jwk, to_low_s
from verifier.render import render
from verifier.report import Answer, Outcome, Report
from verifier.sdjwt import make_jwt_input
from verifier.status import MAX_LIST_BYTES, Status, StatusList, StatusPlace
from verifier.status_list import make_token_input
from verifier.succession import make_succession_input

URI, INDEX = "https://cangsu.example/v1/status/1", 5
DAY = 86_400


@pytest.fixture(scope="module")
def listed(factory: CredentialFactory, small_lot: int) -> Issued:
    """A provenance credential with a place in a status list."""
    status = StatusPlace(INDEX, URI).to_json()
    return factory.issue(small_lot, tamper=lambda payload: payload.update(status=status))


def token(factory: CredentialFactory, status: int, *, key: Any = None, uri: str = URI, **times: Any) -> bytes:
    """The list at ``uri``, in which the credential's place has a status."""
    now = factory.world.now()
    key = key or factory.key
    terms = {"iat": now, "exp": now + DAY, "ttl": 300} | times
    return signed(key, make_token_input(Jwk.from_key(key.public_key()), uri, [(INDEX, status)], **terms))


def signed(key: Any, signing_input: bytes) -> bytes:
    return signing_input + b"." + to_base64url(to_low_s(sign_es256(key, signing_input))).encode()


def forged(factory: CredentialFactory, **members: Any) -> bytes:
    """A token of the genuine key with other members."""
    payload = {"sub": URI, "iat": factory.world.now(), "exp": factory.world.now() + DAY}
    payload |= {"status_list": StatusList.of([(INDEX, 0)]).to_json()} | members
    return signed(factory.key, make_jwt_input(factory.jwk, "statuslist+jwt", payload))


def following(factory: CredentialFactory, *keys: Any) -> list[str]:
    """That each key follows the one before, the first one the genuine issuer's."""
    pairs = pairwise([factory.key, *keys])
    inputs = [(key, make_succession_input(public(key), public(successor))) for key, successor in pairs]
    return [signed(key, signing_input).decode() for key, signing_input in inputs]


def public(key: Any) -> Jwk:
    return Jwk.from_key(key.public_key())


def step9(report: Report) -> tuple[Answer, Outcome, str]:
    step = report.steps[8]
    return report.answer, step.outcome, step.variant


@pytest.mark.parametrize(
    ("bits", "values", "packed", "lst"),
    [
        (1, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1], "b9a3", "eNrbuRgAAhcBXQ"),
        (2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "c944f9", "eNo76fITAAPfAgc"),
    ],
)
def test_the_examples_of_the_draft_are_packed_alike(bits: int, values: list[int], packed: str, lst: str) -> None:
    made = StatusList.of(enumerate(values), bits)
    assert made.packed.hex() == packed
    assert made.to_json() == {"bits": bits, "lst": lst}
    assert [StatusList.from_json(made.to_json()).value(place) for place in range(len(values))] == values


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_every_width_comes_back_as_it_was(bits: int) -> None:
    values = [(7 * place + 3) % (1 << bits) for place in range(101)]
    found = StatusList.from_json(StatusList.of(enumerate(values), bits).to_json())
    assert [found.value(place) for place in range(101)] == values


def test_a_place_that_nothing_was_issued_in_is_invalid() -> None:
    found = StatusList.of([(0, 0), (2, 0)])
    assert [found.value(place) for place in range(4)] == [0, 1, 0, 1]
    with pytest.raises(InvalidError):
        found.value(4)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zlib.compress(bytes(50 * MAX_LIST_BYTES), 9)
    assert len(bomb) < MAX_LIST_BYTES // 10
    with pytest.raises(MalformedError, match="unpacks to more"):
        StatusList.from_json({"bits": 2, "lst": to_base64url(bomb)})


@pytest.mark.parametrize("bits", [0, 3, 16, "2", True, 2.0])
def test_other_widths_are_refused(bits: Any) -> None:
    with pytest.raises(MalformedError):
        StatusList.from_json({"bits": bits, "lst": to_base64url(zlib.compress(b"\0"))})


@pytest.mark.parametrize("data", [b"", b"no zlib", zlib.compress(bytes(9))[:-2], zlib.compress(b"\0") + b"more"])
def test_what_is_not_one_whole_stream_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        StatusList.from_json({"bits": 2, "lst": to_base64url(data)})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.VALID, (Answer.VALID, Outcome.PASSED, "listed")),
        (Status.INVALID, (Answer.INVALID, Outcome.FAILED, "withdrawn")),
        (Status.SUSPENDED, (Answer.CANNOT_TELL, Outcome.NOT_CHECKED, "suspended")),
    ],
)
def test_the_list_decides_where_the_chain_records_nothing(
    factory: CredentialFactory, listed: Issued, status: Status, expected: tuple[Answer, Outcome, str]
) -> None:
    assert step9(factory.judge(listed, status_list=token(factory, status))) == expected


def test_without_a_list_it_is_said_what_is_open(factory: CredentialFactory, listed: Issued, small: Issued) -> None:
    report = factory.judge(listed)
    assert step9(report) == (Answer.VALID, Outcome.NOT_CHECKED, "unlisted")
    assert {"claim_record", "status"} <= {note.code for note in report.not_checked}
    assert "no_status" in {note.code for note in factory.judge(small).not_checked}


def test_a_credential_without_a_place_is_not_judged_by_a_list(factory: CredentialFactory, small: Issued) -> None:
    report = factory.judge(small, status_list=token(factory, Status.INVALID))
    assert step9(report) == (Answer.VALID, Outcome.NOT_CHECKED, "unlisted")


USELESS: dict[str, Callable[[CredentialFactory], bytes]] = {
    "another issuer's": lambda factory: token(factory, 1, key=ec.generate_private_key(ec.SECP256R1())),
    "expired": lambda factory: token(factory, 1, iat=factory.world.now() - 2, exp=factory.world.now() - 1),
    "yet to come": lambda factory: token(factory, 1, iat=factory.world.now() + DAY, exp=factory.world.now() + 2 * DAY),
    "older than the credential": lambda factory: token(factory, 1, iat=1, exp=factory.world.now() + DAY),
    "of another place": lambda factory: token(factory, 1, uri=URI[:-1] + "2"),
    "too short": lambda factory: forged(factory, status_list=StatusList.of([(0, 1)]).to_json()),
    "without meaning": lambda factory: forged(factory, status_list=StatusList.of([(INDEX, 3)]).to_json()),
    "a bomb": lambda factory: forged(
        factory, status_list={"bits": 2, "lst": to_base64url(zlib.compress(bytes(20 * MAX_LIST_BYTES), 9))}
    ),
    "without an end": lambda factory: forged(factory, exp="never"),
    "with other members": lambda factory: forged(factory, nbf=1),
    "of another type": lambda factory: signed(
        factory.key, make_jwt_input(factory.jwk, "dc+sd-jwt", {"sub": URI, "iat": 1, "exp": 2, "status_list": {}})
    ),
    "signed with the high s": lambda factory: high_s(token(factory, 1)),
    "empty": lambda factory: b"",
    "no token": lambda factory: b"\xff\xfe",
}


@pytest.mark.parametrize("what", USELESS)
def test_a_list_that_does_not_count_is_no_verdict(factory: CredentialFactory, listed: Issued, what: str) -> None:
    report = factory.judge(listed, status_list=USELESS[what](factory))
    assert step9(report) == (Answer.CANNOT_TELL, Outcome.NOT_CHECKED, "unlisted")
    assert report.steps[8].reason.startswith("the status list is of no use: ")


def test_every_flipped_byte_of_a_list_makes_it_count_no_more(factory: CredentialFactory, listed: Issued) -> None:
    genuine = token(factory, Status.VALID)
    for place in range(0, len(genuine), 7):
        changed = bytearray(genuine)
        changed[place] ^= 1
        assert factory.judge(listed, status_list=bytes(changed)).answer is Answer.CANNOT_TELL, place


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("status", list(Status))
def test_every_status_can_be_read(factory: CredentialFactory, listed: Issued, status: Status, language: str) -> None:
    shown = render(factory.judge(listed, status_list=token(factory, status)), language)
    expected = {
        Status.VALID: {"en": "it is not withdrawn, says its issuer's status list", "zh": "未被撤回"},
        Status.INVALID: {"en": "its issuer has withdrawn it", "zh": "签发方已撤回该凭证"},
        Status.SUSPENDED: {"en": "its issuer has suspended it", "zh": "签发方已将其暂停"},
    }
    assert expected[status][language] in shown


def test_the_machine_form_says_where_to_ask(factory: CredentialFactory, listed: Issued) -> None:
    assert factory.judge(listed).to_json()["says"]["status"] == {"idx": INDEX, "uri": URI}


def test_the_command_reads_a_list_that_was_fetched(
    capfd: pytest.CaptureFixture[str], factory: CredentialFactory, world: World, listed: Issued, tmp_path: Path
) -> None:
    (tmp_path / "credential").write_text(listed.text)
    codes = []
    for status in Status:
        (tmp_path / "list").write_bytes(token(factory, status) + b"\n")
        command = (str(tmp_path / "credential"), "--rpc", world.url, "--status", str(tmp_path / "list"), "--json")
        codes.append(run(capfd, *command)[0])
    assert codes == [0, 1, 2]
    assert run(capfd, str(tmp_path / "credential"), "--status", str(tmp_path / "none"))[0] == 2


def test_another_implementation_of_jwt_reads_the_token(factory: CredentialFactory) -> None:
    read = jwt.decode(token(factory, Status.SUSPENDED).decode(), ECKey.import_key(factory.jwk.to_json()))
    assert (read.header["typ"], read.claims["sub"], read.claims["ttl"]) == ("statuslist+jwt", URI, 300)
    packed = zlib.decompress(from_base64url(read.claims["status_list"]["lst"]))
    assert packed[INDEX // 4] >> INDEX % 4 * 2 & 3 == Status.SUSPENDED


def of_another_type(factory: CredentialFactory, successor: Any) -> str:
    payload = {"jwk": public(successor).to_json()}
    return signed(factory.key, make_jwt_input(factory.jwk, "dc+sd-jwt", payload)).decode()


@pytest.fixture(scope="module")
def keys() -> list[Any]:
    """What follows the issuer's key."""
    return [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_key_that_follows_the_issuers_may_sign_its_list(
    factory: CredentialFactory, listed: Issued, keys: list[Any], count: int
) -> None:
    successions = following(factory, *keys[:count])
    for status, answer in ((Status.VALID, Answer.VALID), (Status.INVALID, Answer.INVALID)):
        genuine = token(factory, status, key=keys[count - 1], successions=successions)
        assert factory.judge(listed, status_list=genuine).answer is answer


def test_what_stands_before_the_credentials_own_key_is_not_looked_at(
    factory: CredentialFactory, listed: Issued, keys: list[Any]
) -> None:
    before = signed(keys[2], make_succession_input(public(keys[2]), factory.jwk)).decode()
    genuine = token(factory, Status.VALID, key=keys[0], successions=[before, *following(factory, keys[0])])
    assert factory.judge(listed, status_list=genuine).answer is Answer.VALID


UNFOLLOWED: dict[str, Callable[[CredentialFactory, list[Any]], bytes]] = {
    "that nobody named": lambda factory, keys: token(factory, 1, key=keys[0]),
    "that named itself": lambda factory, keys: token(
        factory, 1, key=keys[0],
        successions=[signed(keys[0], make_succession_input(factory.jwk, public(keys[0]))).decode()],
    ),
    "that another one named": lambda factory, keys: token(
        factory, 1, key=keys[0],
        successions=[signed(keys[1], make_succession_input(public(keys[1]), public(keys[0]))).decode()],
    ),
    "of which a link is missing": lambda factory, keys: token(
        factory, 1, key=keys[1], successions=following(factory, *keys[:2])[:1]
    ),
    "that has a successor itself": lambda factory, keys: token(
        factory, 1, key=factory.key, successions=following(factory, keys[0])
    ),
    "with links out of order": lambda factory, keys: token(
        factory, 1, key=keys[2], successions=[following(factory, *keys)[place] for place in (0, 2, 1)]
    ),
    "with a hundred and one links": lambda factory, keys: token(
        factory, 1, key=keys[0], successions=following(factory, keys[0]) * 101
    ),
    "with a link that is none": lambda factory, keys: token(factory, 1, key=keys[0], successions=["a.b.c"]),
    "with a link of another type": lambda factory, keys: token(
        factory, 1, key=keys[0],
        successions=[of_another_type(factory, keys[0])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNFOLLOWED)
def test_a_list_of_another_key_is_no_verdict(
    factory: CredentialFactory, listed: Issued, keys: list[Any], what: str
) -> None:
    report = factory.judge(listed, status_list=UNFOLLOWED[what](factory, keys))
    assert step9(report) == (Answer.CANNOT_TELL, Outcome.NOT_CHECKED, "unlisted")


def high_s(genuine: bytes) -> bytes:
    """The other signature over the same bytes, which verifies as well."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signing_input, _, signature = genuine.decode().rpartition(".")
    r, s = (found := from_base64url(signature))[:32], int.from_bytes(found[32:], "big")
    assert json.loads(from_base64url(signing_input.split(".")[0]))["alg"] == "ES256"
    return f"{signing_input}.{to_base64url(r + (order - s).to_bytes(32, 'big'))}".encode()
