"""A drawer counted by coins and notes, as a page sends it."""

from collections.abc import Sequence
from typing import Final

from fastapi import Request

from contract.facts import Coins
from contract.money import plain
from trade.acts import ForeignCounted
from trade.shift import coins_sum
from web.forms import amount_minor
from web.problems import ProblemError

FOREIGN: Final = "f-"
"""`f-CHF`: how much foreign cash of that currency, as an amount."""
NUMBER_DIGITS_MAX: Final = 6
AMOUNT_LENGTH_MAX: Final = 20
FIELD: Final = "n-"
"""`n-500`: how many of the coin or note worth 500 minor units."""


async def counted(
    request: Request, denominations: Sequence[int], total: str, currency: str, field: str
) -> tuple[int, tuple[Coins, ...]]:
    """The sum, and the coins and notes it was counted by. Raises a 422 problem when nothing was counted."""
    coins = []
    form = await request.form()
    for value in denominations:
        text = str(form.get(f"{FIELD}{value}", "")).strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX):
            name = f"{plain(value, currency)} {currency}"
            raise ProblemError(422, "coins", f"{name}: {text!r} is no number", "Write how many there are, as digits.")
        if text:
            coins.append(Coins(value_minor=value, number=int(text)))
    if coins and not total.strip():
        return coins_sum(coins), tuple(coins)
    if not total.strip():
        raise ProblemError(422, "amount", f"{field}: nothing was counted", "Count it, and write what there is.")
    return amount_minor(total, currency, field), tuple(coins)


async def foreign_counted(request: Request, currencies: Sequence[str]) -> tuple[ForeignCounted, ...]:
    """What was counted of each; nothing typed is nothing there. Raises a 422 problem for what is no amount."""
    form = await request.form()
    found = []
    for currency in currencies:
        text = str(form.get(f"{FOREIGN}{currency}", "")).strip()[:AMOUNT_LENGTH_MAX]
        if text:
            amount = amount_minor(text, currency, f"{currency} in the drawer")
            found.append(ForeignCounted(currency=currency, amount_minor=amount))
    return tuple(found)
