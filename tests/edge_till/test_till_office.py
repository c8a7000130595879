"""What the office sets is what a till does, once the feed has come: the real office, the real wire, the real till."""

import msgspec
import pytest
from house_templates import empty_office

from cloud import feed
from cloud.pos.prices import desk as prices
from cloud.pos.staff import desk as staff
from cloud.pos.staff import roles
from cloud.pos.stores import settings
from cloud.pos.stores.desk import open_store
from cloud.work import begin
from contract.feed import (
    EVERY_STORE,
    Permission,
    PromotionCard,
    PromotionKind,
    RateCard,
    Role,
    RoleCard,
    SettingsCard,
    StaffCard,
    StoreCard,
    TaxCard,
    TaxChange,
    TaxPart,
    decode_page,
    encode_page,
)
from contract.ids import HOUSE
from contract.money import E9
from edge.books import replica
from edge.till import queries
from edge.till.offers import settings_here
from trade.acts import AddPiece, OpenSale, OpenShift
from trade.guards import ALL

ADA = "ada"
VAT = TaxCard(
    tax="standard", name="VAT", parts=(TaxPart(code="vat", name="VAT", rate_bp=2_000),),
    changes=(TaxChange(from_day="2027-01-01", parts=(TaxPart(code="vat", name="VAT", rate_bp=2_500),)),),
)  # fmt: skip


class Line:
    """An office, and the feed from it to this store."""

    def __init__(self, shop):
        self.shop, self.rev = shop, 0
        self.office = empty_office()
        self.put(lambda work: open_store(work, StoreCard(store="paris", name="Paris", currency="EUR")))
        ada = StaffCard(user=ADA, name="Ada", roles=(Role.ADMIN,))
        self.put(lambda work: roles.change_staff(work, ada, None, by=HOUSE, why="the first admin"))

    def put(self, act):
        with self.office.transaction() as tx:
            act(begin(tx, ALL, 1_800_000_000_000_000))

    def fetch(self):
        with self.office.reading() as tx:
            page = decode_page(encode_page(feed.page(tx, "paris", self.rev)))
        self.rev = page.upto
        shifted = tuple(msgspec.structs.replace(row, rev=row.rev + 10_000) for row in page.rows)
        replica.take(self.shop.books, msgspec.structs.replace(page, rows=shifted, upto=page.upto + 10_000))


@pytest.fixture
def line(shop):
    line = Line(shop)
    yield line
    line.office.close()


def opened(shop, day):
    shop.do(OpenShift(shift="sh", till="till-2", business_day=day, float_minor=0, currency="EUR"))
    shop.do(OpenSale(sale="s", till="till-2", currency="EUR"))
    shop.do(AddPiece(sale="s", piece="ring"), pad=["ring"])
    (asked,) = queries.asked(shop.books.db, "s")
    return asked


@pytest.mark.parametrize(("day", "tax_minor"), [("2026-12-31", 20_000), ("2027-01-01", 24_000)])
def test_a_rate_begins_at_the_till_on_its_business_day(shop, line, day, tax_minor):
    line.put(lambda work: prices.put_tax(work, VAT, by=ADA, why="the budget law"))
    line.fetch()
    ring = replica.piece(shop.books.db, "ring")
    line.put(lambda work: work.tell(feed.News("piece:ring", msgspec.structs.replace(ring, tax="standard"))))
    line.fetch()
    assert opened(shop, day).tax_minor == tax_minor


def test_a_promotion_of_the_office_is_in_the_cart_until_it_is_ended(shop, line):
    off = PromotionCard(promotion="ten", name="Ten", how=PromotionKind.PERCENT, off_bp=1_000)
    line.put(lambda work: prices.put_promotion(work, off, "paris", by=ADA, why="a quiet month"))
    line.fetch()
    assert opened(shop, "2026-11-29").promotion == "ten"
    line.put(lambda work: prices.end_promotion(work, "ten", "paris", by=ADA, why="it is over"))
    line.fetch()
    (asked,) = queries.asked(shop.books.db, "s")
    assert (asked.promotion, asked.gross_minor) == ("", 120_000)


def test_how_a_store_sells_and_what_foreign_cash_is_worth_reach_it(shop, line):
    card = SettingsCard(store="paris", cash_step_minor=5, denominations=(1_000, 500, 5), refund_days=14)
    line.put(lambda work: settings.put_settings(work, card, by=ADA, why="small coins are gone"))
    rate = RateCard(
        currency="USD", into="EUR", rate_e9=92 * E9 // 100, source="the bank", quoted_us=1_700_000_000_000_000
    )
    line.put(lambda work: prices.put_rate(work, rate, by=ADA, why="the rate of the day"))
    line.fetch()
    assert settings_here(shop.books.db) == card
    assert replica.cards(shop.books.db, RateCard) == [rate]


def test_a_role_altered_at_the_office_and_a_person_who_left_are_so_at_the_till_offline(shop, line):
    tom = StaffCard(user="tom", name="Tom", roles=("lead",), stores=("paris",))
    lead = RoleCard(role="lead", name="Lead", permissions=(Permission.SELL, Permission.VOID))
    line.put(lambda work: roles.put_role(work, lead, EVERY_STORE, by=ADA, why="a new role"))
    line.put(lambda work: roles.change_staff(work, tom, None, by=ADA, why="leads the boutique"))
    line.fetch()
    db = shop.books.db
    assert replica.allowed(db, "tom", "paris").permissions == {Permission.SELL, Permission.VOID}
    own = RoleCard(role="lead", name="Lead", permissions=(Permission.SELL,))
    line.put(lambda work: roles.put_role(work, own, "paris", by=ADA, why="not here"))
    line.fetch()
    assert replica.allowed(db, "tom", "paris").permissions == {Permission.SELL}
    gone = msgspec.structs.replace(tom, active=False)
    line.put(lambda work: roles.change_staff(work, gone, None, by=ADA, why="left the house"))
    assert replica.allowed(db, "tom", "paris").permissions, "nothing ends before it is heard"
    line.fetch()
    assert not replica.allowed(db, "tom", "paris").permissions
    with line.office.reading() as tx:
        assert not staff.find(begin(tx, ALL, 1), "tom").active


WRONG = [
    (lambda work: prices.put_tax(work, msgspec.structs.replace(VAT, parts=()), by=ADA, why="why"), "1 to 6 rates"),
    (lambda work: prices.put_tax(work, msgspec.structs.replace(VAT, changes=VAT.changes * 2), by=ADA, why="why"), "own"),
    (lambda work: prices.put_rate(work, RateCard(
        currency="USD", into="XYZ", rate_e9=E9, source="bank", quoted_us=1), by=ADA, why="why"), "no currency"),
    (lambda work: prices.put_promotion(work, PromotionCard(
        promotion="a", name="A", how=PromotionKind.SET, off_bp=1, categories=("ring",)), EVERY_STORE, by=ADA, why="why"),
     "two categories"),
    (lambda work: settings.put_settings(work, SettingsCard(
        store="paris", cash_step_minor=5, denominations=(100, 2)), by=ADA, why="why"), "cannot be given"),
    (lambda work: prices.put_tax(work, VAT, by=ADA, why=" "), "Say in a few words"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_cannot_be_right_is_refused_in_words_and_changes_nothing(line, act, said):
    with line.office.reading() as tx:
        before = feed.newest(tx)
    with pytest.raises(Exception, match=said):
        line.put(act)
    with line.office.reading() as tx:
        assert feed.newest(tx) == before
