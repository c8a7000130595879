"""Tables of what the office writes to clients, and when: messages, reminders, appointments."""

import sqlalchemy as sa

from cloud.columns import key as _key
from cloud.columns import number_key as _number_key
from cloud.columns import sealed as _sealing
from cloud.columns import table as _table
from cloud.columns import text as _text
from cloud.columns import whole as _int

message = _table(
    "message", _key("message"), _text("key", None), _text("person", None), _text("channel", None), _text("kind", None),
    _text("template"), _text("store"), _text("state", None), _int("made_us"), _text("by"), _int("next_us"),
    _int("until_us"), _int("tries"), _int("changed_us"), _int("sent_us"), _text("carrier_ref"), _text("why"),
    _sealing("sealed"),
    sa.UniqueConstraint("key"), sa.Index(None, "state", "next_us"), sa.Index(None, "person", "made_us"),
    sa.Index(None, "channel", "sent_us"), sa.Index(None, "carrier_ref"),
)  # fmt: skip
"""`sealed`: address and words, under the person's key. `key` says what it is for: twice the same is once."""

opt_out = _table(
    "opt_out", _key("digest"), _text("person", None), _text("channel", None), _text("message", None), _int("made_us"),
    _int("used_us"), sa.Index(None, "person"),
)  # fmt: skip
"""By the SHA-256 of the secret in a message's link: who has only this table stops nobody's messages."""

address_bad = _table(
    "address_bad", sa.Column("word", sa.LargeBinary, primary_key=True), _text("person"), _text("channel"),
    _int("at_us"), sa.Index(None, "person"),
)  # fmt: skip
"""Addresses that sent something back for good, as keyed words."""

message_template = _table(
    "message_template", _key("template"), _key("channel"), _key("language"), _text("purpose", None), _text("subject"),
    _text("text", None), _int("changed_us"), _text("by"),
)  # fmt: skip
"""What the house writes in place of, or beside, the words it came with."""

reminder = _table(
    "reminder", _key("subject"), _number_key("year"), _key("channel"), _text("person", None), _text("milestone"),
    _text("day", None), _text("owner"), _text("store"), _text("state", "open"), _text("message"), _int("made_us"),
    _int("done_us"), _text("done_by"), sa.Index(None, "channel", "state", "day"), sa.Index(None, "person"),
)  # fmt: skip
"""Each day of each year told once by each channel, for ever; `adviser` is a task. No name and no word stands in it."""

appointment = _table(
    "appointment", _key("appointment"), _text("uid", None), _text("store", None), _text("person", None),
    _text("staff"), _text("room"), _text("tray"), _int("starts_us"), _int("ends_us"), _text("state", None),
    _int("sequence"), _text("pieces", "[]"), _text("tray_state"), _text("unread", "[]"), _text("why"), _text("answer"),
    _int("made_us"), _text("made_by"), _int("changed_us"), _int("told"), _sealing("sealed"),
    sa.UniqueConstraint("uid"), sa.Index(None, "store", "starts_us"), sa.Index(None, "person"),
    sa.Index(None, "told", "ends_us"), sa.CheckConstraint("starts_us < ends_us", name="lasts"),
)  # fmt: skip
"""`sealed` is the note to prepare by, under the person's key. `told`: its store has it in the feed.

`tray_state`: empty, `out`, `back`, or `short` where a piece was not read back.
"""

appointment_slot = _table(
    "appointment_slot", _key("resource"), _number_key("quarter"), _text("appointment", None),
    sa.Index(None, "appointment"),
)  # fmt: skip
"""Quarters of an hour that somebody, a room or a tray is taken for: the key lets nobody take one twice."""

store_place = _table("store_place", _key("store"), _key("kind"), _key("name"), _int("made_us"), _text("by"))
"""Rooms and trays of a store, by their names."""
