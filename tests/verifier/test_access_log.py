"""The access log of an owner: whatever is left out, altered or anchored otherwise does not pass."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from verifier.access_log import KIND, START, describe, next_head, owner_leaf, verify_file
from verifier.canonical import to_base64url
from verifier.errors import VerificationError
from verifier.event import GROUPS, check_clear, disclosure_digest, event_digest, make_disclosure
from verifier.merkle import inclusion_path, tree_head
from verifier.record import book_number, leaf_hash, lot_to_hex, to_entry
from verifier.shapes import to_hex

OWNER, READER, SERVICE, DAY = 7, 8, 10, "2026-11-24"
SALT = to_base64url(bytes(16))


def an_entry(seq: int) -> dict[str, Any]:
    return {
        "seq": seq, "at": f"2026-11-24T03:12:0{seq}Z", "reader": READER, "credential": "key:1a2b3c4d", "owner": OWNER,
        "kind": "lot", "id": "223320260001234567-01-00", "verb": "lots:read",
    }  # fmt: skip


def a_path(leaves: list[bytes], index: int) -> list[str]:
    path = inclusion_path(index, len(leaves), lambda level, n: tree_head(leaves[n << level : (n + 1) << level]))
    return [to_base64url(item) for item in path]


def a_file(length: int = 4, anchored: int = 3) -> dict[str, Any]:
    """A log of four entries, the first three of them anchored in a day with three owners, in a tree of five leaves."""
    entries = [an_entry(seq) for seq in range(length)]
    heads = [START]
    for entry in entries:
        heads.append(next_head(heads[-1], entry))
    leaves = [owner_leaf(3, 1, bytes(32)), owner_leaf(OWNER, anchored, heads[anchored]), owner_leaf(11, 2, bytes(32))]
    root = to_base64url(tree_head(leaves))
    disclosures = [make_disclosure(SALT, name, {}) for name in GROUPS]
    disclosures[0] = make_disclosure(
        SALT, "document", {"access_day": DAY, "access_root": root, "access_owners": len(leaves)}
    )
    clear = {
        "schema": "cangsu-event-1", "event_id": f"access-log-{DAY}", "kind": KIND, "site": 0, "quantity": 0,
        "lot": lot_to_hex(book_number(0, SERVICE)), "event_time": "2026-11-25T00:00:30+08:00",
    }  # fmt: skip
    digests = [disclosure_digest(text) for text in disclosures]
    leaf = leaf_hash(to_entry(check_clear(clear).to_bytes() + event_digest(clear, digests), SERVICE))
    log = [bytes([number]) * 32 for number in range(4)] + [leaf]
    proof = {
        "event": clear | {"_sd": digests}, "disclosure": disclosures[0], "leaf_index": 4, "path": a_path(log, 4),
        "tree_size": 5, "root": to_base64url(tree_head(log)), "block_number": 9, "block_hash": to_hex(bytes(32)),
    }  # fmt: skip
    anchor = {
        "day": DAY, "length": anchored, "head": to_hex(heads[anchored]), "index": 1, "owners": 3,
        "path": a_path(leaves, 1), "root": root, "party": SERVICE, "event_id": clear["event_id"], "proof": proof,
    }  # fmt: skip
    return {
        "owner": OWNER, "length": length, "head": to_hex(heads[-1]), "first": 0, "start_head": to_hex(START),
        "entries": entries, "anchors": [anchor],
    }  # fmt: skip


def test_a_whole_log_passes_and_says_what_it_rests_on() -> None:
    found = verify_file(a_file())
    assert (found.first, found.last, found.is_whole, found.anchored) == (0, 4, True, 3)
    assert found.tree_heads[0].tree_size == 5
    assert "all entries" in describe(found)[0]


def test_a_page_passes_and_is_called_a_part() -> None:
    page = a_file()
    page["first"], page["start_head"] = 1, to_hex(next_head(START, an_entry(0)))
    del page["entries"][0]
    assert not verify_file(page).is_whole


def test_a_day_that_is_not_on_chain_yet_proves_nothing() -> None:
    waiting = a_file()
    waiting["anchors"][0]["proof"] = None
    found = verify_file(waiting)
    assert (found.anchored, found.unproven_days) == (0, (DAY,))


def drop_entry(log: Any) -> None:
    del log["entries"][1]


def drop_and_renumber(log: Any) -> None:
    del log["entries"][1]
    for seq, entry in enumerate(log["entries"]):
        entry["seq"] = seq
    log["length"] = len(log["entries"])


def rechain_without_one(log: Any) -> None:
    """The service leaves an entry out and computes its chain anew; what was anchored stands against it."""
    drop_and_renumber(log)
    head = START
    for entry in log["entries"]:
        head = next_head(head, entry)
    log["head"] = to_hex(head)


def begin_elsewhere(log: Any) -> None:
    log["start_head"] = to_hex(b"\1" * 32)


def set_at(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(log: Any) -> None:
        *way, last = path
        for step in way:
            log = log[step]
        log[last] = value

    return change


CHANGES = {
    "an entry is left out": drop_entry,
    "an entry is left out and the others count on": drop_and_renumber,
    "the chain is made anew without an entry": rechain_without_one,
    "another reader": set_at("entries", 2, "reader", value=9),
    "another time": set_at("entries", 0, "at", value="2026-11-24T03:12:09Z"),
    "of another owner": set_at("owner", value=11),
    "a beginning of its own": begin_elsewhere,
    "more entries than are shown": set_at("head", value=to_hex(bytes(32))),
    "an anchored length that is another": set_at("anchors", 0, "length", value=2),
    "an anchor beyond the file": set_at("anchors", 0, "length", value=9),
    "a root that is another": set_at("anchors", 0, "root", value=to_base64url(bytes(32))),
    "another day": set_at("anchors", 0, "day", value="2026-11-23"),
    "another number of owners": set_at("anchors", 0, "owners", value=4),
    "an event of another id": set_at("anchors", 0, "event_id", value="access-log-2026-11-23"),
    "an event of another party": set_at("anchors", 0, "party", value=9),
    "an event of another kind": set_at("anchors", 0, "proof", "event", "kind", value="FEE"),
    "an event at another time": set_at("anchors", 0, "proof", "event", "event_time", value="2026-11-25T00:00:31+08:00"),
    "another document": set_at("anchors", 0, "proof", "disclosure", value=make_disclosure(SALT, "document", {})),
    "no digests": set_at("anchors", 0, "proof", "event", "_sd", value=[]),
    "another place in the tree": set_at("anchors", 0, "proof", "leaf_index", value=3),
    "another tree": set_at("anchors", 0, "proof", "root", value=to_base64url(bytes(32))),
    "an unknown member": set_at("note", value=1),
    "an entry with more than is chained": set_at("entries", 0, "note", value=1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_does_not_pass(change: str) -> None:
    log = deepcopy(a_file())
    CHANGES[change](log)
    with pytest.raises(VerificationError):
        verify_file(log)
