"""The page: same input, same bytes; only our fonts; nothing printed can break it; the credential inside."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.certificate.compose import Certificate, compose
from service.certificate.glyphs import MISSING, printable, read_characters
from service.certificate.press import Press
from service.certificate.render import FONT_FILES, FontsMissingError, render
from tests.service.certificate.reports import CREDENTIAL, a_long_report, a_provenance_report
from verifier.pdf import extract_credential
from verifier.report import Report


def composed(report: Report, press: Press) -> Certificate:
    assert report.statement is not None
    return compose(CREDENTIAL, report, report.statement, press.verify_url)


@pytest.mark.parametrize("report", [a_provenance_report(), a_long_report()], ids=["provenance", "52 lots"])
def test_the_same_input_gives_the_same_bytes(press: Press, report: Report) -> None:
    pdf = render(composed(report, press), press.fonts)
    assert pdf == render(composed(report, press), press.fonts)
    assert extract_credential(pdf, 1_000).decode() == CREDENTIAL


def test_renders_in_parallel_do_not_disturb_each_other(press: Press) -> None:
    certificates = [composed(a_provenance_report(declared=number), press) for number in range(8)] * 2
    alone = [render(certificate, press.fonts) for certificate in certificates]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda certificate: render(certificate, press.fonts), certificates)) == alone


def test_another_figure_gives_other_bytes(press: Press) -> None:
    one, other = (render(composed(a_provenance_report(declared=n), press), press.fonts) for n in (1_000, 1_001))
    assert one != other


def test_it_is_pdf_a_3b_and_embeds_no_font_but_ours(press: Press) -> None:
    pdf = render(composed(a_long_report(), press), press.fonts)
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf
    names = {part.split(b"/")[0].split(b" ")[0].split(b"\n")[0] for part in pdf.split(b"/FontName/")[1:]}
    assert names
    assert all(b"NotoSansSC" in name for name in names)


def test_hostile_and_long_text_is_printed_and_not_run(press: Press) -> None:
    hostile = {
        "typst": '#panic("no") ] } $x$ <label> @label \\ // /* = heading',
        "reversed": "\u202edilav",
        "control": "\x00\x1b[2J\n\t",
        "foreign": "한국어 สวัสดี العربية 😀 𠮷 Łódź \ufffd",
        "long": "A" * 4_000,
        "empty": "",
    }
    report = a_provenance_report(accounts={"0": {"SOLD": 1}} | {text: {"LOST": 1} for text in hostile.values()})
    assert render(composed(report, press), press.fonts).startswith(b"%PDF-1.7")


def test_long_codes_are_copied_from_the_page_as_they_are(press: Press, tmp_path: Path) -> None:
    """No invisible character stands in them; each break of a line is one that a reader sees."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    report = a_provenance_report()
    assert report.statement is not None
    (tmp_path / "file.pdf").write_bytes(render(composed(report, press), press.fonts))
    command = ["pdftotext", str(tmp_path / "file.pdf"), "-"]
    copied = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "\u200b" not in copied
    assert report.statement.anchor.domain.origin("")[1:] in "".join(copied.split())


def test_a_credential_of_a_megabyte_is_attached_whole(press: Press) -> None:
    report = a_provenance_report()
    assert report.statement is not None
    credential = CREDENTIAL + "QUJD" * 250_000 + "~"
    pdf = render(compose(credential, report, report.statement, press.verify_url), press.fonts)
    assert extract_credential(pdf, 1 << 21).decode() == credential


def test_missing_fonts_are_named_with_what_installs_them(press: Press, tmp_path: Path) -> None:
    with pytest.raises(FontsMissingError, match="run `make setup`, or `npm ci`"):
        render(composed(a_provenance_report(), press), tmp_path)


def test_no_font_of_the_system_is_looked_for(press: Press, tmp_path: Path) -> None:
    """Folders with the two files only: what else a machine has must not matter."""
    for name in FONT_FILES:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).symlink_to((press.fonts / name).resolve())
    certificate = composed(a_provenance_report(), press)
    assert render(certificate, tmp_path) == render(certificate, press.fonts)


def test_what_a_font_cannot_draw_is_marked(press: Press) -> None:
    characters = read_characters(press.fonts / FONT_FILES[0])
    assert characters == read_characters(press.fonts / FONT_FILES[1])
    assert len(characters) > 20_000
    assert printable({"a": ["仓溯 A1 ¥", "한\u202e\n"], "n": 7, "b": None}, characters) == {
        "a": ["仓溯 A1 ¥", MISSING * 3],
        "n": 7,
        "b": None,
    }


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0", b"\0\1\0\0\0\0" + bytes(20), b"\0\1\0\0\0\1" + b"cmap" * 8])
def test_what_is_no_font_is_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "font.ttf"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"font\.ttf"):
        read_characters(file)


def test_the_fonts_licence_is_installed_with_them(press: Press) -> None:
    assert "SIL OPEN FONT LICENSE" in (press.fonts / "LICENSE_FONT").read_text("utf-8").upper()
