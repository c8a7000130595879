"""The rules of gift cards, credit, deposits and trade-ins: what a sale takes in for them, and sets aside of them."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from contract import giftcard
from contract.facts import (
    AnyFact,
    AskEnd,
    LineKind,
    SaleLine,
    SaleLineAdded,
    TaxScheme,
    Tender,
    TenderKind,
    TradeInOffered,
    TradeInTaken,
    ValueAsked,
    ValueAskEnded,
    ValueInquired,
    ValueKept,
    ValueReleased,
)
from contract.ids import AccountId, AskId, LineId, PersonId, SaleId
from contract.money import plain
from trade import labels
from trade.acts import AskValue, EndAsk, GiveDepositBack, InquireValue, SellGiftCard, TakeDeposit, TakeTradeIn
from trade.orders.deposits import back_wrong, deposit_wrong
from trade.orders.numbers import order_of
from trade.periods import months_after
from trade.points import POINTS, points_account
from trade.price import cart
from trade.refusal import Refusal, Why
from trade.sale import LINES_PER_SALE_MAX, SALE_MINOR_MAX, Sale, SaleState, must_be
from trade.scene import Scene
from trade.tender import rest_minor
from trade.value import CREDIT, NAMES, OF_THE_OFFICE, VALUES, Ask, AskState, Slice, credit_account, expired

Answer = tuple[AnyFact, ...] | Refusal
NewId = Callable[[], str]
LOAD_MINOR_MAX: Final = 5_000_000
"""The most that is loaded onto a gift card at once."""
ASKS_PER_SALE_MAX: Final = 10
EXTEND: Final = "Pay another way, or have the office give it another day, on its page of what is owed"


def sell_gift_card(scene: Scene, act: SellGiftCard, new_id: NewId) -> Answer:
    """A line that is no revenue: the house owes the bearer. The same card again adds to it, once a sale."""
    if not 0 < act.amount_minor <= LOAD_MINOR_MAX:
        most = plain(LOAD_MINOR_MAX, scene.sale.currency if scene.sale else "EUR")
        return Refusal(Why.WRONG_PRICE, f"A gift card is loaded with more than nothing, at most {most}")
    return _owed_line(scene, act, LineKind.GIFT_CARD, (f"Gift card {act.label}", act.amount_minor), new_id)


def take_deposit(scene: Scene, act: TakeDeposit, new_id: NewId) -> Answer:
    """Money for something that is collected later; it stays this store's to use, or to give back."""
    if act.amount_minor <= 0:
        return Refusal(Why.WRONG_PRICE, "A deposit is more than nothing")
    if not act.what.strip():
        return Refusal(Why.EMPTY, "Say what the deposit is for")
    name = order_of(act.account)
    if name:
        order, part = scene.orders.get(name), scene.slice
        refusal = deposit_wrong(order, name, act.amount_minor, part.held_minor if part is not None else 0)
        if refusal is not None:
            return refusal
    return _owed_line(scene, act, LineKind.DEPOSIT, (f"Deposit: {act.what.strip()}", act.amount_minor), new_id)


def give_deposit_back(scene: Scene, act: GiveDepositBack, new_id: NewId) -> Answer:
    """All that is left of a deposit, as a line below nothing; set aside at once, so that nothing else uses it."""
    part = scene.slice
    if part is None or part.kind is not TenderKind.DEPOSIT:
        return Refusal(Why.NOT_FOUND, "This store keeps no deposit of that name: ask the store that took it")
    goes_on = back_wrong(scene.orders.get(order_of(act.account)))
    if goes_on is not None:
        return goes_on
    amount = available(part, scene.account_asks)
    if amount <= 0:
        return Refusal(Why.EMPTY, "Nothing is left of this deposit, or another sale has set it aside")
    if any(each.account == act.account for each in scene.asks if each.live):
        return Refusal(Why.WRONG_STATE, "This deposit pays in this sale already: take it off first")
    added = _owed_line(scene, act, LineKind.DEPOSIT, (f"Deposit given back: {part.label}", -amount), new_id)
    if isinstance(added, Refusal):
        return added
    sale = scene.sale
    assert sale is not None
    aside = ValueAsked(
        ask=AskId(new_id()), sale=act.sale, till=sale.till, account=part.account, kind=part.kind,
        currency=part.currency, kept_minor=amount, client=part.client, label=part.label,
    )  # fmt: skip
    return (aside, *added)


def _owed_line(
    scene: Scene,
    act: SellGiftCard | TakeDeposit | GiveDepositBack,
    kind: LineKind,
    said: tuple[str, int],
    new_id: NewId,
) -> Answer:
    """`said`: the words of the line, and its amount."""
    words, amount = said
    account = act.account
    refusal = must_be(scene.sale, act.sale, SaleState.OPEN)
    if refusal is not None:
        return refusal
    sale = scene.sale
    assert sale is not None
    if any(line.account == account for line in sale.lines):
        return Refusal(Why.WRONG_STATE, "It is in this sale already: take that line off first")
    if len(sale.lines) >= LINES_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"A sale has at most {LINES_PER_SALE_MAX} lines; record this one and go on")
    if abs(sale.total_minor + amount) > SALE_MINOR_MAX:
        return Refusal(Why.WRONG_PRICE, f"A sale comes to at most {plain(SALE_MINOR_MAX, sale.currency)}")
    line = SaleLine(
        line=LineId(new_id()), kind=kind, description=words, list_price_minor=amount, gross_minor=amount, tax_bp=0,
        tax_minor=0, scheme=TaxScheme.OUTSIDE, account=account, feed_rev=scene.feed_rev,
    )  # fmt: skip
    return (SaleLineAdded(sale=act.sale, line=line),)


def ask(scene: Scene, act: AskValue) -> Answer:
    """Sets money of an account aside: what this store keeps of it at once, the rest when the office says so.

    `amount_minor` 0: as much as is still to pay. Asked again by the same id, it is done already.
    """
    if scene.ask is not None:
        same = (scene.ask.sale, scene.ask.account) == (act.sale, act.account)
        return () if same else Refusal(Why.WRONG_STATE, f"{act.ask} was asked for something else")
    if act.kind not in VALUES or act.kind is TenderKind.TRADE_IN:
        return Refusal(Why.WRONG_TENDERS, "Only a gift card, store credit, points or a deposit are asked for so")
    refusal = _can_pay(scene, act.sale)
    if refusal is not None:
        return refusal
    sale, part = scene.sale, scene.slice
    assert sale is not None
    if part is not None and (part.kind, part.currency) != (act.kind, sale.currency):
        return Refusal(Why.WRONG_CURRENCY, f"This is a {part.kind.replace('_', ' ')} in {part.currency}")
    if part is not None and scene.shift is not None and expired(part.expires, scene.shift.business_day):
        why = f"{NAMES[part.kind].capitalize()} {part.label} could be spent until {part.expires}. {EXTEND}"
        return Refusal(Why.EXPIRED, why)
    if act.kind is TenderKind.STORE_CREDIT and act.account != credit_account(act.client):
        return Refusal(Why.EMPTY, "Say whose credit it is: a client has one")
    if act.kind is TenderKind.POINTS and act.account != points_account(act.client, sale.currency):
        return Refusal(Why.EMPTY, f"Say whose points they are: a client has one account of them in {sale.currency}")
    if any(each.account == act.account for each in scene.asks if each.live):
        return Refusal(Why.WRONG_STATE, "It pays in this sale already: take it off first")
    rest = _rest(scene, sale)
    amount = act.amount_minor or rest
    if not 0 < amount <= rest:
        open_yet = f"{plain(max(rest, 0), sale.currency)} {sale.currency}"
        return Refusal(Why.WRONG_TENDERS, f"There are {open_yet} to pay: set that or less aside")
    kept = min(available(part, scene.account_asks), amount) if part is not None else 0
    asked = ValueAsked(
        ask=act.ask, sale=act.sale, till=sale.till, account=act.account, kind=act.kind, currency=sale.currency,
        kept_minor=kept, wanted_minor=amount - kept, client=act.client or (part.client if part else PersonId("")),
        label=act.label or (part.label if part else ""),
        business_day=scene.shift.business_day if scene.shift is not None else "",
    )  # fmt: skip
    return (asked,)


def inquire(scene: Scene, act: InquireValue) -> Answer:
    """A question is an entry too: who asked for whose balance is seen. By the same id it is one."""
    if scene.inquiry_known:
        return ()
    if act.kind not in OF_THE_OFFICE:
        return Refusal(Why.WRONG_TENDERS, "Only a gift card, store credit, points or a deposit have a balance")
    asked = ValueInquired(
        inquiry=act.inquiry, till=act.till, account=act.account, kind=act.kind, client=act.client, label=act.label
    )
    return (asked,)


def _can_pay(scene: Scene, sale_id: SaleId) -> Refusal | None:
    refusal = must_be(scene.sale, sale_id, SaleState.OPEN, SaleState.TENDERING)
    if refusal is not None:
        return refusal
    assert scene.sale is not None
    if scene.shift is None:
        return Refusal(Why.NO_SHIFT, f"Open a shift on {scene.sale.till} first")
    if not scene.sale.lines:
        return Refusal(Why.EMPTY, "There is nothing in this sale")
    if sum(each.live for each in scene.asks) >= ASKS_PER_SALE_MAX:
        return Refusal(Why.WRONG_STATE, f"At most {ASKS_PER_SALE_MAX} cards and credits pay one sale")
    return None


def _rest(scene: Scene, sale: Sale) -> int:
    lines = sale.lines if sale.state is SaleState.TENDERING else cart(sale.lines, scene.offer)
    return rest_minor(sum(line.gross_minor for line in lines), scene.payments, paying(scene.asks, lines))


def paying(asks: Iterable[Ask], lines: Iterable[SaleLine]) -> tuple[Ask, ...]:
    """Asks that pay: one of a deposit that is given back stands behind its line instead."""
    behind = {line.account for line in lines if line.kind is LineKind.DEPOSIT and line.gross_minor < 0}
    return tuple(each for each in asks if each.account not in behind)


def available(part: Slice, asks: Iterable[Ask]) -> int:
    """What no sale has set aside of it."""
    return max(part.held_minor - sum(each.amount_minor for each in asks if each.live), 0)


def end_ask(scene: Scene, act: EndAsk) -> Answer:
    """Taken off, or no longer waited for."""
    found = scene.ask
    if found is None:
        return Refusal(Why.NOT_FOUND, f"Nothing was set aside as {act.ask} at this store")
    if act.how is AskEnd.WITHOUT_OFFICE:
        if found.state is AskState.READY:
            return ()
        if found.state is not AskState.ASKING or not found.kept_minor:
            return Refusal(Why.EMPTY, f"This store keeps nothing of {found.name}: wait for the office, or take it off")
        return (ValueAskEnded(ask=found.ask, sale=found.sale, account=found.account, how=act.how),)
    if not found.live:
        if found.state is AskState.GIVEN_UP:
            return ()
        if found.state is AskState.SPENT:
            return Refusal(Why.WRONG_STATE, f"{found.name} is spent: pay it back by a return")
        return Refusal(Why.WRONG_STATE, f"{found.name} was refused by the office: there is nothing to take off")
    sale = scene.sale
    if sale is not None and sale.state is SaleState.RECORDED:
        return Refusal(Why.WRONG_STATE, "The sale is recorded: pay back by a return")
    if sale is not None and found not in paying((found,), sale.lines):
        return Refusal(Why.WRONG_STATE, "This deposit is given back in this sale: take its line out of the cart")
    return give_up((found,))


def give_up(asks: Iterable[Ask]) -> tuple[AnyFact, ...]:
    """Nothing of these is set aside any more; what the office gave goes back."""
    facts: list[AnyFact] = []
    for each in asks:
        if not each.live:
            continue
        facts.append(ValueAskEnded(ask=each.ask, sale=each.sale, account=each.account, how=AskEnd.GIVEN_UP))
        if each.returns_minor:
            facts.append(ValueReleased(account=each.account, amount_minor=each.returns_minor, currency=each.currency))
    return tuple(facts)


def take_trade_in(scene: Scene, act: TakeTradeIn) -> Answer:
    """What it is worth counts for this sale, and no more than is still to pay; it is the house's once recorded."""
    if scene.ask is not None:
        return ()
    refusal = _can_pay(scene, act.sale)
    if refusal is not None:
        return refusal
    sale, given = scene.sale, act.trade_in
    assert sale is not None
    if scene.slice is not None:
        return Refusal(Why.WRONG_STATE, f"{act.account} is an account already: offer this under a name of its own")
    missing = [
        words
        for words, said in (
            ("what it is", given.title),
            ("whose it was", given.client),
            ("where they had it from", given.provenance),
            ("how they proved who they are", given.proof),
        )
        if not said.strip()
    ]
    if missing:
        return Refusal(Why.EMPTY, f"Say {', '.join(missing)}: a piece without a past is not bought")
    if given.currency != sale.currency:
        return Refusal(Why.WRONG_CURRENCY, f"This sale is in {sale.currency}")
    refusal = labels.taken(scene, given)
    if refusal is not None:
        return refusal
    rest = _rest(scene, sale)
    if not 0 < given.value_minor <= rest:
        open_yet = f"{plain(max(rest, 0), sale.currency)} {sale.currency}"
        return Refusal(
            Why.WRONG_TENDERS, f"A trade-in pays at most what is left, {open_yet}: sell more, or buy it apart"
        )
    kept = ValueKept(
        account=act.account, kind=TenderKind.TRADE_IN, amount_minor=given.value_minor, currency=given.currency,
        client=given.client, label=given.title,
    )  # fmt: skip
    aside = ValueAsked(
        ask=act.ask, sale=act.sale, till=sale.till, account=act.account, kind=TenderKind.TRADE_IN,
        currency=given.currency, kept_minor=given.value_minor, client=given.client, label=given.title,
    )  # fmt: skip
    return (TradeInOffered(account=act.account, sale=act.sale, trade_in=given), kept, aside)


def taken_in(scene: Scene, tenders: Iterable[Tender]) -> tuple[AnyFact, ...]:
    """With the sale's recording: trade-ins that paid are the house's."""
    paid = {each.account for each in tenders if each.kind is TenderKind.TRADE_IN}
    return tuple(
        TradeInTaken(account=each.account, sale=each.sale, trade_in=each.trade_in)
        for each in scene.trade_ins
        if each.account in paid
    )


def until(scene: Scene) -> str:
    """The last business day of money that comes in now; empty: the house lets it be spent for ever."""
    months = scene.settings.value_months
    return months_after(scene.shift.business_day, months) if months and scene.shift is not None else ""


def lasting_lines(scene: Scene, lines: Iterable[SaleLine]) -> tuple[SaleLine, ...]:
    """With the last day of each gift card that is loaded; deposits never expire."""
    last = until(scene)
    return tuple(
        msgspec.structs.replace(line, expires=last) if line.kind is LineKind.GIFT_CARD and last else line
        for line in lines
    )


def lasting_tenders(scene: Scene, tenders: Iterable[Tender]) -> tuple[Tender, ...]:
    """The same of money that goes back onto cards and credits."""
    last = until(scene)
    return tuple(
        msgspec.structs.replace(each, expires=last)
        if each.kind in (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT) and last
        else each
        for each in tenders
    )


def kept_of_lines(scene: Scene, lines: Iterable[SaleLine], currency: str, client: PersonId) -> tuple[AnyFact, ...]:
    """What of the money these lines took in stays this store's to spend: deposits whole, cards as the settings say."""
    facts: list[AnyFact] = []
    for line in lines:
        if line.gross_minor <= 0 or line.kind not in (LineKind.GIFT_CARD, LineKind.DEPOSIT):
            continue
        card = line.kind is LineKind.GIFT_CARD
        amount = min(line.gross_minor, scene.settings.offline_value_minor_max) if card else line.gross_minor
        kept = ValueKept(
            account=AccountId(line.account), kind=TenderKind.GIFT_CARD if card else TenderKind.DEPOSIT,
            amount_minor=amount, currency=currency, client=PersonId("") if card else client,
            label=line.description.removeprefix("Gift card ").removeprefix("Deposit: "), expires=line.expires,
        )  # fmt: skip
        facts += [kept] if amount > 0 else []
    return tuple(facts)


def goes_onto(scene: Scene, tenders: Iterable[Tender], currency: str) -> Refusal | None:
    """Why money that goes back cannot become what these gift cards and credits are."""
    for tender in tenders:
        account = tender.account
        if tender.kind is TenderKind.STORE_CREDIT and not account.removeprefix(CREDIT).strip():
            return Refusal(Why.WRONG_TENDERS, "Say whose credit it becomes: a client has one")
        if tender.kind is TenderKind.STORE_CREDIT and not account.startswith(CREDIT):
            return Refusal(Why.WRONG_TENDERS, f"{account} is no client's credit: name the client")
        if tender.kind is TenderKind.POINTS and not account.startswith(POINTS):
            return Refusal(
                Why.WRONG_TENDERS, f"{account or 'That'} is no account of points: take them back as they came"
            )
        if tender.kind is TenderKind.GIFT_CARD and not account.startswith(giftcard.PREFIX):
            return Refusal(Why.WRONG_TENDERS, "Scan or type the gift card that the money goes onto")
        part = scene.slices.get(account)
        if part is not None and part.currency != currency:
            why = f"{NAMES[part.kind].capitalize()} {part.label} is in {part.currency}: take one in {currency}"
            return Refusal(Why.WRONG_CURRENCY, why)
    return None


def kept_of_refund(scene: Scene, tenders: Iterable[Tender], currency: str) -> tuple[AnyFact, ...]:
    """The same of money paid back onto a card or as credit. A credit's account names its client."""
    facts: list[AnyFact] = []
    for tender in tenders:
        if tender.kind not in (TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT):
            continue
        amount = min(tender.amount_minor, scene.settings.offline_value_minor_max)
        client = (
            PersonId(tender.account.removeprefix(CREDIT)) if tender.kind is TenderKind.STORE_CREDIT else PersonId("")
        )
        kept = ValueKept(
            account=tender.account, kind=tender.kind, amount_minor=amount, currency=currency, client=client,
            label=tender.reference, expires=tender.expires,
        )  # fmt: skip
        facts += [kept] if amount > 0 else []
    return tuple(facts)


def given_back(lines: Iterable[SaleLine]) -> tuple[tuple[AccountId, int], ...]:
    """Deposits these lines give back: account and amount."""
    return tuple(
        (AccountId(each.account), -each.gross_minor) for each in lines if each.account and each.gross_minor < 0
    )


def of_the_line(scene: Scene, line: SaleLine) -> tuple[Ask, ...]:
    """What stands set aside behind a line that is taken off."""
    mine = line.gross_minor < 0 and bool(line.account)
    return tuple(each for each in scene.asks if mine and each.account == line.account)
