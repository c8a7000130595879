"""An appraisal's paper: what belongs together stands on one page."""

from collections import defaultdict

import pytest

from trade.appraisal import AppraisalPaper
from web.receipts import appraisal
from web.receipts.pen import SIZE, Pen

STONE = (
    "Diamond, round brilliant, 0.71 ct by measurement, colour F, clarity VS1, its girdle inscribed with a long number"
)


def paper(facts: int) -> AppraisalPaper:
    return AppraisalPaper(
        number="A-2026-0042", house="Maison Auclair", house_lines=("12 rue Exemple",), day="2026-11-22",
        purpose="insurance", basis="retail replacement value", title="Solitaire ring", value="€12,400.00",
        facts=tuple((f"Stone {n}", f"{STONE} {n}") for n in range(facts)), appraiser="Ana Exemple",
        credentials="FGA", note="Seen without its box. " * 8,
    )  # fmt: skip


@pytest.mark.parametrize("facts", range(20, 32))
def test_no_fact_is_torn_over_two_pages(monkeypatch, facts):
    pages: dict[str, set[int]] = defaultdict(set)
    heights: list[float] = []

    class Watched(Pen):
        fact = ""

        def at(self, x, text, size, **more):
            if text.startswith("Stone "):
                self.fact = text
            if self.fact and size == SIZE and not more.get("bold"):
                pages[self.fact].add(self._pages)
            heights.append(self.y)
            super().at(x, text, size, **more)

        def rule(self, *, heavy=False):
            self.fact = ""
            super().rule(heavy=heavy)

    monkeypatch.setattr(appraisal, "Pen", Watched)
    assert appraisal.pdf(paper(facts)).startswith(b"%PDF")
    assert len(pages) == facts
    assert {fact: on for fact, on in pages.items() if len(on) > 1} == {}
    assert min(heights) > 0
