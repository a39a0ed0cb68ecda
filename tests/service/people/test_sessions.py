"""Sessions end when their time is over, when they are ended, and with what they rest on (S-105); on each database."""

import pytest
from sqlalchemy import Engine, select, text, update

from service.core.caller import Verb
from service.flow.enrol import disable, reset
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import Started, end_session, find_session, sessions_of
from service.flow.sign_in import sign_in
from service.store import schema
from service.store.database import reading, writing
from tests.service.market import EXPORTER, WEST_COAST
from tests.service.people.person import IDLE, MOST, Clock, Person, make_person
from verifier.kinds import Role


@pytest.fixture
def started(desk: PeopleDesk, person: Person) -> Started:
    return sign_in(desk, person.factors())


def is_over(desk: PeopleDesk, started: Started) -> bool:
    return find_session(desk, started.token) is None


def test_who_does_nothing_is_signed_out(desk: PeopleDesk, clock: Clock, started: Started) -> None:
    clock.wait(IDLE - 1)
    assert not is_over(desk, started)
    clock.wait(IDLE - 1)
    assert not is_over(desk, started)
    clock.wait(IDLE)
    assert is_over(desk, started)
    assert sessions_of(desk, started.user.id) == []


def test_however_busy_a_session_ends(desk: PeopleDesk, clock: Clock, started: Started) -> None:
    for _ in range(MOST // 1000):
        clock.wait(1000)
        assert not is_over(desk, started)
    clock.wait(MOST % 1000)
    assert is_over(desk, started)


def test_a_session_is_ended_at_once_and_only_by_its_user(desk: PeopleDesk, person: Person, started: Started) -> None:
    other = make_person(desk, EXPORTER, "Wang Fang")
    others = sign_in(desk, other.factors())
    assert not end_session(desk, others.user.id, started.session.id)
    assert not is_over(desk, started)
    assert end_session(desk, started.user.id, started.session.id)
    assert is_over(desk, started)
    assert not is_over(desk, others)


def test_sessions_end_when_their_user_is_disabled_or_reset(desk: PeopleDesk, person: Person, started: Started) -> None:
    disable(desk, EXPORTER, started.user.id)
    assert is_over(desk, started)
    reset(desk, EXPORTER, started.user.id)
    assert is_over(desk, started)


def test_a_token_that_nobody_was_given_is_no_session(desk: PeopleDesk, started: Started) -> None:
    for token in ("", "x", started.token[:-1], started.token + "A", started.session.id):
        assert find_session(desk, token) is None


def test_only_a_hash_of_the_token_is_kept(desk: PeopleDesk, engine: Engine, started: Started) -> None:
    with reading(engine) as connection:
        rows = [tuple(row) for row in connection.execute(select(schema.session))]
    assert started.session.id in repr(rows)
    assert started.token not in repr(rows)
    assert started.token not in repr(started)


def test_sessions_that_are_over_are_cleared_away(
    desk: PeopleDesk, engine: Engine, person: Person, clock: Clock
) -> None:
    sign_in(desk, person.factors())
    clock.wait(MOST)
    sign_in(desk, person.factors())
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM session")).scalar_one() == 1


def test_a_person_never_has_a_role_that_its_party_has_lost(desk: PeopleDesk, engine: Engine) -> None:
    all_roles = sign_in(desk, make_person(desk, WEST_COAST, "All").factors())
    biller = sign_in(desk, make_person(desk, WEST_COAST, "Biller", roles=int(Role.BILLER)).factors())
    assert (all_roles.roles, biller.roles) == (Role.OPERATOR | Role.BILLER, Role.BILLER)
    with writing(engine) as connection:
        mine = update(schema.party).where(schema.party.c.number == WEST_COAST)
        connection.execute(mine.values(roles=int(Role.OPERATOR)))
    found = [find_session(desk, one.token) for one in (all_roles, biller)]
    assert [one.roles for one in found if one is not None] == [Role.OPERATOR, 0]


def test_a_busy_session_is_not_written_at_every_request(desk: PeopleDesk, clock: Clock, started: Started) -> None:
    clock.wait(59)
    find_session(desk, started.token)
    assert sessions_of(desk, started.user.id)[0].seen_at == started.session.seen_at
    clock.wait(1)
    find_session(desk, started.token)
    assert sessions_of(desk, started.user.id)[0].seen_at == started.session.seen_at + 60


def test_verbs_are_kept(desk: PeopleDesk) -> None:
    person = make_person(desk, EXPORTER, "Reader", frozenset({Verb.LOTS_READ, Verb.CLAIMS_READ}))
    assert sign_in(desk, person.factors()).user.verbs == {Verb.LOTS_READ, Verb.CLAIMS_READ}
