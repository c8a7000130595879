"""The chart of accounts: every account stands in it, once, and every tender and line knows where it goes."""

from contract.facts import LineKind, TenderKind
from trade.accounts import CHART, LINE_ACCOUNT, TENDER_ACCOUNT, Account, account_of


def test_every_account_has_one_line_of_the_chart():
    assert set(CHART) == set(Account)
    assert len({heading.number for heading in CHART.values()}) == len(CHART)
    assert len({heading.title for heading in CHART.values()}) == len(CHART)
    assert [heading.number for heading in CHART.values()] == sorted(heading.number for heading in CHART.values())


def test_every_tender_and_every_kind_of_line_has_an_account():
    assert set(TENDER_ACCOUNT) == set(TenderKind)
    assert set(LINE_ACCOUNT) == set(LineKind)


def test_a_strangers_key_is_no_account():
    assert account_of("cash") is Account.CASH
    assert account_of("the boss's pocket") is None
