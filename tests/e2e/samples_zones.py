"""Samples of the page "Zones": never walked, a position being heard, walked and in use, out of use."""

from edge.api.zones import shapes

NAMES = (("case-1", "Case 1"), ("case-2", "Case 2"), ("case-3", "Window"))
SHARES = ((0.96, 0.04, 0.0), (0.08, 0.88, 0.04), (0.0, 0.02, 0.98))
TAGS = tuple(f"E2801160600002{n:010X}" for n in range(8))
QUIET = shapes.WalkView(None, 0, 0, 0, 8, ("Window: position 3 is heard, enough here.",))
HEARING = shapes.WalkView(
    "case-2", 12, 30, 7, 8, ("Antenna 4 of r-floor hears nothing of the tray: is it in Case 2, its cable in?",)
)


def zones(positions, accuracy):
    return tuple(
        shapes.ZoneWalkView(zone, name, (f"r-floor/{at + 1}",), done, known)
        for at, ((zone, name), done, known) in enumerate(zip(NAMES, positions, accuracy, strict=True))
    )


def versions(*, in_use):
    return tuple(
        shapes.VersionView(n, 1_788_000_000_000_000 + n * 10**12, "max", "kernel", 0.45, 0.94, 1.0, 9, back, used)
        for n, back, used in ((3, 1, in_use), (2, 0, False), (1, 0, False))
    )


def pages(common, ring):
    confusion = tuple(shapes.ConfusedView(zone, name, row) for (zone, name), row in zip(NAMES, SHARES, strict=True))
    never = "Never walked: the strongest antenna says where a piece lies, and its probability is a guess."
    used = "Version 3 is in use, by the model “kernel”: 94% of tags left out were placed right."
    out = "Out of use: the strongest antenna says where a piece lies until the tray is walked again."
    why = "version 3 is of other readers or antennas (r-floor/4=case-3 changed): walk the tray again"
    unknown, known = (None, None, None), (0.96, 0.88, 0.98)
    nothing = shapes.WalkView(None, 0, 0, 0, 0, ())
    made = {
        "zones-never": shapes.CalibrationView(
            never, "", 3, 30, (), zones((0, 0, 0), unknown), nothing, ready=False, versions=(), confusion=()
        ),
        "zones-walking": shapes.CalibrationView(
            never, "", 3, 30, TAGS, zones((3, 1, 0), unknown), HEARING, ready=False, versions=(), confusion=()
        ),
        "zones": shapes.CalibrationView(
            used, "", 3, 30, TAGS, zones((3, 3, 3), known), QUIET, ready=True, versions=versions(in_use=True),
            confusion=confusion,
        ),
        "zones-stale": shapes.CalibrationView(
            out, why, 3, 30, TAGS, zones((0, 0, 0), known), nothing, ready=False, versions=versions(in_use=False),
            confusion=confusion,
        ),
    }  # fmt: skip
    return {name: ("edge/zones.html", {**common, "zoning": zoning}) for name, zoning in made.items()}
