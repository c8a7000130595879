"""Pieces, what finds them, their papers and tags."""

import sqlalchemy as sa

from cloud.columns import RUNNING, TAGGED, data, exact, key, maybe_whole, number_key, table, text, whole

piece = table(
    "piece", key("piece"), text("sku"), text("title"), text("category"), text("metal"), whole("fineness"),
    whole("weight_mg"), text("stones"), whole("price_minor"), text("currency"), whole("tax_bp"), text("epc"),
    text("tid"), text("designer"), text("collection"), text("photo"), text("home_zone"), text("tray"),
    text("home_store"), text("words"), whole("changed_us"), whole("binding"),
    text("serial"), text("barcode"), text("prices", "[]"), text("tax"), whole("second_hand"), text("set_of"),
    text("ownership", "owned"), text("certificates", "[]"), text("condition", "ok"), text("metals", "[]"),
    text("gems", "[]"), text("attributes", "[]"), whole("disposed"),
    sa.Index("uq_piece_epc", "epc", unique=True, sqlite_where=TAGGED, postgresql_where=TAGGED),
    sa.Index(None, "sku"), sa.Index(None, "serial"), sa.Index(None, "barcode"), sa.Index(None, "set_of"),
)  # fmt: skip
"""`words` is what search looks at: lower case, one space between."""

piece_seek = table(
    "piece_seek", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("piece", None),
    whole("price"), whole("carat"), whole("weight"), whole("fineness"),
    text("category"), text("metal"), text("stone"), text("collection"), text("designer"), text("condition"),
    text("ownership"), text("zone"), text("tray"), text("words"), sa.UniqueConstraint("piece"),
    sa.Index(None, "price"), sa.Index(None, "carat"), sa.Index(None, "weight"),
    sa.Index("ix_piece_seek_words", "words", postgresql_using="gin",
             postgresql_ops={"words": "gin_trgm_ops"}).ddl_if(dialect="postgresql"),
)  # fmt: skip
"""What search looks at, as `trade.seek.seeds` makes it of a card; SQLite has an FTS5 index of trigrams beside it."""

piece_key = table("piece_key", exact("key"), exact("piece"), text("kind"), sa.Index(None, "piece"))
"""Names of pieces: found whole, or by their beginning."""

piece_term = table(
    "piece_term", sa.Column("n", RUNNING, primary_key=True, autoincrement=False), key("name"), text("text"),
    maybe_whole("number"), sa.Index(None, "name", "number", "n"), sa.Index(None, "name", "text", "n"),
)  # fmt: skip
"""Attributes of the piece with this number in `piece_seek`."""

piece_sign = table("piece_sign", key("sign"))
"""Every sign that ever stood in `piece_seek.words`. PostgreSQL alone asks: SQLite's index says it itself."""

piece_past = table(
    "piece_past", key("piece"), key("ref"), text("client"), text("provenance"), text("proof"), whole("at_us"),
    sa.Index(None, "client"),
)  # fmt: skip
"""Of a piece bought of a client: where they had it from and what they showed, sealed (`cloud.remarks`).

`ref` is the sale or the purchase.
"""

piece_backing = table(
    "piece_backing", key("piece"), whole("cost_minor"), text("cost_currency"), text("source"), text("provenance"),
    text("due_back"),
)  # fmt: skip
"""What the house knows of a piece and tells no store."""

piece_change = table(
    "piece_change", sa.Column("n", RUNNING, primary_key=True, autoincrement=True), text("piece"), whole("at_us"),
    text("by"), text("why"), text("field"), text("was"), text("now"), sa.Index(None, "piece"),
)  # fmt: skip
"""Every change of a record at the office, a row for each field; prices under the name of their currency."""

appraisal = table(
    "appraisal", key("appraisal"), text("piece"), whole("value_minor"), text("currency"), text("purpose"),
    text("appraiser"), text("day"), text("note"), text("by"), whole("at_us"), sa.Index(None, "piece"),
)  # fmt: skip

appraisal_event = table(
    "appraisal_event", key("appraisal"), number_key("n"), text("event"), text("sha256"), text("credentials"),
    text("basis"), text("to"), text("why"), text("by"), whole("at_us"), sa.Index(None, "sha256"),
)  # fmt: skip
"""What became of one: signed as a paper of this hash, handed over, superseded by the one `to` names."""
piece_category = table("piece_category", key("category"), text("rules", "[]"), text("by"), whole("changed_us"))
"""What pieces of a category say beside the rest."""

blob = table(
    "blob", key("sha256"), text("media"), whole("bytes"), whole("width"), whole("height"), data("body"),
    data("thumb"), whole("at_us"),
)  # fmt: skip
"""Photos and papers, sealed (`cloud.blobs`)."""

blob_part = table(
    "blob_part", key("store"), key("sha256"), number_key("at"), whole("bytes"), data("body"), whole("at_us"),
)  # fmt: skip
"""Parts of photos that stores are bringing (`cloud.uploads`), sealed."""

piece_paper = table(
    "piece_paper", key("piece"), key("sha256"), text("kind"), text("name"), text("by"), whole("at_us"),
)  # fmt: skip

piece_import = table(
    "piece_import", key("key"), text("sha256"), text("name"), text("store"), whole("rows"), whole("new"),
    whole("changed"), text("by"), whole("at_us"),
)  # fmt: skip
"""Lists that were imported: the same one, read the same way, changes nothing again."""

tag_binding = table(
    "tag_binding", key("store"), key("epoch"), number_key("seq"), key("piece"), key("epc"), text("tid"),
    whole("n"), whole("ce"), text("by"), whole("from_us"), maybe_whole("to_us"),
    sa.Index(None, "piece"), sa.Index(None, "epc"),
)  # fmt: skip
"""Every tag a store ever bound to a piece; also one that a conflict kept off the piece's card."""
