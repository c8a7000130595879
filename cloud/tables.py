"""The office's tables. `store` comes first in every key that has one, so that a chain can be split by store.

Whatever a store sent is kept as bytes in `inbox`; the rest is its fold, the office's own decisions, and the ledger.
"""

import sqlalchemy as sa

from cloud import columns
from cloud.columns import HOLDS, NAMED, OPEN, RUNNING, TAGGED
from cloud.columns import data as _bytes
from cloud.columns import exact as _exact
from cloud.columns import key as _key
from cloud.columns import maybe_whole as _maybe_int
from cloud.columns import number_key as _number_key
from cloud.columns import real as _float
from cloud.columns import sealed as _sealing
from cloud.columns import table as _table
from cloud.columns import text as _text
from cloud.columns import whole as _int

metadata = columns.metadata

# --- the protocol (custody.md §2) -------------------------------------------------------------------------

life = _table(
    "life", _number_key("one"), _int("cloud_epoch", 1), _int("recovering"), _int("feed_rev"), _sealing("secret")
)
"""One row: which life of the cloud this is, whether it waits for its stores, newest revision of the feed.

`secret` makes the seals (docs/adr/0008). It has to come back with the database it seals for, so it lives in it.
"""

store = _table(
    "store",
    _key("store"),
    _text("name"),
    _text("currency"),
    _text("city"),
    _text("time_zone", "UTC"),
    _int("created_us"),
    _maybe_int("number"),
    sa.UniqueConstraint("number"),
)
"""`number` is of one store for ever: every serial number that store writes into a tag begins with it."""


node = _table(
    "node", _key("store"), _int("term"), _text("epoch"), _text("instance"), _text("state", "new"),
    _int("down_upto"), _int("heard_us"), _int("contract_max", 1), _int("joined", 1),
    _text("boot"), _int("message"), _text("boots_past"),
)  # fmt: skip
"""The one box that serves a store; `joined` counts in a recovery.

`boot`, `message` and the last boots before tell a message that overtook another from a box that went back.
"""

down_counter = _table("down_counter", _key("store"), _int("term"), _int("seq"))
"""Numbers a store's decisions. Not in `node`: who decides for a store must not wait for who hears it."""

enrol_token = _table(
    "enrol_token", _key("hash"), _text("store"), _text("by"), _int("at_us"), _int("until_us"), _int("used_us"),
    sa.Index(None, "store"),
)  # fmt: skip
"""One-time tokens for boxes: `hash` is all that is kept of one. `used_us` 0: not used."""

replacement = _table("replacement", _key("store"), _text("instance"), _text("by"), _text("why"), _int("at_us"))
"""A person's word that this machine serves the store from now on, and that the one before it is gone."""

stream = _table(
    "stream", _key("store"), _key("epoch"), _key("stream"), _int("term"), _int("upto"), _bytes("head"), _int("safe"),
    _int("opened"), _int("late"), _sealing("peaks"),
)  # fmt: skip
"""One log of a store as far as we have it; `opened` orders the logs of a store, `late` counts its orphans.

`peaks` are those of its Merkle tree (`contract.merkle.Peaks`).
"""

inbox = _table(
    "inbox", _key("store"), _key("epoch"), _key("stream"), _number_key("seq"),
    _bytes("leaf"), _bytes("head"), _bytes("body"), _int("heard_us"),
    sa.Index("ix_inbox_trade_head", "head", sqlite_where=sa.text("stream = 'trade'"),
             postgresql_where=sa.text("stream = 'trade'")),
)  # fmt: skip
"""Trade rows are found by their chain head too: receipts print its beginning."""

late_row = _table(
    "late_row", _key("store"), _key("epoch"), _key("stream"), _number_key("seq"), _key("leaf"),
    _bytes("body"), _int("heard_us"), _text("why"),
)  # fmt: skip
"""Rows of a fork or an orphan: nothing is dropped; each is applied once, known by its leaf (hex)."""

parked = _table(
    "parked", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("store"), _text("epoch"),
    _text("stream"), _int("seq"), _bytes("leaf"), _bytes("body"), _text("why"), _int("late"), _int("parked_us"),
    _maybe_int("applied_us"), sa.UniqueConstraint("store", "epoch", "stream", "seq", "leaf"),
)  # fmt: skip
parked_key = _table("parked_key", _key("key"), sa.Column("n", RUNNING, primary_key=True, autoincrement=False))
"""What later rows must wait for: they are parked too, in order."""

rejoin = _table("rejoin", _key("store"), _key("nonce"), _bytes("answer"), _int("term"), _int("at_us"))
"""A repeat of a rejoin gets the same answer."""

down_log = _table(
    "down_log", _key("store"), _number_key("cloud_epoch"), _number_key("term"), _number_key("seq"),
    _bytes("body"), _int("at_us"),
)  # fmt: skip

feed_row = _table(
    "feed_row", _key("scope"), _key("key"), _int("rev", None), sa.Column("body", sa.LargeBinary),
    sa.Index(None, "rev", unique=True),
)  # fmt: skip

# --- custody (custody.md §3) ------------------------------------------------------------------------------

custody = _table(
    "custody", _key("piece"), _text("holder"), _int("ce"), _text("state"), _text("sale"), _text("transfer"),
    _text("source"), sa.Index(None, "holder"),
)  # fmt: skip
"""The token of each piece; `holder` is empty when the cloud has it (in transit, frozen, sold and past its Z)."""

custody_history = _table(
    "custody_history", _key("piece"), _number_key("ce"), _text("holder"), _int("forced"), _int("since_us")
)
recall = _table("recall", _key("piece"), _int("ce"), _text("holder"), _text("wanted_by"), _int("at_us"))
pending_move = _table(
    "pending_move", _key("piece"), _key("kind"), _text("store"), _int("ce"), _text("transfer"), _int("at_us")
)
"""A decision that moves a token and must wait: the cloud is recovering, or rows of the piece are parked."""

hold = _table("hold", _key("piece"), _key("sale"), _text("store"), _int("at_us"))
claim = _table(
    "claim", _key("store"), _key("claim"), _text("piece"), _int("ce"), _text("kind"), _text("ref"), _int("fence"),
    _int("held_us"), _text("ended"), sa.Index(None, "piece"),
)  # fmt: skip
sold_piece = _table("sold_piece", _key("piece"), _text("store"), _text("sale"), _text("line"))
"""The cloud's index only detects: a second sale of a piece that is sold finds its row taken."""

case_file = _table(
    "case_file", _key("case_id"), _text("kind"), _text("store"), _text("piece"), _text("ref"), _text("sentence"),
    _int("opened_us"), _maybe_int("closed_us"), _text("closed_by"), _text("outcome"), sa.Index(None, "closed_us"),
)  # fmt: skip

# --- nouns ------------------------------------------------------------------------------------------------

piece = _table(
    "piece", _key("piece"), _text("sku"), _text("title"), _text("category"), _text("metal"), _int("fineness"),
    _int("weight_mg"), _text("stones"), _int("price_minor"), _text("currency"), _int("tax_bp"), _text("epc"),
    _text("tid"), _text("designer"), _text("collection"), _text("photo"), _text("home_zone"), _text("tray"),
    _text("home_store"), _text("words"), _int("changed_us"), _int("binding"),
    _text("serial"), _text("barcode"), _text("prices", "[]"), _text("tax"), _int("second_hand"), _text("set_of"),
    _text("ownership", "owned"), _text("certificates", "[]"), _text("condition", "ok"), _text("metals", "[]"),
    _text("gems", "[]"), _text("attributes", "[]"), _int("disposed"),
    sa.Index("uq_piece_epc", "epc", unique=True, sqlite_where=TAGGED, postgresql_where=TAGGED),
    sa.Index(None, "sku"), sa.Index(None, "serial"), sa.Index(None, "barcode"), sa.Index(None, "set_of"),
)  # fmt: skip
"""`words` is what search looks at: lower case, one space between."""

piece_seek = _table(
    "piece_seek", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("piece", None),
    _int("price"), _int("carat"), _int("weight"), _int("fineness"),
    _text("category"), _text("metal"), _text("stone"), _text("collection"), _text("designer"), _text("condition"),
    _text("ownership"), _text("zone"), _text("tray"), _text("words"), sa.UniqueConstraint("piece"),
    sa.Index(None, "price"), sa.Index(None, "carat"), sa.Index(None, "weight"),
    sa.Index("ix_piece_seek_words", "words", postgresql_using="gin",
             postgresql_ops={"words": "gin_trgm_ops"}).ddl_if(dialect="postgresql"),
)  # fmt: skip
"""What search looks at, as `trade.seek.seeds` makes it of a card; SQLite has an FTS5 index of trigrams beside it."""

piece_key = _table("piece_key", _exact("key"), _exact("piece"), _text("kind"), sa.Index(None, "piece"))
"""Names of pieces: found whole, or by their beginning."""

piece_term = _table(
    "piece_term", sa.Column("n", RUNNING, primary_key=True, autoincrement=False), _key("name"), _text("text"),
    _maybe_int("number"), sa.Index(None, "name", "number", "n"), sa.Index(None, "name", "text", "n"),
)  # fmt: skip
"""Attributes of the piece with this number in `piece_seek`."""

piece_backing = _table(
    "piece_backing", _key("piece"), _int("cost_minor"), _text("cost_currency"), _text("source"), _text("provenance"),
)  # fmt: skip
"""What the house knows of a piece and tells no store."""

piece_change = _table(
    "piece_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("piece"), _int("at_us"),
    _text("by"), _text("why"), _text("field"), _text("was"), _text("now"), sa.Index(None, "piece"),
)  # fmt: skip
"""Every change of a record at the office, a row for each field; prices under the name of their currency."""

appraisal = _table(
    "appraisal", _key("appraisal"), _text("piece"), _int("value_minor"), _text("currency"), _text("purpose"),
    _text("appraiser"), _text("day"), _text("note"), _text("by"), _int("at_us"), sa.Index(None, "piece"),
)  # fmt: skip
piece_category = _table("piece_category", _key("category"), _text("rules", "[]"), _text("by"), _int("changed_us"))
"""What pieces of a category say beside the rest."""

blob = _table(
    "blob", _key("sha256"), _text("media"), _int("bytes"), _int("width"), _int("height"), _bytes("body"),
    _bytes("thumb"), _int("at_us"),
)  # fmt: skip
"""Photos and papers, sealed (`cloud.blobs`)."""

blob_part = _table(
    "blob_part", _key("store"), _key("sha256"), _number_key("at"), _int("bytes"), _bytes("body"), _int("at_us"),
)  # fmt: skip
"""Parts of photos that stores are bringing (`cloud.uploads`), sealed."""

piece_paper = _table(
    "piece_paper", _key("piece"), _key("sha256"), _text("kind"), _text("name"), _text("by"), _int("at_us"),
)  # fmt: skip

piece_import = _table(
    "piece_import", _key("key"), _text("sha256"), _text("name"), _text("store"), _int("rows"), _int("new"),
    _int("changed"), _text("by"), _int("at_us"),
)  # fmt: skip
"""Lists that were imported: the same one, read the same way, changes nothing again."""

tag_binding = _table(
    "tag_binding", _key("store"), _key("epoch"), _number_key("seq"), _key("piece"), _key("epc"), _text("tid"),
    _int("n"), _int("ce"), _text("by"), _int("from_us"), _maybe_int("to_us"),
    sa.Index(None, "piece"), sa.Index(None, "epc"),
)  # fmt: skip
"""Every tag a store ever bound to a piece; also one that a conflict kept off the piece's card."""

staff = _table(
    "staff", _key("user"), _text("name"), _text("roles"), _text("stores"), _int("active", 1), _text("password"),
    _int("changed_us"),
)  # fmt: skip
second_factor = _table(
    "second_factor", _key("user"), _bytes("secret"), _int("step"), _int("since_us"), _int("confirmed_us"),
    _text("key_id"),
)  # fmt: skip
"""`secret` is sealed under `key_id` (`cloud.sealing`); one without waits to be. `step`: of the last code taken; none at
or below it is good again. `confirmed_us` 0: shown, not proved yet."""
recovery_code = _table("recovery_code", _key("user"), _key("sha256"), _int("used_us"))
office_change = _table(
    "office_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _int("at_us"), _text("by"),
    _text("what"), _text("subject"), _text("store"), _text("why"), _text("differences", "{}"), sa.Index(None, "store"),
)  # fmt: skip
login = _table(
    "login", sa.Column("token_sha256", sa.LargeBinary, primary_key=True), _text("user"), _int("began_us"),
    _int("used_us"), sa.Index(None, "user"),
)  # fmt: skip

# --- clients (docs/adr/0029) ------------------------------------------------------------------------------

person_key = _table("person_key", _key("person"), _bytes("wrapped"), _text("key_id"), _int("made_us"))
"""The key of each person, wrapped under the office's (`cloud.people`). Without its row nothing of them opens again."""
word_key = _table("word_key", _number_key("one"), _bytes("wrapped"), _text("key_id"))
"""One row: the key of the search words, wrapped likewise; it stays for ever."""
client = _table(
    "client", _key("person"), _text("store"), _text("owner"), _sealing("sealed"), _int("made_us"), _text("made_by"),
    _int("changed_us"), _int("erased_us"), sa.Index(None, "owner", "changed_us"), sa.Index(None, "store", "changed_us"),
    sa.Index(None, "changed_us"),
)  # fmt: skip
"""`sealed` is the whole profile; `owner` is whose client book it is in. Of who was erased only the id is left."""
person_word = _table(
    "person_word", sa.Column("word", sa.LargeBinary, primary_key=True), _key("person"), sa.Index(None, "person")
)
"""What search finds people by: HMACs of words and their beginnings (`cloud.pos.clients.words`)."""
client_change = _table(
    "client_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("person"), _int("at_us"),
    _text("by"), _text("field"), _bytes("sealed"), sa.Index(None, "person"),
)  # fmt: skip
"""Who changed which field of a profile and when; what it was, what it is and why is sealed with the person's key."""
client_look = _table(
    "client_look", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("person"), _int("at_us"),
    _text("by"), _text("how"), _int("found"), sa.Index(None, "person"),
)  # fmt: skip
"""Who opened a profile, took it out, or searched (then without a person, `found` telling how many were shown)."""
client_consent = _table(
    "client_consent", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), _text("person"), _text("channel"),
    _int("given"), _int("said_us"), _int("at_us"), _text("by"), _text("proof"), _text("text_version"), _text("store"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Each word of a client about each channel; which one holds says `trade/consent.py`."""
client_visit = _table(
    "client_visit", _key("visit"), _text("person"), _text("store"), _int("at_us"), _text("by"), _sealing("sealed"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Somebody came and bought nothing; what they looked at is sealed."""
client_alias = _table(
    "client_alias", _key("merge"), _text("survivor"), _text("absorbed"), _text("by"), _int("at_us"), _int("undone_us"),
    _text("undone_by"), sa.Index(None, "survivor"),
    sa.Index("ix_client_alias_absorbed", "absorbed", unique=True, sqlite_where=HOLDS, postgresql_where=HOLDS),
)  # fmt: skip
"""Ids that are one person, by somebody's word; `undone_us` 0: it holds (`cloud.clienteling.identity.merging`)."""
client_pair = _table(
    "client_pair", _key("one"), _key("other"), _float("bits"), _text("reasons"), _text("state"), _int("found_us"),
    _text("by"), _int("decided_us"), sa.Index(None, "state", "bits"), sa.Index(None, "other"),
)  # fmt: skip
"""Two clients who may be one, `one` below `other`: the queue, and for ever what a person said of them."""
client_heard = _table(
    "client_heard", _key("store"), _key("epoch"), _number_key("seq"), _number_key("n"), _text("person"),
    _text("key_id"), _sealing("sealed"), _text("by"), _int("at_us"), _text("state"), _text("why"),
    sa.Index(None, "state", "person"), sa.Index(None, "person"),
)  # fmt: skip
"""What a till wrote of a client, sealed as it came; taken into the profile once the person's key is here."""

sale = _table(
    "sale", _key("store"), _key("sale"), _text("till"), _text("shift"), _int("receipt_number"), _text("business_day"),
    _text("associate"), _text("currency"), _int("total_minor"), _int("tax_minor"), _text("client"),
    _text("pad_verdict"), _text("state"), _int("recorded_us"), _int("feed_rev"), _text("epoch"), _int("seq"),
    _text("counted_in"), _text("exemption"), _text("approved_by"),
    sa.Index(None, "recorded_us"), sa.Index(None, "sale"), sa.Index(None, "shift"),
    sa.Index("ix_sale_client", "client", sqlite_where=NAMED, postgresql_where=NAMED),
)  # fmt: skip
sale_line = _table(
    "sale_line", _key("store"), _key("sale"), _key("line"), _text("kind"), _text("description"), _text("piece"),
    _int("ce"), _int("quantity_milli", 1000), _int("list_price_minor"), _int("discount_minor"), _int("gross_minor"),
    _int("tax_bp"), _int("tax_minor"), _text("promotion"), _text("approved_by"), _text("scheme"),
    _int("promotion_minor"), _text("account"), _text("goods"), _text("unit"), sa.Index(None, "piece"),
)  # fmt: skip
sale_tender = _table(
    "sale_tender", _key("store"), _key("sale"), _number_key("n"), _text("kind"), _int("amount_minor"),
    _int("change_minor"), _text("reference"), _text("payment"), _int("rounding_minor"), _text("account"),
    _text("foreign_currency"), _int("foreign_minor"), _int("rate_e9"), _text("rate_source"), _int("quoted_us"),
)  # fmt: skip
terminal_payment = _table(
    "terminal_payment", _key("store"), _key("payment"), _text("sale"), _text("till"), _text("terminal"), _text("state"),
    _int("amount_minor"), _int("captured_minor"), _text("currency"), _int("offline_minor_max"), _text("given_up"),
    _text("brand"), _text("last4"), _text("auth_code"), _text("reference"), _int("stored_offline"), _text("why"),
    _int("at_us"), sa.Index(None, "state"),
)  # fmt: skip
"""As `trade/payment.py` has it; a payment in doubt ends at its store, by asking the terminal."""

refund_line = _table(
    "refund_line", _key("store"), _key("epoch"), _number_key("seq"), _key("line"), _text("sale"), _text("piece"),
    _text("disposition"), _int("quantity_milli"), _int("gross_minor"), _int("tax_minor"), sa.Index(None, "sale"),
)  # fmt: skip
"""What came back of a line by one return; `quantity_milli` 0: money alone."""

card_refund = _table(
    "card_refund", _key("store"), _key("refund"), _text("returns"), _text("payment"), _text("sale"), _text("till"),
    _text("terminal"), _text("state"), _int("amount_minor"), _int("refunded_minor"), _text("currency"),
    _text("reference"), _text("refund_reference"), _text("why"), _int("at_us"), sa.Index(None, "sale"),
)  # fmt: skip
"""As `trade/card_refund.py` has it."""

piece_disposed = _table(
    "piece_disposed", _key("store"), _key("epoch"), _number_key("seq"), _key("piece"), _text("disposition"),
    _text("condition"), _text("reason"), _text("sale"), _text("by"), _int("n"), _int("at_us"), sa.Index(None, "piece"),
)  # fmt: skip
"""Every word of a store about how a piece is."""
value_account = _table(
    "value_account", _key("account"), _text("kind"), _text("label"), _text("client"), _text("currency"),
    _text("store"), _int("issued_minor"), _int("spent_minor"), _text("blocked"), _int("opened_us"),
    _text("expires"), sa.Index(None, "kind", "opened_us"), sa.Index(None, "client"),
)  # fmt: skip
"""Gift cards (by the digest of their code), credit of clients, deposits. The balance is what came in less what went."""
value_move = _table(
    "value_move", _key("store"), _key("ref"), _number_key("n"), _text("account"), _int("amount_minor"), _text("by"),
    _int("at_us"), sa.Index(None, "account"),
)  # fmt: skip
value_slice = _table("value_slice", _key("store"), _key("account"), _int("held_minor"), sa.Index(None, "account"))
"""What a store may spend of an account without asking: never the same money as another store's."""
value_ask = _table(
    "value_ask", _key("store"), _key("ask"), _text("sale"), _text("account"), _text("kind"), _text("currency"),
    _int("wanted_minor"), _int("granted_minor"), _text("state"), _text("why"), _int("at_us"), _text("business_day"),
    sa.Index(None, "account", "state"), sa.Index(None, "store", "sale"),
)  # fmt: skip
bank_transfer = _table(
    "bank_transfer", _key("store"), _key("sale"), _number_key("n"), _text("till"), _text("reference"),
    _int("amount_minor"), _text("currency"), _text("business_day"), _text("state"), _int("at_us"),
    _maybe_int("settled_us"), _text("settled_by"), _text("note"), sa.Index(None, "state", "at_us"),
)  # fmt: skip
"""Transfers that sales wait for."""
goods = _table(
    "goods", _key("goods"), _text("title"), _text("unit"), _int("unit_minor"), _text("currency"), _int("tax_bp"),
    _text("tax"), _int("service"), _int("quantity_milli_min", 1), _int("active", 1), _text("by"), _int("changed_us"),
)  # fmt: skip
"""Measured goods and services."""
goods_stock = _table(
    "goods_stock", _key("store"), _key("goods"), _int("quantity_milli"), _int("value_minor"), _int("average_minor"),
    _int("average_milli"),
)  # fmt: skip
"""As `trade/measured.py` has it, in the store's currency."""
goods_move = _table(
    "goods_move", _key("store"), _key("ref"), _key("goods"), _int("quantity_milli"), _text("why"), _text("by"),
    _int("at_us"), _int("cost_minor"), sa.Index(None, "goods"),
)  # fmt: skip
"""What came in (above nothing), was sold or corrected; `goods_stock` is the sum."""

returned_line = _table("returned_line", _key("sale"), _key("line"), _text("store"), _int("at_us"))
"""`returned` wins, also over a sale that comes later."""

returned_piece = _table("returned_piece", _key("sale"), _key("piece"), _text("store"), _int("at_us"))

refund = _table(
    "refund", _key("store"), _key("epoch"), _number_key("seq"), _text("sale"), _text("till"), _text("shift"),
    _int("receipt_number"), _text("business_day"), _text("currency"), _int("total_minor"), _int("tax_minor"),
    _text("reason"), _int("recorded_us"), _text("counted_in"), _text("approved_by"),
    _text("returns"), _text("override"), _text("exchange"), sa.Index(None, "sale"), sa.Index(None, "shift"),
)  # fmt: skip
"""`counted_in`, here and of a sale: the shift whose Z counts it; empty: none yet."""

receipt_given = _table(
    "receipt_given", _key("store"), _key("give"), _text("receipt"), _text("form"), _int("gift"), _int("copy"),
    _int("office"), _text("by"), _int("at_us"),
    sa.Index(None, "receipt"),
)  # fmt: skip
"""Receipts handed over. `office` 1: here, and numbered by itself, for a store that is offline goes on counting."""

shift = _table(
    "shift", _key("store"), _key("shift"), _text("till"), _text("business_day"), _text("currency"), _int("float_minor"),
    _int("opened_us"), _maybe_int("closed_us"), _maybe_int("z_number"), _int("sales"), _int("returns"),
    _int("gross_minor"), _int("tax_minor"), _int("cash_expected_minor"), _int("cash_counted_minor"),
    _text("z_digest"), _text("z_body"),
)  # fmt: skip
"""`z_body`: the Z as it was made, in JSON."""

cash_move = _table(
    "cash_move", _key("store"), _key("move"), _text("shift"), _text("till"), _text("kind"), _int("amount_minor"),
    _text("currency"), _text("reason"), _text("by"), _int("at_us"), sa.Index(None, "shift"),
)  # fmt: skip

posting = _table(
    "posting", _key("store"), _key("posting"), _text("kind"), _text("ref"), _text("business_day"), _int("at_us"),
    _text("period"), _int("late"), _text("sale"), _text("by"), _text("why"),
    sa.UniqueConstraint("store", "kind", "ref"), sa.Index(None, "store", "period"), sa.Index(None, "sale"),
)  # fmt: skip
"""`period` is the month it counts in: `late` when its own was closed. `by` and `why` where a person posted it."""

ledger_line = _table(
    "ledger_line", _key("store"), _key("posting"), _number_key("n"), _text("account", None), _int("amount_minor", None),
    _text("currency", None), _text("by"),
    sa.ForeignKeyConstraint(
        ["store", "posting"], ["posting.store", "posting.posting"], deferrable=True, initially="DEFERRED"
    ),
    sa.CheckConstraint("amount_minor <> 0", name="moves_something"), sa.Index(None, "account", "currency"),
)  # fmt: skip
"""Lines are written first and the posting seals them: a trigger refuses one that does not sum to nothing."""

ledger_close = _table("ledger_close", _key("store"), _key("period"), _int("closed_us"), _text("by"), _text("why"))
"""Months that take no posting any more; for ever."""

fiscal_closing = _table(
    "fiscal_closing", _key("store"), _number_key("number"), _text("kind"), _text("period"), _text("digest"),
    _text("body"), _int("closed_us"), _text("by"), sa.UniqueConstraint("store", "kind", "period"),
)  # fmt: skip
"""`body`: the closing as its digest is made of, in JSON (`cloud.fiscal`)."""
fiscal_z = _table("fiscal_z", _key("store"), _key("shift"), _int("number"), sa.Index(None, "store", "number"))
"""Which closing counts the Z of a shift: each is counted once."""
cash_report = _table("cash_report", _key("name"), _text("reference"), _text("by"), _int("at_us"))
"""Reports of cash that were filed; which are due is worked out (`trade.cash_reports`)."""

stock_value = _table(
    "stock_value", _key("piece"), _text("store"), _text("account"), _int("amount_minor"), _text("currency"),
    _text("sale"), _text("line"), _text("margin"), _int("margin_tax_minor"),
)  # fmt: skip
"""Where the ledger carries a piece's cost (`trade/costing.py`): one place at a time."""

transfer = _table(
    "transfer", _key("transfer"), _text("source"), _text("target"), _text("state"), _int("shipped_us"),
    _maybe_int("received_us"),
)  # fmt: skip
transfer_piece = _table(
    "transfer_piece", _key("transfer"), _key("piece"), _text("state"), _maybe_int("received_us"), _int("damaged")
)

web_order = _table(
    "web_order", _key("order_id"), _text("state"), _text("piece"), _text("store"), _int("ce"), _int("fence"),
    _text("payment_key"), _int("amount_minor"), _text("currency"), _int("tax_minor"), _text("why"), _text("note"),
    _int("asked_us"), _maybe_int("ended_us"), sa.Index(None, "state"), sa.Index(None, "piece"),
)  # fmt: skip

client_order = _table(
    "client_order", _key("order_id"), _text("store"), _text("number"), _text("kind"), _text("client"), _text("state"),
    _text("promised_day"), _int("ended"), _int("opened_us"), _int("changed_us"), _bytes("body"),
    sa.Index(None, "client"), sa.Index(None, "number"), sa.Index(None, "store", "changed_us"),
    sa.Index(None, "changed_us"), sa.Index(None, "promised_day", sqlite_where=OPEN, postgresql_where=OPEN),
)  # fmt: skip
client_order_thing = _table("client_order_thing", _key("thing"), _key("order_id"))
order_paper = _table(
    "order_paper", _key("order_id"), _key("sha256"), _text("person"), _text("kind"), _text("media"), _int("version"),
    _text("item"), _int("bytes"), _text("by"), _int("at_us"), _bytes("sealed"), _bytes("thumb"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Papers of orders, sealed under the key of their client (`cloud.pos.client_orders.papers`)."""

stock_count = _table(
    "stock_count", _key("store"), _key("count_id"), _text("place"), _text("state"), _text("requested_by"),
    _int("rounds"), _int("expected"), _int("found"), _float("p_complete"), _float("unread_expected"),
    _text("why_stopped"),
    _int("value_minor"), _int("weight_mg"), _text("currency"), _int("unknown_tags"), _text("business_day"),
    _text("approved_by"), _int("changed_us"), _text("zones"),
    _text("counted_by"), _text("why"), _int("due_us"), _int("blind"), _int("submitted"), _text("quantities"),
    _int("number", 1), _float("took_s"), _float("unknown_more"), _text("tags"), _text("totals"),
)  # fmt: skip
count_verdict = _table(
    "count_verdict", _key("store"), _key("count_id"), _key("piece"), _text("verdict"), _text("zone"),
    _float("p_present"), _text("note"), _int("at_us"), _int("rounds"),
)  # fmt: skip
count_look = _table(
    "count_look", _key("store"), _key("count_id"), _number_key("number"), _text("zones"), _int("rounds"),
    _int("expected"), _int("found"), _float("p_complete"), _text("why_stopped"), _text("verdicts"), _int("ended_us"),
)  # fmt: skip
count_missed = _table(
    "count_missed", _key("store"), _key("schedule"), _number_key("due_us"), _text("place"), _text("why"), _int("more"),
    _int("at_us"),
)  # fmt: skip

alarm = _table(
    "alarm", _key("store"), _key("alarm"), _text("kind"), _text("pieces"), _text("zone"), _text("sentence"),
    _float("evidence_nats"), _int("rounds"), _int("value_minor"), _text("currency"), _int("raised_us"),
    _maybe_int("closed_us"), _text("closed_by"), _text("outcome"), _text("note"),
    _text("severity"),
)  # fmt: skip

presence = _table(
    "presence", _key("store"), _key("piece"), _text("state"), _text("zone"), _text("why"), _int("since_us"),
    sa.Index(None, "piece"),
)  # fmt: skip
far_read = _table("far_read", _key("piece"), _key("store"), _int("at_us"), _text("how"))
"""The newest read of a piece at a store that may tell of another one: sighted, at a gate, arrived."""
zone_vision = _table("zone_vision", _key("store"), _key("zone"), _text("vision"), _text("why"), _int("since_us"))
zone_name = _table("zone_name", _key("store"), _key("zone"), _text("name"))
zone_calibration = _table(
    "zone_calibration", _key("store"), _key("epoch"), _number_key("seq"), _int("version"), _text("model"),
    _float("accuracy"), _float("tray_accuracy"), _text("zones"), _int("put_back"), _text("by"), _int("at_us"),
)  # fmt: skip
reader = _table(
    "reader", _key("store"), _key("reader"), _text("link"), _text("why"), _text("model"), _text("firmware"),
    _text("serial"), _int("since_us"), _int("dark_since_us"),
)  # fmt: skip
reader_change = _table(
    "reader_change", _key("store"), _key("epoch"), _number_key("seq"), _key("reader"), _text("was_model"),
    _text("was_firmware"), _text("was_serial"), _text("model"), _text("firmware"), _text("serial"), _int("at_us"),
)  # fmt: skip
coverage_gap = _table(
    "coverage_gap", _key("store"), _key("epoch"), _number_key("seq"), _key("reader"), _int("from_us"), _int("until_us"),
    _text("why"), sa.Index(None, "store", "until_us"),
)  # fmt: skip
signal = _table(
    "signal", _key("store"), _key("reader"), _key("way"), _number_key("port"), _text("name"), _text("kind"),
    _text("zone"), _int("is_on"), _text("why"), _text("by"), _int("since_us"),
)  # fmt: skip
"""What is wired to inputs (`in`) and outputs (`out`) of readers, as it was told last."""
restock = _table(
    "restock", _key("store"), _key("restock"), _text("zones"), _text("by"), _int("began_us"), _int("until_us"),
    _int("ended_us"), _int("muted"), _text("why"),
)  # fmt: skip
"""Deliveries being put away, during which movement accused nobody."""
alarm_budget = _table(
    "alarm_budget", _key("store"), _float("alarms_per_month_max"), _text("weights"), _text("by"), _int("at_us"),
)  # fmt: skip
"""False alarms a month that a store's manager will bear, as set last."""
exit_seen = _table(
    "exit_seen", _key("store"), _key("epoch"), _number_key("seq"), _key("piece"), _text("zone"), _int("peaceful"),
    _text("why"), _int("at_us"),
)  # fmt: skip
