"""Clients: cards of one person found among 100,000, lifetime values learnt, a million divided into segments.

People are Faker's, spoilt by `bench.clients_people`, from a seed that the threshold was not chosen on. DupeHell's,
whose people and whose spoiling nobody of this house made, are measured too where it is installed
(`pip install dupehell`; it is not made for every machine).
"""

import contextlib
import importlib.util
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.clients_book import measured
from bench.clients_division import division
from bench.clients_people import duped, faked, judged
from bench.figures import Figures
from bench.search import postgresql
from cloud.clienteling.identity.matching import pairs
from cloud.clienteling.lifetime import fit
from cloud.clienteling.segments import Tier, lapsing, rfm, tiers
from cloud.clienteling.visits import Visits, drawn, expected
from cloud.db import open_office

DOES: Final = "clients: one person once among 100,000, lifetime value, segments and the book of a million"
SEED: Final = 777
PEOPLE: Final = 71_000
"""Of whom about 100,000 cards are written."""
SHORT_PEOPLE: Final = 2_000
DUPED: Final = {"en": 511, "fr": 512, "de": 513}
DUPED_PEOPLE: Final = 10_000
CLIENTS: Final = 1_000_000
BOOK_SHORT: Final = 3_000
FITTED: Final = 100_000
CDNOW: Final = Visits(0.243, 4.414, 0.793, 2.426)
"""Published for CDNOW: Fader, Hardie and Lee 2005, table 2. In weeks."""
STEPS: Final = (
    Tier("silver", 200_000, 150_000),
    Tier("gold", 1_000_000, 800_000),
    Tier("platinum", 5_000_000, 4_000_000),
)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def identity(*, short: bool) -> Figures:
    cards, owner = faked(SHORT_PEOPLE if short else PEOPLE, SEED)
    found, took = timed(lambda: pairs(cards))
    told = judged((cards, owner), found=found)
    figures: Figures = {"identity_cards": len(cards), "identity_s": took}
    figures |= {f"identity_{name}": value for name, value in told.items()}
    if importlib.util.find_spec("dupehell") is None:
        return figures
    for locale, seed in DUPED.items():
        told = judged(duped(SHORT_PEOPLE if short else DUPED_PEOPLE, seed, locale))
        figures |= {f"identity_dupehell_{locale}_{name}": told[name] for name in ("f1", "blocking_recall")}
    return figures


def lifetime(*, short: bool) -> Figures:
    rng = np.random.default_rng(SEED)
    count = FITTED // 20 if short else FITTED
    seen = drawn(CDNOW, rng.uniform(27, 39, count), rng)
    spend = rng.gamma(6, 1 / rng.gamma(4, 1 / 15_000, count))
    model, took = timed(lambda: fit(seen.recency, seen.frequency, seen.age, spend, rng=rng))
    worth, asked = timed(lambda: model.value(52))
    assert model.visits is not None, model.why
    found = model.visits
    return {
        "lifetime_clients": count, "lifetime_fit_s": took, "lifetime_value_s": asked,
        "lifetime_r_off": abs(found.r / CDNOW.r - 1), "lifetime_alpha_off": abs(found.alpha / CDNOW.alpha - 1),
        "lifetime_visits_off": abs(float(model.expected(52).value.sum() / expected(CDNOW, seen, 52).sum()) - 1),
        "lifetime_known_share": float(np.isfinite(worth.value).mean()),
    }  # fmt: skip


def segments(*, short: bool) -> Figures:
    rng = np.random.default_rng(SEED)
    count = CLIENTS // 20 if short else CLIENTS
    visits = rng.poisson(rng.gamma(0.4, 4, count)).astype(np.int64)
    spend = (visits * rng.lognormal(11, 1, count)).astype(np.int64)
    since, span = rng.uniform(0, 1_500, count), rng.uniform(0, 1_500, count)
    before = tiers(spend, np.zeros(count, np.int64), STEPS)
    again, tier_s = timed(lambda: tiers(spend * 3 // 4, before, STEPS))
    scores, rfm_s = timed(lambda: rfm(since, visits, spend))
    quiet, lapsing_s = timed(lambda: lapsing(since, visits, span))
    return {
        "segments_clients": count, "segments_s": tier_s + rfm_s + lapsing_s,
        "segments_kept_share": float((again == before).mean()), "segments_best": int((scores.money == 5).sum()),
        "segments_lapsing": int(quiet.sum()),
    }  # fmt: skip


def book(*, short: bool) -> Figures:
    """Profiles opened and searched for, on SQLite and, where one of ours can be started, on PostgreSQL."""
    count = BOOK_SHORT if short else CLIENTS
    figures: Figures = {"book_clients": count}
    with tempfile.TemporaryDirectory(prefix="vitrine-clients-") as folder, contextlib.ExitStack() as stack:
        urls = {"sqlite": f"sqlite:///{Path(folder) / 'office.sqlite3'}"}
        urls["postgresql"] = stack.enter_context(postgresql())
        for engine, url in urls.items():
            with contextlib.closing(open_office(url)) as office:
                figures |= {f"book_{engine}_{name}": value for name, value in measured(office, count, SEED).items()}
    return figures


def run(*, short: bool = False, only: str = "") -> Figures:
    """Families: identity, lifetime, segments, book, division."""
    figures: Figures = {}
    for family in (identity, lifetime, segments, book, division):
        if only in {"", family.__name__}:
            figures |= family(short=short)
    return figures
