"""P8, stock position: pieces on hand by lot and site at R, for a lender or an auditor that the exporter names.

The book says what should lie there; only a stock-take says what does. So every site with stock needs a COUNT that is
not stale. It uses nothing up on chain, so it cannot say that no other lender was shown the same stock: it says so.
"""

from datetime import date

from verifier.calendar import beijing_day
from verifier.claims.case import Case, ClaimRefusedError, Figures, LotStory, Told
from verifier.claims.declared import declared_fob
from verifier.claims.members import find_whole
from verifier.kinds import CODE_BY_NAME, REVERSAL_SUFFIX, Site
from verifier.lanes import LotAccounts
from verifier.record import Word, lot_to_hex
from verifier.shapes import members

COUNT_MAX_DAYS = 92
"""How old a stock-take may be, in Beijing days. A rule of ours from 2026-11 on, no law's: the longest quarter of a
year, since warehouses count at least quarterly and a lender's own audit comes no more often."""
_CORRECTIONS = {"LOSE": -1, "LOSE_HELD": -1, "FIND": 1}


def stock_figures(case: Case) -> Figures:
    """The figures of a stock position.

    Raises ClaimRefusedError: StaleCount where a site with stock was not counted of late, CountMissing where a count
    names no number.
    """
    members(case.asked, "claim.asked", ())
    lots: dict[str, Figures] = {}
    held: dict[int, int] = {}
    for lot in case.lots:
        sites = {site: _place(case, lot, site) for site in sorted(lot.replay.accounts.by_site) if _stock(lot, site)}
        held[lot.lot] = sum(_stock(lot, site) for site in sites)
        lots[lot_to_hex(lot.lot)] = {
            "declared": lot.declared,
            "pieces": held[lot.lot],
            "sites": {str(site): found for site, found in sites.items()},
        }
    return {
        "lots": lots,
        "pieces_in_stock": sum(held.values()),
        "declared_fob_minor": declared_fob(case, held),
        "count_max_days": COUNT_MAX_DAYS,
        "does_not_exclude_another_lender": True,
    }


def _stock(lot: LotStory, site: int) -> int:
    """Pieces that lie at a site now, sellable or held; none lie at home."""
    return _lying(lot.replay.accounts.account(site)) if site else 0


def _lying(account: list[int]) -> int:
    return account[Site.ON_HAND] + account[Site.HELD]


def _place(case: Case, lot: LotStory, site: int) -> Figures:
    account = lot.replay.accounts.account(site)
    count = _last_count(case, lot, site)
    counted = find_whole(count, "goods", "pieces")
    if counted is None:
        raise ClaimRefusedError(
            "CountMissing", f"{count} names no pieces", position=count.position, field="goods.pieces"
        )
    book = _book_at(lot, count)
    return {
        "on_hand": account[Site.ON_HAND],
        "held": account[Site.HELD],
        "counted_on": beijing_day(count.time).isoformat(),
        "counted": counted,
        "book_when_counted": book,
        "difference": counted - book,
        "corrected_since": _corrected(lot, count),
    }


def _last_count(case: Case, lot: LotStory, site: int) -> Told:
    """The latest count of the lot at a site; ClaimRefusedError (StaleCount) unless it is young enough."""
    today = beijing_day(case.record_at)
    counts = [event for event in lot.of("COUNT") if event.site == site and event.time <= case.record_at]
    last = max(counts, key=lambda event: (event.time, event.position), default=None)
    if last is None or (today - beijing_day(last.time)).days > COUNT_MAX_DAYS:
        raise _stale(lot, site, today, last)
    return last


def _stale(lot: LotStory, site: int, today: date, last: Told | None) -> ClaimRefusedError:
    counted = None if last is None else beijing_day(last.time)
    return ClaimRefusedError(
        "StaleCount", f"lot {lot_to_hex(lot.lot)} at site {site} was not counted within {COUNT_MAX_DAYS} days",
        lot=lot_to_hex(lot.lot), site=site, expected=COUNT_MAX_DAYS,
        got=None if counted is None else (today - counted).days,
        counted_on=None if counted is None else counted.isoformat(),
    )  # fmt: skip


def _book_at(lot: LotStory, count: Told) -> int:
    """What the book said lay at the site when it was counted: the history up to the note, replayed."""
    accounts = LotAccounts(lot.lot)
    for event in lot.events[: count.position]:
        accounts.apply(Word(event.lot, event.site, CODE_BY_NAME[event.kind], event.quantity))
    return _lying(accounts.account(count.site))


def _corrected(lot: LotStory, count: Told) -> int:
    """Pieces that the book gained or lost at the site since, as found or lost."""
    total = 0
    for event in lot.events[count.position + 1 :]:
        sign = _CORRECTIONS.get(event.kind.removesuffix(REVERSAL_SUFFIX), 0)
        if event.site == count.site and sign:
            total += event.quantity * (-sign if event.kind.endswith(REVERSAL_SUFFIX) else sign)
    return total
