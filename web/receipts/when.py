"""The moment of a sale as its store's clock showed it."""

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trade.receipt import Receipt


def moment(receipt: Receipt) -> str:
    """`2026-11-29 14:03`; in UTC, and saying so, where the zone is not known here."""
    try:
        zone, suffix = ZoneInfo(receipt.time_zone or "UTC"), ""
    except (ZoneInfoNotFoundError, ValueError):
        zone, suffix = ZoneInfo("UTC"), " UTC"
    return f"{dt.datetime.fromtimestamp(receipt.at_us // 1_000_000, zone):%Y-%m-%d %H:%M}{suffix}"
