"""The ledger, its closings, and where the cost of pieces stands."""

import sqlalchemy as sa

from cloud.columns import key, number_key, table, text, whole

posting = table(
    "posting", key("store"), key("posting"), text("kind"), text("ref"), text("business_day"), whole("at_us"),
    text("period"), whole("late"), text("sale"), text("by"), text("why"),
    sa.UniqueConstraint("store", "kind", "ref"), sa.Index(None, "store", "period"), sa.Index(None, "sale"),
    sa.Index(None, "business_day", "store"),
)  # fmt: skip
"""`period` is the month it counts in: `late` when its own was closed. `by` and `why` where a person posted it."""

ledger_line = table(
    "ledger_line", key("store"), key("posting"), number_key("n"), text("account", None), whole("amount_minor", None),
    text("currency", None), text("by"),
    sa.ForeignKeyConstraint(
        ["store", "posting"], ["posting.store", "posting.posting"], deferrable=True, initially="DEFERRED"
    ),
    sa.CheckConstraint("amount_minor <> 0", name="moves_something"), sa.Index(None, "account", "currency"),
)  # fmt: skip
"""Lines are written first and the posting seals them: a trigger refuses one that does not sum to nothing."""

ledger_close = table("ledger_close", key("store"), key("period"), whole("closed_us"), text("by"), text("why"))
"""Months that take no posting any more; for ever."""

fiscal_closing = table(
    "fiscal_closing", key("store"), number_key("number"), text("kind"), text("period"), text("digest"),
    text("body"), whole("closed_us"), text("by"), sa.UniqueConstraint("store", "kind", "period"),
)  # fmt: skip
"""`body`: the closing as its digest is made of, in JSON (`cloud.fiscal`)."""

fiscal_z = table("fiscal_z", key("store"), key("shift"), whole("number"), sa.Index(None, "store", "number"))
"""Which closing counts the Z of a shift: each is counted once."""

cash_report = table("cash_report", key("name"), text("reference"), text("by"), whole("at_us"), text("body"))
"""Reports of cash that were filed, as they were then; which are due is worked out (`trade.cash_reports`)."""

stock_value = table(
    "stock_value", key("piece"), text("store"), text("account"), whole("amount_minor"), text("currency"),
    text("sale"), text("line"), text("margin"), whole("margin_tax_minor"),
)  # fmt: skip
"""Where the ledger carries a piece's cost (`trade/costing.py`): one place at a time."""
