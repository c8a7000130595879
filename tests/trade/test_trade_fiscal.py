"""Closings of months and years: chained, adding up, and broken when somebody alters one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.facts import ShiftClosed, TaxSum
from trade.fiscal import CountedZ, broken, digest, of_month, of_year
from trade.zchain import z_digest


def z(number, sold, returned=0, *, till="t1", day="2026-10-05", currency="EUR", tax=20):
    return CountedZ(
        z=ShiftClosed(
            shift=f"{till}-{number}", till=till, z_number=number, business_day=day, currency=currency,
            sales=1 if sold else 0, returns=1 if returned else 0, gross_minor=sold - returned, tax_minor=tax,
            cash_expected_minor=0, cash_counted_minor=0, receipts=(number * 10, number * 10 + 4),
            taxes=(TaxSum(code="FR20", rate_bp=2000, base_minor=sold - returned - tax, tax_minor=tax),),
        ),
        returned_minor=returned,
    )  # fmt: skip


def closed(last, period, zs):
    return of_month(last, "paris", period, "EUR", zs, closed_us=1)


def test_a_month_sums_its_zs_and_turnover_counts_returns_as_well():
    october = closed(None, "2026-10", [z(2, 5_000, 1_000), z(1, 10_000), z(7, 300, till="t2")])
    assert october.totals.gross_minor == 14_300
    assert october.totals.turnover_minor == 16_300
    assert october.ever == october.totals
    assert [(s.till, s.z_numbers, s.receipts) for s in october.tills] == [
        ("t1", (1, 2), (10, 24)), ("t2", (7, 7), (70, 74)),
    ]  # fmt: skip
    assert october.taxes[0].tax_minor == 60


def test_the_next_month_goes_on_from_it_and_a_late_z_is_marked():
    october = closed(None, "2026-10", [z(1, 10_000)])
    late = z(2, 50)
    november = closed(october, "2026-11", [late, z(3, 1_000, day="2026-11-02")])
    assert (november.number, november.previous) == (2, digest(october))
    assert november.ever.gross_minor == 11_050
    assert november.late == (z_digest(late.z),)
    assert broken([october, november]) == ""


def test_a_year_counts_nothing_twice():
    october = closed(None, "2026-10", [z(1, 10_000)])
    december = closed(october, "2026-12", [z(2, 500, day="2026-12-01")])
    year = of_year(december, "2026", [october, december], closed_us=2)
    assert year.totals.gross_minor == 10_500
    assert year.ever == december.ever
    assert year.tills[0].z_numbers == (1, 2)
    january = closed(year, "2027-01", [z(3, 7, day="2027-01-04")])
    assert broken([october, december, year, january]) == ""
    assert january.ever.gross_minor == 10_507


def test_a_z_in_another_currency_is_refused():
    with pytest.raises(ValueError, match="not in EUR"):
        closed(None, "2026-10", [z(1, 1, currency="CHF")])


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=2, max_size=8), st.data())
def test_any_figure_altered_in_any_closing_but_the_last_breaks_the_chain(months, data):
    chain = []
    for n, (sold, returned) in enumerate(months, 1):
        chain.append(closed(chain[-1] if chain else None, f"2026-{n:02}", [z(n, sold, returned)]))
    assert broken(chain) == ""
    at = data.draw(st.integers(0, len(chain) - 2))
    name = data.draw(st.sampled_from(chain[0].totals.__struct_fields__))
    altered = msgspec.structs.replace(chain[at].totals, **{name: getattr(chain[at].totals, name) + 1})
    assert broken([*chain[:at], msgspec.structs.replace(chain[at], totals=altered), *chain[at + 1 :]])
    assert broken([*chain[:at], *chain[at + 1 :]])
