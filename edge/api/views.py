"""From books, floor and feed to the typed shapes that routes and pages show. Reads only; runs on the loop thread."""

from edge.api.views_floor import alarm, alarms, tells_of, told
from edge.api.views_pieces import bare, find_pieces, incoming, of_card, pad, piece, piece_named, presence, verdict_of
from edge.api.views_store import gaps, health, readers, signals, staff, store, uplink, zones
from edge.api.views_story import story
from edge.api.views_trade import asks, payment, payments, sale, sales

__all__ = [
    "alarm",
    "alarms",
    "asks",
    "bare",
    "find_pieces",
    "gaps",
    "health",
    "incoming",
    "of_card",
    "pad",
    "payment",
    "payments",
    "piece",
    "piece_named",
    "presence",
    "readers",
    "sale",
    "sales",
    "signals",
    "staff",
    "store",
    "story",
    "tells_of",
    "told",
    "uplink",
    "verdict_of",
    "zones",
]
