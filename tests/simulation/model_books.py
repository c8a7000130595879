"""What the office of the model keeps over a power cut, and the words it speaks."""

from typing import Any, NamedTuple

from contract.commands import (
    CustodyState,
    GrantCustody,
)
from contract.messages import Standing as Told
from trade.custody import OfficeState
from trade.lease import OrderState

from .world import STORES

CLOUD = ""
GRANT, SIGHT = "grant", "sight"
BOOTS_REMEMBERED_MAX = 16
TOLD = {OfficeState.HERE: CustodyState.HERE, OfficeState.INCOMING: CustodyState.INCOMING}


class Token(NamedTuple):
    """The office's row about one piece."""

    piece: str
    holder: str
    ce: int
    state: OfficeState
    sale: str = ""
    source: str = ""

    @property
    def told(self):
        return TOLD.get(self.state, CustodyState.SOLD)


class Order(NamedTuple):
    order: str
    state: OrderState
    piece: str
    store: str
    key: str
    ce: int = 0
    fence: int = 0
    why: str = ""


class Node(NamedTuple):
    """The one box that serves a store."""

    term: int = 0
    epoch: str = ""
    instance: str = ""
    joined: bool = True
    down_upto: int = 0
    boot: str = ""
    number: int = 0
    past: tuple[str, ...] = ()


class Down(NamedTuple):
    life: int
    term: int
    epoch: str
    standing: Told
    upto: int
    head: int
    first: int
    commands: tuple[Any, ...]


class Answer(NamedTuple):
    """To a plea: a snapshot, or with `refused` why not."""

    nonce: str
    life: int
    refused: str = ""
    term: int = 0
    epoch: str = ""
    custody: tuple[GrantCustody, ...] = ()
    promises: tuple[tuple[str, str, str], ...] = ()
    holds: tuple[tuple[str, str], ...] = ()
    logs: tuple[tuple[str, int], ...] = ()


class Heard(NamedTuple):
    store: str
    epoch: str
    late: bool


class Case(NamedTuple):
    kind: str
    piece: str
    sentence: str
    is_open: bool = True


class LostError(Exception):
    """A store proves decisions that these books do not have: they were restored."""


class Books:
    """Everything that is there after a power cut."""

    def __init__(self):
        self.life, self.recovering = 1, False
        self.nodes = {store: Node() for store in STORES}
        self.down = dict.fromkeys(STORES, ())
        self.logs, self.late = {}, {}
        self.tokens, self.history = {}, {}
        self.orders, self.claims, self.sales, self.cases = {}, {}, {}, {}
        self.holds, self.returned, self.refunds, self.sold = {}, set(), set(), {}
        self.recalls, self.pending, self.answers, self.named = {}, {}, {}, {}
        self.parked, self.receipts, self.zs = (), {}, {}

    def copy(self):
        other = Books.__new__(Books)
        for name, value in self.__dict__.items():
            other.__dict__[name] = value.copy() if isinstance(value, dict | set) else value
        other.logs = {name: list(rows) for name, rows in self.logs.items()}
        for name in ("receipts", "zs"):
            other.__dict__[name] = {till: set(numbers) for till, numbers in self.__dict__[name].items()}
        return other
