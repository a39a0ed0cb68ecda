"""Makes the case of a payload: every lot replayed from its DECLARE, every book read, every rule of both held."""

from datetime import datetime

from verifier.claims.case import BookStory, Case, LotStory, Told
from verifier.claims.claim import claim_asked, claim_owner
from verifier.claims.kinds import claim_kind
from verifier.disclosures import Shown
from verifier.errors import InvalidError
from verifier.event import event_time
from verifier.kinds import NAME_BY_CODE, REVERSAL, target_kinds
from verifier.payload import History, Payload
from verifier.record import BOOK_BIT, Word, lot_to_hex
from verifier.replay import Replay
from verifier.roles import Registry


def build_case(payload: Payload, words: tuple[Word, ...], shown: Shown) -> Case:
    """The case of a payload; ``words`` and ``shown`` go with its events one by one.

    Raises InvalidError if a history breaks a rule, or the lots are not all of the owner that the claim names.
    """
    kind = claim_kind(payload.vct)
    owner, asked = claim_owner(kind, payload.claim), claim_asked(kind, payload.claim)
    registry = Registry(payload.registry)
    lots, books, first = [], [], 0
    for history in payload.histories:
        end = first + len(history.events)
        told = _tell(history, words[first:end], shown[first:end], registry)
        if history.lot & BOOK_BIT:
            _check_book(told, words[first:end])
            books.append(BookStory(history.lot, told))
        else:
            replay = _replay(history, words[first:end])
            lots.append(LotStory(history.lot, replay.owner, told, replay))
        first = end
    for lot in lots:
        if lot.owner != owner:
            raise InvalidError(f"lot {lot_to_hex(lot.lot)} is of owner {lot.owner}, the claim of {owner}")
    return Case(owner, asked, tuple(lots), tuple(books), payload.cutoff.record_at(), payload.record)


def _tell(history: History, words: tuple[Word, ...], shown: Shown, registry: Registry) -> tuple[Told, ...]:
    return tuple(
        Told(
            lot=history.lot,
            position=position,
            kind=NAME_BY_CODE[word.kind],
            site=word.site,
            quantity=word.quantity,
            target=event.clear.get("target"),
            time=_time(event.clear),
            attester=event.attester,
            groups=groups,
            roles=registry.find_roles(event.attester, event.leaf_index),
        )
        for position, (event, word, groups) in enumerate(zip(history.events, words, shown, strict=True))
    )


def _time(clear: dict[str, object]) -> datetime:
    return event_time(clear)


def _replay(history: History, words: tuple[Word, ...]) -> Replay:
    replay = Replay(history.lot)
    for position, (event, word) in enumerate(zip(history.events, words, strict=True)):
        try:
            replay.apply(word, event.clear.get("target"))
        except InvalidError as error:
            raise InvalidError(f"event {position}: {error}") from error
    if replay.accounts.total() != replay.declared:
        raise InvalidError("the lanes do not sum to the declared pieces")
    return replay


def _check_book(events: tuple[Told, ...], words: tuple[Word, ...]) -> None:
    """A note names an earlier one of a kind that it may name, and a note is taken back once."""
    undone: set[int] = set()
    for event, word in zip(events, words, strict=True):
        if event.target is None:
            continue
        if event.target >= event.position or events[event.target].kind not in target_kinds(word.kind):
            raise InvalidError(f"event {event.position}: {event.kind} cannot name position {event.target}")
        if word.kind & REVERSAL:
            if event.target in undone:
                raise InvalidError(f"event {event.position}: position {event.target} is taken back a second time")
            undone.add(event.target)
