"""What a cheating issuer may try: everything here is signed with the genuine issuer key. Nothing of it is valid."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.verifier.credential_factory import CredentialFactory, Issued, Payload
from tests.verifier.world import EXPORTER, GATEWAY, ISSUER, OPERATOR, PLATFORM, SITE, STRANGER, World
from verifier.canonical import to_base64url
from verifier.checkpoint import Pin
from verifier.eip712 import Domain
from verifier.event import GROUPS, make_disclosure
from verifier.kinds import Role
from verifier.report import Answer

REFUND, LAST = 10, 17
Tamper = Callable[[Payload], object]


def book(payload: Payload, party: int) -> list[dict[str, Any]]:
    return next(found["entries"] for found in payload["registry"] if found["party"] == party)


def omit_last_sale(payload: Payload) -> None:
    del payload["events"][LAST]
    payload["claim"]["accounts"]["0"]["SOLD"] -= 4
    payload["claim"]["accounts"][str(SITE)]["SHIPPED"] = 4


def share_a_leaf(payload: Payload) -> None:
    payload["events"][0]["leaf_index"] = payload["registry"][0]["entries"][0]["leaf_index"]


def swap(items: list[Any], i: int, j: int) -> None:
    items[i], items[j] = items[j], items[i]


def swap_member(items: list[dict[str, Any]], i: int, j: int, name: str) -> None:
    items[i][name], items[j][name] = items[j][name], items[i][name]


def set_(*path: Any, to: Any) -> Tamper:
    def tamper(payload: Payload) -> None:
        found: Any = payload
        for name in path[:-1]:
            found = found[name]
        assert found[path[-1]] != to
        found[path[-1]] = to

    return tamper


HASH = "0x" + "ab" * 32
OTHER_HASH = to_base64url(bytes(32))
TAMPERS: list[tuple[str, int, Tamper]] = [
    # (what is done, the step that must find it, how)
    ("a refund is left out, its proof kept", 5, lambda p: p["events"].pop(REFUND)),
    ("an event is shown twice", 3, lambda p: p["events"].insert(5, copy.deepcopy(p["events"][4]))),
    ("two events change places", 5, lambda p: swap(p["events"], 4, 5)),
    ("two events change leaf indices", 5, lambda p: swap_member(p["events"], 4, 5, "leaf_index")),
    ("a quantity grows", 5, set_("events", 9, "quantity", to=101)),
    ("a kind changes", 5, set_("events", 13, "kind", to="LOSE_HELD")),
    ("a site changes", 5, set_("events", 9, "site", to=9)),
    ("a target changes", 5, set_("events", 9, "target", to=7)),
    ("a time changes", 5, set_("events", 9, "event_time", to="2026-01-01T00:00:00+00:00")),
    ("an id changes", 5, set_("events", 9, "event_id", to="another")),
    ("a digest changes", 3, set_("events", 9, "_sd", 3, to=OTHER_HASH)),
    ("two digests of an event change places", 3, lambda p: swap(p["events"][9]["_sd"], 1, 2)),
    ("the owner's sale is said to be the platform's", 5, set_("events", LAST, "attester", to=PLATFORM)),
    ("a leaf index is moved", 5, set_("events", LAST, "leaf_index", to=10**6)),
    (
        "a leaf index is a hair behind the tree",
        5,
        lambda p: p["events"][LAST].update(leaf_index=p["anchor"]["tree_size"]),
    ),
    ("an event stands on the leaf of an entry", 5, share_a_leaf),
    ("a leaf index is missing", 1, lambda p: p["events"][9].pop("leaf_index")),
    ("a leaf index of an entry is missing", 1, lambda p: book(p, OPERATOR)[0].pop("leaf_index")),
    ("an event has a path too", 1, lambda p: p["events"][9].update(path=[])),
    ("an entry has a path too", 1, lambda p: book(p, OPERATOR)[0].update(path=[])),
    ("two hashes of the proof change places", 5, lambda p: swap(p["proof"], 0, 1)),
    ("a hash of the proof changes", 5, set_("proof", 0, to=OTHER_HASH)),
    ("the proof is cut", 5, lambda p: p["proof"].pop()),
    ("the proof is longer", 5, lambda p: p["proof"].append(OTHER_HASH)),
    ("the proof is longer in front", 5, lambda p: p["proof"].insert(0, OTHER_HASH)),
    ("the proof is far too long", 5, lambda p: p["proof"].extend([OTHER_HASH] * 100_000)),
    ("the proof is empty", 5, lambda p: p["proof"].clear()),
    ("the proof is missing", 1, lambda p: p.pop("proof")),
    ("the proof is no array", 1, set_("proof", to=OTHER_HASH)),
    ("a hash of the proof is no text", 1, set_("proof", 0, to=5)),
    ("a hash of the proof is one byte short", 1, set_("proof", 0, to=to_base64url(bytes(31)))),
    ("a hash of the proof is padded", 1, set_("proof", 0, to=OTHER_HASH + "=")),
    ("a hash of the proof ends in loose bits", 1, set_("proof", 0, to=OTHER_HASH[:-1] + "B")),
    ("more is sold than was", 8, set_("claim", "accounts", "0", "SOLD", to=85)),
    ("a lane is left out", 8, lambda p: p["claim"]["accounts"][str(SITE)].pop("LOST")),
    ("a site is left out", 8, lambda p: p["claim"]["accounts"].pop(str(SITE))),
    ("less is declared", 8, set_("claim", "declared", to=999)),
    ("another owns it", 8, set_("claim", "owner", to=PLATFORM)),
    ("the claim is of another lot", 8, set_("claim", "lot", to="00000000000000aa")),
    ("an event lies behind the cut-off", 8, set_("cutoff", "event_time", to="2026-01-01T00:00:00+00:00")),
    ("the record time is not the block's", 8, set_("cutoff", "record_time", to="2026-01-01T00:00:00+00:00")),
    ("a registry book is left out, its proof kept", 5, lambda p: p["registry"].pop(1)),
    ("the issuer's book is left out", 2, lambda p: p["registry"].pop()),
    ("a registry book comes twice", 1, lambda p: p["registry"].append(p["registry"][0])),
    ("an entry moves to another book", 5, lambda p: book(p, PLATFORM).append(book(p, OPERATOR).pop())),
    ("two entries change places", 5, lambda p: swap(book(p, OPERATOR), 0, 1)),
    ("a role is added", 5, set_("registry", 1, "entries", 0, "roles", to=0x7FF)),
    ("a custodial key is said to be self-held", 5, set_("registry", 1, "entries", 1, "is_custodial", to=False)),
    ("a key is said to be another's", 5, set_("registry", 1, "entries", 1, "key_id", to=HASH)),
    ("an admission is said to be another's", 5, set_("registry", 1, "entries", 2, "attester", to=PLATFORM)),
    ("the issuer is another party", 2, set_("issuer", "party", to=GATEWAY)),
    ("the issuer is a stranger", 2, set_("issuer", "party", to=STRANGER)),
    ("it expired", 2, lambda p: p.update(exp=p["iat"] + 1)),
    ("it is issued in the future", 2, lambda p: p.update(iat=p["iat"] + 10**6)),
    ("it is issued before its anchor", 2, lambda p: p.update(iat=p["iat"] - 10**6)),
    ("it expires before it is issued", 2, lambda p: p.update(exp=p["iat"])),
    ("the block has another hash", 6, set_("anchor", "block_hash", to=HASH)),
    ("the root is another", 5, set_("anchor", "root", to=HASH)),
    ("the tree is smaller", 5, set_("anchor", "tree_size", to=10)),
    ("the contract is another", 6, set_("anchor", "contract", to="0x" + "11" * 20)),
    ("the log is another", 6, set_("anchor", "log_id", to=HASH)),
    ("another kind of credential", 1, set_("vct", to="urn:cangsu:vct:fx:1")),
    ("an unknown member", 1, lambda p: p.update(status="good")),
    ("an unknown member of an event", 1, lambda p: p["events"][0].update(note="good")),
    ("digests in the payload itself", 1, lambda p: p.update(_sd=[OTHER_HASH])),
    ("a seventh digest", 1, lambda p: p["events"][0]["_sd"].append(OTHER_HASH)),
    ("quantity as text", 4, set_("events", 9, "quantity", to="100")),
    ("an unlisted kind", 4, set_("events", 9, "kind", to="SELL")),
]
OMISSIONS: list[tuple[str, int, Tamper]] = [
    # what is left out, with a good proof of all that is left
    ("a refund", 7, lambda p: p["events"].pop(REFUND)),
    ("the newest sale", 7, omit_last_sale),
    ("the whole history", 8, lambda p: p["events"].clear()),
    ("a registry book", 10, lambda p: p["registry"].pop(1)),
    ("all of a book", 7, lambda p: book(p, OPERATOR).clear()),
    ("a site of a book", 7, lambda p: book(p, OPERATOR).pop()),
    ("an admission", 7, lambda p: book(p, EXPORTER).pop()),
]


def by_name(tampers: list[tuple[str, int, Tamper]]) -> Any:
    found = [(step, tamper) for _, step, tamper in tampers]
    return pytest.mark.parametrize(("step", "tamper"), found, ids=[name for name, _, _ in tampers])


@by_name(TAMPERS)
def test_a_tampered_payload_is_invalid(factory: CredentialFactory, story: Issued, step: int, tamper: Tamper) -> None:
    payload = copy.deepcopy(story.payload)
    tamper(payload)
    assert_step_refuses(factory, story, payload, step)


@by_name(OMISSIONS)
def test_what_is_left_out_is_found(factory: CredentialFactory, story: Issued, step: int, tamper: Tamper) -> None:
    payload = copy.deepcopy(story.payload)
    tamper(payload)
    factory.prove_anew(payload)
    assert_step_refuses(factory, story, payload, step)


def assert_step_refuses(factory: CredentialFactory, story: Issued, payload: Payload, step: int) -> None:
    disclosures = story.disclosures if len(payload["events"]) == len(story.payload["events"]) else ()
    report = factory.judge(factory.sign(payload, disclosures))
    assert report.answer is Answer.INVALID
    assert report.deciding_step is not None
    assert report.deciding_step.number == step, report.deciding_step.reason


def test_a_block_that_the_node_does_not_have_cannot_be_judged(factory: CredentialFactory, story: Issued) -> None:
    payload = copy.deepcopy(story.payload)
    payload["anchor"]["block_number"] += 1000
    assert factory.judge(factory.sign(payload, story.disclosures)).answer is Answer.CANNOT_TELL


@pytest.mark.parametrize(("member", "change"), [("block_number", -1), ("block_time", 1), ("chain_id", 1)])
def test_an_anchor_that_is_not_the_chains_is_never_valid(
    factory: CredentialFactory, story: Issued, member: str, change: int
) -> None:
    payload = copy.deepcopy(story.payload)
    payload["anchor"][member] += change
    payload["iat"] += 1
    assert factory.judge(factory.sign(payload, story.disclosures)).answer is not Answer.VALID


def test_a_story_under_the_anchor_of_another_credential_is_invalid(
    factory: CredentialFactory, world: World, story_lot: int, small_lot: int
) -> None:
    first = factory.issue(story_lot)
    lot, _ = world.number_line("223320260001234568", 9)
    world.record(GATEWAY, {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 5})
    second = factory.issue(small_lot)
    for one, other in ((first, second), (second, first)):
        payload = copy.deepcopy(one.payload) | {"anchor": other.payload["anchor"], "cutoff": other.payload["cutoff"]}
        assert factory.judge(factory.sign(payload, one.disclosures)).answer is Answer.INVALID


def test_events_of_another_lot_are_no_history(factory: CredentialFactory, story: Issued, small: Issued) -> None:
    payload = copy.deepcopy(small.payload)
    payload["events"] = story.payload["events"]
    factory.prove_anew(payload)
    assert factory.judge(factory.sign(payload, ())).answer is Answer.INVALID


def test_two_money_groups_under_one_leaf_are_refused(factory: CredentialFactory, world: World) -> None:
    """Sealed so on chain: for the bank one amount, for tax another. A strict SD-JWT library would show either."""
    lot, _ = world.number_line("223320260001234569", 3)
    twice = [make_disclosure(to_base64url(bytes([n]) * 16), "money", {"gross_minor": n}) for n in (1, 2)]
    sealed = [make_disclosure(to_base64url(bytes([9]) * 16), group, {}) for group in GROUPS]
    sealed[1], sealed[3] = twice  # the goods slot holds a second money group
    declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 5}
    world.record(GATEWAY, declare | {"disclosures": sealed})
    issued = factory.issue(lot, shown=frozenset())
    assert factory.judge(issued).answer is Answer.VALID
    for disclosure, answer in zip(twice, (Answer.INVALID, Answer.VALID), strict=True):
        assert factory.judge(factory.sign(issued.payload, (disclosure,))).answer is answer


def test_the_credential_of_another_log_is_refused_by_who_pinned_one(
    factory: CredentialFactory, world: World, small: Issued
) -> None:
    other = Domain(world.domain.chain_id, world.domain.contract, bytes(32))
    assert factory.judge(small, log=Pin("", other)).answer is Answer.INVALID


@pytest.mark.parametrize("end", [World.end_key, World.retire_key], ids=["by the registrar", "by its own party"])
def test_a_key_that_was_ended_issues_nothing_more(
    factory: CredentialFactory, world: World, small_lot: int, end: Callable[[World, int, bytes], None]
) -> None:
    other = CredentialFactory(world, ec.generate_private_key(ec.SECP256R1()))
    world.set_party(STRANGER, Role.ISSUER)
    world.add_batch_key(STRANGER)
    world.add_issuer_key(STRANGER, other.jwk)

    def as_stranger(payload: Payload) -> None:
        payload["issuer"] = {"party": STRANGER, "jwk": other.jwk.to_json()}
        payload["registry"].append(world.book(STRANGER).to_json())
        factory.prove_anew(payload)

    assert factory.judge(other.issue(small_lot, tamper=as_stranger)).answer is Answer.VALID
    end(world, STRANGER, other.jwk.thumbprint())
    ended = factory.judge(other.issue(small_lot, tamper=as_stranger))
    assert ended.answer is Answer.INVALID
    assert ended.deciding_step is not None
    assert ended.deciding_step.number == 2


def test_an_issuer_without_the_role_is_refused(factory: CredentialFactory, small: Issued) -> None:
    payload = copy.deepcopy(small.payload)
    book(payload, ISSUER)[0]["roles"] = int(Role.BANK)
    report = factory.judge(factory.sign(payload, small.disclosures))
    assert report.deciding_step is not None
    assert report.deciding_step.number == 2


def test_a_declaration_that_is_shown_must_be_proven(factory: CredentialFactory, world: World) -> None:
    """A gateway that seals a number without its signature, or the signature of another line."""
    lot, document = world.number_line("223320260001234570", 4)
    _, other = world.number_line("223320260001234571", 5)
    for position, forged in enumerate(
        (
            {"declaration_no": "223320260001234570"},
            document | {"declaration_no": "223320260001234572"},
            document | {"item_no": 5},
            other,
        )
    ):
        declare = {"kind": "DECLARE", "lot": lot + position, "site": EXPORTER, "quantity": 5}
        world.record(GATEWAY, declare | {"groups": {"document": forged}})
        report = factory.judge(factory.issue(lot + position))
        assert report.answer is Answer.INVALID
        assert report.deciding_step is not None
        assert report.deciding_step.number == 8
