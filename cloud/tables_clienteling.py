"""Tables of what is reckoned of clients, and what is done with it: segments, campaigns, points."""

import sqlalchemy as sa

from cloud.columns import key as _key
from cloud.columns import maybe_whole as _maybe_int
from cloud.columns import real as _float
from cloud.columns import table as _table
from cloud.columns import text as _text
from cloud.columns import whole as _int

house_setting = _table("house_setting", _key("name"), _text("body"), _int("changed_us"))
"""What the office alone reads: tiers and points, in JSON. `office_change` keeps who changed it."""
segment_run = _table(
    "segment_run", _key("run"), _text("day"), _text("by"), _int("at_us"), _int("took_ms"), _text("currency"),
    _int("clients"), _text("told"),
)  # fmt: skip
"""Each time clients were divided: of which day, and in JSON what was learnt."""
client_segment = _table(
    "client_segment", _key("person"), _text("run"), _int("tier"), _text("tier_since"), _int("spend_minor"),
    _int("visits"), _int("visits_ever"), _text("first_day"), _text("last_day"), _int("recency"), _int("frequency"),
    _int("money"), _maybe_int("value_minor"), _maybe_int("low_minor"), _maybe_int("high_minor"), _float("alive"),
    _float("rising"), _int("rises"), _int("lapses"), _float("rhythm_days"), _text("store"),
    sa.Index(None, "tier", "spend_minor"), sa.Index(None, "value_minor"), sa.Index(None, "rises", "rising"),
    sa.Index(None, "lapses", "value_minor"), sa.Index(None, "recency", "frequency"),
)  # fmt: skip
"""By id, as of its run: no name, and nothing that is not reckoned from sales. `alive` below 0: not known."""
campaign = _table(
    "campaign", _key("campaign"), _text("name"), _text("state"), _text("channel"), _text("template"),
    _text("fields", "{}"), _text("rules", "[]"), _int("holdout_bp"), _int("days"), _text("event_day"), _text("place"),
    _text("currency"), _int("made_us"), _text("made_by"), _int("started_us"), _int("ended_us"), _int("without_consent"),
    sa.Index(None, "state", "made_us"),
)  # fmt: skip
"""`event_day`: an invitation to that day; empty: a message. `days`: how long after it a purchase counts."""
campaign_member = _table(
    "campaign_member", _key("campaign"), _key("person"), _text("arm"), _text("answer"), _int("answered_us"),
    _text("answered_by"), _text("why"), sa.Index(None, "person"), sa.Index(None, "campaign", "arm"),
)  # fmt: skip
"""Whom it chose, for ever: who was written to, who was held out. `why`: a letter to them could not be put in."""
points_move = _table(
    "points_move", _key("store"), _key("ref"), _text("account"), _text("sale"), _int("basis_minor"), _int("rate_bp"),
    _int("amount_minor"), _text("rule"), _text("business_day"), _int("at_us"), sa.Index(None, "account"),
    sa.Index(None, "sale"),
)  # fmt: skip
"""Points earned, clawed back, lapsed: at which rate, of what. Never altered; postings say the same in money."""
