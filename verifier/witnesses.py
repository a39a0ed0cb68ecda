"""Whom a verifier asks to have cosigned a checkpoint: a policy in the text form of C2SP tlog-policy.

    # two of three
    log <verifier key>
    witness bank <verifier key>
    witness customs <verifier key>
    witness auditor <verifier key>
    group ours 2 bank customs auditor
    quorum ours

A checkpoint counts if one of the named logs signed it, where any is named, and the quorum cosigned it. One that does
not count is no evidence against a credential, whoever made it: nobody can tell then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from verifier.checkpoint import Checkpoint, CheckpointView, Signature
from verifier.errors import InvalidError, MalformedError, UnavailableError
from verifier.signed_note import KeyType, VerifierKey, find_signed

NONE = "none"
"""The quorum that asks for no witness."""
MAX_LINES = 300


@dataclass(slots=True)
class WitnessPolicy:
    """``groups``: how many of which members; ``quorum`` names a witness, a group or ``none``."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = ""

    @classmethod
    def from_text(cls, text: str) -> "WitnessPolicy":
        """Read a policy; MalformedError names the first line that is wrong."""
        policy, lines = cls(), text.split("\n")
        if len(lines) > MAX_LINES:
            raise MalformedError(f"the witness policy has more than {MAX_LINES} lines")
        for number, line in enumerate(lines, 1):
            words = [word for word in line.replace("\t", " ").split(" ") if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                policy._read(words)
            except MalformedError as error:
                raise MalformedError(f"line {number} of the witness policy: {error}") from error
        if not policy.quorum:
            raise MalformedError("the witness policy has no quorum")
        return policy

    def cosigners(self, checkpoint: Checkpoint, signatures: Sequence[Signature]) -> tuple[str, ...]:
        """The names of the witnesses that cosigned a checkpoint that counts; UnavailableError if it does not count."""
        body = checkpoint.body()
        try:
            signed = find_signed([*self.logs, *self.witnesses.values()], body, signatures)
        except InvalidError as error:
            raise UnavailableError(f"the checkpoint is refused: {error}") from error
        origin = checkpoint.domain.origin(checkpoint.host)
        if self.logs and not any(key in signed and key.name == origin for key in self.logs):
            raise UnavailableError("no log of the witness policy has signed the checkpoint")
        names = tuple(name for name, key in self.witnesses.items() if key in signed)
        if not self._counts(self.quorum, names):
            who = ", ".join(names) or "none of them"
            raise UnavailableError(f"the checkpoint has no quorum of the {len(self.witnesses)} witnesses: {who}")
        return names

    def _counts(self, name: str, cosigned: tuple[str, ...]) -> bool:
        if name in self.groups:
            least, members = self.groups[name]
            return sum(self._counts(member, cosigned) for member in members) >= least
        return name == NONE or name in cosigned

    def _read(self, words: list[str]) -> None:
        match words:
            case ["log", key] | ["log", key, _]:
                self.logs.append(self._new_key(key, KeyType.LOG))
            case ["witness", name, key] | ["witness", name, key, _]:
                self.witnesses[self._new_name(name)] = self._new_key(key, KeyType.WITNESS)
            case ["group", name, least, *members]:
                self.groups[self._new_name(name)] = (_least(least, len(members)), self._members(members))
            case ["quorum", name] if not self.quorum and (name == NONE or self._is_known(name)):
                self.quorum = name
            case _:
                raise MalformedError("expected a log, a witness, a group or one quorum of names that stand before it")

    def _new_key(self, text: str, key_type: KeyType) -> VerifierKey:
        key = VerifierKey.from_text(text)
        if key.key_type is not key_type:
            raise MalformedError("the key is of the other type: a log's is 1, a witness's 4")
        if any(key.public == known.public for known in (*self.logs, *self.witnesses.values())):
            raise MalformedError("the key stands there twice: it would count twice")
        return key

    def _new_name(self, name: str) -> str:
        if name == NONE or self._is_known(name):
            raise MalformedError(f"the name {name} is taken")
        return name

    def _members(self, names: list[str]) -> tuple[str, ...]:
        taken = {member for _, members in self.groups.values() for member in members}
        if len(set(names)) != len(names) or not all(self._is_known(name) and name not in taken for name in names):
            raise MalformedError("a group has names that stand before it, each in one group only")
        return tuple(names)

    def _is_known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups


class WitnessedView(CheckpointView):
    """A checkpoint that came from anybody, and counts because the witnesses whom the verifier named cosigned it."""

    trusted = "witnesses"

    def __init__(self, checkpoint: Checkpoint, witnesses: tuple[str, ...], *, pins_log: bool) -> None:
        super().__init__(checkpoint)
        self.witnesses, self.pins_log = witnesses, pins_log


class RefusedView(CheckpointView):
    """A checkpoint that does not count, so that nothing is concluded from it, neither for a credential nor against."""

    trusted = "nobody"

    def __init__(self, checkpoint: Checkpoint, reason: str) -> None:
        super().__init__(checkpoint)
        self._reason = reason

    def verify_anchor(self, anchor: object) -> None:
        """Always UnavailableError."""
        raise UnavailableError(self._reason)


def judge_checkpoint(
    checkpoint: Checkpoint, signatures: Sequence[Signature], policy: WitnessPolicy | None
) -> CheckpointView:
    """What a checkpoint can tell: without a policy it is one that the verifier kept itself."""
    if policy is None:
        return CheckpointView(checkpoint)
    try:
        witnesses = policy.cosigners(checkpoint, signatures)
    except UnavailableError as error:
        return RefusedView(checkpoint, str(error))
    return WitnessedView(checkpoint, witnesses, pins_log=bool(policy.logs))


def _least(text: str, count: int) -> int:
    named = {"all": count, "any": 1}
    least = named[text] if text in named else int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= least <= count:
        raise MalformedError(f"a group of {count} counts from 1 to {count} of them")
    return least
