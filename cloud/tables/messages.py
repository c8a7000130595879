"""Tables of what the office writes to clients, and when: messages, reminders, appointments."""

import sqlalchemy as sa

from cloud.columns import key, number_key, sealed, table, text, whole

message = table(
    "message", key("message"), text("key", None), text("person", None), text("channel", None), text("kind", None),
    text("template"), text("store"), text("state", None), whole("made_us"), text("by"), whole("next_us"),
    whole("until_us"), whole("tries"), whole("changed_us"), whole("sent_us"), text("carrier_ref"), text("why"),
    sealed("sealed"),
    sa.UniqueConstraint("key"), sa.Index(None, "state", "next_us"), sa.Index(None, "person", "made_us"),
    sa.Index(None, "channel", "sent_us"), sa.Index(None, "carrier_ref"),
)  # fmt: skip
"""`sealed`: address and words, under the person's key. `key` says what it is for: twice the same is once."""

opt_out = table(
    "opt_out", key("digest"), text("person", None), text("channel", None), text("message", None), whole("made_us"),
    whole("used_us"), sa.Index(None, "person"),
)  # fmt: skip
"""By the SHA-256 of the secret in a message's link: who has only this table stops nobody's messages."""

address_bad = table(
    "address_bad", sa.Column("word", sa.LargeBinary, primary_key=True), text("person"), text("channel"),
    whole("at_us"), sa.Index(None, "person"),
)  # fmt: skip
"""Addresses that sent something back for good, as keyed words."""

message_template = table(
    "message_template", key("template"), key("channel"), key("language"), text("purpose", None), text("subject"),
    text("text", None), whole("changed_us"), text("by"),
)  # fmt: skip
"""What the house writes in place of, or beside, the words it came with."""

reminder = table(
    "reminder", key("subject"), number_key("year"), key("channel"), text("person", None), text("milestone"),
    text("day", None), text("owner"), text("store"), text("state", "open"), text("message"), whole("made_us"),
    whole("done_us"), text("done_by"), sa.Index(None, "channel", "state", "day"), sa.Index(None, "person"),
)  # fmt: skip
"""Each day of each year told once by each channel, for ever; `adviser` is a task. No name and no word stands in it."""

appointment = table(
    "appointment", key("appointment"), text("uid", None), text("store", None), text("person", None),
    text("staff"), text("room"), text("tray"), whole("starts_us"), whole("ends_us"), text("state", None),
    whole("sequence"), text("pieces", "[]"), text("tray_state"), text("unread", "[]"), text("why"), text("answer"),
    whole("made_us"), text("made_by"), whole("changed_us"), whole("told"), sealed("sealed"),
    sa.UniqueConstraint("uid"), sa.Index(None, "store", "starts_us"), sa.Index(None, "person"),
    sa.Index(None, "told", "ends_us"), sa.CheckConstraint("starts_us < ends_us", name="lasts"),
)  # fmt: skip
"""`sealed` is the note to prepare by, under the person's key. `told`: its store has it in the feed.

`tray_state`: empty, `out`, `back`, or `short` where a piece was not read back.
"""

appointment_slot = table(
    "appointment_slot", key("resource"), number_key("quarter"), text("appointment", None),
    sa.Index(None, "appointment"),
)  # fmt: skip
"""Quarters of an hour that somebody, a room or a tray is taken for: the key lets nobody take one twice."""

store_place = table("store_place", key("store"), key("kind"), key("name"), whole("made_us"), text("by"))
"""Rooms and trays of a store, by their names."""
