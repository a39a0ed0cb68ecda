"""What an exporter says of its own sales is pointed out, and so is what it takes back of what others said."""

from tests.verifier.credential_factory import CredentialFactory
from tests.verifier.world import EXPORTER, GATEWAY, OPERATOR, PLATFORM, SITE, World
from verifier.report import Answer


def test_a_refund_that_the_exporter_took_back_is_pointed_out(world: World, factory: CredentialFactory) -> None:
    lot, document = world.number_line("223320260001234599", 9)
    at = {"lot": lot, "site": SITE}
    declare = {"kind": "DECLARE", "lot": lot, "site": EXPORTER, "quantity": 5, "groups": {"document": document}}
    world.record(GATEWAY, declare, {"kind": "DEPART", "lot": lot, "quantity": 5})
    world.record(EXPORTER, at | {"kind": "ASN", "quantity": 5})
    world.record(OPERATOR, at | {"kind": "RECEIVE", "quantity": 5}, at | {"kind": "SHIP", "quantity": 5})
    world.record(PLATFORM, at | {"kind": "SALE", "quantity": 5, "target": 4}, at | {"kind": "REFUND", "target": 5})
    world.record(EXPORTER, at | {"kind": "REFUND_REVERSAL", "target": 6})
    report = factory.judge(factory.issue(lot))
    assert report.answer is Answer.VALID
    (remark,) = [remark for remark in report.remarks if remark.code == "self_declared"]
    assert remark.facts == {"events": 1, "owner": EXPORTER}
