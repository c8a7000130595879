"""Handing a receipt over: an entry first, then paper. And what follows by itself when money has moved."""

from typing import Protocol

import structlog

from contract.facts import AnyFact, CashMoved, ReceiptForm, ReturnRecorded, SaleRecorded
from contract.feed import StoreCard
from contract.ids import GiveId, ReceiptId, TillId
from edge.books.db import Database
from edge.books.rows import GivenRow
from edge.config import EdgeConfig
from edge.receipts.counter import Counter, Job, NoPrinterError, PrinterBusyError
from edge.receipts.finding import as_given, find, givens
from edge.till.desk import Done
from trade.acts import AnyAct, GiveReceipt
from trade.receipt import Receipt, moves_cash, receipt_id
from web.logins import Login
from web.problems import ProblemError

log = structlog.get_logger(__name__)


class Giver(Protocol):
    """What is needed of the shop."""

    receipts: Counter
    config: EdgeConfig
    db: Database

    def new_id(self) -> str: ...
    async def act(self, act: AnyAct, who: Login) -> Done: ...


def receipt_here(shop: Giver, name: ReceiptId) -> Receipt:
    """The original. Raises a 404 problem."""
    config = shop.config
    here = StoreCard(store=config.store, name=config.name, currency=config.currency, time_zone=config.time_zone)
    found = find(shop.db, name, here)
    if found is None:
        raise ProblemError(404, "receipt", f"There is no receipt {name}", "Look it up by its number, or its code.")
    return found


async def give(
    shop: Giver, name: ReceiptId, form: ReceiptForm, who: Login, *, gift: bool = False, as_: GiveId | None = None
) -> tuple[Receipt, GivenRow]:
    """Writes that it is handed over, and draws it so. `as_`: asked again under one name it is handed over once."""
    made = as_ or GiveId(shop.new_id())
    await shop.act(GiveReceipt(give=made, receipt=name, form=form, gift=gift), who)
    row = next((each for each in givens(shop.db, name) if each.give == made), None)
    if row is None:
        raise ProblemError(409, "receipt", "This was another receipt", "Load the page again, and ask once more.")
    return as_given(receipt_here(shop, name), row), row


async def print_at(
    shop: Giver, name: ReceiptId, till: TillId, who: Login, *, gift: bool = False, as_: GiveId | None = None
) -> Job:
    """On the till's printer, in the background. Raises a problem when it has none, or too much waits there."""
    try:
        shop.receipts.check(till)
        receipt, row = await give(shop, name, ReceiptForm.PAPER, who, gift=gift, as_=as_)
        return shop.receipts.begin(row.give, receipt, till)
    except NoPrinterError as error:
        raise ProblemError(409, "no-printer", "This till has no receipt printer", str(error)) from error
    except PrinterBusyError as error:
        raise ProblemError(503, "printer-busy", "The receipt printer is busy", str(error)) from error


async def follow(shop: Giver, done: Done, who: Login) -> None:
    """Drawer and receipt follow what stands in the books now; whatever becomes of them, the sale stands."""
    for fact in (fact for entry in done.entries for fact in entry.facts):
        till = opens_drawer(fact)
        if till is not None:
            shop.receipts.kick(till)
        if isinstance(fact, (SaleRecorded, ReturnRecorded)):
            await _print_at_once(shop, fact, who)


def opens_drawer(fact: AnyFact) -> TillId | None:
    """The till whose drawer has to open: cash went in or out, or somebody says why without."""
    match fact:
        case CashMoved():
            return fact.till
        case SaleRecorded() | ReturnRecorded() if any(moves_cash(tender) for tender in fact.tenders):
            return fact.till
        case _:
            return None


async def _print_at_once(shop: Giver, fact: SaleRecorded | ReturnRecorded, who: Login) -> None:
    printer = shop.receipts.printers.get(fact.till)
    if printer is None or not printer.prints_at_once:
        return
    gifts = (False, True) if isinstance(fact, SaleRecorded) and fact.gift else (False,)
    try:
        for gift in gifts:
            await print_at(shop, receipt_id(fact), fact.till, who, gift=gift)
    except ProblemError as problem:
        log.warning("receipt_not_printed", receipt=receipt_id(fact), why=str(problem))
