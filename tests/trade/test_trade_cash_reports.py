"""Cash that has to be reported: what belongs together, and from when."""

from hypothesis import given
from hypothesis import strategies as st

from trade.cash_reports import DAY_US, HOUR_US, RULES, CashPaid, reports

US = RULES[0]


def paid(n, amount, at_us, client="c1", things=()):
    return CashPaid(store="ny", sale=f"s{n}", client=client, amount_minor=amount, at_us=at_us, things=things)


def test_ten_thousand_dollars_are_not_reported_and_a_cent_more_is():
    assert reports(US, [paid(1, 1_000_000, 0)]) == ()
    (one,) = reports(US, [paid(1, 1_000_001, 5)])
    assert (one.total_minor, one.exceeded_us, one.due_us, one.client) == (1_000_001, 5, 5 + 15 * DAY_US, "c1")


def test_two_visits_of_a_day_belong_together_and_two_of_a_week_do_not():
    (one,) = reports(US, [paid(1, 600_000, 0), paid(2, 600_000, 23 * HOUR_US)])
    assert [each.sale for each in one.payments] == ["s1", "s2"]
    assert reports(US, [paid(1, 600_000, 0), paid(2, 600_000, 7 * DAY_US)]) == ()


def test_two_clients_and_nobody_twice_are_not_one_payer():
    assert reports(US, [paid(1, 600_000, 0), paid(2, 600_000, HOUR_US, client="c2")]) == ()
    assert reports(US, [paid(1, 600_000, 0, client=""), paid(2, 600_000, HOUR_US, client="")]) == ()


def test_instalments_of_a_layaway_add_up_over_a_year_and_no_longer():
    month = 30 * DAY_US
    (one,) = reports(US, [paid(n, 300_000, n * month, things=("order-1",)) for n in range(4)])
    assert one.exceeded_us == 3 * month
    assert reports(US, [paid(n, 300_000, n * 6 * month, things=("order-1",)) for n in range(8)]) == ()


def test_somebody_else_who_pays_for_the_same_thing_is_related():
    (one,) = reports(US, [paid(1, 600_000, 0, things=("o",)), paid(2, 600_000, DAY_US * 9, client="c2", things=("o",))])
    assert one.client == "c1"


def test_after_a_report_the_counting_begins_again():
    day = [paid(n, 600_000, n * HOUR_US) for n in range(4)]
    assert [each.name for each in reports(US, day)] == ["Form 8300:ny/s1", "Form 8300:ny/s3"]


def test_what_was_filed_stays_and_what_is_heard_of_later_amends_it():
    day = [paid(2, 600_000, 2 * HOUR_US), paid(3, 600_000, 3 * HOUR_US)]
    (filed,) = reports(US, day)
    late = paid(1, 500_000, HOUR_US)
    assert [each.name for each in reports(US, [late, *day])] == ["Form 8300:ny/s2"], "without it, another report"
    (more,) = reports(US, [late, *day], [filed])
    assert (more.name, more.amends, more.total_minor) == ("Form 8300:ny/s1", "Form 8300:ny/s3", 500_000)
    assert reports(US, [late, *day], [filed, more]) == ()
    again = paid(0, 100, 0)
    (third,) = reports(US, [again, late, *day], [filed, more])
    assert third.amends == filed.name


def test_what_was_paid_after_a_filed_report_counts_anew():
    day = [paid(n, 600_000, n * HOUR_US) for n in range(3)]
    (filed,) = reports(US, day[:2])
    assert reports(US, day, [filed]) == ()
    (second,) = reports(US, [*day, paid(4, 600_000, 4 * HOUR_US)], [filed])
    assert ([each.sale for each in second.payments], second.amends) == (["s2", "s4"], "")


payments = st.lists(
    st.builds(
        paid,
        st.integers(0, 10_000),
        st.integers(1, 1_500_000),
        st.integers(0, 800 * DAY_US),
        client=st.sampled_from(["", "c1", "c2"]),
        things=st.sampled_from([(), ("o1",), ("o2",)]),
    ),
    max_size=30,
    unique_by=lambda each: each.sale,
)


@given(payments)
def test_no_payment_is_reported_twice_none_too_small_and_none_that_exceeds_by_itself_is_left_out(some):
    found = reports(US, some)
    named = [each.sale for report in found for each in report.payments]
    assert len(named) == len(set(named))
    assert all(report.total_minor > US.over_minor for report in found)
    assert {each.sale for each in some if each.amount_minor > US.over_minor} <= set(named)


@given(payments)
def test_the_order_in_which_payments_are_heard_changes_nothing(some):
    assert reports(US, some) == reports(US, list(reversed(some)))
