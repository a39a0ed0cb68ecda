"""Whatever is posted, by whomever: pieces are conserved, and what the ledger accepts the verifier accepts."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import EventError
from service.core.ledger import Known, Ledger, Used
from tests.service.core.shop import Shop, pick_step
from tests.service.market import an_event, an_opening
from verifier.record import BOOK_BIT, Word
from verifier.replay import Replay


@given(st.data())
@settings(max_examples=150)
def test_any_sequence_conserves_pieces_and_replays(data: st.DataObject) -> None:
    shop = Shop()
    replays: dict[int, Replay] = {}
    for event in (*an_opening(40), an_event("SHIP", 9)):
        _follow(replays, shop.ledger, shop.tell(event))
    for _ in range(30):
        party, event = pick_step(lambda options: data.draw(st.sampled_from(options)), shop.accepted)
        before = copy.deepcopy(shop.ledger)
        try:
            known = shop.post(party, event)
        except EventError:
            assert shop.ledger == before, "a refused event changed the ledger"
        else:
            _follow(replays, shop.ledger, known)


def _follow(replays: dict[int, Replay], ledger: Ledger, known: Known) -> None:
    """The verifier takes the same event, and both come to the same pieces."""
    if known.lot & BOOK_BIT:
        return
    if known.position == 0:
        replays[known.lot] = Replay(known.lot)
    replay, lot = replays[known.lot], ledger.lots[known.lot]
    replay.apply(Word(known.lot, known.site, known.code, known.quantity), known.target)
    assert sum(map(sum, lot.accounts.values())) == lot.declared == replay.declared == replay.accounts.total()
    assert {site: lanes for site, lanes in lot.accounts.items() if any(lanes)} == {
        site: lanes for site, lanes in replay.accounts.by_site.items() if any(lanes)
    }
    for position in range(lot.length):
        past = ledger.by_position[known.lot, position]
        used = ledger.used.get((known.lot, position), Used()).pieces
        assert (past.quantity or 1) - used == replay.left(position)
