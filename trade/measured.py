"""What measured goods cost: one average of what lies in a store, by the carat, the gram, the piece.

Goods of one kind cannot be told apart, so they leave at the average of what is there (IAS 2.25, weighted average cost).
What is sold before anybody said that it had come in leaves at the last average, and is put right when its cost comes.
"""

import msgspec

from contract.ids import StoreId
from contract.money import divide_half_up
from trade.accounts import Account
from trade.posting import Posting, balanced


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Of one good in one store. Below nothing: more went out than came in, and `value_minor` is what it was booked at.

    `average_minor` is what `average_milli` of it were worth when it last held some.
    """

    quantity_milli: int = 0
    value_minor: int = 0
    average_minor: int = 0
    average_milli: int = 0

    def worth(self, quantity_milli: int) -> int:
        """Of so much at the average, to the nearest unit; nothing while no cost was ever known."""
        if self.quantity_milli > 0 and self.value_minor >= 0:
            return divide_half_up(self.value_minor * quantity_milli, self.quantity_milli)
        return divide_half_up(self.average_minor * quantity_milli, self.average_milli) if self.average_milli else 0


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The stock after a move, and what of it went where: `rest_minor` into inventory, `sold_minor` to goods that were
    sold before their cost was known.
    """

    stock: Stock
    rest_minor: int
    sold_minor: int = 0


def comes_in(was: Stock, quantity_milli: int, cost_minor: int) -> Moved:
    """A delivery with what it cost in all. `quantity_milli` 0: only the cost of what came in before is known now."""
    if was.quantity_milli >= 0 and (quantity_milli or was.quantity_milli):
        return _rested(was, quantity_milli, cost_minor, 0)
    missing = -was.quantity_milli
    filled = min(missing, quantity_milli) if quantity_milli else missing
    booked = divide_half_up(-was.value_minor * filled, missing) if missing else 0
    true = divide_half_up(cost_minor * filled, quantity_milli) if quantity_milli else cost_minor + booked
    return _rested(was, quantity_milli, cost_minor, true - booked)


def comes_back(was: Stock, quantity_milli: int, cost_minor: int) -> Stock:
    """At what it left for."""
    return _rested(was, quantity_milli, cost_minor, 0).stock


def goes_out(was: Stock, quantity_milli: int) -> tuple[Stock, int]:
    """What is left, and what that cost. All that is there takes all that it is worth: no unit is left behind."""
    here = max(min(was.quantity_milli, quantity_milli), 0)
    cost = was.value_minor if here and here == was.quantity_milli else was.worth(here)
    cost += was.worth(quantity_milli - here)
    now = msgspec.structs.replace(
        was, quantity_milli=was.quantity_milli - quantity_milli, value_minor=was.value_minor - cost
    )
    return _remembered(was, now), cost


def _rested(was: Stock, quantity_milli: int, cost_minor: int, sold_minor: int) -> Moved:
    now = msgspec.structs.replace(
        was,
        quantity_milli=was.quantity_milli + quantity_milli,
        value_minor=was.value_minor + cost_minor - sold_minor,
    )
    return Moved(stock=_remembered(was, now), rest_minor=cost_minor - sold_minor, sold_minor=sold_minor)


def _remembered(was: Stock, now: Stock) -> Stock:
    """With the newest average that can be told: of what is there, or else of what was."""
    for each in (now, was):
        if each.quantity_milli > 0 and each.value_minor > 0:
            return msgspec.structs.replace(now, average_minor=each.value_minor, average_milli=each.quantity_milli)
    return now


def post_delivered(moved: Moved, currency: str, goods: str) -> tuple[Posting, ...]:
    legs = (
        _leg(Account.INVENTORY, moved.rest_minor, currency, goods),
        _leg(Account.COST_OF_GOODS_SOLD, moved.sold_minor, currency, goods),
        _leg(Account.GOODS_RECEIVED, -moved.rest_minor - moved.sold_minor, currency),
    )
    return balanced(legs, f"delivery of {goods}")


def post_left(cost_minor: int, currency: str, goods: str, target: StoreId) -> tuple[Posting, ...]:
    """It goes to another store, which owes this one what it cost."""
    legs = (
        _leg(Account.INTER_STORE, cost_minor, currency, target),
        _leg(Account.INVENTORY, -cost_minor, currency, goods),
    )
    return balanced(legs, f"{goods} to {target}")


def post_arrived(moved: Moved, currency: str, goods: str, source: StoreId) -> tuple[Posting, ...]:
    """It came from another store, at what it cost there."""
    legs = (
        _leg(Account.INVENTORY, moved.rest_minor, currency, goods),
        _leg(Account.COST_OF_GOODS_SOLD, moved.sold_minor, currency, goods),
        _leg(Account.INTER_STORE, -moved.rest_minor - moved.sold_minor, currency, source),
    )
    return balanced(legs, f"{goods} from {source}")


def post_sold(cost_minor: int, currency: str, goods: str) -> tuple[Posting, ...]:
    """Below nothing: it came back."""
    return _from_inventory(Account.COST_OF_GOODS_SOLD, cost_minor, currency, goods)


def post_measured(cost_minor: int, currency: str, goods: str) -> tuple[Posting, ...]:
    """Less lies there than was thought; below nothing: more."""
    return _from_inventory(Account.WRITE_OFF, cost_minor, currency, goods)


def _from_inventory(to: Account, cost_minor: int, currency: str, goods: str) -> tuple[Posting, ...]:
    legs = (_leg(to, cost_minor, currency, goods), _leg(Account.INVENTORY, -cost_minor, currency, goods))
    return balanced(legs, goods)


def _leg(account: Account, amount_minor: int, currency: str, by: str = "") -> Posting:
    return Posting(account=account, amount_minor=amount_minor, currency=currency, by=by)
