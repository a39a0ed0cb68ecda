from tests.service.check_ledger import check_ledger
from tests.service.house import House
from tests.service.market import *
def test_smoke(any_house: House):
    h = any_house
    h.tell(an_admission(), *an_opening(100))
    ship = an_event("SHIP", 3)
    sale = a_sale(ship)
    h.tell(ship, sale, a_refund(sale, 100))
    h.settle()
    assert check_ledger(h) == 8
