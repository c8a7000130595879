"""Samples of the page of clients' things: nothing taken in, a ring in doubt, an engraving with its proof, one given back."""

from contract.facts import OrderItem, OrderKind, OrderMetal, PaperKind, StoneCheck, StoneIdentity
from edge.api.things import views
from edge.api.things.pages import STONE_ROWS, TO_SEE
from trade.orders.engraving import Engraving
from trade.orders.order import Kept, Order, Paper, Quote
from trade.orders.tables import OrderState
from trade.orders.words import KINDS, possible
from web.engraving import FACES

AT_US = 1_794_830_400_000_000
CENTRE = StoneIdentity(
    at="centre", kind="white stone", length_um=6480, width_um=6450, inscription="GIA 2141438171",
    certificate="GIA 2141438171", plot="ab" * 32,
)  # fmt: skip
SIDE = StoneIdentity(at="left of centre", kind="white stone")
RING = OrderItem(
    item="i-1", description="White metal ring with white stones", condition="Claw bent, shank worn thin",
    declared_value_minor=900_000, weight_mg=4_120, stones=(CENTRE, SIDE), zone="safe",
)  # fmt: skip
DOUBT = (
    StoneCheck(at="centre", same=False, note="inscription was GIA 2141438171 and is GIA 2141438172"),
    StoneCheck(at="left of centre", same=False, note="nothing that was recorded could be compared"),
)


class _Books:
    def one(self, *_args, **_more):
        return None


class _Shop:
    db = _Books()


def order(number, kind, state, **more):
    return Order(
        order=f"01930f2e-0000-7000-8000-00000000{len(number):04d}", number=number, kind=kind, client="c-01930f2e",
        title="A ring", currency="EUR", account="a", state=state, **more,
    )  # fmt: skip


def page(common, one, **more):
    return (
        "edge/things.html",
        {
            **common, "one": one, "shown": views.of(_Shop(), one), "kind": KINDS[one.kind],
            "zones": [("safe", "Safe"), ("case", "Window case")], "stone_rows": range(STONE_ROWS), "fonts": tuple(FACES),
            "engraving": None, "notes": [], "may_give": False,
            "possible": {str(each) for each in possible(one.kind, one.state)}, "kinds_of_paper": TO_SEE, **more,
        },
    )  # fmt: skip


def paper(kind, version=1, media="image/jpeg", item=""):
    return Paper(kind=kind, sha256=f"{version:064x}", media=media, version=version, item=item, at_us=AT_US)


def pages(common, _ring):
    signed = (paper(PaperKind.SIGNATURE, item="i-1"), paper(PaperKind.PHOTO), paper(PaperKind.PHOTO, 2))
    engraved = (paper(PaperKind.ENGRAVING, media="application/json"), paper(PaperKind.PROOF))
    doubt = order("R-1042", OrderKind.REPAIR, OrderState.READY, papers=signed, quotes=(Quote(quote=1, lines=()),),
                  items=(Kept(item=RING, checked=DOUBT, checked_us=AT_US),))  # fmt: skip
    out = order("R-1043", OrderKind.REPAIR, OrderState.AT_TRADE_SHOP, papers=signed, items=(Kept(item=RING),),
                party="Atelier Nord", metals=(OrderMetal(metal="gold", fineness=750, weight_mg=10_000),),
                stones=("centre",))  # fmt: skip
    text = Engraving(text="Für Zoë 12.6.26", font="Italic", position="inside of the band", height_um=1_500)
    return {
        "things-none": page(common, order("R-1041", OrderKind.REPAIR, OrderState.BOOKED_IN)),
        "things-doubt": page(common, doubt, may_give=True),
        "things-out": page(
            common, out, notes=[("note", "Call before noon", AT_US), ("brief", "As it was before the fall", AT_US)]
        ),
        "things-engraving": page(
            common,
            order("E-1007", OrderKind.ENGRAVING, OrderState.APPROVED, papers=engraved, items=(Kept(item=RING),)),
            engraving=text,
        ),
        "things-given": page(
            common,
            order("R-1040", OrderKind.REPAIR, OrderState.COLLECTED, papers=signed,
                  items=(Kept(item=RING, checked=DOUBT, answer="Re-inscribed by the laboratory", given_us=AT_US),)),
        ),
    }  # fmt: skip
