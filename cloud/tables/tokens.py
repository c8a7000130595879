"""Who holds each piece, what is promised, and what a person has to decide (custody.md §3)."""

import sqlalchemy as sa

from cloud.columns import key, maybe_whole, number_key, table, text, whole

custody = table(
    "custody", key("piece"), text("holder"), whole("ce"), text("state"), text("sale"), text("transfer"),
    text("source"), sa.Index(None, "holder"),
)  # fmt: skip
"""The token of each piece; `holder` is empty when the cloud has it (in transit, frozen, sold and past its Z)."""

custody_history = table(
    "custody_history", key("piece"), number_key("ce"), text("holder"), whole("forced"), whole("since_us")
)

recall = table("recall", key("piece"), whole("ce"), text("holder"), text("wanted_by"), whole("at_us"))

pending_move = table(
    "pending_move", key("piece"), key("kind"), text("store"), whole("ce"), text("transfer"), whole("at_us")
)
"""A decision that moves a token and must wait: the cloud is recovering, or rows of the piece are parked."""

hold = table("hold", key("piece"), key("sale"), text("store"), whole("at_us"))

claim = table(
    "claim", key("store"), key("claim"), text("piece"), whole("ce"), text("kind"), text("ref"), whole("fence"),
    whole("held_us"), text("ended"), sa.Index(None, "piece"),
)  # fmt: skip

sold_piece = table("sold_piece", key("piece"), text("store"), text("sale"), text("line"))
"""The cloud's index only detects: a second sale of a piece that is sold finds its row taken."""

case_file = table(
    "case_file", key("case_id"), text("kind"), text("store"), text("piece"), text("ref"), text("sentence"),
    whole("opened_us"), maybe_whole("closed_us"), text("closed_by"), text("outcome"), text("before"),
    sa.Index(None, "closed_us"),
)  # fmt: skip
"""`before`: the case of the same thing that a person, or the house itself, had closed."""

transfer = table(
    "transfer", key("transfer"), text("source"), text("target"), text("state"), whole("shipped_us"),
    maybe_whole("received_us"), text("shipped_by"), sa.Index(None, "state", "shipped_us"),
)  # fmt: skip

transfer_piece = table(
    "transfer_piece", key("transfer"), key("piece"), text("state"), maybe_whole("received_us"), whole("damaged")
)

web_order = table(
    "web_order", key("order_id"), text("state"), text("piece"), text("store"), whole("ce"), whole("fence"),
    text("payment_key"), whole("amount_minor"), text("currency"), whole("tax_minor"), text("why"), text("note"),
    whole("asked_us"), maybe_whole("ended_us"), sa.Index(None, "state"), sa.Index(None, "piece"),
)  # fmt: skip
