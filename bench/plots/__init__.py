"""Plots of the benches: pure functions from figures to the text of an SVG file. No library, no font, no script.

    from bench import plots
    about = plots.Axes("Theft → alarm", "delay, s", "found, % of thefts", about="…", log_x=True)
    svg = plots.ecdf({"ours": delays, "SMURF": others}, about)   # inf: never found

Light and dark follow the reader's own choice (`prefers-color-scheme`), also where a page shows them with `<img>`.
Every function refuses what cannot be drawn with a `ValueError` that names the series.
"""

from bench.plots.curves import ecdf, lines, steps
from bench.plots.frame import Axes, Series
from bench.plots.grids import heat
from bench.plots.groups import Bars, bars
from bench.plots.reliability import Bin, reliability

__all__ = ["Axes", "Bars", "Bin", "Series", "bars", "ecdf", "heat", "lines", "reliability", "steps"]
