"""Invitations of people: who may invite whom, what a token is good for, and how long (S-101); on each database."""

import pytest
from sqlalchemy import Engine, text

from service.core.caller import ALL_VERBS, Caller, Verb
from service.core.one_time import STEP_SECONDS
from service.core.passwords import PasswordRefusedError
from service.core.people import User
from service.flow.enrol import (
    RENEWAL_SECONDS,
    VALID_SECONDS,
    BeyondOwnError,
    InvitationRefusedError,
    Invited,
    Invitee,
    NoSuchEnrolmentError,
    NoSuchUserError,
    WrongCodeError,
    ask_again,
    disable,
    enrol,
    invite,
    look,
    reset,
)
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import find_session
from service.flow.sign_in import SignInRefusedError, sign_in
from service.keys.keyring import KeyringError
from service.store.database import reading, writing
from tests.service.market import EXPORTER, RIVAL, STRANGER, WEST_COAST
from tests.service.people.person import OTHER_PASSWORD, PASSWORD, Clock, Person, make_person
from verifier.kinds import Role


@pytest.fixture
def invited(desk: PeopleDesk) -> Invited:
    return invite(desk, Invitee(EXPORTER, "Li Wei", ALL_VERBS))


def app_of(desk: PeopleDesk, invited: Invited, clock: Clock) -> Person:
    """The authenticator app after reading the QR code."""
    from service.core.one_time import secret_text

    return Person(invited.user.user, secret_text(look(desk, invited.token).secret), clock)


def user_of(desk: PeopleDesk, party: int = EXPORTER) -> User:
    with desk.store.view() as people:
        return people.users(party)[0]


def test_an_invited_person_has_nothing_to_sign_in_with(desk: PeopleDesk, invited: Invited, clock: Clock) -> None:
    app = app_of(desk, invited, clock)
    assert user_of(desk).state == "invited"
    for password in ("", PASSWORD):
        with pytest.raises(SignInRefusedError):
            sign_in(desk, app.factors(password=password))


def test_the_same_secret_is_offered_each_time(desk: PeopleDesk, invited: Invited) -> None:
    assert look(desk, invited.token).secret == look(desk, invited.token).secret


def test_a_token_is_taken_up_once(desk: PeopleDesk, invited: Invited, clock: Clock) -> None:
    app = app_of(desk, invited, clock)
    started, codes = enrol(desk, invited.token, PASSWORD, app.code(), "tests")
    assert (find_session(desk, started.token) is not None, len(codes), user_of(desk).state) == (True, 10, "active")
    with pytest.raises(NoSuchEnrolmentError):
        look(desk, invited.token)
    with pytest.raises(NoSuchEnrolmentError):
        enrol(desk, invited.token, OTHER_PASSWORD, app.next_code(), "tests")
    sign_in(desk, app.factors())


def test_a_token_runs_out(desk: PeopleDesk, invited: Invited, clock: Clock) -> None:
    app = app_of(desk, invited, clock)
    clock.wait(VALID_SECONDS)
    with pytest.raises(NoSuchEnrolmentError):
        look(desk, invited.token)
    with pytest.raises(NoSuchEnrolmentError):
        enrol(desk, invited.token, PASSWORD, app.code(), "tests")


@pytest.mark.parametrize("password", ["short", "li.wei li.wei"])
def test_a_password_that_is_refused_leaves_the_token(
    desk: PeopleDesk, invited: Invited, clock: Clock, password: str
) -> None:
    app = app_of(desk, invited, clock)
    with pytest.raises(PasswordRefusedError):
        enrol(desk, invited.token, password, app.code(), "tests")
    enrol(desk, invited.token, PASSWORD, app.code(), "tests")


def test_an_app_is_not_taken_without_its_first_code(desk: PeopleDesk, invited: Invited, clock: Clock) -> None:
    with pytest.raises(WrongCodeError):  # no secret was even offered
        enrol(desk, invited.token, PASSWORD, "000000", "tests")
    app = app_of(desk, invited, clock)
    with pytest.raises(WrongCodeError):
        enrol(desk, invited.token, PASSWORD, app.wrong_code(), "tests")
    assert user_of(desk).state == "invited"


def test_a_new_invitation_ends_the_one_before(desk: PeopleDesk, invited: Invited) -> None:
    again = reset(desk, EXPORTER, invited.user.id)
    with pytest.raises(NoSuchEnrolmentError):
        look(desk, invited.token)
    assert look(desk, again.token).user.user == "li.wei@7"


def test_a_reset_takes_everything_away_at_once(desk: PeopleDesk, person: Person) -> None:
    started = sign_in(desk, person.factors())
    again = reset(desk, EXPORTER, started.user.id)
    assert find_session(desk, started.token) is None
    for code in (person.next_code(), person.recovery_codes[0]):
        with pytest.raises(SignInRefusedError):
            sign_in(desk, person.factors(code=code))
    renewed = app_of(desk, again, person.clock)
    assert renewed.secret != person.secret
    _, codes = enrol(desk, again.token, OTHER_PASSWORD, renewed.code(), "tests")
    assert not set(codes) & set(person.recovery_codes)
    sign_in(desk, renewed.factors(password=OTHER_PASSWORD))


def test_who_asks_for_new_factors_keeps_the_old_ones_until_then(desk: PeopleDesk, person: Person) -> None:
    again = ask_again(desk, user_of(desk))
    started = sign_in(desk, person.factors())
    renewed = app_of(desk, again, person.clock)
    enrol(desk, again.token, OTHER_PASSWORD, renewed.code(), "tests")
    assert find_session(desk, started.token) is None
    with pytest.raises(SignInRefusedError):
        sign_in(desk, person.factors())
    person.clock.wait(RENEWAL_SECONDS)
    sign_in(desk, renewed.factors(password=OTHER_PASSWORD))


def test_a_token_of_one_who_is_disabled_is_good_for_nothing(desk: PeopleDesk, invited: Invited) -> None:
    disable(desk, EXPORTER, invited.user.id)
    with pytest.raises(NoSuchEnrolmentError):
        look(desk, invited.token)
    assert look(desk, reset(desk, EXPORTER, invited.user.id).token).user.state == "invited"


@pytest.mark.parametrize(
    ("invitee", "field"),
    [
        (Invitee(STRANGER, "Li Wei", ALL_VERBS), "party"),
        (Invitee(EXPORTER, "Li Wei", ALL_VERBS, roles=int(Role.BANK)), "roles"),
        (Invitee(EXPORTER, "Li Wei", ALL_VERBS, handle="li@wei"), "handle"),
        (Invitee(EXPORTER, "!!", ALL_VERBS), "handle"),
        (Invitee(EXPORTER, "LI WEI", ALL_VERBS), "handle"),
    ],
)
def test_whom_one_cannot_invite(desk: PeopleDesk, invited: Invited, invitee: Invitee, field: str) -> None:
    with pytest.raises(InvitationRefusedError) as refused:
        invite(desk, invitee)
    assert refused.value.field == field


def test_two_parties_may_have_people_of_one_name(desk: PeopleDesk, invited: Invited) -> None:
    assert invite(desk, Invitee(RIVAL, "Li Wei", ALL_VERBS)).user.user == "li.wei@11"


BILLER = Caller(WEST_COAST, int(Role.BILLER), frozenset({Verb.USERS, Verb.LOTS_READ}), "user:1")


@pytest.mark.parametrize(
    ("roles", "verbs"),
    [(int(Role.OPERATOR), {Verb.LOTS_READ}), (None, {Verb.LOTS_READ}), (int(Role.BILLER), {Verb.KITS})],
)
def test_nobody_gives_or_takes_over_more_than_they_have(desk: PeopleDesk, roles: int | None, verbs: set[Verb]) -> None:
    invitee = Invitee(WEST_COAST, "Wang Fang", frozenset(verbs), roles=roles)
    with pytest.raises(BeyondOwnError):
        invite(desk, invitee, BILLER)
    there = invite(desk, invitee).user
    for act in (reset, disable):
        with pytest.raises(BeyondOwnError):
            act(desk, WEST_COAST, there.id, BILLER)


def test_within_its_own_an_administrator_invites(desk: PeopleDesk) -> None:
    invitee = Invitee(WEST_COAST, "Wang Fang", frozenset({Verb.LOTS_READ}), roles=int(Role.BILLER))
    assert invite(desk, invitee, BILLER).user.roles == Role.BILLER


def test_another_partys_people_are_not_there(desk: PeopleDesk, person: Person) -> None:
    for act in (reset, disable):
        with pytest.raises(NoSuchUserError):
            act(desk, RIVAL, user_of(desk).id)
    sign_in(desk, person.factors())


def test_secrets_lie_in_the_store_only_hashed_or_encrypted(desk: PeopleDesk, engine: Engine, person: Person) -> None:
    import base64

    token = invite(desk, Invitee(EXPORTER, "Wang Fang", ALL_VERBS)).token
    offered = look(desk, token).secret
    with reading(engine) as connection:
        kept = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for table in ("party_user", "enrolment", "recovery_code", "session")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
            for value in row
        )
    assert b"$argon2id$" in kept
    for secret in (PASSWORD, person.secret, token, *person.recovery_codes):
        assert secret.encode() not in kept
        assert secret.replace("-", "").encode() not in kept
    assert base64.b32decode(person.secret) not in kept
    assert offered not in kept


def test_a_secret_that_is_put_into_anothers_row_does_not_open(desk: PeopleDesk, engine: Engine, person: Person) -> None:
    other = make_person(desk, EXPORTER, "Wang Fang")
    with writing(engine) as connection:
        theirs = "(SELECT totp FROM party_user WHERE handle = 'li.wei')"
        connection.execute(text(f"UPDATE party_user SET totp = {theirs} WHERE handle = 'wang.fang'"))
    with pytest.raises(KeyringError):
        sign_in(desk, other.factors())


def test_a_first_code_is_used_up(desk: PeopleDesk, person: Person) -> None:
    step = int(person.clock()) // STEP_SECONDS
    assert user_of(desk).totp_step == step
