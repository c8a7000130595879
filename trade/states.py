"""All state machines of the trade, and the page that shows them: `python -m trade.states > docs/states.md`."""

import sys
from typing import Any, Final

from trade.appointment import APPOINTMENT
from trade.appraisal import APPRAISAL
from trade.campaign import CAMPAIGN
from trade.card_refund import CARD_REFUND
from trade.claim import CLAIM
from trade.custody import OFFICE, TOKEN
from trade.lease import ORDER
from trade.machine import Machine
from trade.message import MESSAGE
from trade.orders.tables import TABLES
from trade.payment import PAYMENT
from trade.sale import SALE
from trade.shift import SHIFT
from trade.stocktake import STOCKTAKE
from trade.value import ASK

MACHINES: Final[tuple[Machine[Any, Any], ...]] = (
    SALE,
    PAYMENT,
    ASK,
    CARD_REFUND,
    CLAIM,
    TOKEN,
    OFFICE,
    ORDER,
    SHIFT,
    STOCKTAKE,
    APPRAISAL,
    *TABLES.values(),
    MESSAGE,
    CAMPAIGN,
    APPOINTMENT,
)


def page() -> str:
    """docs/states.md, from the tables."""
    parts = [
        "# State machines",
        "",
        "Generated from the tables in `trade/`: `python -m trade.states > docs/states.md`.",
    ]
    for machine in MACHINES:
        parts += ["", f"## {machine.name.capitalize()}", "", "```mermaid", machine.diagram(), "```"]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
