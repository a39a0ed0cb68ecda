"""Whatever is posted, by whomever: pieces are conserved, and what the ledger accepts the verifier accepts."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import EventError
from service.core.ledger import Known, Used
from tests.service.core.shop import Shop, pick_step, stock
from verifier.record import BOOK_BIT, Word
from verifier.replay import Replay


@given(st.randoms(use_true_random=True))
@settings(max_examples=200)
def test_any_sequence_conserves_pieces_and_replays(random: Random) -> None:
    shop = Shop()
    replays: dict[int, Replay] = {}
    stock(lambda party, event: _follow(replays, shop, shop.post(party, event)))
    for _ in range(60):
        party, event = pick_step(random.choice, shop.accepted)
        before = repr(shop.ledger)
        try:
            known = shop.post(party, event)
        except EventError:
            assert repr(shop.ledger) == before, "a refused event changed the ledger"
        else:
            _follow(replays, shop, known)


def _follow(replays: dict[int, Replay], shop: Shop, known: Known) -> None:
    """The verifier takes the same event, and both come to the same pieces."""
    if known.lot & BOOK_BIT:
        return
    if known.position == 0:
        replays[known.lot] = Replay(known.lot)
    replay, lot = replays[known.lot], shop.ledger.lots[known.lot]
    replay.apply(Word(known.lot, known.site, known.code, known.quantity), known.target)
    assert sum(map(sum, lot.accounts.values())) == lot.declared == replay.declared == replay.accounts.total()
    assert {site: lanes for site, lanes in lot.accounts.items() if any(lanes)} == {
        site: lanes for site, lanes in replay.accounts.by_site.items() if any(lanes)
    }
    for past in (past for past in shop.places if past.lot == known.lot):
        used = shop.ledger.used.get((past.lot, past.position), Used()).pieces
        assert (past.quantity or 1) - used == replay.left(past.position)
