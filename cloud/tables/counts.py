"""Counts of safe and shelves."""

from cloud.columns import key, number_key, real, table, text, whole

stock_count = table(
    "stock_count", key("store"), key("count_id"), text("place"), text("state"), text("requested_by"),
    whole("rounds"), whole("expected"), whole("found"), real("p_complete"), real("unread_expected"),
    text("why_stopped"),
    whole("value_minor"), whole("weight_mg"), text("currency"), whole("unknown_tags"), text("business_day"),
    text("approved_by"), whole("changed_us"), text("zones"),
    text("counted_by"), text("why"), whole("due_us"), whole("blind"), whole("submitted"), text("quantities"),
    whole("number", 1), real("took_s"), real("unknown_more"), text("tags"), text("totals"),
)  # fmt: skip

count_verdict = table(
    "count_verdict", key("store"), key("count_id"), key("piece"), text("verdict"), text("zone"),
    real("p_present"), text("note"), whole("at_us"), whole("rounds"), text("by"),
)  # fmt: skip

count_look = table(
    "count_look", key("store"), key("count_id"), number_key("number"), text("zones"), whole("rounds"),
    whole("expected"), whole("found"), real("p_complete"), text("why_stopped"), text("verdicts"), whole("ended_us"),
)  # fmt: skip

count_missed = table(
    "count_missed", key("store"), key("schedule"), number_key("due_us"), text("place"), text("why"), whole("more"),
    whole("at_us"),
)  # fmt: skip
