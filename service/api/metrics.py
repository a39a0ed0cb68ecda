"""Prometheus metrics: what came in, and how much lies at each station of the way."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

EVENTS = Counter("cangsu_events_total", "Posted events by what became of them", ["status"])
REQUEST_SECONDS = Histogram(
    "cangsu_request_seconds",
    "Seconds to answer a request",
    ["method", "route", "status"],
    buckets=(0.005, 0.02, 0.1, 0.3, 1, 3, 10),
)
SIGN_INS = Counter("cangsu_sign_ins", "Tries of people to sign in", ["result"])
STATION = Gauge("cangsu_station", "How much lies at each station of the way", ["station"])


def render(counts: dict[str, int]) -> tuple[bytes, str]:
    """The metrics page and its media type. ``counts`` are read from the store when the page is asked for."""
    for station, count in counts.items():
        STATION.labels(station).set(count)
    return generate_latest(), CONTENT_TYPE_LATEST
