"""A composed certificate becomes a PDF (PDF/A-3b) with the credential attached. The same input gives the same bytes.

Only the two fonts that the set-up installs are used: what a machine has of its own would change the page.
"""

import io
import json
from datetime import UTC
from functools import cache
from importlib.resources import files
from pathlib import Path

import segno
import typst

from service.certificate.compose import Certificate
from service.certificate.glyphs import printable, read_characters

ATTACHMENT = "credential.sdjwt"
FONT_FILES = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf")
_FAMILY = "Noto Sans SC"


class FontsMissingError(Exception):
    """The fonts of the certificate are not installed."""


def render(certificate: Certificate, fonts_folder: Path) -> bytes:
    """The PDF, not signed yet. Raises FontsMissingError if the fonts are not in the folder."""
    fonts = _fonts(fonts_folder)
    inputs = {
        "data": json.dumps(printable(certificate.data, _characters(fonts_folder)), ensure_ascii=False),
        "credential": certificate.credential,
        "qr": _qr(certificate.verify_link),
    }
    compiler = typst.Compiler(_template(), font_paths=fonts, ignore_system_fonts=True)
    pdf = compiler.compile(
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=["a-3b"],
        timestamp=certificate.issued_at.astimezone(UTC),
    )
    if not isinstance(pdf, bytes):
        raise TypeError(f"typst gave {type(pdf).__name__}, expected bytes")
    return pdf


def _template() -> bytes:
    return files(__package__).joinpath("certificate.typ").read_bytes()


@cache
def _fonts(folder: Path) -> typst.Fonts:
    missing = [name for name in FONT_FILES if not (folder / name).is_file()]
    if missing:
        raise FontsMissingError(
            f"no {missing[0]} in {folder}: run `make setup`, or `npm ci`, or set CANGSU_FONTS to a folder with"
            f" {' and '.join(FONT_FILES)} (npm @expo-google-fonts/noto-sans-sc)"
        )
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[folder / Path(name).parent for name in FONT_FILES],
    )
    if fonts.families() != [_FAMILY]:
        raise FontsMissingError(f"expected the family {_FAMILY} in {folder}, got {fonts.families()}")
    return fonts


@cache
def _characters(folder: Path) -> frozenset[int]:
    """What both fonts can draw."""
    return frozenset.intersection(*(read_characters(folder / name) for name in FONT_FILES))


def _qr(link: str) -> str:
    """The link as a QR code in SVG, which stays sharp at any size."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()
