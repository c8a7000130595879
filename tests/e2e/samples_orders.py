"""Samples of the pages of clients' orders: the queues, a layaway that is overdue, a memo, a special order, a new one."""

from dataclasses import replace

from contract.facts import OrderEvent, OrderTerms
from edge.api.orders.pages import usual_first
from edge.api.orders.shapes import DueView, OrderLineView, OrderPieceView, OrderView, ShortOrderView, StepView
from trade.orders.queues import QUEUES
from trade.orders.words import DONE, KINDS, STEPS

DAY = "2026-11-22"
AT_US = 1_794_830_400_000_000


def short(number, kind, title, **more):
    told = {
        "order": f"0193{number.lower()}", "number": number, "kind": kind, "client": "c-01930f2e", "title": title,
        "state": "active", "promised_day": "", "due_day": "", "due_minor": 0, "overdue": False, "held": "",
        "currency": "EUR", "total_minor": 0, "paid_minor": 0, "queues": (), "changed_us": AT_US,
    }  # fmt: skip
    return ShortOrderView(**{**told, **more})


LATE = short(
    "L-1042", "layaway", "Solitaire ring, 0.71 ct", due_day="2026-11-01", due_minor=310_000, overdue=True,
    total_minor=1_240_000, paid_minor=310_000, queues=("overdue",),
)  # fmt: skip
READY = short("S-1007", "special", "Tennis bracelet in white gold", state="notified", queues=("client", "ready"))
RESTS = short("R-1311", "repair", "White metal ring with white stone", state="in_progress", held="a claw is missing")
OUT = short("M-1003", "memo", "Two rings to look at", state="issued", promised_day=DAY, due_day=DAY, queues=("today",))


def whole(row, *events, possible=(), lines=(), pieces=(), **more):
    told = {field: getattr(row, field) for field in ShortOrderView.__dataclass_fields__}
    steps = tuple(StepView(each, DONE[each], AT_US, "ana", "", "") for each in events)
    return OrderView(
        **told, quote=1 if lines else 0, lines=lines, pieces=pieces, steps=steps, possible=possible,
        account=f"order-{row.order}", deposit_bp=3_000, fee_bp=1_000, grace_days=14, opened_us=AT_US, opened_by="ana",
        **{"approved": None, "valid_until": "", "due": (), "deposit_minor": 372_000, "fee_minor": 0, "fee_now_minor": 31_000,
           "credit_minor": 0, "party": "", "sale": "", "ended": False, "away": "", "coming": False, **more},
    )  # fmt: skip


def page(common, one, **more):
    possible = [OrderEvent(each) for each in one.possible]
    return (
        "edge/order.html",
        {
            **common, "one": one, "plain_due": "3 100.00", "client_name": "", "people": {"ana": "Ana Lindqvist"},
            "simple": [(str(each), STEPS[each]) for each in usual_first(possible)], "wants_thing": False,
            "possible": set(one.possible), "taxes": [("std", "VAT 20 %")], "quote_rows": range(4), "laid": [],
            "prices": ["12 400.00"] * len(one.lines), "may_sell": True, "today": DAY, "others": [("lyon", "Lyon, place Bellecour"), ("nice", "Nice")],
            "store_names": {"lyon": "Lyon, place Bellecour"}, **more,
        },
    )  # fmt: skip


def pages(common, ring):
    piece = OrderPieceView(ring.piece, ring.title, ring.sku, kept=True, out=False)
    line = OrderLineView("q1", ring.title, 1_240_000, ring.piece)
    layaway = whole(
        LATE, "reserve", "quote", "opened", possible=("pay up", "collect", "forfeit", "cancel"), lines=(line,),
        pieces=(piece,), due=(DueView("2026-11-01", 310_000, overdue=True), DueView("2026-12-01", 620_000, overdue=False)),
    )  # fmt: skip
    asked = whole(replace(OUT, state="requested", queues=()), "opened", possible=("issue", "cancel"), pieces=(piece,))
    memo = whole(OUT, "issue", "opened", possible=("return part", "close"), pieces=(replace(piece, out=True),))
    special = whole(
        replace(READY, state="quoted", total_minor=1_240_000), "quote", "opened",
        possible=("quote", "deposit", "order", "cancel"), lines=(replace(line, piece=""),), valid_until="2026-12-24",
    )  # fmt: skip
    over = whole(
        replace(LATE, state="cancelled", overdue=False, due_day="", due_minor=0), "cancel", "reserve", "opened",
        lines=(line,), fee_minor=31_000, ended=True,
    )  # fmt: skip
    rests = whole(RESTS, "start", "approve", "quote", "opened", possible=("send out", "check", "quote"))
    came = whole(
        replace(RESTS, number="R-1311/lyon", held="", state="booked_in"), "handed", "taken", "opened", coming=True
    )  # fmt: skip
    listed = {
        **common, "queue": "", "q": "", "client": "c-01930f2e", "client_name": "Mme Élodie Exemple", "all_open": 4, "more": False, "page": 1,
        "queues": [(str(each), words, 1) for each, words in QUEUES.items()], "may_see": True,
        "clients": {LATE.client: "Mme Élodie Exemple"},
    }  # fmt: skip
    new = {
        **common, "kinds": tuple(str(each) for each in KINDS), "today": DAY, "client": "", "client_name": "", "terms": OrderTerms(deposit_bp=3_000, fee_bp=1_000, grace_days=14)
    }  # fmt: skip
    return {
        "orders": ("edge/orders.html", {**listed, "orders": (LATE, OUT, RESTS, READY), "more": True, "page": 2}),
        "orders-none": ("edge/orders.html", {**listed, "orders": (), "all_open": 0}),
        "orders-not-found": ("edge/orders.html", {**listed, "orders": (), "q": "R-9999"}),
        "order-layaway": page(common, layaway),
        "order-memo": page(common, memo),
        "order-memo-new": page(common, asked),
        "order-memo-back": page(common, memo, laid=[piece]),
        "order-special": page(common, special),
        "order-over": page(common, over),
        "order-rests": page(common, rests),
        "order-coming": page(common, came),
        "order-new": ("edge/order_new.html", {**new, "kind": "layaway", "of_pieces": True, "laid": [ring]}),
        "order-new-memo": (
            "edge/order_new.html",
            {**new, "kind": "memo", "of_pieces": True, "laid": [], "terms": OrderTerms()},
        ),
        "order-new-special": (
            "edge/order_new.html",
            {
                **new,
                "kind": "special",
                "of_pieces": False,
                "laid": [],
                "client": "01930f2e-7c1a-7000-8000-00000000a1b2",
            },
        ),
    }
