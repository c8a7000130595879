"""Samples of the page "Look for": three wishes, and a quiet store."""

from edge.api.looks import shapes

WANTED = (
    shapes.WantedView(
        "p-1042", "Solitaire ring", "R-1042", "ring", "T-4", "case-1", "Case 1", "unheard for 4 open hours"
    ),
    shapes.WantedView(
        "p-77", "Tennis bracelet", "B-77", "bracelet", "", "safe-1", "Safe", "what lies on the pad may not be it"
    ),
    shapes.WantedView(
        "p-9", "Drop earrings", "E-9", "earrings", "T-2", "case-2", "Case 2", "a tag that no book knows is near"
    ),
)
SWAPPED = (
    "Solitaire ring (R-1), Band (R-7), Case 1: Their tags are swapped: each hangs on the other's piece; hang each back."
)
DUE_BACK = (
    shapes.DueBackView("p-31", "Sapphire collar", "N-31", "necklace", "T-9", "2026-11-20", overdue=True),
    shapes.DueBackView("p-32", "Pearl studs", "E-32", "earrings", "", "2026-12-01", overdue=False),
)


def pages(common, ring):
    pad = shapes.PadTagsView("pad-1", "Till pad", reading=True, tags=("3034F4E4E40C0E4002040001", "E28011606000020912"))
    away = shapes.PadTagsView("pad-1", "Till pad", reading=False, tags=())
    many = shapes.LooksView(wanted=WANTED, pads=(pad,), books=(SWAPPED,), due_back=DUE_BACK)
    two = shapes.LooksView(wanted=WANTED[:1], pads=(pad, away), books=())
    none = shapes.LooksView(wanted=(), pads=(away,), books=())
    return {
        name: ("edge/looks.html", {**common, "looks": looks})
        for name, looks in (("looks", many), ("looks-two-pads", two), ("looks-none", none))
    }
