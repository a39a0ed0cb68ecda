"""P7, loss and destruction: pieces that were neither sold nor are on hand, by site and cause.

A destruction needs its certificate; short and lost pieces rest on the word of the warehouse or carrier that attested
them, and the figures say how many do. What was found again is taken off: it belongs to the claim as the loss does.
"""

from collections import Counter
from typing import Any

from verifier.claims.case import Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.declared import declared_fob
from verifier.claims.members import find_text
from verifier.kinds import REVERSAL_SUFFIX, Site
from verifier.record import lot_to_hex
from verifier.shapes import members

# kind → (the lane it fills or empties, the cause under which it is shown, its sign)
_CAUSES: dict[str, tuple[Site, str, int]] = {
    "LOSE": (Site.LOST, "lost", 1),
    "LOSE_HELD": (Site.LOST, "lost", 1),
    "LOST_IN_DELIVERY": (Site.LOST, "lost_in_delivery", 1),
    "FIND": (Site.LOST, "found", -1),
    "DESTROY": (Site.DESTROYED, "destroyed", 1),
    "SHORT": (Site.SHORT, "short", 1),
    "FOUND_SHORT": (Site.SHORT, "found_short", -1),
    "VOID_SHORT": (Site.SHORT, "void_short", -1),
}
CONSUMED = frozenset(kind + suffix for kind in _CAUSES for suffix in ("", REVERSAL_SUFFIX))
"""What of a lot a claim of loss takes into its set."""
LESSENING = frozenset(kind for kind, (_, _, sign) in _CAUSES.items() if sign < 0)
"""What lessens losses and names none of them: whichever claim can take it."""


def loss_figures(case: Case) -> Figures:
    """The figures of a claim of loss; what it takes is ``case.record``.

    Raises ClaimRefusedError: CertificateMissing, NotForThisClaim, LossNotTaken, FoundSince, NothingLost.
    """
    members(case.asked, "claim.asked", ())
    certificates: list[Figures] = []
    lots: dict[str, Figures] = {}
    pieces: dict[int, int] = {}
    for lot in case.lots:
        taken = list(case.taken(lot))
        _check_taken(lot, taken)
        sites = _sites(lot, taken)
        pieces[lot.lot] = sum(site["pieces"] for site in sites.values())
        lots[lot_to_hex(lot.lot)] = {"declared": lot.declared, "sites": sites, "now": _lanes(lot)}
        certificates += [_certificate(lot, event) for event in taken if event.kind == "DESTROY" and _left(lot, event)]
    total = sum(pieces.values())
    if not total and not case.is_later_version:  # all may be found again afterwards
        raise ClaimRefusedError("NothingLost", "no piece of the claim is lost, short or destroyed", got=0)
    certified = sum(entry["pieces"] for entry in certificates)
    return {
        "pieces": {lot_to_hex(lot): found for lot, found in pieces.items()},
        "certified_pieces": certified,
        "uncertified_pieces": total - certified,
        "lots": lots,
        "certificates": certificates,
        "declared_fob_minor": declared_fob(case, pieces),
    }


def positions_for(lot: LotStory, used: frozenset[int]) -> frozenset[int]:
    """The positions of a lot that a new claim of loss takes: all that no earlier one has."""
    return frozenset(event.position for event in lot.events if event.kind in CONSUMED) - used


def left_out(case: Case, lot: LotStory) -> frozenset[int]:
    """Positions that lessen a loss and that this claim has not taken: an earlier one must have."""
    taken = {event.position for event in case.taken(lot)}
    return frozenset(
        event.position
        for event in lot.events
        if event.kind in CONSUMED and _sign(event) < 0 and event.position not in taken
    )


def _sign(event: Told) -> int:
    _, _, sign = _CAUSES[event.kind.removesuffix(REVERSAL_SUFFIX)]
    return -sign if event.kind.endswith(REVERSAL_SUFFIX) else sign


def _left(lot: LotStory, event: Told) -> int:
    return event.quantity - lot.taken_back(event)


def _check_taken(lot: LotStory, taken: list[Told]) -> None:
    """Only losses and what lessens them; and whatever takes back one of them comes with it."""
    positions = {event.position for event in taken}
    for event in taken:
        if event.kind not in CONSUMED:
            raise ClaimRefusedError("NotForThisClaim", f"{event} has no place in this claim", position=event.position)
        for follower in lot.followers(event):
            if follower.kind in CONSUMED and follower.position not in positions:
                raise ClaimRefusedError("LeftOut", f"{follower} is left out", position=follower.position)
        if event.kind.endswith(REVERSAL_SUFFIX) and event.target not in positions:
            raise ClaimRefusedError(
                "LossNotTaken", f"{event} takes back what is of another claim", position=event.position
            )


def _sites(lot: LotStory, taken: list[Told]) -> dict[str, Figures]:
    """Site → cause → pieces, and the pieces claimed there: never more than the lanes hold now."""
    causes: dict[int, Counter[str]] = {}
    lanes: Counter[tuple[int, Site]] = Counter()
    for event in taken:
        lane, cause, sign = _CAUSES[event.kind.removesuffix(REVERSAL_SUFFIX)]
        moved = event.quantity * _sign(event)
        causes.setdefault(event.site, Counter())[cause] += sign * moved
        lanes[event.site, lane] += moved
    for (site, lane), claimed in lanes.items():
        found = lot.replay.accounts.account(site)[lane]
        if not 0 <= claimed <= found:
            raise ClaimRefusedError(
                "FoundSince", f"lot {lot_to_hex(lot.lot)} has {found} pieces {lane.name} at site {site}",
                lot=lot_to_hex(lot.lot), site=site, lane=lane.name, available=found, asked=claimed,
            )  # fmt: skip
    return {
        str(site): {cause: causes[site][cause] for cause in sorted(causes[site]) if causes[site][cause]}
        | {"pieces": sum(claimed for (place, _), claimed in lanes.items() if place == site)}
        for site in sorted(causes)
    }


def _lanes(lot: LotStory) -> dict[str, int]:
    """Where every piece of the lot is now, over all sites: the lost ones are in no other lane."""
    total: Counter[str] = Counter()
    for account in lot.replay.accounts.to_names().values():
        total.update(account)
    return dict(sorted(total.items()))


def _certificate(lot: LotStory, event: Told) -> dict[str, Any]:
    number = find_text(event, "document", "certificate_no")
    if number is None:
        raise ClaimRefusedError(
            "CertificateMissing", f"{event} names no certificate", position=event.position, field="certificate_no"
        )
    issued = find_text(event, "document", "certificate_on")
    entry = {"lot": lot_to_hex(lot.lot), "site": event.site, "pieces": _left(lot, event), "certificate_no": number}
    return entry | ({} if issued is None else {"certificate_on": issued})
