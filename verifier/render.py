"""The report as a bank officer reads it, in Chinese or English."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from verifier.claim_record import Recorded
from verifier.claims.kinds import PROVENANCE
from verifier.currencies import format_minor
from verifier.declaration import Line
from verifier.figures import figure_lines
from verifier.record import lot_to_hex
from verifier.report import Answer, Attestation, Note, Outcome, Report, Statement, StepResult
from verifier.texts import TEXTS, Say, text
from verifier.zones import show_time

_MAX_LINE = 400
_COUNTED = {3: "events", 7: "events", 8: "declared", 10: "attesters"}
"""The fact of a step that is 0 where a kind of credential carries no events."""


def render(report: Report, language: str) -> str:
    """The whole report as lines of text, without control characters whatever the file held."""
    say = partial(text, language=language)
    return "".join(f"{_printable(line)}\n" for line in _lines(report, say))


def _lines(report: Report, say: Say) -> Iterator[str]:
    yield from _answer(report, say)
    yield ""
    yield say("steps")
    for step in report.steps:
        yield from _step(step, say)
        if step.number == 1 and step.outcome is Outcome.FAILED:  # there is nothing that the others could be about
            break
    if report.statement is not None:
        yield ""
        yield say("says" if report.answer is Answer.VALID else "says_unconfirmed")
        yield from (f"  {line}" for line in _statement(report.statement, say))
    if report.attestations:
        yield ""
        yield say("attested")
        yield from (f"  {_attestation(attestation, say)}" for attestation in report.attestations)
    yield from _notes("remarks", "remark", report.remarks, say)
    yield from _notes("not_checked_heading", "open", report.not_checked, say)


def _answer(report: Report, say: Say) -> Iterator[str]:
    anchor = None if report.statement is None else report.statement.anchor
    as_of = {} if anchor is None else {"block_number": anchor.block_number, "block_time": show_time(anchor.block_time)}
    yield say(report.answer.value, **as_of)
    if report.is_from_pdf:
        yield say("of_attachment")
    deciding = report.deciding_step
    if deciding is not None:
        yield say("because", step=deciding.number, headline=_headline(deciding, say))


def _step(step: StepResult, say: Say) -> Iterator[str]:
    if step.outcome is Outcome.PASSED:
        yield f"  {step.number:>2}  {say(step.outcome.value)}: {say(_passed(step), **step.facts)}"
        return
    yield f"  {step.number:>2}  {say(step.outcome.value)}: {_headline(step, say)}"
    yield f"      {say('in_brackets', reason=step.reason)}"


def _passed(step: StepResult) -> str:
    """The code of what a passed step shows; a claim without events is not said to have 0 of everything."""
    is_bare = step.facts.get(_COUNTED.get(step.number, "")) == 0
    variant = step.variant or ("bare" if is_bare else "")
    return f"step{step.number}.{variant}" if variant else f"step{step.number}"


def _headline(step: StepResult, say: Say) -> str:
    """What failed; or, of a step that was not checked, what is therefore not known."""
    variant = step.variant or ("failed" if step.outcome is Outcome.FAILED else "open")
    return say(f"step{step.number}.{variant}", **step.facts)


def _statement(statement: Statement, say: Say) -> Iterator[str]:
    claim = statement.claim
    line_by_lot = {lot_to_hex(lot): _line(line, say) for lot, line in statement.lines.items()}
    for lot in map(lot_to_hex, statement.lots_by_line()):
        yield say("lot", lot=lot)
        if lot in line_by_lot:
            yield line_by_lot[lot]
    yield say("owner", owner=claim["owner"])
    if statement.vct == PROVENANCE.vct:
        yield from _accounts(claim, say)
    else:
        yield from figure_lines(claim, say, line_by_lot)
    if statement.recorded is not None:
        yield from _recorded(statement.recorded, say)
    yield say("cutoff", event_time=statement.cutoff.event_time, record_time=statement.cutoff.record_time)
    issued = {"iat": show_time(statement.iat), "exp": show_time(statement.exp)}
    yield say("issued", iss=statement.iss, issuer=statement.issuer, **issued)
    yield say("log_of", log=statement.anchor.domain.origin("")[1:])


def _line(line: Line, say: Say) -> str:
    part = say("part", part_no=line.part_no) if line.part_no else ""
    return say("line", declaration_no=line.declaration_no, item_no=line.item_no, part=part)


def _recorded(recorded: Recorded, say: Say) -> Iterator[str]:
    """What the chain says of the claim now: the figures that a bank looks for first."""
    yield say("recorded", version=recorded.version, block_number=recorded.block_number)
    if recorded.is_reduced:
        yield f"  {say('recorded.reduced')}"
    if recorded.adverse_since:
        yield f"  {say('recorded.adverse', count=recorded.adverse_since)}"
    for used in recorded.used:
        amounts = {
            name: format_minor(getattr(used, f"{name}_minor"), used.currency)
            for name in ("ceiling", "endorsed", "remaining")
        }
        yield f"  {say('recorded.used', currency=used.currency, **amounts)}"


def _accounts(claim: dict[str, Any], say: Say) -> Iterator[str]:
    yield say("declared", declared=claim["declared"])
    for site, account in claim["accounts"].items():
        place = say("home") if site == "0" else say("site", site=site)
        lanes = ", ".join(say("pieces", lane=say(lane), pieces=pieces) for lane, pieces in account.items())
        yield f"  {place} - {lanes}"


def _attestation(attestation: Attestation, say: Say) -> str:
    roles = ", ".join(say(role) for role in attestation.roles) or say("no_role")
    kinds = ", ".join(f"{_kind(kind, say)} {count}" for kind, count in attestation.count_by_kind.items())
    custody = ", ".join(say(custody.value) for custody in attestation.custody)
    return say("attester", party=attestation.party, roles=roles, kinds=kinds, custody=custody)


def _kind(kind: str, say: Say) -> str:
    return say(f"value.{kind}") if f"value.{kind}" in TEXTS else kind


def _notes(heading: str, prefix: str, notes: tuple[Note, ...], say: Say) -> Iterator[str]:
    if notes:
        yield ""
        yield say(heading)
        yield from (f"  - {say(f'{prefix}.{note.code}', **note.facts)}" for note in notes)


def _printable(line: str) -> str:
    """No control characters, no terminal escapes, no reversed text: a file must not paint its own verdict."""
    shown = "".join(character if character.isprintable() else "?" for character in line)
    return shown if len(shown) <= _MAX_LINE else shown[:_MAX_LINE] + " …"
