"""The verifier reads certificates: the credential inside is found, and a file that could mean two is refused."""

import random
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.certificate.press import Press
from service.config import Settings
from tests.verifier.credential_factory import CredentialFactory, Issued, sign_es256
from tests.verifier.world import ISSUER, World
from verifier import __main__ as command
from verifier.credential import MAX_BYTES
from verifier.errors import MalformedError
from verifier.pdf import MAX_OBJECT_BYTES, extract_credential
from verifier.pdf_objects import MAX_DEPTH, Reference, read_object
from verifier.report import Answer
from verifier.view import NoView

patiently = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)


class FactorySigner:
    """The issuer of the factory, as the press wants it."""

    def __init__(self, factory: CredentialFactory) -> None:
        self.factory = factory

    def sign_es256(self, message: bytes) -> bytes:
        return sign_es256(self.factory.key, message)

    def jwk(self) -> dict[str, str]:
        return self.factory.jwk.to_json()


@pytest.fixture(scope="session")
def press(factory: CredentialFactory) -> Press:
    issuer = ("https://cangsu.example", ISSUER)
    return Press(issuer, FactorySigner(factory), "https://cangsu.example/verify", Settings().fonts)


@pytest.fixture(scope="session")
def pdf(press: Press, factory: CredentialFactory, story: Issued) -> bytes:
    return press.make(story.text, factory.judge(story))


def reason(data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        extract_credential(data, MAX_BYTES)
    return str(caught.value)


def append(data: bytes, *objects: bytes) -> bytes:
    """A further revision that adds or replaces objects, as any PDF writer appends it."""
    before = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    root = re.findall(rb"/Root (\d+ 0 R)", data)[-1]
    out, table = data, b""
    for item in objects:
        number = int(item.split(b" ")[0])
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += item + b"\n"
    start = len(out)
    return out + b"xref\n%strailer\n<</Root %s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (table, root, before, start)


def embedded(number: int, content: bytes) -> bytes:
    return b"%d 0 obj\n<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream\nendobj" % (
        number,
        len(content),
        content,
    )


def test_the_credential_inside_is_the_one_that_went_in(pdf: bytes, story: Issued) -> None:
    assert extract_credential(pdf, MAX_BYTES).decode() == story.text


def test_the_command_reads_a_certificate(
    pdf: bytes, world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(pdf)
    assert command.main([str(file), "--rpc", world.url, "--lang", "en"]) == 0
    out, _ = capfd.readouterr()
    assert out.startswith("VALID")
    assert "declaration 223320260001234567" in out
    assert "only the credential inside was verified" in out


def test_what_the_page_prints_is_named_as_not_checked_only_for_a_pdf(
    pdf: bytes, factory: CredentialFactory, story: Issued
) -> None:
    codes = [[note.code for note in factory.judge(data).not_checked] for data in (pdf, story.data)]
    assert ["printed" in found for found in codes] == [True, False]


def test_a_forged_credential_inside_is_invalid(press: Press, factory: CredentialFactory, story: Issued) -> None:
    payload, _, disclosures = story.text.partition("~")
    forged = f"{payload[:-1]}{'A' if payload[-1] != 'A' else 'Q'}~{disclosures}"
    report = factory.judge(press.make(forged, factory.judge(story)))
    assert report.answer is Answer.INVALID


@pytest.mark.parametrize("name", ["credential.sdjwt", "other.txt"])
def test_a_second_attachment_is_refused(pdf: bytes, name: str) -> None:
    entry = b"9000 0 obj\n<</Type/Filespec/F(%s)/EF<</F 9001 0 R>>>>\nendobj" % name.encode()
    assert "2 entries for 2 attached files" in reason(append(pdf, entry, embedded(9001, b"another")))


def test_a_replaced_attachment_is_refused_though_one_is_left_to_see(pdf: bytes) -> None:
    number = int(re.findall(rb"/EF<</F (\d+) 0 R", pdf)[0])
    assert "1 entries for 2 attached files" in reason(append(pdf, embedded(number, b"another")))


def test_a_replaced_entry_is_refused(pdf: bytes) -> None:
    number, stream = re.findall(rb"(\d+) 0 obj\n<</Type/Filespec.*?/EF<</F (\d+) 0 R", pdf)[0]
    entry = b"%s 0 obj\n<</Type/Filespec/F(credential.sdjwt)/UF(credential.sdjwt)/EF<</F %s 0 R>>>>\nendobj"
    assert "2 entries for 1 attached files" in reason(append(pdf, entry % (number, stream)))


def test_a_pdf_without_an_attachment_is_refused(pdf: bytes) -> None:
    assert "0 entries" in reason(pdf.replace(b"/EF<<", b"/EG<<"))


def test_an_attachment_that_swells_is_cut_off(pdf: bytes) -> None:
    assert "more than 1000 bytes" in _reason_with_limit(pdf, 1000)


def _reason_with_limit(data: bytes, limit: int) -> str:
    with pytest.raises(MalformedError) as caught:
        extract_credential(data, limit)
    return str(caught.value)


@pytest.mark.parametrize(
    ("filters", "content", "expected"),
    [
        (b"/Filter/FlateDecode", b"no zlib", "does not decompress"),
        (b"/Filter/FlateDecode", zlib.compress(b"some")[:-2], "cut off"),
        (b"/Filter/FlateDecode", zlib.compress(b"some") + b"more", "something follows"),
        (b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(b"some"), "encoded"),
        (b"/Filter/LZWDecode", b"some", "encoded"),
        (b"/Filter/FlateDecode/DecodeParms<</Predictor 12>>", zlib.compress(b"some"), "encoded"),
        (b"/F(elsewhere)", b"some", "encoded"),
    ],
)
def test_an_encoding_that_is_not_ours_is_refused(filters: bytes, content: bytes, expected: str) -> None:
    assert expected in reason(small_pdf(filters, content))


def test_a_small_plain_file_is_read() -> None:
    assert extract_credential(small_pdf(b"", b"some"), 4) == b"some"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"%PDF-", b"%PDG-", "does not end"),
        (b"%%EOF", b"%%EOG", "does not end"),
        (b"trailer\n<<", b"trailer\n<</Encrypt 4 0 R", "encrypted"),
        (b"trailer\n<<", b"trailer\n<</XRefStm 4", "compressed"),
        (b"trailer\n<<", b"trailer\n<</Prev 99999999", "revisions"),
        (b"trailer\n<<", b"trailer\n<</Prev (no)", "not a number"),
        (b"trailer\n<<", b"trailer\n[<<", "broken"),
        (b"/Root 1 0 R", b"/Root 9 0 R", "no object 9"),
        (b"/Root 1 0 R", b"/Root 1 1 R", "no object 1"),
        (b"/Root 1 0 R", b"/Root/Here", "expected a reference"),
        (b"3 0 obj", b"9 0 obj", "expected object 3"),
        (b"/Type/EmbeddedFile", b"/Type/ObjStm", "compressed objects"),
        (b"/Length 4", b"/Length 3 0 R", "no plain length"),
        (b"/Length 4", b"/Length 400", "end of the stream"),
        (b"/EF<</F 3 0 R/UF 3 0 R>>", b"/EF<</F 3 0 R/UF 1 0 R>>", "two contents"),
        (b"/EF<</F 3 0 R/UF 3 0 R>>", b"/EF<</F 1 0 R/UF 1 0 R>>", "not an embedded file"),
        (b"/Names[(", b"/Names[7 8 (", "no attachment"),
        (b"/Names[(", b"/Kids[(", "no attachment"),
        (b"[(credential", b"[(xredential", "no attachment named credential.sdjwt"),
        (b"/UF(credential", b"/UF(xredential", "not credential.sdjwt alone"),
        (b"/F(credential.sdjwt)", b"/F[(credential.sdjwt)]", "not credential.sdjwt alone"),
    ],
)
def test_a_defect_is_named(old: bytes, new: bytes, expected: str) -> None:
    assert old in small_pdf(b"", b"some")
    assert expected in reason(small_pdf(b"", b"some", change=(old, new)))


def test_an_object_inside_another_is_refused() -> None:
    inner = b"2 0 obj\n(text)"
    outer = b"1 0 obj\n(" + inner + b")\nendobj"
    head = b"%PDF-1.7\n"
    table = b"xref\n1 2\n%010d 00000 n \n%010d 00000 n \n" % (len(head), len(head) + 9)
    data = head + outer + b"\n"
    data += table + b"trailer\n<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(data)
    assert "lies inside another" in reason(data)


def test_revisions_in_a_ring_or_too_many_are_refused(pdf: bytes) -> None:
    data = small_pdf(b"", b"some")
    own = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    assert "revisions" in reason(data.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % own))
    for _ in range(8):
        pdf = append(pdf, b"9000 0 obj\n(note)\nendobj")
    assert "up to 8" in reason(pdf)


def test_a_large_object_is_refused_unread() -> None:
    for body in (b"[" + b"<</A 1>>" * (MAX_OBJECT_BYTES // 8) + b"]", b"(" + b"a" * MAX_OBJECT_BYTES + b")"):
        assert "does not end within" in reason(append(small_pdf(b"", b"some"), b"9 0 obj\n" + body + b"\nendobj"))


def test_many_large_objects_are_refused_before_they_cost_much() -> None:
    item = b"(" + b"a" * (MAX_OBJECT_BYTES // 2) + b")"
    data = append(small_pdf(b"", b"some"), *[b"%d 0 obj\n%s\nendobj" % (number, item) for number in range(10, 20)])
    assert "bytes of structure" in reason(data)


def test_a_file_of_nothing_but_nested_strings_is_refused_at_once() -> None:
    """Each object would hold all that follow: quadratic, if objects inside one another were read."""
    body, table = b"%PDF-1.7\n", b"xref\n1 20000\n"
    for number in range(1, 20_001):
        table += b"%010d 00000 n \n" % len(body)
        body += b"%d 0 obj (" % number
    body += b")" * 20_000 + b"endobj\n"
    end = b"trailer\n<</Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    assert "lies inside another" in reason(body + table + end)


def test_deep_nesting_is_refused() -> None:
    for opening in (b"[", b"<</A"):
        with pytest.raises(MalformedError, match="nests deeper"):
            read_object(opening * (MAX_DEPTH + 2), 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"(a\\(b\\)\\101\\\r\n(c))", b"a(b)A(c)"),
        (b"<41 4>", b"A@"),
        (b"[1 -2.5 true null /A#42 3 0 R]", [1, -2.5, True, None, "AB", Reference(3, 0)]),
        (b"<</A<</B[]>>>>", {"A": {"B": []}}),
    ],
)
def test_objects_are_read_as_iso_32000_writes_them(text: bytes, expected: object) -> None:
    assert read_object(text, 0) == (expected, len(text))


@pytest.mark.parametrize("text", [b"(open", b"<4x>", b"<</A 1/A 2>>", b"[1", b"<</A", b"", b"% comment", b"1e5", b"{}"])
def test_what_is_no_object_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedError):
        read_object(text, 0)


@patiently
@given(tail=st.binary(max_size=300))
def test_random_bytes_behind_a_pdf_head_are_invalid(factory: CredentialFactory, tail: bytes) -> None:
    assert factory.judge(b"%PDF-1.7\n" + tail, NoView()).answer is Answer.INVALID


@patiently
@given(data=st.data())
def test_any_bytes_changed_in_a_small_file_are_malformed_or_harmless(data: st.DataObject) -> None:
    changed = bytearray(small_pdf(b"", b"some"))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        found = extract_credential(bytes(changed), MAX_BYTES)
    except MalformedError:
        return
    assert len(found) <= len(changed)


def test_bytes_changed_in_a_certificate_never_make_another_valid(
    pdf: bytes, factory: CredentialFactory, story: Issued
) -> None:
    seeded = random.Random(7)
    for _ in range(150):
        changed = bytearray(pdf)
        changed[seeded.randrange(len(changed))] ^= 1 << seeded.randrange(8)
        try:
            assert extract_credential(bytes(changed), MAX_BYTES) == story.data
        except MalformedError:
            assert factory.judge(bytes(changed), NoView()).answer is Answer.INVALID


def small_pdf(filters: bytes, content: bytes, *, change: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    """The least that holds an attachment; ``change`` is made before the table of offsets is written."""
    bodies = [
        b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[(credential.sdjwt) 2 0 R]>>>>>>",
        b"<</Type/Filespec/F(credential.sdjwt)/UF(credential.sdjwt)/EF<</F 3 0 R/UF 3 0 R>>>>",
        b"<</Type/EmbeddedFile%s/Length %d>>\nstream\n%s\nendstream" % (filters, len(content), content),
    ]
    old, new = change
    out, table = b"%PDF-1.7\n", b"xref\n0 1\n0000000000 65535 f \n1 3\n"
    for number, body in enumerate(bodies, 1):
        table += b"%010d 00000 n \n" % len(out)
        item = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        out += item.replace(old, new) if old else item
    start = len(out)
    end = table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    end = end.replace(old, new) if old else end
    return (out.replace(old, new) if old.startswith(b"%PDF") else out) + end
