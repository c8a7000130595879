"""What was typed or scanned of money the house owes, as an account: nobody at the till types one."""

from contract import giftcard
from contract.ids import AccountId, PersonId
from trade.points import points_account
from trade.value import credit_account
from web.problems import ProblemError


def value_named(kind: str, name: str, currency: str) -> tuple[AccountId, PersonId, str]:
    """Account, client and label of what was typed or scanned; points are kept by `currency`. Raises a 422 problem."""
    name = name.strip()
    if kind == "gift_card":
        code = gift_code(name)
        return giftcard.account_of(code), PersonId(""), giftcard.label(code)
    if not name:
        raise ProblemError(
            422, "value", "Say whose credit or points, or which deposit", "Type the client or the deposit."
        )
    if kind == "points":
        return points_account(PersonId(name), currency), PersonId(name), f"of {name}"
    if kind == "store_credit":
        return credit_account(PersonId(name)), PersonId(name), f"of {name}"
    return AccountId(name), PersonId(""), ""


def gift_code(text: str) -> str:
    """Raises a 422 problem for what is no code."""
    try:
        return giftcard.parse(text)
    except ValueError as error:
        raise ProblemError(422, "gift-card", "This is no gift card", str(error)) from error
