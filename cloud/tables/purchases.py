"""What stores bought from the public, and lots of scrap."""

import sqlalchemy as sa

from cloud.columns import key, table, text, whole

purchase = table(
    "purchase", key("store"), key("purchase"), text("till"), whole("number"), text("business_day"), text("client"),
    text("currency"), whole("total_minor"), text("tenders"), text("by"), text("approved_by"), whole("at_us"),
    sa.Index(None, "client"), sa.Index(None, "at_us"),
)  # fmt: skip
"""Bought from the public at a till."""

purchase_item = table(
    "purchase_item", key("piece"), key("store"), key("purchase"), text("title"), whole("value_minor"),
    text("currency"), whole("scrap"), text("metal"), whole("fineness"), whole("weight_mg"), whole("spot_minor_per_kg"),
    text("spot_source"), whole("spot_us"), whole("payout_bp"), text("weighed_by"), text("proof"), text("hold_until"),
    text("lot"), sa.Index(None, "store", "purchase"), sa.Index(None, "lot"),
)  # fmt: skip
"""A label may be bought again: by somebody who did not know, or when what the house sold comes back.

`hold_until`: the last day on which it lies untouched. `lot`: the one it went to the refiner with."""

melt_lot = table(
    "melt_lot", key("lot"), text("store"), text("refiner"), text("metal"), text("currency"), whole("fine_mg"),
    whole("cost_minor"), text("by"), whole("sent_us"), whole("settled_minor"), whole("assayed_mg"), text("reference"),
    text("settled_by"), whole("settled_us"),
)  # fmt: skip

consignor_payment = table(
    "consignor_payment", key("payment"), key("piece"), text("owner"), text("store"), text("currency"),
    whole("amount_minor"), text("reference"), text("by"), whole("at_us"), sa.Index(None, "piece"),
    sa.Index(None, "owner", "at_us"),
)  # fmt: skip
"""What owners of pieces on memo or consignment were paid, a row for each piece; below nothing: it had come back."""
