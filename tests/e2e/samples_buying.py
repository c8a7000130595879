"""Samples of the page for buying of a client: empty, worked out, weighed, and after it was bought."""

from contract.feed import MetalPriceCard
from edge.api.buying.pages import BuyForm
from edge.api.buying.views import BoughtView, PurchaseView
from trade.melt import METALS

QUOTED_US = 1_794_830_400_000_000
GOLD = MetalPriceCard(
    metal="gold", currency="EUR", minor_per_kg=12_345_600, payout_bp=8_500, source="LBMA", quoted_us=QUOTED_US
)
SILVER = MetalPriceCard(
    metal="silver", currency="EUR", minor_per_kg=145_000, payout_bp=7_000, source="LBMA", quoted_us=QUOTED_US
)
CHAIN = BuyForm(
    title="Yellow metal chain", metal="gold", fineness="750", weight="9.930", scrap="yes", client="c-01930f2e",
    provenance="her mother's", proof="passport",
)  # fmt: skip
DONE = PurchaseView(
    purchase="p-1", number=17, till="till-1", business_day="2026-11-22", client="c-01930f2e", currency="EUR",
    total_minor=78_154,
    items=[
        BoughtView(
            piece="b-1", title="Yellow metal chain", scrap=True, metal="gold", fineness=750, weight_mg=9_930,
            value_minor=78_154, hold_until="2026-12-06",
        )
    ],
)  # fmt: skip


def pages(common, _ring):
    shown = {"client_name": "",
        **common, "prices": [GOLD, SILVER], "form": BuyForm(), "metals": METALS, "card": None, "worth": 0, "offer": 0,
        "purchase": "p-2", "newest": [], "done": "", "scale": False,
    }  # fmt: skip
    weighed = CHAIN.model_copy(update={"weighed": "9.930", "weighed_by": "ML203 B123456"})
    return {
        "buy": ("edge/buy.html", {**shown, "prices": []}),
        "buy-offer": (
            "edge/buy.html",
            {**shown, "form": weighed, "card": GOLD, "worth": 91_944, "offer": 78_152, "scale": True},
        ),
        "buy-no-price": ("edge/buy.html", {**shown, "prices": [SILVER], "form": CHAIN}),
        "buy-done": ("edge/buy.html", {**shown, "newest": [DONE], "done": "p-1"}),
    }
