"""Who was what when a leaf was appended, read from the registry books of a credential (docs/formats.md §4, §5).

The registry is leaves of the same tree, so "when" is a leaf index: an entry counts for every leaf behind it. A book is
complete (step 7 proves it), so what it does not say was not so.
"""

from bisect import bisect_left
from dataclasses import replace
from enum import StrEnum
from typing import Generic, TypeVar

from verifier.books import Book, GrantEntry, KeyEndEntry, KeyEntry, PartyEntry, SiteEntry
from verifier.errors import InvalidError
from verifier.kinds import ALL_ROLES, KIND_BY_CODE, NAME_BY_CODE, REVERSAL, SIGNING_ROLES, Role, Scope, Signer, may_sign
from verifier.record import Word
from verifier.registry import KeyType

T = TypeVar("T")


class Custody(StrEnum):
    """Who held the keys that could sign for a party when it attested."""

    NOBODY = "nobody"
    SELF_HELD = "self_held"
    CUSTODIAL = "custodial"
    MIXED = "mixed"


class Timeline(Generic[T]):
    """A value that changes at leaves."""

    __slots__ = ("_first", "_indices", "_values")

    def __init__(self, first: T) -> None:
        self._first = first
        self._indices: list[int] = []
        self._values: list[T] = []

    def set(self, leaf_index: int, value: T) -> None:
        """The value from behind a leaf on; leaves come in their order."""
        self._indices.append(leaf_index)
        self._values.append(value)

    def before(self, leaf_index: int) -> T:
        """The value that counts for a leaf: what was set before it."""
        place = bisect_left(self._indices, leaf_index)
        return self._values[place - 1] if place else self._first


class PartyHistory:
    """The registry book of one party, read once."""

    def __init__(self, book: Book) -> None:
        self.roles = Timeline(Role(0))
        self.custody = Timeline(Custody.NOBODY)
        self.opened_by_site: dict[int, int] = {}
        self.admissions: dict[int, Timeline[bool]] = {}
        self.key_by_id: dict[bytes, KeyEntry] = {}
        self.end_by_key: dict[bytes, int] = {}
        held = {True: 0, False: 0}
        for entry in book.entries:
            index = entry.leaf_index
            match entry:
                case PartyEntry():
                    self.roles.set(index, Role(entry.roles & ALL_ROLES))
                case SiteEntry():
                    self.opened_by_site.setdefault(entry.site, index)
                case GrantEntry():
                    self.admissions.setdefault(entry.party, Timeline(False)).set(index, entry.is_admitted)
                case KeyEntry():
                    self.key_by_id[entry.key_id] = entry
                    held[entry.is_custodial] += entry.key_type == KeyType.BATCH
                case KeyEndEntry() if entry.key_id in self.key_by_id:
                    key = self.key_by_id[entry.key_id]
                    self.key_by_id[entry.key_id] = replace(key, valid_to=min(key.valid_to, entry.valid_to))
                    self.end_by_key[entry.key_id] = index
                    held[key.is_custodial] -= key.key_type == KeyType.BATCH
            self.custody.set(index, _custody(held[False] > 0, held[True] > 0))


class Registry:
    """The registry books that a credential carries, one for each party that matters."""

    def __init__(self, books: tuple[Book, ...]) -> None:
        self._history_by_party = {book.party: PartyHistory(book) for book in books}
        if len(self._history_by_party) != len(books):
            raise InvalidError("the registry has two books of one party")

    def of(self, party: int) -> PartyHistory:
        """The history of a party; InvalidError if its book is not in the credential."""
        history = self._history_by_party.get(party)
        if history is None:
            raise InvalidError(f"the registry book of party {party} is not in the credential")
        return history

    def find_roles(self, party: int, before: int) -> Role:
        """What a party was at a leaf; nothing if its book is missing, which step 10 refuses."""
        history = self._history_by_party.get(party)
        return Role(0) if history is None else history.roles.before(before)

    def find_key(self, party: int, key_type: KeyType, key_id: bytes) -> KeyEntry:
        """A key of a party, its end applied; InvalidError if its book does not have it."""
        key = self.of(party).key_by_id.get(key_id)
        if key is None or key.key_type != key_type:
            raise InvalidError(f"the registry has no such {key_type.name.lower()} key of party {party}")
        return key

    def held_key(self, party: int, key_type: KeyType, key_id: bytes, *, before: int, by: int) -> bool:
        """Whether a key was registered for a party before a leaf, not ended by then, and in force by a time.

        A key that is ended before its time begins never was in force: that is how a party stops a key that was
        registered behind its back.
        """
        key = self.find_key(party, key_type, key_id)
        is_in_force = key.valid_from <= by and key.valid_from < key.valid_to
        return is_in_force and key.leaf_index < before <= self.of(party).end_by_key.get(key_id, before)

    def operates(self, party: int, site: int, before: int) -> bool:
        """Whether a party operated a site."""
        return self.of(party).opened_by_site.get(site, before) < before

    def is_admitted(self, owner: int, party: int, before: int) -> bool:
        """Whether an owner had admitted a party."""
        admission = self.of(owner).admissions.get(party)
        return admission is not None and admission.before(before)


def _custody(self_held: bool, custodial: bool) -> Custody:
    if self_held and custodial:
        return Custody.MIXED
    if self_held:
        return Custody.SELF_HELD
    return Custody.CUSTODIAL if custodial else Custody.NOBODY


def verify_signer(registry: Registry, word: Word, owner: int, party: int, leaf_index: int) -> None:
    """Check that ``party`` was allowed to attest a word of a lot of ``owner``; InvalidError otherwise.

    ``may_sign`` is the rule. The operator of a site is sought in the attester's own book: that is complete, so a site
    that is not in it was not the attester's.
    """
    kind = KIND_BY_CODE[word.kind & ~REVERSAL]
    name = NAME_BY_CODE[word.kind]
    roles = registry.of(party).roles.before(leaf_index)
    is_operator = kind.scope in (Scope.SITE, Scope.BOOK_SITE) and registry.operates(party, word.site, leaf_index)
    is_admitted = registry.is_admitted(owner, party, leaf_index)
    if may_sign(kind.signers, roles=roles, is_owner=party == owner, is_operator=is_operator, is_admitted=is_admitted):
        return
    if is_operator and kind.signers & Signer.NOT_SITE_OPERATOR:
        raise InvalidError(f"{name} is attested by party {party}, which operates site {word.site} itself")
    if int(roles) & int(kind.signers) & SIGNING_ROLES:
        raise InvalidError(f"party {party} attests {name}, but the owner {owner} had not admitted it")
    raise InvalidError(f"party {party} held no role or place that may attest {name} at leaf {leaf_index}")
