"""A claim of losses follows what is found again, though nothing that is found names what was lost."""

from scripts.story_expected import LINE_A
from tests.service.api.caller import Api
from tests.service.claims.actions import LINES, claim, judge, wait_for_version
from tests.service.claims.conftest import TOLD_AT
from tests.service.market import an_event
from verifier.report import Answer


def test_what_is_found_again_lessens_the_claim(worked: Api) -> None:
    made = claim(worked, "loss", LINES[:1])
    assert list(made["figures"]["pieces"].values()) == [15]
    worked.house.tell(an_event("FIND", 2, line=LINE_A), an_event("FOUND_SHORT", 4, line=LINE_A), now=TOLD_AT)
    after = wait_for_version(worked, f"/v1/claims/{made['claim_id']}", 2)
    first, second, notice = after["credentials"]
    assert list(second["figures"]["pieces"].values()) == [9]
    assert (first["status"], first["successor"]) == ("invalid", second["digest"])
    assert {reason["kind"] for reason in notice["figures"]["reasons"]} == {"FIND", "FOUND_SHORT"}
    assert judge(worked, made["credential"]).answer is Answer.INVALID


def test_only_what_is_destroyed_is_left_when_all_else_is_found(worked: Api) -> None:
    """Eight pieces stay destroyed; what was lost and short turns up."""
    made = claim(worked, "loss", LINES[:1])
    worked.house.tell(an_event("FIND", 3, line=LINE_A), an_event("FOUND_SHORT", 4, line=LINE_A), now=TOLD_AT)
    after = wait_for_version(worked, f"/v1/claims/{made['claim_id']}", 2)
    assert list(after["credentials"][1]["figures"]["pieces"].values()) == [8]
