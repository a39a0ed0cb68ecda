"""The small trade that most tests start from: a lot with pieces in every lane of its home and of site A."""

from actors import ACTORS, SITE_A

from verifier.record import book_number

LOT, UNTOUCHED_LOT, OTHER_LOT, NEW_LOT = 0x0A01, 0x0A02, 0x0B01, 0x0C01
"""Of the exporter, of the exporter, of the other exporter; the last one was never declared."""
DECLARED, UNTOUCHED = 1000, 40
MOST = 2**32 - 1
BOOK = book_number(1, ACTORS["exporter"].number)
"""The exporter's account with a platform."""
STORY = (
    ("DECLARE", LOT, ACTORS["exporter"].number, DECLARED),
    ("VOID", LOT, 0, 20),
    ("DEPART", LOT, 0, 900),
    ("SALE_AT_EXPORT", LOT, 0, 50),
    ("ASN", LOT, SITE_A, 600),
    ("RECEIVE", LOT, SITE_A, 400),
    ("RECEIVE_DAMAGED", LOT, SITE_A, 50),
    ("SHORT", LOT, SITE_A, 50),
    ("SHIP", LOT, SITE_A, 150),
    ("GIVE", LOT, SITE_A, 20),
    ("LOSE", LOT, SITE_A, 20),
    ("SALE", LOT, SITE_A, 60),
    ("RETURN_IN", LOT, SITE_A, 30),
    ("DESTROY", LOT, SITE_A, 10),
    ("RETURN_ORIGIN", LOT, SITE_A, 20),
    ("ENTRY", LOT, 0, 10),
)
"""(kind, lot, site, quantity), each by the party that usually signs it."""
STOCK = {
    # DECLARED, TRANSIT, SOLD, RETURNING, RETURNED, VOID
    0: [80, 250, 80, 10, 10, 20, 0, 0],
    # EXPECTED, ON_HAND, HELD, SHIPPED, GIVEN, LOST, DESTROYED, SHORT
    SITE_A: [100, 210, 50, 90, 20, 20, 10, 50],
}
