"""What edge and cloud agree by (custody.md §2): boxes, logs, decisions, the feed."""

import sqlalchemy as sa

from cloud.columns import RUNNING, data, key, maybe_whole, number_key, sealed, table, text, whole

life = table(
    "life", number_key("one"), whole("cloud_epoch", 1), whole("recovering"), whole("feed_rev"), sealed("secret")
)
"""One row: which life of the cloud this is, whether it waits for its stores, newest revision of the feed.

`secret` makes the seals (docs/adr/0008). It has to come back with the database it seals for, so it lives in it.
"""

store = table(
    "store",
    key("store"),
    text("name"),
    text("currency"),
    text("city"),
    text("time_zone", "UTC"),
    whole("created_us"),
    maybe_whole("number"),
    sa.UniqueConstraint("number"),
)
"""`number` is of one store for ever: every serial number that store writes into a tag begins with it."""

node = table(
    "node", key("store"), whole("term"), text("epoch"), text("instance"), text("state", "new"),
    whole("down_upto"), whole("heard_us"), whole("contract_max", 1), whole("joined", 1),
    text("boot"), whole("message"), text("boots_past"), whole("sent_back"),
)  # fmt: skip
"""The one box that serves a store; `joined` counts in a recovery.

`boot`, `message` and the last boots before tell a message that overtook another from a box that went back.
"""

down_counter = table("down_counter", key("store"), whole("term"), whole("seq"))
"""Numbers a store's decisions. Not in `node`: who decides for a store must not wait for who hears it."""

enrol_token = table(
    "enrol_token", key("hash"), text("store"), text("by"), whole("at_us"), whole("until_us"), whole("used_us"),
    sa.Index(None, "store"),
)  # fmt: skip
"""One-time tokens for boxes: `hash` is all that is kept of one. `used_us` 0: not used."""

replacement = table("replacement", key("store"), text("instance"), text("by"), text("why"), whole("at_us"))
"""A person's word that this machine serves the store from now on, and that the one before it is gone."""

stream = table(
    "stream", key("store"), key("epoch"), key("stream"), whole("term"), whole("upto"), data("head"), whole("safe"),
    whole("opened"), whole("late"), sealed("peaks"),
)  # fmt: skip
"""One log of a store as far as we have it; `opened` orders the logs of a store, `late` counts its orphans.

`peaks` are those of its Merkle tree (`contract.merkle.Peaks`).
"""

inbox = table(
    "inbox", key("store"), key("epoch"), key("stream"), number_key("seq"),
    data("leaf"), data("head"), data("body"), whole("heard_us"),
    sa.Index("ix_inbox_trade_head", "head", sqlite_where=sa.text("stream = 'trade'"),
             postgresql_where=sa.text("stream = 'trade'")),
)  # fmt: skip
"""Trade rows are found by their chain head too: receipts print its beginning."""

late_row = table(
    "late_row", key("store"), key("epoch"), key("stream"), number_key("seq"), key("leaf"),
    data("body"), whole("heard_us"), text("why"),
)  # fmt: skip
"""Rows of a fork or an orphan: nothing is dropped; each is applied once, known by its leaf (hex)."""

parked = table(
    "parked", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("store"), text("epoch"),
    text("stream"), whole("seq"), data("leaf"), data("body"), text("why"), whole("late"), whole("parked_us"),
    maybe_whole("applied_us"), sa.UniqueConstraint("store", "epoch", "stream", "seq", "leaf"),
)  # fmt: skip

parked_key = table("parked_key", key("key"), sa.Column("n", RUNNING, primary_key=True, autoincrement=False))
"""What later rows must wait for: they are parked too, in order."""

rejoin = table(
    "rejoin", key("store"), key("nonce"), data("answer"), whole("term"), whole("at_us"), text("epoch"),
    sa.Index(None, "store", "epoch"),
)  # fmt: skip
"""A repeat of a rejoin gets the same answer. `epoch`: the log it gave out; empty for one of an older program."""

down_log = table(
    "down_log", key("store"), number_key("cloud_epoch"), number_key("term"), number_key("seq"),
    data("body"), whole("at_us"),
)  # fmt: skip

feed_row = table(
    "feed_row", key("scope"), key("key"), whole("rev", None), sa.Column("body", sa.LargeBinary),
    sa.Index(None, "rev", unique=True),
)  # fmt: skip
