"""What both commands share: a parser whose complaints are in the reader's language, and what was pasted, made clean."""

import argparse
import os
import sys
from typing import NoReturn

from verifier.reason_texts import reason_text
from verifier.texts import LANGUAGES, text

EXIT_MISUSED = 2
_ZERO_WIDTH_SPACE = "\u200b"


class Parser(argparse.ArgumentParser):
    """``language`` is that of the complaints, known before the arguments are parsed."""

    def __init__(self, *, language: str, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(prog=prog, description=description, epilog=epilog)
        self.language = language
        self.add_argument("--lang", choices=LANGUAGES, default=language, help="language of what is printed")

    def error(self, message: str) -> NoReturn:
        """One line of usage and one of what is wrong; exit code 2."""
        self.print_usage(sys.stderr)
        self.exit(EXIT_MISUSED, f"{self.prog}: {reason_text(message, self.language)}\n")


def language_of(arguments: list[str]) -> str:
    """The language that the arguments ask for, readable or not; else that of the environment."""
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        asked = value or "".join(arguments[number + 1 : number + 2])
        if name == "--lang" and asked in LANGUAGES:
            return asked
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.startswith("zh") else "en"


def no_file(error: OSError, language: str) -> str:
    """What is said of a file that cannot be read or written."""
    return text("no_file", language, file=error.filename, error=reason_text(error.strerror or "", language))


def bad_option(error: Exception, language: str) -> str:
    """What is said of an option that cannot be used."""
    return text("bad_option", language, error=reason_text(str(error), language))


def clean(pasted: str) -> str:
    """What was copied from a page, without the invisible spaces at which long codes break."""
    return pasted.replace(_ZERO_WIDTH_SPACE, "")
