"""Re-proves a whole installation from what the chain says, trusting nothing that the store concluded.

1 the leaves, rebuilt from the chain's logs, give the root of every log and the chain's tree head
2 the store's tree, segments and runs say the same
3 every accepted event is exactly one leaf, of its sender, at the position that is stored; no leaf is anyone else's
4 every history head and length is the chain's
5 every lot replays: targets name what they mean, and the lanes are those of the store and of the chain
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from service.flow.confirm import load_frontier
from service.store import schema
from service.store.database import reading
from service.store.schema import from_signed
from tests.service.house import House
from verifier.kinds import KIND_BY_CODE, REVERSAL, Scope
from verifier.lanes import to_account_word
from verifier.merkle import Frontier
from verifier.record import BOOK_BIT, RECORD_BYTES, Word, history_head, leaf_hash, to_entry
from verifier.registry import REGISTRAR_PARTY
from verifier.replay import Replay


@dataclass(frozen=True)
class Leaf:
    """A leaf as the chain's logs tell it."""

    index: int
    party: int
    record: bytes
    hash: bytes

    @property
    def word(self) -> Word:
        return Word.from_bytes(self.record)


def check_ledger(house: House) -> int:
    """AssertionError if anything is lost, doubled, out of place or contradicted; else the number of events."""
    assert house.is_settled(), house.counts()
    leaves = _read_leaves(house)
    by_lot: dict[int, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        by_lot[leaf.word.lot].append(leaf)
    _check_tree(house, leaves)
    _check_runs(house, by_lot)
    count = _check_events(house, by_lot)
    for lot, history in by_lot.items():
        head, length = house.runtime.chain.history(lot)
        assert (head, length) == (history_head(leaf.hash for leaf in history), len(history))
    _check_accounts(house, by_lot)
    return count


def _read_leaves(house: House) -> list[Leaf]:
    frontier = Frontier()
    leaves: list[Leaf] = []
    chain = house.runtime.chain
    for log in chain.recorded(0, house.chain.height()):
        assert log.first_leaf == len(leaves)
        for start in range(0, len(log.records), RECORD_BYTES):
            record = log.records[start : start + RECORD_BYTES]
            leaves.append(Leaf(len(leaves), log.party, record, leaf_hash(to_entry(record, log.party))))
            frontier.append(leaves[-1].hash)
        assert frontier.root() == log.root
    assert chain.tree_head() == (frontier.size, frontier.root())
    return leaves


def _check_tree(house: House, leaves: list[Leaf]) -> None:
    with house.runtime.logs.view() as log:
        stored = load_frontier(log)
    expected = Frontier()
    expected.extend(leaf.hash for leaf in leaves)
    assert (stored.size, stored.root()) == (expected.size, expected.root())
    with house.trails.trail() as trail:
        assert [trail.node(0, leaf.index) for leaf in leaves] == [leaf.hash for leaf in leaves]


def _check_runs(house: House, by_lot: dict[int, list[Leaf]]) -> None:
    with house.trails.trail() as trail:
        for lot, history in by_lot.items():
            places = [trail.leaf_of(lot, position) for position in range(len(history) + 1)]
            assert places == [*(leaf.index for leaf in history), None]


def _check_events(house: House, by_lot: dict[int, list[Leaf]]) -> int:
    found = set[int]()
    with reading(house.runtime.engine) as connection:
        rows = connection.execute(select(schema.event).order_by(schema.event.c.seq)).all()
        written = {
            (from_signed(book), position) for book, position, _ in connection.execute(select(schema.registry_entry))
        }
        lengths = {from_signed(row.lot): row.length for row in connection.execute(select(schema.lot))}
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        lot = from_signed(row.lot)
        leaf = by_lot[lot][row.position]
        assert leaf.party == row.party
        assert leaf.record[16:] == hashlib.sha256(row.body).digest(), f"event {row.seq} is not the leaf at its position"
        found.add(leaf.index)
    for lot, position in written:
        leaf = by_lot[lot][position]
        assert leaf.party == REGISTRAR_PARTY
        found.add(leaf.index)
    assert len(found) == len(rows) + len(written) == sum(map(len, by_lot.values()))
    assert lengths == {lot: len(history) for lot, history in by_lot.items()}
    return len(rows)


def _check_accounts(house: House, by_lot: dict[int, list[Leaf]]) -> None:
    for lot, history in by_lot.items():
        if lot & BOOK_BIT:
            continue
        with house.trails.trail() as trail:
            bodies = [json.loads(event.body) for event in trail.events_of(lot)]
            stored = trail.find_lot(lot=lot)
        replay = Replay(lot)
        for leaf, body in zip(history, bodies, strict=True):
            replay.apply(leaf.word, body.get("target"))
        assert stored is not None
        assert (stored.owner, stored.declared) == (replay.owner, replay.declared)
        assert replay.accounts.total() == replay.declared
        sites = {0} | {leaf.word.site for leaf in history if _is_at_site(leaf.word)}
        words = {site: to_account_word(replay.accounts.account(site)) for site in sites}
        assert words == {site: house.runtime.chain.account_word(lot, site) for site in sites}
        kept = {site: to_account_word(account) for site, account in stored.accounts.by_site.items()}
        assert {site: word for site, word in words.items() if word} == {
            site: word for site, word in kept.items() if word
        }


def _is_at_site(word: Word) -> bool:
    return KIND_BY_CODE[word.kind & ~REVERSAL].scope is Scope.SITE
