"""Tables of what is reckoned of clients, and what is done with it: segments, campaigns, points."""

import sqlalchemy as sa

from cloud.columns import key, maybe_whole, real, table, text, whole

house_setting = table("house_setting", key("name"), text("body"), whole("changed_us"))
"""What the office alone reads: tiers and points, in JSON. `office_change` keeps who changed it."""
segment_run = table(
    "segment_run", key("run"), text("day"), text("by"), whole("at_us"), whole("took_ms"), text("currency"),
    whole("clients"), text("told"),
)  # fmt: skip
"""Each time clients were divided: of which day, and in JSON what was learnt."""
client_segment = table(
    "client_segment", key("person"), text("run"), whole("tier"), text("tier_since"), whole("spend_minor"),
    whole("visits"), whole("visits_ever"), text("first_day"), text("last_day"), whole("recency"), whole("frequency"),
    whole("money"), maybe_whole("value_minor"), maybe_whole("low_minor"), maybe_whole("high_minor"), real("alive"),
    real("rising"), whole("rises"), whole("lapses"), real("rhythm_days"), text("store"),
    sa.Index(None, "tier", "spend_minor"), sa.Index(None, "value_minor"), sa.Index(None, "rises", "rising"),
    sa.Index(None, "lapses", "value_minor"), sa.Index(None, "recency", "frequency"),
)  # fmt: skip
"""By id, as of its run: no name, and nothing that is not reckoned from sales. `alive` below 0: not known."""
campaign = table(
    "campaign", key("campaign"), text("name"), text("state"), text("channel"), text("template"),
    text("fields", "{}"), text("rules", "[]"), whole("holdout_bp"), whole("days"), text("event_day"), text("place"),
    text("currency"), whole("made_us"), text("made_by"), whole("started_us"), whole("ended_us"),
    whole("without_consent"), sa.Index(None, "state", "made_us"),
)  # fmt: skip
"""`event_day`: an invitation to that day; empty: a message. `days`: how long after it a purchase counts."""
campaign_member = table(
    "campaign_member", key("campaign"), key("person"), text("arm"), text("answer"), whole("answered_us"),
    text("answered_by"), text("why"), whole("next_us"), text("digest"), sa.Index(None, "person"),
    sa.Index(None, "campaign", "arm"), sa.Index(None, "digest"),
)  # fmt: skip
"""Whom it chose, for ever: who was written to, who was held out. `why`: a letter to them could not be put in, or not
before `next_us`. `digest`: SHA-256 of the secret in a guest's private link; who has only this table answers nothing.
"""
points_move = table(
    "points_move", key("store"), key("ref"), text("account"), text("sale"), whole("basis_minor"), whole("rate_bp"),
    whole("amount_minor"), text("rule"), text("business_day"), whole("at_us"), sa.Index(None, "account"),
    sa.Index(None, "sale"),
)  # fmt: skip
"""Points earned, clawed back, lapsed: at which rate, of what. Never altered; postings say the same in money."""
points_lot = table(
    "points_lot", key("store"), key("ref"), text("account"), whole("left_minor"), whole("lapsed_minor"),
    text("expires"), sa.Index(None, "account"), sa.Index(None, "expires"),
)  # fmt: skip
"""What each purchase earned (`points_move` of the same name), as far as it is left, and its last day; empty: none."""
