"""Samples of the register: the pad in all its moods, and a client at the till."""

import runpy
from dataclasses import replace
from pathlib import Path

from contract.clients import ClientPoints
from contract.facts import PresenceState, Vision
from edge.api import shapes
from edge.api.appointments.views import AppointmentView
from edge.api.clients.served import FoundView, IdeaShown, ServedView, SizeShown
from edge.api.orders.shapes import ShortOrderView
from edge.config import ZoneKind

NOON_US = 1_794_830_400_000_000
RING = shapes.PieceView(
    piece="FL-000112", sku="R-SOL-112", title="Solitaire ring, 1.02 ct", category="ring", metal="platinum",
    fineness=950, weight_mg=4270, stones="1 diamond 1.02 ct G VS1", price_minor=1_240_000, currency="EUR",
    epc="30395DFA835A1C000000007B", photo="", tray="case-1/04", home_zone="case-1", zone="pad-1",
    presence=PresenceState.PRESENT, custody="here", claim=None, claimed_for="", seen=True, sellable=True, why_not="",
)  # fmt: skip
BRACELET = replace(
    RING, piece="FL-000873", sku="B-TEN-020", title="Tennis bracelet", category="bracelet", metal="white_gold",
    fineness=750, weight_mg=11_940, stones="48 diamonds 3.60 ct", price_minor=865_000,
)  # fmt: skip
NECKLACE = replace(
    RING, piece="FL-001520", sku="N-RIV-003", title="Rivière necklace, graduated", category="necklace",
    weight_mg=28_410, price_minor=4_890_000, sellable=False,
    why_not="It is promised to a web order. Lay it aside and ask a manager.",
)  # fmt: skip
EMPTY_PAD = shapes.PadView(
    state="idle", settled=True, pieces=(), unknown_tags=0, verdict="", sentence="", not_on_pad=(), not_in_sale=(),
    total_minor=0, currency="EUR",
)  # fmt: skip
READY_PAD = replace(
    EMPTY_PAD, state="settled",
    pieces=(shapes.PadPieceView(piece=RING, in_sale=False), shapes.PadPieceView(piece=BRACELET, in_sale=False)),
    not_in_sale=(RING.piece, BRACELET.piece), total_minor=2_105_000,
)  # fmt: skip
MISMATCH_PAD = replace(
    READY_PAD, verdict="mismatch", not_in_sale=(NECKLACE.piece,), not_on_pad=(BRACELET.piece,),
    pieces=(shapes.PadPieceView(piece=RING, in_sale=True), shapes.PadPieceView(piece=NECKLACE, in_sale=False)),
    sentence="The tennis bracelet is in the cart but not on the pad; a rivière necklace lies there that is not in it.",
)  # fmt: skip
MORE_PAD = replace(
    MISMATCH_PAD, not_on_pad=(), not_in_sale=(BRACELET.piece,),
    pieces=(shapes.PadPieceView(piece=RING, in_sale=True), shapes.PadPieceView(piece=BRACELET, in_sale=False)),
)  # fmt: skip
MATCHED_PAD = replace(
    READY_PAD, verdict="matched", not_in_sale=(), sentence="Two pieces on the pad, the same two in the cart.",
    pieces=(shapes.PadPieceView(piece=RING, in_sale=True), shapes.PadPieceView(piece=BRACELET, in_sale=True)),
)  # fmt: skip
ONE_PAD = replace(
    EMPTY_PAD, state="settled", pieces=(shapes.PadPieceView(piece=RING, in_sale=False),), not_in_sale=(RING.piece,),
    total_minor=RING.price_minor,
)  # fmt: skip
SALE = shapes.SaleView(
    sale="sale-1", till="till-1", state="open", associate="ana", currency="EUR",
    lines=tuple(
        shapes.SaleLineView(
            line=f"line-{n}", piece=piece.piece, description=piece.title, list_price_minor=piece.price_minor,
            discount_minor=0, approved_by="", promotion="", promotion_minor=0, gross_minor=piece.price_minor,
            tax_minor=piece.price_minor // 6, kind="piece", quantity_milli=1000, unit="", account="", returned=False,
        )
        for n, piece in enumerate((RING, BRACELET))
    ),
    tenders=(), total_minor=2_105_000, tax_minor=350_833, exemption="", receipt_number=None, business_day="2026-11-22", sent=False,
)  # fmt: skip
SHIFT = runpy.run_path(str(Path(__file__).with_name("samples_drawer.py")))["OPEN"]
PAID_ON = replace(SALE, lines=(replace(SALE.lines[0], piece="", kind="deposit"),), total_minor=1_240_000)
CLIENTS = runpy.run_path(str(Path(__file__).with_name("samples_clients.py")))
EVA, MAX = CLIENTS["EVA"], CLIENTS["MAX"]
REPAIR = ShortOrderView(
    order="01990000-0000-7000-8000-00000000000a", number="R-0042", kind="repair", client=EVA.person,
    title="Ring: claws rebuilt, one brilliant set", state="ready", promised_day="2026-11-20", due_day="2026-11-20",
    due_minor=0, overdue=False, held="", currency="EUR", total_minor=42_000, paid_minor=10_000, queues=("ready",),
    changed_us=NOON_US,
)  # fmt: skip
LAYAWAY = replace(
    REPAIR, order="01990000-0000-7000-8000-00000000000b", number="L-0007", kind="layaway", title="Eternity band",
    state="reserved", queues=("overdue",), overdue=True, due_minor=80_000,
)  # fmt: skip
COMING = AppointmentView(
    appointment="01990000-0000-7000-8000-00000000000c", state="confirmed", person=EVA.person, staff="ana",
    starts_us=NOON_US + 7_200_000_000, ends_us=NOON_US + 10_800_000_000, room="Salon 1", tray="", possible=["prepare"],
    pieces=[], unread=0,
)  # fmt: skip
SERVED = ServedView(
    EVA.person, EVA, office=True, sizes=(SizeShown("left_ring", "EU 54.5", "US 7, UK N ½"),),
    points=(ClientPoints(currency="EUR", balance_minor=124_000, lapses_minor=20_000, lapses="2027-01-31"),),
    ideas=(
        IdeaShown("FL-000873", "Tennis bracelet", "bracelet", "", 865_000, "EUR", "sapphires and platinum, as they like", "case-5", ""),
        IdeaShown("FL-004410", "Sapphire studs", "", "", 390_000, "EUR", "goes with the solitaire they bought", "", "harbour"),
    ),
    orders=(REPAIR, LAYAWAY), appointments=(COMING,), more=2,
)  # fmt: skip


QUIET = ServedView(MAX.person, MAX, office=True)


def pages(common, ring):
    del ring
    store = common["store"]
    away = {"up": False, "why_down": "No answer from the office.", "unsent": 418, "sales_unsent": 3}
    alone = replace(store, uplink=replace(store.uplink, **away, since_us=NOON_US - 1_200_000_000))
    fenced = replace(alone, mode="rejoin", mode_why="The office has not yet said that this machine serves the store.")
    silent = {"vision": Vision.BLIND, "why": "reader pad-reader is silent: nothing heard for 3.0 s"}
    blind = replace(store, zones=tuple(replace(z, **silent) if z.kind is ZoneKind.PAD else z for z in store.zones))
    bare = replace(store, zones=tuple(z for z in store.zones if z.kind is not ZoneKind.PAD))
    base = {
        **common, "shift": SHIFT, "sale": None, "pad": EMPTY_PAD, "parked": (), "may_override": True, "terminal": "desk-1",
        "denominations": (), "share_rows": 3, "witness": None, "aside_minor": 0, "absent": (), "parked_more": 0,
        "may_serve": True, "served": None, "found": None,
    }  # fmt: skip
    told = replace(SERVED, office=False, heard_us=NOON_US - 3_600_000_000, more=0)
    hidden = ServedView(MAX.person, problem="their profile is for those who may see clients")
    states = {
        "empty": {},
        "no-shift": {"shift": None},
        "no-shift-coins": {"shift": None, "denominations": (5_000, 1_000, 50)},
        "no-pad": {"store": bare},
        "pad": {"pad": READY_PAD, "parked": (SALE,)},
        "matched": {"pad": MATCHED_PAD, "sale": SALE},
        "slip": {"pad": MATCHED_PAD, "sale": SALE, "terminal": ""},
        "mismatch": {
            "pad": MISMATCH_PAD, "sale": SALE, "store": alone, "absent": (replace(BRACELET, zone="case-5"),),
        },
        "more": {"pad": MORE_PAD, "sale": replace(SALE, lines=SALE.lines[:1], total_minor=1_240_000)},
        "deposit": {"sale": PAID_ON},
        "aside": {"pad": MATCHED_PAD, "sale": SALE, "aside_minor": 500_000},
        "left": {"sale": SALE, "pad": replace(EMPTY_PAD, not_on_pad=(RING.piece, BRACELET.piece))},
        "blind": {"store": blind},
        "rejoin": {"store": fenced},
        "tendering": {"pad": MATCHED_PAD, "sale": replace(SALE, state="tendering")},
        "served": {"pad": ONE_PAD, "served": SERVED},
        "served-alone": {"pad": ONE_PAD, "served": told, "store": alone},
        "served-new": {"served": QUIET},
        "served-hidden": {"served": hidden},
        "found": {"pad": ONE_PAD, "found": FoundView((EVA, MAX), more=True)},
        "found-nobody": {"found": FoundView((), office=False)},
    }  # fmt: skip
    return {f"register-{name}": ("edge/register.html", {**base, **more}) for name, more in states.items()}
