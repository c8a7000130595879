"""The bench of the POS core: its office is checked to the last posting, and its pad tells only what passes after the rule."""

import pytest

from bench import pos, pos_office, pos_till
from cloud import schema
from cloud.db import open_office
from edge.reconcile.pad import CUSTOMARY


@pytest.fixture
def house():
    office = open_office("sqlite://")
    schema.create(office)
    stores = pos_office.open_house(office, 40, count=2)
    yield office, stores
    for store in stores:
        store.close()
    office.close()


def test_what_the_bench_sends_is_posted_to_the_last_line(house):
    office, stores = house
    figures = pos_office._floor(office, stores, 80) | pos_office._sales(office, stores, 12)
    figures |= pos_office._offered(office, stores, 12, 8, 1)
    pos_office._check(office, stores, 20)
    assert figures["floor_facts"] == 80
    assert figures["upto_p50_ms"] <= figures["upto_p99_ms"]


def test_the_bench_sees_a_sale_that_is_not_posted(house):
    office, stores = house
    pos_office._floor(office, stores, 40)
    pos_office._sales(office, stores, 4)
    with pytest.raises(AssertionError):
        pos_office._check(office, stores, 5)


def test_only_what_passes_after_the_pads_own_rule_is_ours():
    laid = pos_till.Laid(b"reads")
    second, lifted = 1_000_000, round(1e6 * pos_till.LIFTED_S)
    assert laid.turn(second) == b"" or laid.turn(second) == b"reads"
    now = next(at for at in range(second, 4 * second, 20_000) if laid.turn(at) and lifted)
    laid.turn(now + 20_000)
    ripe = now + 20_000 + round(1e6 * CUSTOMARY.settle_s_min)
    laid.shown(ripe - 1, settled=False)
    assert laid.verdicts == []
    laid.shown(ripe + 7_000, settled=True)
    assert laid.verdicts == [0.007]


def test_a_family_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        pos.run(only="cellar")
