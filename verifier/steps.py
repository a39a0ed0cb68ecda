"""The verification of a credential, as a numbered list (docs/formats.md §6).

 1  parse               the file has the shape of a credential of a known kind
 2  issuer              its issuer signed it, with a key that the registry gives it; a holder's key binding holds
 3  disclosures         every disclosure is referenced once and lies in the slot of its group
 4  leaves              words and leaves rebuilt from the clear parts
 5  inclusion           every leaf is in the tree of the anchor
 6  chain               the tree head is the contract's at the anchor's block; the log is the pinned one
 7  completeness        the history of every lot and book, and every registry book, is whole
 8  numbers             the claim follows from the events; each lot is the declared line that is shown
 9  standing            the chain holds the claim as it is here, and nothing of it serves twice (recorded kinds); or
                        the issuer's status list, if one is given, does not withdraw it (all others)
10  signers             every attester held its role when its leaf was appended

Each step passes, fails, or is not checked. One that fails ends the list: INVALID. Steps 6 and 7 rest on what the
verifier sees of the chain, step 8 on what is shown; if one of them is not checked, the answer is CANNOT TELL. So it is
if step 9 is not checked for a claim that uses something up, or though a status list was given. Whatever else was not
checked is named beside the answer.
Steps 2 and 10 read registry books that steps 5 and 7 show to be genuine and whole; so only all steps together mean
anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from verifier.anchor import Anchor
from verifier.claim_record import Recorded, verify_claim_record
from verifier.claims.kinds import claim_kind
from verifier.credential import Credential, parse_credential, place_disclosures, verify_issuer
from verifier.disclosures import Shown
from verifier.errors import InvalidError, UnavailableError, VerificationError
from verifier.leaves import build_leaves, verify_completeness, verify_inclusion
from verifier.notes import find_open, find_remarks, later
from verifier.numbers import Numbers, verify_figures, verify_histories
from verifier.pdf import is_pdf
from verifier.policy import Policy
from verifier.report import Answer, Attestation, Facts, Note, Outcome, Report, Statement, StepResult
from verifier.report import Shown as ShownGroup
from verifier.signers import verify_signers
from verifier.status_list import Listed, Standing, read_status, verify_listed
from verifier.view import ChainView
from verifier.zones import show_time

STEPS = 10
NEEDED_STEPS = (6, 7, 8)
"""Steps without which the answer is CANNOT TELL."""

T = TypeVar("T")


class _FailedError(Exception):
    """A step failed; its result is in the list."""


@dataclass(slots=True)
class _Steps:
    results: list[StepResult] = field(default_factory=list)

    def must(self, number: int, check: Callable[[], T], facts: Callable[[T], Facts] = lambda _: {}) -> T:
        """Run a step that needs nothing from outside the file."""
        try:
            value = check()
        except VerificationError as error:
            self._fail(number, error)
            raise _FailedError from error
        self.results.append(StepResult(number, Outcome.PASSED, facts=facts(value)))
        return value

    def read(self, number: int, check: Callable[[], T]) -> T:
        """Run the part of a step that needs nothing from outside the file and has no line of its own."""
        try:
            return check()
        except VerificationError as error:
            self._fail(number, error)
            raise _FailedError from error

    def _fail(self, number: int, error: VerificationError) -> None:
        self.results.append(StepResult(number, Outcome.FAILED, str(error), dict(error.facts), error.variant))

    def may(self, number: int, check: Callable[[], T], facts: Facts | None = None) -> T | None:
        """Run a step that needs something from outside: missing, it is not checked, and the value None."""
        try:
            return self.must(number, check, lambda _: facts or {})
        except _FailedError as failed:
            if not isinstance(failed.__cause__, UnavailableError):
                raise
            self.results[-1] = replace(self.results[-1], outcome=Outcome.NOT_CHECKED)
            return None

    def standing(self, listed: Listed | None) -> None:
        """Step 9 of the kinds that the chain does not record: what a status list says."""
        self.may(9, lambda: verify_listed(listed), {"iat": 0 if listed is None else show_time(listed.iat)})
        if self.results[-1].outcome is Outcome.PASSED:
            self.results[-1] = replace(self.results[-1], variant="listed")


def verify(data: bytes, policy: Policy, view: ChainView) -> Report:
    """Verify a file. Never raises for what is in it, nor for a chain that cannot be reached."""
    steps = _Steps()
    try:
        return _verify(data, policy, view, steps)
    except _FailedError:
        done = len(steps.results)
        skipped = [
            StepResult(number, Outcome.NOT_CHECKED, f"step {done} failed") for number in range(done + 1, STEPS + 1)
        ]
        is_from_pdf = done > 1 and is_pdf(data)
        return Report(Answer.INVALID, (*steps.results, *skipped), None, (), (), (), is_from_pdf)


def _verify(data: bytes, policy: Policy, view: ChainView, steps: _Steps) -> Report:
    credential = steps.must(1, lambda: parse_credential(data), lambda _: {"bytes": len(data)})
    payload, registry = credential.payload, credential.registry
    steps.must(2, lambda: verify_issuer(credential, policy), lambda _: {"issuer": payload.issuer.party})
    shown = steps.must(3, lambda: place_disclosures(credential), _count_shown)
    leaves = steps.must(4, lambda: build_leaves(payload), lambda leaves: {"leaves": leaves.count()})
    size: Facts = {"leaves": leaves.count(), "tree_size": payload.anchor.tree_size}
    steps.must(5, lambda: verify_inclusion(leaves, payload), lambda _: size)
    block: Facts = {"block_number": payload.anchor.block_number}
    steps.may(6, lambda: verify_chain(payload.anchor, policy, view), block)

    def check_completeness() -> None:
        if steps.results[-1].outcome is not Outcome.PASSED:  # what answers may be another chain
            raise UnavailableError("the tree head was not checked")
        verify_completeness(leaves, payload, view)

    whole: Facts = {"events": len(leaves.words), "books": len(leaves.registry)}
    steps.may(7, check_completeness, whole)
    numbers = steps.read(8, lambda: verify_histories(payload, leaves, shown, registry))
    steps.may(8, lambda: verify_figures(payload, numbers), {"declared": numbers.declared()})
    listed = None
    if policy.status_list is not None:
        listed = read_status(policy.status_list, payload, registry, policy.now)
    recorded = None
    if claim_kind(payload.vct).asks_chain:
        signed, is_checked = credential.sd_jwt.signing_input, steps.results[-1].outcome is Outcome.PASSED
        recorded = steps.may(
            9, lambda: verify_claim_record(payload, numbers.case, signed, view, are_figures_checked=is_checked)
        )
    else:
        steps.standing(listed)
    attestations = steps.must(10, lambda: verify_signers(payload, leaves, registry), _count_attesters)
    return _report(credential, policy, view, steps.results, shown, numbers, Standing(recorded, listed), attestations)


def with_record(report: Report, recorded: Recorded) -> Report:
    """The report of a credential that was verified before the chain held its claim, once step 9 has passed too."""
    results = tuple(StepResult(9, Outcome.PASSED) if step.number == 9 else step for step in report.steps)
    is_open = any(step.outcome is not Outcome.PASSED for step in results)
    answer = Answer.CANNOT_TELL if is_open else Answer.VALID
    if report.statement is None:
        return replace(report, answer=answer, steps=results)
    known = later(report.statement.anchor, recorded)
    not_checked = tuple(known if note.code == "later" else note for note in report.not_checked)
    statement = replace(report.statement, recorded=recorded)
    return replace(report, answer=answer, steps=results, statement=statement, not_checked=not_checked)


def verify_chain(anchor: Anchor, policy: Policy, view: ChainView) -> None:
    """Step 6."""
    if policy.log is not None and policy.log.domain != anchor.domain:
        raise InvalidError("the credential is of another log than the one that was asked for")
    view.verify_anchor(anchor)
    age = policy.now - anchor.block_time
    if policy.max_age_seconds is not None and age > policy.max_age_seconds:
        days, seconds = divmod(policy.max_age_seconds, 86_400)
        allowed = f"{policy.max_age_seconds} seconds" if seconds else f"{days} days"
        raise UnavailableError(f"the anchor's block is of {show_time(anchor.block_time)}, more than {allowed} ago")


def _report(
    credential: Credential,
    policy: Policy,
    view: ChainView,
    results: list[StepResult],
    shown: Shown,
    numbers: Numbers,
    standing: Standing,
    attestations: tuple[Attestation, ...],
) -> Report:
    payload = credential.payload
    asks_standing = claim_kind(payload.vct).asks_chain or (standing.listed is not None and payload.status is not None)
    needed = (*NEEDED_STEPS, 9) if asks_standing else NEEDED_STEPS
    is_open = any(step.number in needed and step.outcome is not Outcome.PASSED for step in results)
    statement = Statement(
        payload.vct,
        payload.iss,
        payload.issuer.party,
        payload.iat,
        payload.exp,
        payload.claim,
        tuple(lot.lot for lot in numbers.case.lots),
        numbers.lines,
        standing.recorded,
        payload.cutoff,
        payload.anchor,
        tuple(_shown_groups(numbers)),
        payload.status,
    )
    remarks: tuple[Note, ...] = find_remarks(payload, attestations, standing)
    not_checked = find_open(credential, policy, view, shown, numbers, standing)
    answer = Answer.CANNOT_TELL if is_open else Answer.VALID
    is_from_pdf = credential.is_from_pdf
    return Report(answer, tuple(results), statement, attestations, remarks, not_checked, is_from_pdf)


def _shown_groups(numbers: Numbers) -> Iterator[ShownGroup]:
    for event in numbers.case.events():
        for group, value in event.groups.items():
            yield ShownGroup(event.lot, event.position, event.kind, group, value)


def _count_shown(shown: Shown) -> Facts:
    return {"shown": sum(len(groups) for groups in shown), "events": len(shown)}


def _count_attesters(attestations: tuple[Attestation, ...]) -> Facts:
    return {"attesters": len(attestations)}
