"""Goods by quantity."""

import sqlalchemy as sa

from cloud.columns import key, table, text, whole

goods = table(
    "goods", key("goods"), text("title"), text("unit"), whole("unit_minor"), text("currency"), whole("tax_bp"),
    text("tax"), whole("service"), whole("quantity_milli_min", 1), whole("active", 1), text("by"), whole("changed_us"),
)  # fmt: skip
"""Measured goods and services."""

goods_stock = table(
    "goods_stock", key("store"), key("goods"), whole("quantity_milli"), whole("value_minor"), whole("average_minor"),
    whole("average_milli"),
)  # fmt: skip
"""As `trade/measured.py` has it, in the store's currency."""

goods_move = table(
    "goods_move", key("store"), key("ref"), key("goods"), whole("quantity_milli"), text("why"), text("by"),
    whole("at_us"), whole("cost_minor"), sa.Index(None, "goods"),
)  # fmt: skip
"""What came in (above nothing), was sold or corrected; `goods_stock` is the sum."""
