"""`python -m bench` lists; `python -m bench NAME` prints a table; `--json` adds one JSON object as the last line.

`--short` takes a smaller size, in minutes, and judges no bar. `--plots` writes what the bench draws, and its figures as
JSON beside, into docs/bench/; of a short run only into another folder, that no page shows a short run for a full one.
With `--only` its figures join those that are there, so that a long bench can be run family by family.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from bench.figures import Bar, Figures, Report

HERE: Final = Path(__file__).parent
DRAWN: Final = HERE.parent / "docs" / "bench"


def names() -> list[str]:
    """Every module of this package that measures something: it says what it `DOES`, has `run(short=False) -> Figures`,
    and may have `plots(figures) -> dict[str, str]`: file names to SVG."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\nDOES: Final" in path.read_text(encoding="utf-8"))


def bars_of(name: str, figures: Figures, *, partly: bool = False) -> Iterator[Bar]:
    """The bars of `bars.toml` for this bench: `at_least` and `at_most`, by figure name. `partly`: of what was run."""
    wanted = tomllib.loads((HERE / "bars.toml").read_text(encoding="utf-8")).get(name, {})
    for kind in ("at_least", "at_most"):
        for figure, bar in wanted.get(kind, {}).items():
            if partly and figure not in figures:
                continue
            value = figures[figure]
            yield Bar(figure, value, bar, ok=value >= bar if kind == "at_least" else value <= bar)


def joined(module: ModuleType, path: Path, figures: Figures) -> Figures:
    """One family's figures among those that were written before; `summary(figures)` of the bench adds what all give."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"figures": {}}
    both: Figures = before["figures"] | figures
    return module.summary(both) if hasattr(module, "summary") else both


def machine() -> dict[str, str | int]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 0,
    }


def show(report: Report) -> None:
    width = max(len(name) for name in report.figures)
    for name, value in report.figures.items():
        print(f"{name:<{width}}  {value:>16,.3f}" if isinstance(value, float) else f"{name:<{width}}  {value:>16,}")
    if report.short:
        print("a short run: no bar is judged")
    for bar in report.bars:
        print(f"{'ok  ' if bar.ok else 'MISS'} {bar.name} = {bar.value:,.2f} (bar {bar.bar:,})")


def write(folder: Path, report: Report, drawn: dict[str, str]) -> None:
    """The figures as `<bench>.json`, and every plot under its own name.

    Raises `ValueError` when a plot's name is another bench's or leads out of the folder.
    """
    for name in drawn:
        if not name.startswith(report.bench) or not name.endswith(".svg") or "/" in name:
            raise ValueError(f"the plot {name!r} has to be called {report.bench}-<what>.svg")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**drawn, f"{report.bench}.json": json.dumps(report.as_json(), indent=1) + "\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"wrote {folder / name}")


def main(arguments: list[str]) -> int:
    """0 when every bar is held, 1 when one is missed, 2 when there is no such bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--only", default="", metavar="FAMILY", help="one family, of a bench that has them")
    parser.add_argument("--short", action="store_true", help="a smaller size; bars are not judged")
    parser.add_argument("--plots", nargs="?", type=Path, const=DRAWN, metavar="FOLDER", help="write SVG and JSON there")
    asked = parser.parse_args(arguments)
    if asked.name is None:
        for name in names():
            print(f"{name:<12} {importlib.import_module(f'bench.{name}').DOES}")
        return 0
    if asked.name not in names():
        print(f"no bench {asked.name!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    if asked.short and asked.plots == DRAWN:
        print("a short run does not replace the plots of docs/bench/; say --plots FOLDER", file=sys.stderr)
        return 2
    module = importlib.import_module(f"bench.{asked.name}")
    partly = {"only": asked.only} if asked.only else {}
    figures: Figures = module.run(short=asked.short, **partly)
    if partly and asked.plots is not None:
        figures = joined(module, asked.plots / f"{asked.name}.json", figures)
    bars = [] if asked.short else list(bars_of(asked.name, figures, partly=bool(partly)))
    report = Report(asked.name, machine(), figures, bars, short=asked.short)
    show(report)
    if asked.plots is not None:
        write(asked.plots, report, module.plots(figures) if hasattr(module, "plots") else {})
    if asked.json:
        print(json.dumps(report.as_json()))
    return 0 if all(bar.ok for bar in report.bars) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
