"""Clients in histories by seed: sold to by name, on points, joined and parted at the office, erased there while stores are
offline and go on selling to them. Stores keep their sealed cards, as boxes do.

At rest each client has the points their own sales earned, less what came back, what they spent, and what another of their
ids gave them while it was theirs; all their sales and orders stand once under the id they are known by; stores' cards say
the same; and of who was erased there is no key anywhere.
"""

import functools
import random
from collections import defaultdict

import sqlalchemy as sa

from cloud import aliases, house_settings, tables
from cloud.client_standings import ClientStandings
from cloud.clienteling.identity.merging import MergeRefusedError
from cloud.desk import Desk, begin
from cloud.people import Keyring
from cloud.points import NAME, Loyalty
from cloud.points_joined import WHY
from cloud.pos.client_orders import queries as orders
from cloud.pos.clients import desk, erasing, merging, profile, queries, slices
from cloud.pos.segments import gather
from cloud.remarks import Remarks
from cloud.sealing import KEY_BYTES, Sealing
from contract.clients import SliceAsked
from contract.facts import OrderOpened, ReturnRecorded, SaleRecorded, Tender, TenderKind
from contract.feed import EarnRule, ForgetCard
from edge.books import replica
from edge.books.fold_value import load_asks
from edge.clients.keys import BoxKeys
from edge.clients.slice import Slice
from trade.acts import AskValue, RecordSale
from trade.guards import ALL
from trade.points import client_of, points_account

from .keepings import FORGETFUL, WORD, Keepings
from .office import empty_office
from .world import PRICE, STORES, ViolationError

CLIENTS = ("c-1", FORGETFUL, "c-3", "c-4")
RULE = EarnRule(name="a tenth", rate_bp=1_000)
EARNS = PRICE * RULE.rate_bp // 10_000
JOINED, PARTED, CALLS, CARDS_EVERY_S = 6, 3, 30, 25
ADA = "ada"
LATER_US = 2 * 86_400_000_000


def name_of(person):
    return {"given_name": f"{WORD}{person[-1]}", "family_name": "Beispielowa"}


def chance(name):
    return random.Random(name).randbytes


@functools.cache
def ring():
    """The office's keys lie in a file: no crash and no restored database takes them."""
    dice = chance("the office's key")
    return Keyring(Sealing((dice(KEY_BYTES),)), dice)


class Clientele(Keepings):
    """Mixed into a driver's `Sim`."""

    def __init__(self, *given, **more):
        self.sales, self.back, self.of_order = {}, defaultdict(dict), {}
        """Sale → (row, client); sale → {row: what came back}; order → client."""
        self.gone, self.asked_to_go = set(), set()
        """`forgotten.list`, which lies beside the keys; and whoever was one client with who asked for it."""
        self.buyer = {}
        self.slices = {store: new_slice(store) for store in STORES}
        super().__init__(*given, **more)

    def lay_out(self, **more):
        super().lay_out(**more)
        for what, times in ((self.join, JOINED), (self.part, PARTED)):
            for _ in range(times):
                self.at(self.rng.random() * self.span, what)
        for _ in range(CALLS):
            self.at(self.rng.random() * self.span, self.call)
        for store in STORES:
            self.at(self.rng.random() * CARDS_EVERY_S, self.bring_cards, store)

    # --- at the office ------------------------------------------------------------------------------------------

    def office_does(self, act):
        """Somebody's act at a page, or None where it was refused."""
        head = self.head
        if self.resting or not head.up:
            return None

        def done():
            with head.office.transaction() as tx:
                return act(begin(tx, self.guards, self.wall_us()))

        try:
            return head.run(done)
        except (MergeRefusedError, desk.UnknownClientError):
            self.stat("refused at the office")
            return None

    def join(self):
        one, other = self.rng.sample(CLIENTS, 2)
        name = self.new_id()
        if self.office_does(lambda work: merging.merge(work, ring(), one, other, name, by=ADA)):
            self.stat("clients joined")

    def part(self):
        def undo(work):
            holds = sa.select(tables.client_alias.c.merge).where(tables.client_alias.c.undone_us == 0)
            known = sorted(row["merge"] for row in work.tx.rows(holds))
            return merging.undo(work, self.rng.choice(known), by=ADA) if known else None

        if self.office_does(undo):
            self.stat("clients parted")

    def erase(self):
        """At the office, whose feed tells the stores."""
        self.after(2, self.erase_or_look_again)

    def erase_or_look_again(self):
        """Whoever was asked for it sees to it that it was done, also where the power went meanwhile."""
        if self.forgotten:
            return
        self.after(2, self.erase_or_look_again)
        if self.head.up:
            self.head.run(self.erase_now)
            self.stat("clients forgotten")
            self.forgotten = True

    def erase_now(self):
        office = self.head.office
        office.on_forget = self.gone.update
        with office.transaction() as tx:
            self.asked_to_go |= set(aliases.ids(tx, FORGETFUL))
            erasing.erase(office, begin(tx, self.guards, self.wall_us()), FORGETFUL, "asked", by=ADA)

    # --- at a store ---------------------------------------------------------------------------------------------

    def bring_cards(self, store):
        """What its box does every few minutes, while it has a line."""
        self.after(CARDS_EVERY_S, self.bring_cards, store)
        box, head = self.main[store], self.head
        if box.serving and head.up and not box.cut:
            with head.office.transaction() as tx:
                self.take_cards(store, begin(tx, self.guards, self.wall_us()))

    def take_cards(self, store, work):
        kept = self.slices[store]
        asked = SliceAsked(box_key=kept.public)
        kept.begin_pass()
        kept.take(slices.page(work, ring(), store, asked, ClientStandings().kept(work, store)), now_us=work.now_us)
        kept.end_pass(now_us=work.now_us)

    def has_fed(self, box):
        """Its books know whom to forget."""
        told = [card.person for card in replica.cards(box.books.db, ForgetCard)]
        self.slices[box.store].forget(told)
        self.words_of(box.store).forget(told)

    def stock(self):
        return [f"p{n}" for n in range(4)]

    def buy(self, piece):
        """The web seldom: whoever buys there has no name here, and brings nothing back."""
        if self.rng.random() < 0.15:
            super().buy(piece)

    def call(self):
        """Somebody comes to buy what lies there, or brings back what they have bought."""
        piece = self.rng.choice(self.pieces)
        at, sale = self.world.loc[piece], self.world.open.get(piece)
        if self.resting or piece in self.world.promised:
            return
        if at in STORES and not sale:
            self.cart(self.main[at], piece, override=False)
        elif at == "client" and sale in self.sales:
            self.world.loc[piece] = self.rng.choice(STORES)
            self.give_back(self.main[self.world.loc[piece]], piece, sale)

    def checkout(self, box, sale, override):
        """Of somebody who says who they are, and may pay with points."""
        if not box.serving or not box.in_cart(sale):
            return
        if sale not in self.buyer:
            client = self.buyer[sale] = self.rng.choice(CLIENTS)
            if self.rng.random() < 0.4:
                account, amount = points_account(client, "EUR"), self.rng.choice([EARNS // 2, EARNS, 3 * EARNS])
                told = {"account": account, "amount_minor": amount, "client": client}
                box.do(AskValue(ask=self.new_id(), sale=sale, kind=TenderKind.POINTS, **told))
                self.after(self.rng.choice([4, 12]), self.checkout, box, sale, override)
                return
        (piece,) = box.in_cart(sale)
        here = self.world.loc[piece] == box.store
        asks = [ask for ask in load_asks(box.books.db, sale) if ask.live and ask.amount_minor]
        paid = [Tender(kind=ask.kind, amount_minor=ask.amount_minor, account=ask.account) for ask in asks]
        cash = Tender(kind=TenderKind.CASH, amount_minor=PRICE - sum(each.amount_minor for each in paid))
        if here or override:
            act = RecordSale(sale=sale, tenders=(*paid, cash), client=self.buyer[sale], override="no pad")
            box.do(act, pad=[piece] if here else [])

    # --- what the bystander notes -------------------------------------------------------------------------------

    def witness(self, box, fact, place):
        match fact:
            case SaleRecorded(client=client) if client:
                self.stat("sold by name")
                self.sales[fact.sale] = (place, fact)
                if any(each.kind is TenderKind.POINTS for each in fact.tenders):
                    self.stat("paid with points")
                if self.forgotten and client == FORGETFUL:
                    self.stat("sold to who was erased")
            case ReturnRecorded():
                self.back[fact.sale][place] = fact.total_minor
            case OrderOpened():
                self.of_order[fact.order] = fact.client
        super().witness(box, fact, place)

    # --- at rest ------------------------------------------------------------------------------------------------

    def judge(self):
        super().judge()
        known = self.head.rows()
        sales, doubted = self.by_state(known)
        back = {sale: self.back_of(sale, known) for sale in self.sales}
        with self.head.office.transaction() as tx:
            work = begin(tx, ALL, self.wall_us() + LATER_US)
            groups = {ids[0]: ids for ids in (aliases.ids(tx, person) for person in CLIENTS)}.values()
            alive = [ids for ids in groups if not self.gone & set(ids)]
            self.judge_erased(tx, groups)
            self.judge_points(tx, sales, back)
            for ids in alive:
                self.judge_profile(work, ids, sales, doubted)
            self.judge_spent(tx, groups, sales, back)
            for store in STORES:
                self.take_cards(store, work)
        for ids in alive:
            self.judge_cards(ids)

    def by_state(self, known):
        """Sales by name that the office has: those that stand, and those that wait for a person."""
        with self.head.office.reading() as tx:
            states = {row["sale"]: row["state"] for row in tx.rows(sa.select(tables.sale.c.sale, tables.sale.c.state))}
        found = {}, {}
        for sale, (place, fact) in self.sales.items():
            if place in known and sale in states:
                found[states[sale] == "quarantined"][sale] = fact
        return found

    def back_of(self, sale, known):
        """What came back of it, as far as the office has heard."""
        gross = gross_of(self.sales[sale][1])
        return min(sum(minor for place, minor in self.back[sale].items() if place in known), gross)

    def judge_points(self, tx, sales, back):
        """By id, and not by client: who is parted again has what their own purchases earned. Who was erased earns nothing
        by what is heard later.
        """
        expected = dict.fromkeys(CLIENTS, 0)
        earned = {row["sale"] for row in tx.rows(sa.select(tables.points_move.c.sale))}
        for sale, fact in sales.items():
            points = [each for each in fact.tenders if each.kind is TenderKind.POINTS]
            gross = gross_of(fact)
            basis = gross - sum(each.amount_minor for each in points)
            if fact.client not in self.gone or sale in earned:
                expected[fact.client] += basis * RULE.rate_bp // 10_000 * (gross - back[sale]) // gross if gross else 0
            for each in points:
                expected[client_of(each.account)] -= each.amount_minor
        has = dict.fromkeys(CLIENTS, 0)
        joined = tx.rows(sa.select(tables.points_move).where(tables.points_move.c.rule == WHY))
        if sum(row["amount_minor"] for row in joined):
            raise ViolationError(f"C1 points were made or lost between the ids of a client: {joined}")
        for row in joined:
            expected[client_of(row["account"])] += row["amount_minor"]
            self.stat("points brought together")
        for row in tx.rows(sa.select(tables.value_account).where(tables.value_account.c.kind == TenderKind.POINTS)):
            has[row["client"]] += row["issued_minor"] - row["spent_minor"]
        if has != expected:
            raise ViolationError(f"C1 clients have points {has}, and should have {expected}")

    def judge_profile(self, work, ids, posted, doubted):
        head = ids[0]
        seen = queries.detail(work, ring(), head, desk.read(work, ring(), head))
        sales, in_doubt = (
            sorted(sale for sale, fact in some.items() if fact.client in ids) for some in (posted, doubted)
        )
        shown, marked = (sorted(each.sale for each in seen.sales if each.in_doubt is it) for it in (False, True))
        if (shown, marked) != (sales, in_doubt):
            why = f"C2 {ids} bought {sales}, and in doubt {in_doubt}"
            raise ViolationError(f"{why}, and their profile shows {seen.sales}")
        for _ in in_doubt:
            self.stat("sales in doubt on a profile")
        with_them = [
            each.order_id for each in orders.of_client(work.tx, Remarks(work.tx, ring()), head, now_us=work.now_us)
        ]
        rows = work.tx.rows(sa.select(tables.client_order.c.order_id))
        taken = sorted(row["order_id"] for row in rows if self.of_order.get(row["order_id"]) in ids)
        if sorted(with_them) != taken:
            raise ViolationError(f"C3 {ids} have the orders {taken}, and their profile shows {with_them}")

    def judge_spent(self, tx, groups, sales, back):
        """What tiers are made of."""
        bought = gather.bought(tx, "EUR")
        spent = defaultdict(int)
        for row, net in zip(bought.person.tolist(), bought.net_minor.tolist(), strict=True):
            spent[bought.persons[row]] += net
        for ids in groups:
            mine = [sale for sale, fact in sales.items() if fact.client in ids and not self.gone & set(ids)]
            paid = sum(gross_of(sales[sale]) - back[sale] for sale in mine)
            if spent.pop(ids[0], 0) != paid:
                raise ViolationError(f"C4 tiers are made of other purchases than the {paid} of {ids}: {bought}")
        if spent:
            raise ViolationError(f"C4 tiers are made for who is nobody's first id: {spent}")

    def judge_erased(self, tx, groups):
        if not self.asked_to_go <= self.gone:
            raise ViolationError(f"C5 {self.asked_to_go} were one client who was erased, and only {self.gone} are gone")
        for ids in groups:
            if self.gone & set(ids) and not self.gone >= set(ids):
                raise ViolationError(f"C5 {ids} are one client, of whom only {self.gone & set(ids)} are erased")
        for person in self.gone:
            for table in (tables.person_key, tables.person_word, tables.client_segment, tables.client_page):
                if tx.rows(sa.select(table).where(table.c.person == person)):
                    raise ViolationError(f"C5 the office keeps {table.name} of {person}, who was erased")
            for table in (tables.client, tables.remark_key):
                rows = tx.rows(sa.select(table.c.sealed).where(table.c.person == person))
                if any(row["sealed"] for row in rows):
                    raise ViolationError(f"C5 the office keeps what is sealed of {person} in {table.name}")
            for store, box in self.main.items():
                if self.slices[store].one(person) is not None or not self.slices[store].is_forgotten(person):
                    raise ViolationError(f"C6 {store} keeps {person}, who was erased")
                if replica.card(box.books.db, ForgetCard, person) is None:
                    raise ViolationError(f"C6 {store} was not told to forget {person}")

    def judge_cards(self, ids):
        """What a till shows of a client, at every store that keeps them."""
        with self.head.office.reading() as tx:
            account = tables.value_account.c
            left = sa.func.sum(account.issued_minor - account.spent_minor)
            mine = (
                account.kind == TenderKind.POINTS,
                account.client.in_(ids),
                account.issued_minor > account.spent_minor,
            )
            points = int(tx.value(sa.select(left).where(*mine)) or 0)
        for store, kept in self.slices.items():
            cards = {kept.one(each) for each in ids} - {None}
            if len(cards) > 1:
                raise ViolationError(f"C7 {store} keeps {ids} as {len(cards)} clients")
            for card in cards:
                shown = sum(each.balance_minor for each in card.standing.points)
                if (card.person, {card.person, *card.others}, shown) != (ids[0], set(ids), points):
                    raise ViolationError(f"C7 {store} shows {card}, and {ids} have {points}")


def gross_of(fact):
    return sum(line.gross_minor for line in fact.lines if line.piece)


def new_slice(store):
    dice = chance(f"clients of {store}")
    kept = Slice(None, BoxKeys(dice(KEY_BYTES), dice(KEY_BYTES)), dice)
    kept.admit("any log")
    return kept


@functools.cache
def furnished():
    """The office's clients and its rule of points, before anything happens."""
    from cloud.db import open_office

    office = open_office("sqlite://", image=empty_office())
    with office.transaction() as tx:
        work = begin(tx, ALL, 1)
        house_settings.write(work, NAME, Loyalty(rules=(RULE,)), {}, by=ADA, why="a tenth back")
        for n, person in enumerate(CLIENTS):
            given = profile.typed(name_of(person))
            desk.create(work, ring(), person, given, by=ADA, store=STORES[n % 2], why="new")
    image = office.image()
    office.close()
    return image


class ClientBox:
    """Mixed into a driver's `Box`."""

    def start(self):
        super().start()
        self.sim.has_fed(self)

    def fetch_feed(self):
        super().fetch_feed()
        self.sim.has_fed(self)


class ClientHead:
    """Mixed into a driver's `Head`."""

    def __init__(self, sim):
        super().__init__(sim)
        self.image = furnished()

    def recover(self):
        """By a person; and as at every start, who was erased since the backup is erased again."""
        super().recover()
        rate, self.sim.crash_rate = self.sim.crash_rate, 0.0
        at_start = Desk(self.office, self.sim.wall_us, self.sim.mono_us, self.sim.new_id)
        erasing.again(at_start, sorted(self.sim.gone))
        self.sim.crash_rate = rate


def bring(driver):
    """This driver module, which has orders already, with clients. Returns it."""
    box = type("ClientBox", (ClientBox, driver.Sim.Box), {})
    head = type("ClientHead", (ClientHead, driver.Sim.Head), {})
    driver.Sim = type("Sim", (Clientele, *driver.Sim.__bases__[1:]), {"Box": box, "Head": head})
    return driver
