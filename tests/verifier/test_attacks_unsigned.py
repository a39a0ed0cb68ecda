"""What anyone may do to a file on its way, without a key. Nothing of it is valid."""

import random

import pytest

from tests.verifier.credential_factory import CredentialFactory, Issued
from verifier.canonical import from_base64url, to_base64url
from verifier.es256 import to_low_s
from verifier.event import make_disclosure
from verifier.report import Answer
from verifier.view import NoView

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SAMPLES = 1_500


def flip(data: bytes, position: int, bit: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]


def with_disclosures(issued: Issued, disclosures: list[str]) -> bytes:
    return "~".join([issued.text.split("~")[0], *disclosures, ""]).encode()


def test_no_byte_of_a_credential_can_be_flipped(factory: CredentialFactory, small: Issued) -> None:
    seeded = random.Random(1)
    assert factory.judge(small.data, NoView()).answer is Answer.CANNOT_TELL
    for position in range(len(small.data)):
        flipped = flip(small.data, position, seeded.randrange(8))
        assert factory.judge(flipped, NoView()).answer is Answer.INVALID, position


def test_no_byte_of_a_long_credential_can_be_flipped(factory: CredentialFactory, story: Issued) -> None:
    seeded = random.Random(2)
    disclosed = len(story.text.split("~")[0])
    positions = [seeded.randrange(len(story.data)) for _ in range(SAMPLES // 3)]
    positions += [seeded.randrange(disclosed, len(story.data)) for _ in range(SAMPLES // 3)]
    for position in positions:
        flipped = flip(story.data, position, seeded.randrange(8))
        assert factory.judge(flipped, NoView()).answer is Answer.INVALID, position


def test_no_byte_can_be_cut_or_added(factory: CredentialFactory, small: Issued) -> None:
    seeded = random.Random(3)
    for _ in range(SAMPLES // 3):
        at = seeded.randrange(len(small.data))
        cut = small.data[:at] + small.data[at + 1 :]
        longer = small.data[:at] + bytes([seeded.randrange(33, 127)]) + small.data[at:]
        for changed in (cut, longer, small.data[:at]):
            assert factory.judge(changed, NoView()).answer is Answer.INVALID, at


def test_one_newline_may_stand_behind_a_credential(factory: CredentialFactory, small: Issued) -> None:
    for end in (b"\n", b"\r\n"):
        assert factory.judge(small.data + end).answer is Answer.VALID
    for end in (b"\n\n", b" ", b"\x00", b"~", b"\xef\xbb\xbf"):
        assert factory.judge(small.data + end).answer is Answer.INVALID
    assert factory.judge(b"\xef\xbb\xbf" + small.data).answer is Answer.INVALID


def test_the_twin_of_a_signature_is_refused(factory: CredentialFactory, small: Issued) -> None:
    """(r, n − s) verifies wherever (r, s) does; nobody needs a key to write it."""
    head, _, rest = small.text.partition("~")
    signing_input, _, signature = head.rpartition(".")
    raw = from_base64url(signature)
    twin = raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    assert to_low_s(twin) == raw
    report = factory.judge(f"{signing_input}.{to_base64url(twin)}~{rest}".encode())
    assert report.answer is Answer.INVALID
    assert report.deciding_step is not None
    assert "high-s" in report.deciding_step.reason


def test_disclosures_may_be_withheld_and_reordered(factory: CredentialFactory, story: Issued) -> None:
    """The holder's right (RFC 9901 §7): each disclosure hangs on its digest, not on its place."""
    some = list(story.disclosures[::3])
    assert factory.judge(with_disclosures(story, some)).answer is Answer.VALID
    assert factory.judge(with_disclosures(story, some[::-1])).answer is Answer.VALID
    assert factory.judge(with_disclosures(story, [])).answer is Answer.VALID


@pytest.mark.parametrize("position", [0, 1, 20, -1])
def test_a_disclosure_cannot_come_twice(factory: CredentialFactory, story: Issued, position: int) -> None:
    twice = [*story.disclosures, story.disclosures[position]]
    report = factory.judge(with_disclosures(story, twice))
    assert report.deciding_step is not None
    assert (report.answer, report.deciding_step.number) == (Answer.INVALID, 3)


def test_a_disclosure_of_another_credential_is_refused(
    factory: CredentialFactory, story: Issued, small: Issued
) -> None:
    for foreign in (story.disclosures[0], make_disclosure("A" * 22, "money", {"gross_minor": 1}), "", "AAAA"):
        report = factory.judge(with_disclosures(small, [foreign]))
        assert report.deciding_step is not None
        assert (report.answer, report.deciding_step.number) == (Answer.INVALID, 3)


def test_parts_of_two_credentials_do_not_mix(factory: CredentialFactory, story: Issued, small: Issued) -> None:
    one, other = (issued.text.split("~")[0].split(".") for issued in (story, small))
    for mixed in ((one[0], one[1], other[2]), (one[0], other[1], one[2])):
        assert factory.judge(f"{'.'.join(mixed)}~".encode()).answer is Answer.INVALID
