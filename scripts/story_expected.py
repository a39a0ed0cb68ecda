"""What the worked example comes to: written by hand, not computed. The demo and the tests compare with it."""

DECLARATION = "223320260001234567"
LINE_A, LINE_B = f"{DECLARATION}-01", f"{DECLARATION}-02"
EXPECTED_ACCOUNTS: dict[str, dict[int, dict[str, int]]] = {
    LINE_A: {0: {"SOLD": 780}, 1: {"ON_HAND": 205, "LOST": 3, "DESTROYED": 8, "SHORT": 4}},
    LINE_B: {0: {"SOLD": 300, "RETURNED": 150}, 1: {"ON_HAND": 48, "HELD": 2}},
}
"""line → site → lane → pieces at the end, empty lanes left out."""
EXPECTED_MONEY = {
    "USD": {
        "gross": 21_000_00,
        "refunds": 300_00,
        "commission": 3_105_00,
        "storage": 420_00,
        "delivery": 3_600_00,
        "destination_tax": 900_00,
        "ceiling": 12_675_00,
        "received": 12_600_00,
        "remaining": 75_00,
    },
    "CAD": {
        "gross": 4_000_00,
        "refunds": 0,
        "commission": 600_00,
        "storage": 0,
        "delivery": 800_00,
        "destination_tax": 0,
        "ceiling": 2_600_00,
        "received": 2_600_00,
        "remaining": 0,
    },
}
"""Minor units. The CAD arrive as USD 1,898.00, converted by the platform at 0.7300."""
EXPECTED_TAX = {
    LINE_A: {
        "standing_minor": 5_200_00,
        "reversal_minor": -5_200_00,
        "reclaim_minor": 4_056_00,
        "net_change_minor": -1_144_00,
        "kept_minor": 4_056_00,
    },
    LINE_B: {
        "standing_minor": 3_150_00,
        "reversal_minor": -3_150_00,
        "reclaim_minor": 2_700_00,
        "net_change_minor": -450_00,
        "kept_minor": 2_700_00,
    },
    "total": {
        "standing_minor": 8_350_00,
        "reversal_minor": -8_350_00,
        "reclaim_minor": 6_756_00,
        "net_change_minor": -1_594_00,
        "kept_minor": 6_756_00,
    },
}
"""Fen, as the sheet of a reconciliation shows them; CNY 1,350.00 were repaid for the boards that went home."""
