"""Samples of the pages of appointments: the day, a tray that is out, one to prepare, one that is not back."""

from dataclasses import replace

from edge.api.appointments.views import AppointmentView, TrayPiece

AT_US = 1_794_830_400_000_000
QUARTER_US = 900_000_000
BY = {"marc": "Marc Oyelaran", "ana": "Ana Lindqvist"}


def piece(title, where, *, zone="", wanted=True, on_tray=True):
    return TrayPiece(title.lower().replace(" ", "-"), title, "SKU-" + title[:3].upper(), where, zone, wanted, on_tray)


def one(name, state, possible, pieces=(), **more):
    told = {
        "appointment": name, "state": state, "person": "01990000-0000-7000-8000-000000000001", "staff": "marc",
        "starts_us": AT_US, "ends_us": AT_US + 4 * QUARTER_US, "room": "The blue room", "tray": "Velvet 1",
        "possible": possible, "pieces": list(pieces),
        "unread": sum(each.on_tray and each.where == "away" for each in pieces),
    }  # fmt: skip
    return AppointmentView(**{**told, **more})


def pages(common, ring):
    del ring
    wanted = [
        piece("Solitaire ring", "shelf", zone="Case 1", on_tray=False),
        piece("Tennis bracelet", "away", on_tray=False),
    ]
    confirmed = one("a1", "confirmed", ["prepare", "arrive", "miss", "cancel"], wanted)
    out = one(
        "a2", "in_progress", ["prepare", "finish"],
        [piece("Solitaire ring", "pad"), piece("Tennis bracelet", "away"), piece("Pearl earrings", "sold", wanted=False)],
    )  # fmt: skip
    over = one("a3", "done", [], [piece("Solitaire ring", "shelf", zone="Case 1")], starts_us=AT_US + 8 * QUARTER_US)
    gone = replace(one("a4", "prepared", ["cancel"]), starts_us=0, ends_us=0, person="", staff="", room="")
    base = {**common, "people": BY, "may_see": True, "clients": {confirmed.person: "Mme Élodie Exemple"}}
    detail = {**base, "laid": [], "has_pad": True, "may_see": True}
    return {
        "appointments": ("edge/appointments.html", {**base, "rows": [gone, confirmed, out, over]}),
        "appointments-none": ("edge/appointments.html", {**base, "rows": []}),
        "appointment-to-prepare": ("edge/appointment.html", {**detail, "one": confirmed, "laid": ["p1", "p2"]}),
        "appointment-out": ("edge/appointment.html", {**detail, "one": out}),
        "appointment-over": ("edge/appointment.html", {**detail, "one": over}),
        "appointment-without-pad": ("edge/appointment.html", {**detail, "one": gone, "has_pad": False}),
    }
