"""The events that the bench posts: 50 lots of one exporter, an operator's and a platform's days, mixed kinds."""

import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from scripts.demo_events import EXPORTER, GATEWAY, LOS_ANGELES, PLATFORM, WEST_COAST, Step, admissions, sign_lines

LOTS = 50
AT = "2026-05-01T10:00:00-07:00"
LINES = [f"2233202600{i:08d}-01" for i in range(900_000, 900_000 + LOTS)]
PIECES = 4_000_000


def opening(key: RSAPrivateKey) -> list[Step]:
    """Declare, depart, announce and receive every lot; some pieces held, so that every kind below finds its stock."""
    steps: list[Step] = [*admissions()]
    for line in LINES:
        steps.append(
            (
                GATEWAY,
                {
                    "event_id": f"dec-{line}",
                    "kind": "DECLARE",
                    "line": line,
                    "site": EXPORTER,
                    "quantity": PIECES,
                    "event_time": AT,
                },
            )
        )
    steps = list(sign_lines(key, steps))
    for party, kind, site, quantity in (
        (GATEWAY, "DEPART", 0, PIECES),
        (EXPORTER, "ASN", LOS_ANGELES, PIECES),
        (WEST_COAST, "RECEIVE", LOS_ANGELES, PIECES // 2),
        (WEST_COAST, "HOLD", LOS_ANGELES, PIECES // 8),
    ):
        for line in LINES:
            steps.append((party, _event(f"{kind}-{line}", kind, line, quantity, site=site)))
    return steps


def _event(
    event_id: str, kind: str, line: str, quantity: int = 1, *, site: int = LOS_ANGELES, **more: Any
) -> dict[str, Any]:
    event = {"event_id": event_id, "kind": kind, "line": line, "quantity": quantity, "event_time": AT}
    return event | ({"site": site} if site else {}) | more


def days(events: int, per_post: int) -> Iterator[tuple[int, bytes]]:
    """Request bodies with so many events in all, in turns: the operator's day, then the platform's sales of it.

    Of ten events of an operator six are SHIP, the others RECEIVE, HOLD, RELEASE and COUNT; every SHIP is sold.
    """
    kinds = ("SHIP", "RECEIVE", "SHIP", "HOLD", "SHIP", "SHIP", "RELEASE", "SHIP", "COUNT", "SHIP")
    posted, day = 0, 0
    while posted < events:
        operator: list[dict[str, Any]] = []
        sales: list[dict[str, Any]] = []
        for i in range(min(per_post, events - posted)):
            kind, line, event_id = kinds[i % 10], LINES[i % LOTS], f"w{day}-{i}"
            if kind == "SHIP":
                goods = {"sku": f"SKU-{i % LOTS}"}
                carried = {"carrier": "Parcel Co", "tracking_no": f"1Z{day:04d}{i:08d}", "ship_purpose": "sale"}
                operator.append(_event(event_id, kind, line, goods=goods, logistics=carried))
                sales.append(
                    _event(
                        f"s{day}-{i}",
                        "SALE",
                        line,
                        target_id=event_id,
                        target_party=WEST_COAST,
                        money={"currency": "USD", "gross_minor": 1500 + i % 700, "payer_type": "consumer"},
                        order={"order_ref": f"O-{day}-{i}", "channel": "marketplace-us"},
                        person={"country": "US"},
                    )
                )
            else:
                operator.append(
                    _event(event_id, kind, line, 0 if kind == "COUNT" else 1, logistics={"bin": f"B{i % 97}"})
                )
        sales = sales[: max(0, events - posted - len(operator))]
        for party, posts in ((WEST_COAST, operator), (PLATFORM, sales)):
            if posts:
                yield party, json.dumps(posts, separators=(",", ":")).encode()
        posted += len(operator) + len(sales)
        day += 1
