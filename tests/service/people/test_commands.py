"""`cangsu user …`: the first administrator comes from the command line; so does help for who is locked out."""

import re

import pytest
from typer.testing import Result

from service.core.caller import ALL_VERBS, USUAL_VERBS
from service.flow.enrol import enrol, look
from service.flow.people_desk import PeopleDesk
from service.flow.sign_in import SignInRefusedError, sign_in
from tests.service.house import House
from tests.service.people.person import Person, make_person
from tests.service.test_commands import run

pytestmark = pytest.mark.chain


def token_in(answer: Result) -> str:
    assert answer.exit_code == 0, answer.output
    found = re.search(r"@\d+  (\S{43})$", answer.output, re.MULTILINE)
    assert found is not None, answer.output
    return found[1]


def test_the_first_of_a_party_is_its_administrator_and_enrols(house: House, web_desk: PeopleDesk) -> None:
    token = token_in(run(house, "user", "invite", "1", "Sun Li"))
    from service.core.one_time import secret_text
    from tests.service.people.person import PASSWORD, Clock

    clock = web_desk.clock
    assert isinstance(clock, Clock)
    app = Person("sun.li@1", secret_text(look(web_desk, token).secret), clock)
    started, _ = enrol(web_desk, token, PASSWORD, app.code(), "tests")
    assert (started.user.user, started.user.verbs) == ("sun.li@1", ALL_VERBS)
    run(house, "user", "invite", "1", "Qian Yi")
    with web_desk.store.view() as people:
        second = people.find_user(1, "qian.yi")
    assert second is not None
    assert second.verbs == USUAL_VERBS


def test_who_is_invited_is_listed_and_disabled(house: House) -> None:
    run(house, "user", "invite", "4", "Wang Fang", "--handle", "wf", "--role", "biller", "--verb", "lots:read")
    listed = run(house, "user", "list", "4").output
    assert listed.split("\n")[0] == "wf@4  invited  Wang Fang  lots:read"
    assert run(house, "user", "disable", "wf@4").output == "wf@4 is disabled\n"
    assert "wf@4  disabled" in run(house, "user", "list", "4").output


def test_a_reset_gives_a_new_token(house: House, web_desk: PeopleDesk) -> None:
    person = make_person(web_desk, 7, "Li Wei")
    token = token_in(run(house, "user", "reset", person.user))
    with pytest.raises(SignInRefusedError):
        sign_in(web_desk, person.factors())
    assert look(web_desk, token).user.user == person.user


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("invite", "99", "Li Wei"), "party 99 is not registered"),
        (("invite", "7", "Li Wei", "--role", "bank"), "the party has no such role"),
        (("invite", "7", "Li Wei", "--role", "king"), "there is no role king"),
        (("invite", "7", "Li Wei", "--language", "xx"), "expected en or zh"),
        (("disable", "nobody@7"), "there is no user nobody@7"),
        (("reset", "nobody"), "there is no user nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(house: House, arguments: tuple[str, ...], says: str) -> None:
    answer = run(house, "user", *arguments)
    assert answer.exit_code in (1, 2)
    assert says in " ".join(answer.output.replace("│", " ").split())
