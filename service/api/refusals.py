"""What the flow refuses, as problems: its codes and figures, and the member of ``asked`` that has another shape."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from service.api.problems import ProblemError
from service.flow.issue import IssueError
from verifier.canonical import check_value
from verifier.errors import MalformedError

T = TypeVar("T")

_LACKS = re.compile(r"claim\.asked lacks (\w+)")
_UNKNOWN = re.compile(r"claim\.asked has unknown members '?(\w+)")
_MEMBER = re.compile(r"(?:claim\.asked\.)?((?<=asked\.)\w+|(?:exchange_rates|abroad_costs_minor)\.\w+) is not ")
_NO_LOT = re.compile(r"not a lot number")


def carry_out(act: Callable[[], T]) -> T:
    """What an act gives; its refusal as a problem."""
    try:
        return act()
    except IssueError as error:
        raise refusal(error) from error
    except MalformedError as error:  # whatever else comes in is parsed before: this is of what the claim asks
        raise malformed_asked(error) from error


def refusal(error: IssueError) -> ProblemError:
    """The problem that a refusal becomes."""
    return ProblemError(409, error.code, error.detail, **error.figures)


def malformed_asked(error: MalformedError) -> ProblemError:
    """The verifier's words of a member of ``asked``, and the member as far as they name it."""
    text = str(error)
    for pattern in (_LACKS, _UNKNOWN, _MEMBER):
        found = pattern.match(text)
        if found:
            return ProblemError(422, "Malformed", text, field=f"asked.{found[1]}")
    if _NO_LOT.match(text):
        return ProblemError(422, "Malformed", text, field="asked.abroad_costs_minor")
    return ProblemError(422, "Malformed", text, field="asked")


def check_asked(asked: dict[str, Any]) -> None:
    """Refuse what no credential can carry (floats, text that is not in NFC), whatever the kind."""
    for name, value in asked.items():
        try:
            check_value({name: value})
        except MalformedError as error:
            hint = "; a decimal is written as a string" if isinstance(value, float) else ""
            detail = f"claim.asked.{name[:40]}: {error}{hint}"
            raise ProblemError(422, "Malformed", detail, field=f"asked.{name[:40]}") from error
