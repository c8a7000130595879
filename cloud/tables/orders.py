"""Clients' orders and their papers."""

import sqlalchemy as sa

from cloud.columns import OPEN, data, key, number_key, table, text, whole

client_order = table(
    "client_order", key("order_id"), text("store"), text("number"), text("kind"), text("client"), text("state"),
    text("promised_day"), whole("ended"), whole("opened_us"), whole("changed_us"), data("body"),
    sa.Index(None, "client"), sa.Index(None, "number"), sa.Index(None, "store", "changed_us"),
    sa.Index(None, "changed_us"), sa.Index(None, "promised_day", sqlite_where=OPEN, postgresql_where=OPEN),
)  # fmt: skip

client_order_thing = table("client_order_thing", key("thing"), key("order_id"))

order_paper = table(
    "order_paper", key("order_id"), key("sha256"), text("person"), text("kind"), text("media"), whole("version"),
    text("item"), whole("bytes"), text("by"), whole("at_us"), data("sealed"), data("thumb"),
    sa.Index(None, "person"),
)  # fmt: skip
"""Papers of orders, sealed under the key of their client (`cloud.pos.client_orders.papers`)."""

order_way = table(
    "order_way", key("order_id"), text("store", None), text("source", None), whole("home"), whole("amount_minor"),
    whole("told"), whole("at_us"), sa.Index(None, "store"),
)  # fmt: skip
"""Orders that were handed over and that their new home has not taken over yet; `told`: its box was told so."""

order_page = table("order_page", key("code"), text("order_id", None), sa.Index(None, "order_id"))
"""Which order a code opens (`contract.order_page`), in hex."""

order_answer = table(
    "order_answer", key("order_id"), key("what"), number_key("quote"), text("proof"), whole("approved"),
    whole("at_us"),
)  # fmt: skip
"""What clients said on their pages, once for each quote (`what` = quote) and each proof; the store is told of it."""
