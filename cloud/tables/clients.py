"""Clients, sealed (docs/adr/0029)."""

import sqlalchemy as sa

from cloud.columns import HOLDS, RUNNING, data, key, number_key, real, sealed, table, text, whole

person_key = table("person_key", key("person"), data("wrapped"), text("key_id"), whole("made_us"))
"""The key of each person, wrapped under the office's (`cloud.people`). Without its row nothing of them opens again."""

remark_key = table(
    "remark_key", key("key_id"), text("store"), text("person"), whole("at_us"), sealed("sealed"),
    sa.Index(None, "person"), sa.Index(None, "store", "at_us"),
)  # fmt: skip
"""Keys of what a store's staff wrote of a person, under that person's own key (`cloud.remarks`); empty when erased."""

remark_reader = table("remark_reader", key("store"), key("key_id"), whole("at_us"), sa.Index(None, "key_id"))
"""Stores that read what another store's staff wrote: an order came to them. The key may come here later."""

word_key = table("word_key", number_key("one"), data("wrapped"), text("key_id"))
"""One row: the key of the search words, wrapped likewise; it stays for ever."""

client = table(
    "client", key("person"), text("store"), text("owner"), sealed("sealed"), whole("made_us"), text("made_by"),
    whole("changed_us"), whole("erased_us"), sa.Index(None, "owner", "changed_us"),
    sa.Index(None, "store", "changed_us"), sa.Index(None, "changed_us"),
)  # fmt: skip
"""`sealed` is the whole profile; `owner` is whose client book it is in. Of who was erased only the id is left."""

person_word = table(
    "person_word", sa.Column("word", sa.LargeBinary, primary_key=True), key("person"), sa.Index(None, "person")
)
"""What search finds people by: HMACs of words and their beginnings (`cloud.pos.clients.words`)."""

client_change = table(
    "client_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("person"), whole("at_us"),
    text("by"), text("field"), data("sealed"), sa.Index(None, "person"),
)  # fmt: skip
"""Who changed which field of a profile and when; what it was, what it is and why is sealed with the person's key."""

client_look = table(
    "client_look", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("person"), whole("at_us"),
    text("by"), text("how"), whole("found"), sa.Index(None, "person"),
)  # fmt: skip
"""Who opened a profile, took it out, or searched (then without a person, `found` telling how many were shown)."""

client_consent = table(
    "client_consent", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("person"), text("channel"),
    whole("given"), whole("said_us"), whole("at_us"), text("by"), text("proof"), text("text_version"), text("store"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Each word of a client about each channel; which one holds says `trade/consent.py`."""

client_visit = table(
    "client_visit", key("visit"), text("person"), text("store"), whole("at_us"), text("by"), sealed("sealed"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Somebody came and bought nothing; what they looked at is sealed."""

client_alias = table(
    "client_alias", key("merge"), text("survivor"), text("absorbed"), text("by"), whole("at_us"), whole("undone_us"),
    text("undone_by"), sa.Index(None, "survivor"),
    sa.Index("ix_client_alias_absorbed", "absorbed", unique=True, sqlite_where=HOLDS, postgresql_where=HOLDS),
)  # fmt: skip
"""Ids that are one person, by somebody's word; `undone_us` 0: it holds (`cloud.clienteling.identity.merging`)."""

client_pair = table(
    "client_pair", key("one"), key("other"), real("bits"), text("reasons"), text("state"), whole("found_us"),
    text("by"), whole("decided_us"), sa.Index(None, "state", "bits"), sa.Index(None, "other"),
)  # fmt: skip
"""Two clients who may be one, `one` below `other`: the queue, and for ever what a person said of them."""

client_heard = table(
    "client_heard", key("store"), key("epoch"), number_key("seq"), number_key("n"), text("person"),
    text("key_id"), sealed("sealed"), text("by"), whole("at_us"), text("state"), text("why"),
    sa.Index(None, "state", "person"), sa.Index(None, "person"),
)  # fmt: skip
"""What a till wrote of a client, sealed as it came; taken into the profile once the person's key is here."""

client_page = table(
    "client_page", key("code"), text("person", None), text("by"), whole("made_us"), whole("until_us"),
    whole("ended_us"), whole("looked_us"), sa.Index(None, "person"),
)  # fmt: skip
"""Private pages of clients: `code` is the hash of what stands in the link, which is kept nowhere."""

client_appraisal = table(
    "client_appraisal", key("appraisal"), text("thing", None), text("person", None), sealed("sealed"), text("by"),
    whole("at_us"), sa.Index(None, "person"),
)  # fmt: skip
"""Appraisals of what is a client's own, wholly sealed (`cloud.pos.clients.things`). `thing`: the first one's id, which
is that of all that follow it. What became of them stands in `appraisal_event`."""

client_paper = table(
    "client_paper", key("appraisal"), key("sha256"), text("person", None), text("kind"), text("media"),
    whole("bytes"), sealed("sealed"), sealed("thumb"), text("by"), whole("at_us"), sa.Index(None, "person"),
)  # fmt: skip
"""Their photos and the signed PDF, under the key of the client."""
