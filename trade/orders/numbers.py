"""What people call an order: the letter of its kind and a number that counts up at its store, `R-1042`."""

from collections.abc import Mapping
from typing import Final

from contract.facts import OrderKind
from contract.ids import AccountId, ClientOrderId

LETTERS: Final[Mapping[OrderKind, str]] = {
    OrderKind.LAYAWAY: "L",
    OrderKind.SPECIAL: "S",
    OrderKind.REPAIR: "R",
    OrderKind.ENGRAVING: "E",
    OrderKind.CUSTOM: "C",
    OrderKind.MEMO: "M",
}
BEFORE_FIRST: Final = 1000
"""Four digits from the first one on: nobody tells a client that theirs is the third repair of the house."""
ACCOUNT: Final = "order-"


def number_after(kind: OrderKind, last: int) -> str:
    """The next one of its kind. `last`: the ordinal of the newest; 0: there is none."""
    return f"{LETTERS[kind]}-{max(last, BEFORE_FIRST) + 1}"


def ordinal_of(number: str) -> int:
    """`R-1042` → 1042; 0 of what was never made here."""
    if "/" in number:
        return 0  # another store's (`trade.orders.homes`)
    digits = number.rpartition("-")[2]
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 9 else 0


def typed(text: str) -> str:
    """As somebody types it: `r1042`, `R 1042` → `R-1042`; what is no number of an order stays as it is."""
    said, apart, store = "".join(text.split()).partition("/")
    said = said.upper()
    if said[:1] in LETTERS.values() and said[1:].removeprefix("-").isdecimal():
        return f"{said[0]}-{said[1:].removeprefix('-')}{apart}{store.lower()}"
    return text.strip()


def account_of(order: ClientOrderId) -> AccountId:
    """Where its deposits are."""
    return AccountId(f"{ACCOUNT}{order}")


def order_of(account: str) -> ClientOrderId:
    """Whose deposits these are; empty: of no order."""
    return ClientOrderId(account.removeprefix(ACCOUNT) if account.startswith(ACCOUNT) else "")
