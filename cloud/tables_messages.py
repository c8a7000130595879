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
