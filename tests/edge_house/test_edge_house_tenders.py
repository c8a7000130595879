"""Everything a client can pay with, from the register's pages and the API to the receipt: the real app of one box."""

import re
import warnings

import msgspec
import pytest

from contract.commands import AnswerValue, KeepValue, NumberedCommand, TellValue, encode_command
from contract.feed import FeedPage, FeedRow, GoodsCard, RateCard, SettingsCard, Unit
from contract.giftcard import account_of, make, parse, shown
from edge import app as edge_app
from edge import own_books
from edge.books.fold_value import load_slice
from edge.sync.downlink import obey
from trade.points import points_account

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

PRICE = 120_000
CODE = make(bytes(range(12)))


class Till:
    """A till without a pad and without a terminal; a manager stands there."""

    def __init__(self, config, clock, make_, step=5):
        self.clock = clock
        self.config = msgspec.structs.replace(config, readers=())
        self.edge = edge_app.create(self.config, clock=clock)
        self.books = self.edge.store.books
        make_.give(self.books, 1)
        bodies = {f"staff:{p.user}": p for p in make_.staff}
        bodies["settings"] = SettingsCard(store=config.store, cash_step_minor=step, offline_value_minor_max=5_000)
        bodies["rate:CHF"] = RateCard(currency="CHF", into="EUR", rate_e9=1_043_210_000, source="ECB", quoted_us=7)
        melee = GoodsCard(
            goods="melee", title="Melee", unit=Unit.CARAT, unit_minor=45_099, currency="EUR", quantity_milli_min=10
        )
        sizing = GoodsCard(
            goods="sizing", title="Sizing", unit=Unit.PIECE, unit_minor=4_000, currency="EUR", service=True,
            quantity_milli_min=1_000,
        )  # fmt: skip
        bodies |= {"goods:melee": melee, "goods:sizing": sizing}
        rows = tuple(FeedRow(rev=n, scope="*", key=key, body=body) for n, (key, body) in enumerate(bodies.items(), 1))
        self.edge.store.take_feed(FeedPage(rows=rows, upto=99, more=False))
        self.edge.store.reload()
        own_books.set_pin(self.config, "max", "4711")
        self.client = TestClient(self.edge.api, follow_redirects=False)
        token = self.client.post("/api/v1/login", json={"user": "max", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        self.ok("/shifts", {"till": "till-1", "float_minor": 10_000})

    def get(self, path):
        return self.client.get(f"/api/v1{path}", headers=self.bearer).json()

    def post(self, path, body):
        return self.client.post(f"/api/v1{path}", json=body, headers=self.bearer)

    def ok(self, path, body):
        answer = self.post(path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def page(self, path):
        answer = self.client.get(path, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        return answer.text

    def form(self, path, **fields):
        return self.client.post(path, data=fields, headers=self.bearer)

    def ring(self, sale):
        self.ok("/sales", {"till": "till-1", "sale": sale})
        body = {"kind": "service", "description": "setting", "unit_minor": PRICE, "tax_bp": 2_000}
        self.ok(f"/sales/{sale}/others", body)

    def obey(self, *commands):
        first = self.books.node().down_upto + 1
        bodies = tuple(
            msgspec.Raw(encode_command(NumberedCommand(seq=n, command=each))) for n, each in enumerate(commands, first)
        )
        epoch = self.books.node().cloud_epoch
        assert obey(self.books, epoch, first, bodies, now_us=self.clock.wall_us(), seen=lambda _: False).done

    def drawer(self):
        return self.get("/shifts")[0]


@pytest.fixture
def till(config, clock, make):
    till = Till(config, clock, make)
    yield till
    till.books.close()


def paid(answer):
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def test_cash_is_rounded_on_the_receipt_and_change_given(till):
    till.ok("/sales", {"till": "till-1", "sale": "s1"})
    till.ok("/sales/s1/goods", {"goods": "melee", "quantity_milli": 1_250})
    shown_sale = till.get("/sales/s1")
    assert shown_sale["total_minor"] == 56_374, "450.99 × 1.25 = 563.7375, rounded once"
    assert "563.75" in till.page("/register/tender")
    reckoned = till.form("/register/reckon", cash="600").text
    assert "€36.25" in reckoned
    sale = paid(till.form("/register/pay", cash="600"))
    (tender,) = till.get(f"/sales/{sale}")["tenders"]
    assert (tender["amount_minor"], tender["rounding_minor"], tender["change_minor"]) == (56_374, 1, 3_625)


def test_francs_a_transfer_and_the_rest_in_cash_pay_one_sale(till):
    till.ring("s1")
    form = {"foreign": "CHF", "foreign_cash": "100", "bank_transfer": "500", "reference": "RING-7"}
    sale = paid(till.form("/register/pay", **form))
    tenders = {each["kind"] + ("*" if each["foreign"] else ""): each for each in till.get(f"/sales/{sale}")["tenders"]}
    assert tenders["cash*"]["foreign"] == {
        "currency": "CHF", "amount_minor": 10_000, "rate_e9": 1_043_210_000, "source": "ECB", "quoted_us": 7,
    }  # fmt: skip
    assert tenders["cash*"]["amount_minor"] == 10_432
    assert (tenders["cash"]["amount_minor"], tenders["cash"]["rounding_minor"]) == (59_568, 2)
    assert tenders["bank_transfer"]["reference"] == "RING-7"


def test_a_transfer_without_a_reference_is_refused_and_nothing_changes(till):
    till.ring("s1")
    refused = till.form("/register/pay", kind="bank_transfer")
    assert (refused.status_code, "reference" in refused.text) == (409, True)
    assert till.get("/sales/s1")["state"] == "open"


def test_the_api_takes_foreign_cash_at_the_rate_of_now(till):
    till.ring("s1")
    francs = {"kind": "cash", "amount_minor": PRICE, "change_minor": 5_185}
    francs["foreign"] = {"currency": "CHF", "amount_minor": 120_000}
    assert till.ok("/sales/s1/record", {"tenders": [francs]})["tenders"][0]["foreign"]["rate_e9"] == 1_043_210_000


def test_a_gift_card_is_sold_once_shown_and_pays_within_the_allowance_without_the_office(till):
    page = till.form("/register/gift-card", amount="100").text
    (code,) = re.findall(r'class="code large">([0-9A-Z-]+)<', page)
    assert code not in till.page("/register/other")
    paid(till.form("/register/pay", kind="cash"))
    digits = parse(code).encode()
    assert not any(digits in row.body for row in till.books.journal(till.books.node().epoch, "trade", 1, 1_000))
    assert load_slice(till.books.db, account_of(parse(code))).held_minor == 5_000
    till.ring("s2")
    till.form("/register/value", kind="gift_card", name=code, amount="40")
    assert "Set aside" in till.page("/register/tender")
    assert "1,160" in till.page("/register/payments")
    sale = paid(till.form("/register/pay", rest="cash"))
    kinds = {each["kind"]: each["amount_minor"] for each in till.get(f"/sales/{sale}")["tenders"]}
    assert kinds == {"gift_card": 4_000, "cash": PRICE - 4_000}


def test_a_card_of_another_store_waits_for_the_office(till):
    till.ring("s1")
    (ask,) = till.ok("/sales/s1/values", {"kind": "gift_card", "name": shown(CODE), "ask": "a1"})
    assert (ask["state"], ask["wanted_minor"]) == ("asking", PRICE)
    assert "Asking the office" in till.page("/register/tender")
    refused = till.form("/register/pay", kind="cash")
    assert refused.status_code == 409, "the money asked for may still come"
    till.obey(AnswerValue(ask="a1", account=account_of(CODE), amount_minor=30_000, left_minor=0))
    tender = {"kind": "gift_card", "amount_minor": 30_000, "account": account_of(CODE)}
    rest = {"kind": "cash", "amount_minor": PRICE - 30_000}
    assert till.post("/sales/s1/record", {"tenders": [rest]}).status_code == 409
    assert till.ok("/sales/s1/record", {"tenders": [tender, rest]})["state"] == "recorded"
    assert till.get("/sales/s1/values")[0]["state"] == "spent"


def test_points_pay_by_the_clients_number_from_the_allowance_and_only_their_client(till):
    account = points_account("c-1", "EUR")
    till.obey(
        KeepValue(account=account, kind="points", currency="EUR", client="c-1", label="…0-c1", amount_minor=3_000)
    )
    till.ring("s1")
    assert "Points" in till.page("/register/tender")
    till.form("/register/value", kind="points", name="c-1", amount="30")
    assert till.get("/sales/s1/values")[0]["state"] == "ready", "this store keeps so much: nobody is asked"
    refused = till.form("/register/pay", kind="cash", client="c-2")
    assert "of client c-1" in refused.text
    sale = paid(till.form("/register/pay", kind="cash", client="c-1"))
    kinds = {each["kind"]: each["amount_minor"] for each in till.get(f"/sales/{sale}")["tenders"]}
    assert kinds == {"points": 3_000, "cash": PRICE - 3_000}
    assert load_slice(till.books.db, account).held_minor == 0
    asked = till.form("/register/balance", kind="points", name="c-1")
    assert "Points" in till.page(asked.headers["location"])


def test_a_balance_is_what_the_store_keeps_until_the_office_answers(till):
    kept = {"account": account_of(CODE), "kind": "gift_card", "currency": "EUR", "label": "…9"}
    till.obey(KeepValue(**kept, amount_minor=4_000))
    asked = till.form("/register/balance", name=shown(CODE).lower())
    page = asked.headers["location"]
    first = till.page(page)
    assert "Asking the office" in first
    assert "This store may spend €40.00" in first
    name = page.rpartition("/")[2]
    told = {"balance_minor": 30_000, "elsewhere_minor": 6_000, "currency": "EUR", "expires": "2099-01-31"}
    till.obey(TellValue(inquiry=name, account=account_of(CODE), label="…9", **told))
    then = till.page(page)
    for words in ("€300.00", "They keep €60.00 of it", "31 Jan 2099", "This store may spend €40.00"):
        assert words in then, words
    assert "every 2s" not in then, "nothing is waited for any more"
    assert load_slice(till.books.db, account_of(CODE)).held_minor == 4_000, "asking moves nothing"
    body = {"till": "till-1", "kind": "gift_card", "name": CODE, "inquiry": "i1"}
    assert till.ok("/balances", body)["here_minor"] == till.ok("/balances", body)["here_minor"] == 4_000
    assert till.get("/balances/i1")["answered"] is False
    assert till.client.get("/api/v1/balances/i9", headers=till.bearer).status_code == 404
    digits = CODE.encode()
    assert not any(digits in row.body for row in till.books.journal(till.books.node().epoch, "trade", 1, 1_000))


def test_an_expired_card_is_refused_with_what_to_do_until_the_office_gives_it_another_day(till):
    kept = {"account": account_of(CODE), "kind": "gift_card", "currency": "EUR", "label": "…9"}
    till.obey(KeepValue(**kept, amount_minor=4_000, expires="2020-01-31"))
    asked = till.form("/register/balance", name=CODE)
    shown_page = till.page(asked.headers["location"])
    assert "It has expired." in shown_page
    till.ring("s1")
    refused = till.form("/register/value", kind="gift_card", name=CODE)
    assert refused.status_code == 409
    assert "have the office give it another day" in refused.text
    till.obey(KeepValue(**kept, amount_minor=0, expires="2099-01-31"))
    till.form("/register/value", kind="gift_card", name=CODE, amount="40")
    assert till.get("/sales/s1/values")[0]["state"] == "ready"


def test_francs_are_counted_blind_carried_to_the_safe_and_brought_to_the_bank(till):
    till.ring("s1")
    paid(till.form("/register/pay", foreign="CHF", foreign_cash="100"))
    page = till.page("/shift")
    assert 'name="f-CHF"' in page
    assert "100.00" not in page, "whoever counts is not told what there should be"
    assert till.form("/shift/cash", kind="drop", reason="full", amount="40", currency="CHF").status_code == 303
    assert till.form("/shift/cash", kind="out", reason="change", amount="40", currency="CHF").status_code == 409
    x = till.get("/tills/till-1/x")
    assert x["foreign"] == [{"currency": "CHF", "expected_minor": 6_000, "counted_minor": None}]
    count = {"in_drawer": str(x["cash_expected_minor"] / 100)}
    assert "count of foreign cash is off" in till.form("/shift/close", **count).text
    assert till.form("/shift/close", **count, **{"f-CHF": "60"}).status_code == 303
    shift = till.drawer()["shift"]
    z = till.get(f"/shifts/{shift}/z")
    assert z["foreign"] == [{"currency": "CHF", "expected_minor": 6_000, "counted_minor": 6_000}]
    assert [(each["currency"], each["amount_minor"]) for each in z["movements"]] == [("CHF", 4_000)]
    assert "CHF counted" in till.page(f"/shift/z/{shift}")
    assert till.form("/shift/bank", amount="100", currency="CHF", reference="bag 7").status_code == 303
    body = {"amount_minor": 2_500, "reference": "bag 8", "move": "b8"}
    assert till.ok("/cash/bank", body) == till.ok("/cash/bank", body), "a repeat is the same"
    assert {(each["currency"], each["amount_minor"], each["reference"]) for each in till.get("/cash/bank")} == {
        ("EUR", 2_500, "bag 8"), ("CHF", 10_000, "bag 7"),
    }  # fmt: skip
    assert "bag 7" in till.page("/shift")


def test_a_mistyped_card_is_told_at_once(till):
    till.ring("s1")
    wrong = CODE[:-1] + ("2" if CODE[-1] != "2" else "3")
    refused = till.form("/register/value", kind="gift_card", name=wrong)
    assert (refused.status_code, "wrong" in refused.text) == (422, True)


def test_a_deposit_is_taken_used_and_what_is_left_given_back(till):
    till.form("/register/deposit", what="ring to order", amount="2000")
    refused = till.form("/register/pay", kind="cash")
    assert "say whose" in refused.text
    paid(till.form("/register/pay", kind="cash", client="c-1"))
    (account,) = re.findall(r'name="account" value="(dep-[^"]+)"', till.page("/register/other"))
    till.ring("s2")
    till.form("/register/value", kind="deposit", name=account)
    paid(till.form("/register/pay", client="c-1"))
    assert load_slice(till.books.db, account).held_minor == 80_000
    till.form("/register/deposit/back", account=account)
    sale = paid(till.form("/register/pay", client="c-1"))
    back = till.get(f"/sales/{sale}")
    assert (back["total_minor"], back["tenders"][0]["amount_minor"]) == (-80_000, -80_000)
    assert load_slice(till.books.db, account).held_minor == 0
    assert account not in till.page("/register/other")


def test_a_deposit_taken_out_of_the_cart_again_is_free(till):
    till.form("/register/deposit", what="ring to order", amount="2000")
    paid(till.form("/register/pay", kind="cash", client="c-1"))
    (account,) = re.findall(r'name="account" value="(dep-[^"]+)"', till.page("/register/other"))
    till.form("/register/deposit/back", account=account)
    (sale,) = till.get("/sales?state=open")
    till.client.delete(f"/api/v1/sales/{sale['sale']}/lines/{sale['lines'][0]['line']}", headers=till.bearer)
    assert [each["state"] for each in till.get(f"/sales/{sale['sale']}/values")] == ["given_up"]
    till.form("/register/deposit/back", account=account)
    assert till.get(f"/sales/{sale['sale']}")["total_minor"] == -200_000


def test_a_trade_in_pays_and_is_told_to_the_office(till):
    till.ring("s1")
    form = {
        "title": "Old brooch", "client": "c-1", "provenance": "her aunt's", "proof": "identity card", "value": "300",
        "metal": "gold", "weight": "8.25",
    }  # fmt: skip
    assert till.form("/register/trade-in", **form).status_code == 303
    assert "900" in till.page("/register/payments")
    sale = paid(till.form("/register/pay"))
    kinds = {each["kind"]: each["amount_minor"] for each in till.get(f"/sales/{sale}")["tenders"]}
    assert kinds == {"trade_in": 30_000, "cash": 90_000}
    rows = [row.body for row in till.books.journal(till.books.node().epoch, "trade", 1, 1_000)]
    assert sum(b'"tradein.taken"' in row and b'"weight_mg":8250' in row for row in rows) == 1


def test_a_trade_in_worth_more_than_the_rest_is_refused(till):
    till.ring("s1")
    body = {"title": "Old brooch", "client": "c-1", "provenance": "aunt", "proof": "card", "value_minor": PRICE + 1}
    assert "at most what is left" in till.post("/sales/s1/trade-ins", body).text


def test_a_quantity_that_nobody_can_measure_is_refused(till):
    till.ok("/sales", {"till": "till-1", "sale": "s1"})
    assert "sold by 0.01 ct" in till.post("/sales/s1/goods", {"goods": "melee", "quantity_milli": 1_255}).text
    assert till.post("/sales/s1/goods", {"goods": "gravel", "quantity_milli": 1_000}).status_code == 404
    line = till.ok("/sales/s1/goods", {"goods": "sizing", "quantity_milli": 1_000})["lines"][0]
    assert (line["kind"], line["unit"], line["gross_minor"]) == ("service", "piece", 4_000)


def test_the_register_offers_what_the_office_lists(till):
    assert "Melee" in till.page("/register/other")
    assert [each["goods"] for each in till.get("/goods")] == ["melee", "sizing"]
