"""Signing in (S-102 to S-104), on each database: refusals look and cost the same, and nothing is taken twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from service.core.passwords import Hasher, PasswordRefusedError
from service.core.throttle import FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, MOST_SECONDS
from service.flow import sign_in as sign_in_module
from service.flow.enrol import disable
from service.flow.people_desk import PeopleDesk
from service.flow.sessions import find_session, sessions_of
from service.flow.sign_in import Factors, SignInRefusedError, ThrottledError, change_password, network_of, sign_in
from tests.service.market import EXPORTER
from tests.service.people.person import ELSEWHERE, HOME, OTHER_PASSWORD, QUICK, Clock, Person


def refuse(desk: PeopleDesk, factors: Factors) -> None:
    with pytest.raises(SignInRefusedError) as refused:
        sign_in(desk, factors)
    assert refused.value.args == ()


def test_both_factors_begin_a_session(desk: PeopleDesk, person: Person) -> None:
    started = sign_in(desk, person.factors())
    found = find_session(desk, started.token)
    assert found is not None
    assert (found.user.user, found.session.id) == ("li.wei@7", started.session.id)


WRONG: dict[str, Callable[[Person], dict[str, Any]]] = {
    "password": lambda person: {"password": "nine lorries to Ningbo "},
    "code": lambda person: {"code": person.wrong_code()},
    "both": lambda person: {"password": "no", "code": person.wrong_code()},
    "user": lambda person: {"user": "li.wai@7"},
    "party": lambda person: {"user": "li.wei@11"},
    "no name": lambda person: {"user": "x" * 90},
    "empty": lambda person: {"user": "", "password": ""},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_factor_is_refused(desk: PeopleDesk, person: Person, wrong: str) -> None:
    refuse(desk, person.factors(**WRONG[wrong](person)))


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_costs_the_same(
    desk: PeopleDesk, person: Person, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look at a password and one at a code, always: counted, since a clock would judge the machine."""
    looks: list[str] = []
    is_right, matching_step = Hasher.is_right, sign_in_module.matching_step
    monkeypatch.setattr(Hasher, "is_right", lambda *given: (looks.append("password"), is_right(*given))[1])
    monkeypatch.setattr(
        sign_in_module, "matching_step", lambda *given: (looks.append("code"), matching_step(*given))[1]
    )
    refuse(desk, person.factors(**WRONG[wrong](person)))
    assert looks == ["password", "code"]


def test_a_code_is_taken_once(desk: PeopleDesk, person: Person) -> None:
    factors = person.factors()
    sign_in(desk, factors)
    refuse(desk, factors)


def test_the_code_of_the_enrolment_is_not_taken_again(desk: PeopleDesk, person: Person) -> None:
    refuse(desk, person.factors(code=person.code()))


def test_an_older_code_is_not_taken_after_a_newer_one(desk: PeopleDesk, person: Person) -> None:
    person.next_code()
    sign_in(desk, person.factors(code=person.code(1)))
    refuse(desk, person.factors(code=person.code(0)))


def test_a_wrong_password_does_not_use_the_code_up(desk: PeopleDesk, person: Person) -> None:
    factors = person.factors(password="wrong")
    refuse(desk, factors)
    sign_in(desk, replace(factors, password=person.password))


def test_of_many_who_show_one_code_at_once_one_gets_in(desk: PeopleDesk, person: Person) -> None:
    factors = person.factors()

    def attempt(_: int) -> bool:
        try:
            sign_in(desk, factors)
        except SignInRefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_a_recovery_code_replaces_the_app_once(desk: PeopleDesk, person: Person) -> None:
    code = person.recovery_codes[3].upper()
    sign_in(desk, person.factors(code=code))
    refuse(desk, person.factors(code=code))
    sign_in(desk, person.factors(code=person.recovery_codes[4]))


def test_a_recovery_code_of_somebody_else_is_none(desk: PeopleDesk, person: Person) -> None:
    from tests.service.people.person import make_person

    other = make_person(desk, EXPORTER, "Wang Fang")
    refuse(desk, person.factors(code=other.recovery_codes[0]))


def test_who_is_disabled_does_not_get_in(desk: PeopleDesk, person: Person) -> None:
    with desk.store.view() as people:
        user = people.users(EXPORTER)[0]
    disable(desk, EXPORTER, user.id)
    refuse(desk, person.factors())


def test_a_session_of_before_ends_with_a_new_one(desk: PeopleDesk, person: Person) -> None:
    first = sign_in(desk, person.factors())
    second = sign_in(desk, person.factors(), first.token)
    assert find_session(desk, first.token) is None
    assert find_session(desk, second.token) is not None


def test_a_hash_of_old_parameters_is_renewed(desk: PeopleDesk, person: Person) -> None:
    stronger = replace(desk, hasher=Hasher(time_cost=2, memory_kib=16, lanes=1))
    sign_in(stronger, person.factors())
    with desk.store.view() as people:
        kept = people.users(EXPORTER)[0].password_hash
    assert kept is not None
    assert "m=16,t=2,p=1" in kept
    sign_in(stronger, person.factors())


def test_a_failed_try_renews_no_hash(desk: PeopleDesk, person: Person) -> None:
    stronger = replace(desk, hasher=Hasher(time_cost=2, memory_kib=16, lanes=1))
    refuse(stronger, person.factors(code=person.wrong_code()))
    with desk.store.view() as people:
        kept = people.users(EXPORTER)[0].password_hash
    assert kept is not None
    assert not QUICK.is_outdated(kept)


def guess(desk: PeopleDesk, person: Person, times: int, address: str = HOME, user: str | None = None) -> None:
    for _ in range(times):
        refuse(desk, person.factors(address, user=user or person.user, password="a guess", code="000000"))


@pytest.mark.parametrize("user", ["li.wei@7", "nobody@7", "nonsense"])
def test_who_guesses_waits_longer_each_time_whether_or_not_there_is_such_a_user(
    desk: PeopleDesk, person: Person, clock: Clock, user: str
) -> None:
    guess(desk, person, FREE_FOR_ACCOUNT + 1, user=user)
    waits = []
    for _ in range(12):
        with pytest.raises(ThrottledError) as throttled:
            sign_in(desk, person.factors(user=user, code="000000"))
        waits.append(throttled.value.wait_seconds)
        clock.wait(throttled.value.wait_seconds)
        guess(desk, person, 1, user=user)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, MOST_SECONDS, MOST_SECONDS]


def test_while_one_waits_not_even_the_right_factors_are_taken(desk: PeopleDesk, person: Person, clock: Clock) -> None:
    guess(desk, person, FREE_FOR_ACCOUNT + 1)
    with pytest.raises(ThrottledError):
        sign_in(desk, person.factors(ELSEWHERE, code=person.code(1)))
    clock.wait(1)
    sign_in(desk, person.factors(ELSEWHERE))


def test_tries_are_counted_for_all_processes_and_many_at_once_are_not_free(desk: PeopleDesk, person: Person) -> None:
    others = [replace(desk) for _ in range(8)]

    def attempt(other: PeopleDesk) -> str:
        try:
            sign_in(other, person.factors(password="a guess", code="000000"))
        except (SignInRefusedError, ThrottledError) as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, others * 2))
    assert found.count("SignInRefusedError") == FREE_FOR_ACCOUNT + 1
    assert found.count("ThrottledError") == 16 - FREE_FOR_ACCOUNT - 1


def test_who_guesses_at_many_users_from_one_address_waits_too(desk: PeopleDesk, person: Person) -> None:
    for number in range(FREE_FOR_ADDRESS + 1):
        guess(desk, person, 1, user=f"user{number}@7")
    with pytest.raises(ThrottledError):
        sign_in(desk, person.factors(HOME, code=person.code(1)))
    sign_in(desk, person.factors(ELSEWHERE))


def test_a_right_try_forgives_the_account_and_costs_its_address_nothing(desk: PeopleDesk, person: Person) -> None:
    for _ in range(FREE_FOR_ADDRESS):
        guess(desk, person, 1)
        sign_in(desk, person.factors())
    with pytest.raises(SignInRefusedError):  # the address has used its free tries up, and not one more
        sign_in(desk, person.factors(password="a guess", code="000000"))
    with pytest.raises(ThrottledError):
        sign_in(desk, person.factors(password="a guess", code="000000"))


def test_a_subscriber_has_one_network() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert (network_of("198.51.100.7"), network_of("testclient")) == ("198.51.100.7", "testclient")


def test_a_new_password_ends_every_session_and_begins_one(desk: PeopleDesk, person: Person) -> None:
    before = [sign_in(desk, person.factors()) for _ in range(2)]
    after = change_password(desk, person.factors(), OTHER_PASSWORD)
    assert [find_session(desk, started.token) for started in before] == [None, None]
    assert [session.id for session in sessions_of(desk, after.user.id)] == [after.session.id]
    refuse(desk, person.factors())
    sign_in(desk, person.factors(password=OTHER_PASSWORD))


@pytest.mark.parametrize("new", ["short", "li.wei@7 li.wei@7"])
def test_a_new_password_obeys_the_rules(desk: PeopleDesk, person: Person, new: str) -> None:
    with pytest.raises(PasswordRefusedError):
        change_password(desk, person.factors(), new)
    sign_in(desk, person.factors())


def test_a_new_password_needs_both_factors(desk: PeopleDesk, person: Person) -> None:
    with pytest.raises(SignInRefusedError):
        change_password(desk, person.factors(code=person.wrong_code()), OTHER_PASSWORD)
    sign_in(desk, person.factors())
