"""Money the house owes: gift cards, credit, deposits."""

import sqlalchemy as sa

from cloud.columns import key, number_key, table, text, whole

value_account = table(
    "value_account", key("account"), text("kind"), text("label"), text("client"), text("currency"),
    text("store"), whole("issued_minor"), whole("spent_minor"), text("blocked"), whole("opened_us"),
    text("expires"), sa.Index(None, "kind", "opened_us"), sa.Index(None, "client"),
)  # fmt: skip
"""Gift cards (by the digest of their code), credit of clients, deposits. The balance is what came in less what went."""

value_move = table(
    "value_move", key("store"), key("ref"), number_key("n"), text("account"), whole("amount_minor"), text("by"),
    whole("at_us"), sa.Index(None, "account"),
)  # fmt: skip

value_slice = table("value_slice", key("store"), key("account"), whole("held_minor"), sa.Index(None, "account"))
"""What a store may spend of an account without asking: never the same money as another store's."""

value_ask = table(
    "value_ask", key("store"), key("ask"), text("sale"), text("account"), text("kind"), text("currency"),
    whole("wanted_minor"), whole("granted_minor"), text("state"), text("why"), whole("at_us"), text("business_day"),
    sa.Index(None, "account", "state"), sa.Index(None, "store", "sale"),
)  # fmt: skip
