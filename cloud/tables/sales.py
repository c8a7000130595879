"""Sales, returns, receipts and shifts, as stores told them."""

import sqlalchemy as sa

from cloud.columns import NAMED, key, maybe_whole, number_key, table, text, whole

sale = table(
    "sale", key("store"), key("sale"), text("till"), text("shift"), whole("receipt_number"), text("business_day"),
    text("associate"), text("currency"), whole("total_minor"), whole("tax_minor"), text("client"),
    text("pad_verdict"), text("state"), whole("recorded_us"), whole("feed_rev"), text("epoch"), whole("seq"),
    text("counted_in"), text("exemption"), text("approved_by"),
    sa.Index(None, "recorded_us"), sa.Index(None, "sale"), sa.Index(None, "shift"),
    sa.Index(None, "business_day", "store"),
    sa.Index("ix_sale_client", "client", sqlite_where=NAMED, postgresql_where=NAMED),
)  # fmt: skip

sale_line = table(
    "sale_line", key("store"), key("sale"), key("line"), text("kind"), text("description"), text("piece"),
    whole("ce"), whole("quantity_milli", 1000), whole("list_price_minor"), whole("discount_minor"),
    whole("gross_minor"), whole("tax_bp"), whole("tax_minor"), text("promotion"), text("approved_by"), text("scheme"),
    whole("promotion_minor"), text("account"), text("goods"), text("unit"), sa.Index(None, "piece"),
)  # fmt: skip

sale_tender = table(
    "sale_tender", key("store"), key("sale"), number_key("n"), text("kind"), whole("amount_minor"),
    whole("change_minor"), text("reference"), text("payment"), whole("rounding_minor"), text("account"),
    text("foreign_currency"), whole("foreign_minor"), whole("rate_e9"), text("rate_source"), whole("quoted_us"),
)  # fmt: skip

terminal_payment = table(
    "terminal_payment", key("store"), key("payment"), text("sale"), text("till"), text("terminal"), text("state"),
    whole("amount_minor"), whole("captured_minor"), text("currency"), whole("offline_minor_max"), text("given_up"),
    text("brand"), text("last4"), text("auth_code"), text("reference"), whole("stored_offline"), text("why"),
    whole("at_us"), sa.Index(None, "state"),
)  # fmt: skip
"""As `trade/payment.py` has it; a payment in doubt ends at its store, by asking the terminal."""

refund_line = table(
    "refund_line", key("store"), key("epoch"), number_key("seq"), key("line"), text("sale"), text("piece"),
    text("disposition"), whole("quantity_milli"), whole("gross_minor"), whole("tax_minor"), sa.Index(None, "sale"),
)  # fmt: skip
"""What came back of a line by one return; `quantity_milli` 0: money alone."""

card_refund = table(
    "card_refund", key("store"), key("refund"), text("returns"), text("payment"), text("sale"), text("till"),
    text("terminal"), text("state"), whole("amount_minor"), whole("refunded_minor"), text("currency"),
    text("reference"), text("refund_reference"), text("why"), whole("at_us"), sa.Index(None, "sale"),
)  # fmt: skip
"""As `trade/card_refund.py` has it."""

piece_disposed = table(
    "piece_disposed", key("store"), key("epoch"), number_key("seq"), key("piece"), text("disposition"),
    text("condition"), text("reason"), text("sale"), text("by"), whole("n"), whole("at_us"), sa.Index(None, "piece"),
)  # fmt: skip
"""Every word of a store about how a piece is."""

bank_transfer = table(
    "bank_transfer", key("store"), key("sale"), number_key("n"), text("till"), text("reference"),
    whole("amount_minor"), text("currency"), text("business_day"), text("state"), whole("at_us"),
    maybe_whole("settled_us"), text("settled_by"), text("note"), sa.Index(None, "state", "at_us"),
)  # fmt: skip
"""Transfers that sales wait for."""

returned_line = table("returned_line", key("sale"), key("line"), text("store"), whole("at_us"))
"""`returned` wins, also over a sale that comes later."""

returned_piece = table("returned_piece", key("sale"), key("piece"), text("store"), whole("at_us"))

refund = table(
    "refund", key("store"), key("epoch"), number_key("seq"), text("sale"), text("till"), text("shift"),
    whole("receipt_number"), text("business_day"), text("currency"), whole("total_minor"), whole("tax_minor"),
    text("reason"), whole("recorded_us"), text("counted_in"), text("approved_by"),
    text("returns"), text("override"), text("exchange"), sa.Index(None, "sale"), sa.Index(None, "shift"),
    sa.Index(None, "business_day", "store"),
)  # fmt: skip
"""`counted_in`, here and of a sale: the shift whose Z counts it; empty: none yet."""

receipt_given = table(
    "receipt_given", key("store"), key("give"), text("receipt"), text("form"), whole("gift"), whole("copy"),
    whole("office"), text("by"), whole("at_us"),
    sa.Index(None, "receipt"),
)  # fmt: skip
"""Receipts handed over. `office` 1: here, and numbered by itself, for a store that is offline goes on counting."""

shift = table(
    "shift", key("store"), key("shift"), text("till"), text("business_day"), text("currency"), whole("float_minor"),
    whole("opened_us"), maybe_whole("closed_us"), maybe_whole("z_number"), whole("sales"), whole("returns"),
    whole("gross_minor"), whole("tax_minor"), whole("cash_expected_minor"), whole("cash_counted_minor"),
    text("z_digest"), text("z_body"),
)  # fmt: skip
"""`z_body`: the Z as it was made, in JSON."""

cash_move = table(
    "cash_move", key("store"), key("move"), text("shift"), text("till"), text("kind"), whole("amount_minor"),
    text("currency"), text("reason"), text("by"), whole("at_us"), whole("credited_minor"), whole("credits"),
    whole("credited_us"), text("credited_by"), sa.Index(None, "shift"),
)  # fmt: skip
