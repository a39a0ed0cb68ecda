"""Who must sign what about claims: consents, keys, roles, deadlines and the domain (S-80, S-81)."""

from dataclasses import replace

import pytest
from actors import ACTORS
from claims import BANK, ISSUER, OTHER_ISSUER, OWNER, TAX, WHOLE, to_args, to_tuple
from ledger import FOREVER, refused, sign
from records import a_record
from trade import LOT

from verifier.claim_messages import EndorseConsent
from verifier.claim_set import lot_sets
from verifier.kinds import Role

SALE = 11
NOBODY = "0x" + "00" * 20
STRANGER, OTHER_OWNER = ACTORS["stranger"], ACTORS["other_exporter"]


@pytest.fixture
def acts(claims):
    """Everything that is signed, ready to be done: by the name of the message, for a signer and a deadline."""
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    reference = claims.endorsement(id, 10, 10)
    claims.endorse(reference)
    spare = claims.issue()
    note = claims.note("TAX_STATE", site=0)
    consent = EndorseConsent(id, BANK.number, "USD", WHOLE, FOREVER)

    def endorse(signer=None, consenter=OWNER, deadline=FOREVER):
        return claims.endorse(claims.endorsement(id, 20, 20, deadline=deadline), signer=signer, consenter=consenter)

    return {
        "Issue": lambda signer=ISSUER, **more: claims.issue(signer=signer, **more),
        "IssueConsent": lambda signer=OWNER, **more: claims.issue(consenter=signer, **more),
        "Supersede": lambda signer=ISSUER, **more: claims.supersede(id, signer=signer, **more),
        "Reduce": lambda signer=ISSUER, **more: claims.reduce(id, {LOT: 1}, signer=signer, **more),
        "Revoke": lambda signer=ISSUER, **more: claims.revoke(spare, signer=signer, **more),
        "Endorse": lambda signer=BANK, **more: endorse(signer, **more),
        "EndorseConsent": lambda signer=OWNER, deadline=FOREVER: claims.endorse(
            claims.endorsement(id, 20, 20), consent=replace(consent, deadline=deadline), consenter=signer
        ),
        "Release": lambda signer=BANK, **more: claims.release(claims.returned(id, 5, 5, **more), signer=signer),
        "RowPost": lambda signer=TAX, **more: claims.post(1, "PRE_REFUND", 5, position=note, signer=signer, **more),
    }


SIGNER_OF = {
    **dict.fromkeys(("Issue", "Supersede", "Reduce", "Revoke"), ISSUER),
    **dict.fromkeys(("IssueConsent", "EndorseConsent"), OWNER),
    **dict.fromkeys(("Endorse", "Release"), BANK),
    "RowPost": TAX,
}
messages = pytest.mark.parametrize("message", SIGNER_OF)


@messages
def test_anyone_may_send_what_is_signed(claims, acts, accounts, message):
    claims.relayer = accounts[5]
    acts[message]()


@messages
def test_the_key_of_another_party_is_refused(acts, message):
    with refused("ClaimRegistryNotAKey", SIGNER_OF[message].number, STRANGER.address):
        acts[message](STRANGER)


@messages
def test_a_key_that_has_ended_is_refused(claims, acts, message):
    signer = SIGNER_OF[message]
    claims.ledger.end_key(signer)
    with refused("ClaimRegistryNotAKey", signer.number, signer.address):
        acts[message]()


@messages
def test_a_key_of_another_type_is_refused(claims, acts, message):
    """An issuer's credential key signs no message about a claim, even if somebody could."""
    party = SIGNER_OF[message].with_key(f"credentials {message}")
    claims.ledger.add_key(
        party, key_type="issuer", consent=claims.ledger.consent(SIGNER_OF[message], to=party.key_id, key_type="issuer")
    )
    with refused("ClaimRegistryNotAKey", party.number, party.address):
        acts[message](party)


@messages
def test_a_further_key_of_the_party_will_do(claims, acts, message):
    party = SIGNER_OF[message].with_key(f"another key {message}")
    claims.ledger.add_key(party, consent=claims.ledger.consent(SIGNER_OF[message], to=party.key_id))
    acts[message](party)


@messages
def test_what_is_past_its_deadline_is_refused(claims, acts, message):
    deadline = claims.ledger.now() - 1
    with refused("ClaimRegistryExpired", deadline):
        acts[message](deadline=deadline)


@messages
def test_what_was_signed_for_another_log_is_refused(claims, acts, message):
    """[two development chains have the same id, address and genesis] Then somebody else seems to have signed."""
    claims.domain = replace(claims.domain, log_id=b"\1" * 32)
    with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
        acts[message]()


@messages
def test_what_was_signed_for_the_ledger_is_refused(claims, acts, message):
    claims.domain = claims.ledger.domain
    with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
        acts[message]()


# -- roles: who does something new needs its role now, who takes something back does not


@pytest.mark.parametrize(
    ("message", "role"),
    [("Issue", Role.ISSUER), ("Supersede", Role.ISSUER), ("Endorse", Role.BANK), ("RowPost", Role.TAX)],
)
def test_who_has_lost_its_role_does_nothing_new(claims, acts, message, role):
    claims.ledger.set_party(SIGNER_OF[message], Role.CARRIER)
    with refused("ClaimRegistryNotAllowed", SIGNER_OF[message].number, int(role)):
        acts[message]()


@pytest.mark.parametrize("message", ["Reduce", "Revoke", "Release", "IssueConsent", "EndorseConsent"])
def test_who_has_lost_its_role_may_still_take_back_and_consent(claims, acts, message):
    claims.ledger.set_party(SIGNER_OF[message], Role.CARRIER)
    acts[message]()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ISSUER])
def test_only_an_issuer_issues(claims, role):
    claims.ledger.set_party(STRANGER, role)
    with refused("ClaimRegistryNotAllowed", STRANGER.number, int(Role.ISSUER)):
        claims.issue(issuer=STRANGER.number, signer=STRANGER)


# -- consents


def test_an_issuer_cannot_burn_a_sale_without_its_owner(claims):
    with refused("ClaimRegistryNotAKey", OWNER.number, ISSUER.address):
        claims.issue({LOT: [SALE]}, {LOT: 60}, consenter=ISSUER)


def test_an_owner_cannot_consent_for_another(claims):
    """The consent is good, but the lot is not of the party that gave it."""
    with refused("ClaimRegistryNotTheOwner", LOT, OTHER_OWNER.number, OWNER.number):
        claims.issue({LOT: [SALE]}, {LOT: 60}, owner=OTHER_OWNER.number, consenter=OTHER_OWNER)


def test_an_issuers_signature_is_no_consent(claims):
    """A party that is both must still sign both: the types of the two messages differ."""
    claims.ledger.set_party(OWNER, Role.EXPORTER | Role.ISSUER)
    sets = lot_sets({LOT: [SALE]}, {LOT: 60})
    order = claims.order(sets, issuer=OWNER.number)
    signature = sign(OWNER.key, order.issue_digest(claims.domain))
    with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
        claims.act("issue", to_tuple(order), bytes(32), to_args(sets), [], [], [], signature, signature)


def test_another_issuer_cannot_touch_a_claim(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    for act in (claims.supersede, claims.revoke, lambda id, signer: claims.reduce(id, {LOT: 1}, signer=signer)):
        with refused("ClaimRegistryNotAKey", ISSUER.number, OTHER_ISSUER.address):
            act(id, signer=OTHER_ISSUER)


def test_party_0_never_signs(claims):
    with refused("ClaimRegistryNotAKey", 0, ISSUER.address):
        claims.issue(issuer=0)


def test_a_signature_of_nobody_is_refused(claims):
    order = claims.order()
    with refused("ClaimRegistryNotAKey", ISSUER.number, NOBODY):
        claims.act("issue", to_tuple(order), bytes(32), [], [], [], [], b"", b"")


# -- nonces


def test_a_party_may_use_up_a_nonce_of_what_it_signed(claims, accounts, web3):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    message = claims.endorsement(id, 10, 10)
    with refused("ClaimRegistryNotAKey", BANK.number, claims.relayer.address):
        claims.ask("cancel", BANK.number, message.nonce)
    web3.provider.make_request("anvil_impersonateAccount", [BANK.address])
    claims.relayer.transfer(BANK.address, "1 ether")
    claims.act("cancel", BANK.number, message.nonce, sender=accounts.at(BANK.address, force=True))
    with refused("InvalidAccountNonce", f"0x{BANK.number:040x}", 1):
        claims.endorse(message)


def test_nonces_of_the_ledger_are_others(claims):
    claims.ledger.record(BANK, a_record("FX_RECEIPT", 1 << 63 | 1 << 32 | OWNER.number))
    assert claims.contract.nonceOf(BANK.number, 0) == 0


def test_a_lane_of_nonces_waits_for_no_other(claims):
    id = claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.endorse(claims.endorsement(id, 10, 10, nonce=7 << 64))
    claims.endorse(claims.endorsement(id, 20, 20))
    assert claims.contract.nonceOf(BANK.number, 7) == (7 << 64) + 1
    assert claims.contract.nonceOf(BANK.number, 0) == 1


def test_a_twin_of_the_registry_takes_no_signature_of_it(claims, accounts, ClaimRegistry):
    """[a second registry over the same ledger, in which every sale is free again]"""
    twin = accounts[0].deploy(ClaimRegistry, claims.ledger.contract, claims.contract.logId())
    claims.issue({LOT: [SALE]}, {LOT: 60})
    claims.contract = twin
    with pytest.raises(Exception, match="ClaimRegistryNotAKey"):
        claims.issue({LOT: [SALE]}, {LOT: 60})


def test_the_domain_says_what_it_is(claims):
    fields = claims.contract.eip712Domain()
    assert tuple(fields)[1:6] == (
        "Cangsu Claims",
        "1",
        31337,
        claims.contract.address,
        "0x" + claims.domain.log_id.hex(),
    )
    assert claims.contract.ledger() == claims.ledger.contract.address
    assert claims.contract.logId() == claims.ledger.contract.logId()
