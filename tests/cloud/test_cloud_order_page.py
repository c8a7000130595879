"""The client's own page of their order: opened by the code on the slip, for nobody who guesses, and heard by the store."""

import hashlib
import io

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from PIL import Image

from cloud import pages
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.client_orders import papers, private, progress
from cloud.tables import order_answer
from cloud.work import begin
from contract.commands import AnswerOrder
from contract.facts import (
    AnswerHow,
    OrderAnswered,
    OrderEvent,
    OrderKind,
    OrderMoved,
    OrderOpened,
    OrderPaper,
    OrderQuoted,
    PaperKind,
    QuoteLine,
)
from contract.ids import AccountId, ClientOrderId, LineId, PersonId, StoreId, UserId
from contract.order_page import page_code, page_key, read_page_code
from trade.guards import ALL
from trade.orders.tables import TABLES, OrderState
from trade.orders.telling import HELD, TOLD
from web.attempts import FREE_ATTEMPTS, Attempts
from web.fit import fit
from web.front import Front
from web.logins import Logins, MemoryLogins
from web.powers import NONE
from web.templating import make_templates

R1 = ClientOrderId("01990000-1111-7000-8000-0123456789ab")
R2 = ClientOrderId("01990000-1111-7000-8000-0123456789ac")
CODE = page_code(R1)
PATH = "/your-order"


def opened(order, kind=OrderKind.REPAIR, number="R-1001"):
    return OrderOpened(
        order=order, number=number, kind=kind, client=PersonId("ana-exemple"), title="Ring of Ana Exemple",
        currency="EUR", account=AccountId("a"), promised_day="2026-12-24",
    )  # fmt: skip


def quoted(minor=25_000, quote=1, order=R1, until=""):
    line = QuoteLine(line=LineId("l"), description="Two claws made anew", gross_minor=minor, tax_bp=2_000)
    facts = OrderQuoted(order=order, quote=quote, lines=(line,), valid_until=until)
    return (facts, OrderMoved(order=order, event=OrderEvent.QUOTE))


class Shown:
    def __init__(self, house, browse):
        self.house, self.box = house, house.store("paris")
        desk = Desk(office=house.office, now_us=lambda: self.now_us, mono_us=lambda: 1, new_id=lambda: "n")
        self.now_us, self.ring = 1_780_000_000_000_000, Keyring(desk.sealing)
        self.box.now_us = self.now_us
        app = FastAPI()
        folders = {"client_orders": pages.CLOUD / "pos" / "client_orders" / "templates"}
        logins = Logins(MemoryLogins(), lambda _user: None, now_us=lambda: 1, chance=bytes, powers=lambda _card: NONE)
        front = Front(
            "office",
            "Vitrine",
            logins,
            make_templates(folders, {}, "UTC", lambda: self.now_us),
            secure=False,
            place="Maison",
        )
        fit(app, front)
        app.include_router(private.router(desk, self.ring, Attempts()))
        self.page = browse(app)

    def hear(self, *facts):
        self.box.write(*facts)
        return [each.command for each in self.box.obey(self.box.send())]

    def look(self, code=CODE):
        return self.page.get(PATH, params={"code": code})

    def say(self, said="yes", what="quote", quote=1, code=CODE, proof=""):
        return self.page.post(PATH, data={"code": code, "what": what, "said": said, "quote": quote, "proof": proof})

    def answers(self):
        with self.house.office.reading() as tx:
            return [(row["what"], row["approved"]) for row in tx.rows(sa.select(order_answer))]

    def heard(self):
        """What the store was told of answers, with its next message."""
        return [each for each in self.hear(opened(R1)) if isinstance(each, AnswerOrder)]


@pytest.fixture
def desk(house, browse):
    made = Shown(house, browse)
    made.hear(opened(R1), *quoted())
    return made


def test_the_page_tells_the_state_and_nobodys_name(desk):
    shown = desk.look()
    assert shown.status_code == 200
    for word in ("There is a quote for you", "R-1001", "Paris", "Two claws made anew", "250.00", "24 Dec"):
        assert word in shown.text
    assert "ana" not in shown.text.lower()
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert desk.look(CODE.lower().replace("-", " ")).status_code == 200


def test_every_state_of_an_order_is_a_step_of_its_kind_or_off_the_way():
    off = {OrderState.DECLINED, OrderState.GIVEN_BACK, OrderState.FORFEITED, OrderState.CANCELLED}
    for kind, way in progress.WAYS.items():
        table = TABLES[kind].table
        states = {state for state, _ in table} | set(table.values())
        assert states - off == {state for _, some in way for state in some} & states, kind
    (repair,) = [step for step in progress.steps(OrderKind.REPAIR, OrderState.QUOTED) if step.here]
    assert str(repair.name) == "Quote"
    assert progress.steps(OrderKind.REPAIR, OrderState.DECLINED) == ()


def test_another_order_is_not_on_it(desk):
    desk.hear(opened(R2, number="R-1002"), *quoted(99_999, order=R2))
    assert "R-1002" not in desk.look().text
    assert "999.99" not in desk.look().text


def test_an_answer_reaches_the_store_once_and_is_shown_until_it_is_heard(desk):
    assert "hears it as soon" in desk.say("yes").text
    assert "hears it as soon" in desk.say("no").text, "who said yes has said it"
    assert desk.answers() == [("quote", 1)]
    assert desk.heard() == [AnswerOrder(order=R1, approved=True, quote=1)]
    desk.hear(
        OrderAnswered(order=R1, quote=1, approved=True, how=AnswerHow.PAGE),
        OrderMoved(order=R1, event=OrderEvent.APPROVE),
    )
    assert "You accepted the quote" in desk.look().text
    assert "hears it" not in desk.look().text


def test_a_quote_that_was_replaced_is_not_accepted(desk):
    desk.hear(*quoted(40_000, quote=2))
    late = desk.say("yes", quote=1)
    assert late.status_code == 409
    assert "changed since you opened" in late.text
    assert desk.answers() == []
    assert "400.00" in late.text


def test_a_quote_after_its_last_day_asks_for_a_new_one(desk):
    desk.hear(*quoted(40_000, quote=2, until="2026-01-01"))
    assert "ask the store for a new one" in desk.look().text
    assert desk.say("yes", quote=2).status_code == 409


def test_who_guesses_waits_and_learns_nothing(desk):
    answers = [desk.look("0000-0000-0000-0001").status_code for _ in range(FREE_ATTEMPTS + 2)]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert "R-1001" not in desk.look("0000-0000-0000-0001").text
    assert desk.say(code="0000-0000-0000-0001").status_code == 429
    assert desk.look("nonsense").status_code == 422


def test_an_id_that_could_be_guessed_has_no_page():
    assert page_code(ClientOrderId("o-1")) == page_key(ClientOrderId("o-1")) == ""
    assert read_page_code(CODE) == page_key(R1)
    assert page_key(R1) != page_key(R2)


def test_an_order_that_is_long_over_is_shown_no_more(desk):
    desk.hear(OrderMoved(order=R1, event=OrderEvent.CANCEL), OrderMoved(order=R1, event=OrderEvent.GIVE_BACK))
    assert desk.look().status_code == 200
    desk.now_us += 61 * 86_400_000_000
    assert desk.look().status_code == 404


def test_a_proof_is_shown_and_approved_as_it_is(desk):
    file = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(file, "JPEG")
    body = file.getvalue()
    name = hashlib.sha256(body).hexdigest()
    desk.hear(opened(R2, OrderKind.ENGRAVING, "E-1001"), *quoted(order=R2))
    code = page_code(R2)
    assert desk.page.get(f"{PATH}/proof", params={"code": code}).status_code == 404
    desk.hear(
        OrderMoved(order=R2, event=OrderEvent.APPROVE),
        OrderPaper(order=R2, kind=PaperKind.ENGRAVING, sha256="t", media="application/json"),
        OrderPaper(order=R2, kind=PaperKind.PROOF, sha256=name, media="image/jpeg"),
    )
    with desk.house.office.transaction() as tx:
        papers.add(
            begin(tx, ALL, 1), desk.ring, R2, body, PaperKind.PROOF, store=StoreId("paris"), by=UserId("lea"),
            media="image/jpeg", sha256=name,
        )  # fmt: skip
    assert "letter by letter" in desk.look(code).text
    assert desk.page.get(f"{PATH}/proof", params={"code": code}).content == body
    assert desk.say("no", "proof", code=code, proof=name).status_code == 409, "what is wrong is told to the store"
    assert desk.say("yes", "proof", code=code, proof="0" * 64).status_code == 409
    assert desk.say("yes", "proof", code=code, proof=name).status_code == 200
    assert desk.heard() == [AnswerOrder(order=R2, approved=True, proof=name)]


def test_every_state_has_words_for_the_client():
    assert set(TOLD) == {*OrderState, HELD}


def test_a_proof_drawn_anew_under_its_old_number_wants_a_word_of_its_own(desk):
    desk.hear(opened(R2, OrderKind.ENGRAVING, "E-1001"), *quoted(order=R2))
    text = OrderPaper(order=R2, kind=PaperKind.ENGRAVING, sha256="t", media="application/json")
    first, second = "1" * 64, "2" * 64
    desk.hear(
        OrderMoved(order=R2, event=OrderEvent.APPROVE), text,
        OrderPaper(order=R2, kind=PaperKind.PROOF, sha256=first, media="image/jpeg"),
    )  # fmt: skip
    code = page_code(R2)
    assert "hears it as soon" in desk.say("yes", "proof", code=code, proof=first).text
    desk.hear(OrderPaper(order=R2, kind=PaperKind.PROOF, sha256=second, media="image/jpeg"))
    assert "hears it as soon" not in desk.look(code).text
    assert "hears it as soon" in desk.say("yes", "proof", code=code, proof=second).text
    assert [each.proof for each in desk.heard()][-1:] == [second]


def test_no_browser_keeps_the_page_of_a_wrong_code(desk):
    for code in ("nonsense", "AAAA-AAAA-AAAA-AAAA", ""):
        assert desk.look(code).headers["cache-control"] == "no-store"


def test_what_is_no_code_at_all_is_answered_in_the_readers_words_about_the_slip(desk):
    asked = {"params": {"code": "nonsense"}, "headers": {"accept": "text/html"}}
    assert "look at the slip you were given" in desk.page.get(PATH, **asked).text
    asked["headers"]["accept-language"] = "fr"
    french = desk.page.get(PATH, **asked).text
    assert "regardez le bulletin que vous avez reçu" in french
    assert "receipt" not in french


def test_after_an_answer_another_language_leads_back_to_the_order(desk):
    desk.hear(opened(R2, OrderKind.REPAIR, "R-1"), *quoted(order=R2))
    code = page_code(R2)
    answered = desk.say("yes", code=code).text
    assert f'name="next" value="{PATH}?code={code}"' in answered
