"""What readers said: presence, zones, readers, alarms."""

import sqlalchemy as sa

from cloud.columns import key, maybe_whole, number_key, real, table, text, whole

alarm = table(
    "alarm", key("store"), key("alarm"), text("kind"), text("pieces"), text("zone"), text("sentence"),
    real("evidence_nats"), whole("rounds"), whole("value_minor"), text("currency"), whole("raised_us"),
    maybe_whole("closed_us"), text("closed_by"), text("outcome"), text("note"),
    text("severity"),
)  # fmt: skip

presence = table(
    "presence", key("store"), key("piece"), text("state"), text("zone"), text("why"), whole("since_us"),
    sa.Index(None, "piece"),
)  # fmt: skip

far_read = table("far_read", key("piece"), key("store"), whole("at_us"), text("how"))
"""The newest read of a piece at a store that may tell of another one: sighted, at a gate, arrived."""

zone_vision = table("zone_vision", key("store"), key("zone"), text("vision"), text("why"), whole("since_us"))

zone_name = table("zone_name", key("store"), key("zone"), text("name"))

zone_calibration = table(
    "zone_calibration", key("store"), key("epoch"), number_key("seq"), whole("version"), text("model"),
    real("accuracy"), real("tray_accuracy"), text("zones"), whole("put_back"), text("by"), whole("at_us"),
)  # fmt: skip

reader = table(
    "reader", key("store"), key("reader"), text("link"), text("why"), text("model"), text("firmware"),
    text("serial"), whole("since_us"), whole("dark_since_us"),
)  # fmt: skip

reader_change = table(
    "reader_change", key("store"), key("epoch"), number_key("seq"), key("reader"), text("was_model"),
    text("was_firmware"), text("was_serial"), text("model"), text("firmware"), text("serial"), whole("at_us"),
)  # fmt: skip

coverage_gap = table(
    "coverage_gap", key("store"), key("epoch"), number_key("seq"), key("reader"), whole("from_us"), whole("until_us"),
    text("why"), sa.Index(None, "store", "until_us"),
)  # fmt: skip

signal = table(
    "signal", key("store"), key("reader"), key("way"), number_key("port"), text("name"), text("kind"),
    text("zone"), whole("is_on"), text("why"), text("by"), whole("since_us"),
)  # fmt: skip
"""What is wired to inputs (`in`) and outputs (`out`) of readers, as it was told last."""

restock = table(
    "restock", key("store"), key("restock"), text("zones"), text("by"), whole("began_us"), whole("until_us"),
    whole("ended_us"), whole("muted"), text("why"),
)  # fmt: skip
"""Deliveries being put away, during which movement accused nobody."""

alarm_budget = table(
    "alarm_budget", key("store"), real("alarms_per_month_max"), text("weights"), text("by"), whole("at_us"),
)  # fmt: skip
"""False alarms a month that a store's manager will bear, as set last."""

exit_seen = table(
    "exit_seen", key("store"), key("epoch"), number_key("seq"), key("piece"), text("zone"), whole("peaceful"),
    text("why"), whole("at_us"),
)  # fmt: skip
