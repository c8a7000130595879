"""Sealed nexo, and Stripe's server-driven reader: over the wire, with what goes wrong on it."""

import asyncio
import datetime as dt
from contextlib import suppress

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.payments.nexo import NexoTerminal
from edge.payments.nexo_crypto import TamperedError, seal, sealing_key, unseal
from edge.payments.port import (
    Ask,
    Captured,
    Failed,
    Kept,
    NotSentError,
    PaidBack,
    Pending,
    Returned,
    SilentError,
    Unknown,
)
from edge.payments.stripe import StripeTerminal
from simulator.stripe_terminal import READER, StripeFace
from simulator.terminal import LostError, Terminal, Trouble
from simulator.terminal_nexo import NexoFace
from simulator.terminal_sealed import SealedFace

ASK = Ask(name="P1", payment="p1", till="till-1", amount_minor=120_000, currency="EUR")
KEY = sealing_key("a passphrase of the house", identifier="house", version=3)
MESSAGE = msgspec.json.encode({"SaleToPOIRequest": {"MessageHeader": {"ServiceID": "A"}, "PaymentRequest": {"n": 1}}})
SECRET = "sk_test_of_nobody"


def nexo(*, key=KEY, spoil=lambda content: content):
    terminal = Terminal()
    face = SealedFace(NexoFace(terminal), "a passphrase of the house", "house", 3)

    def hear(request):
        assert b"RequestedAmount" not in request.content, "nothing of it is readable on the wire"
        try:
            return httpx.Response(200, content=spoil(face.hear(request.content)))
        except ValueError as error:
            return httpx.Response(400, content=str(error))

    http = httpx.AsyncClient(transport=httpx.MockTransport(hear), base_url="http://terminal")
    return terminal, NexoTerminal(http, poi="P400-1", now=lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC), key=key)


def test_a_payment_and_its_refund_go_through_sealed_both_ways():
    terminal, adapter = nexo()
    answer = asyncio.run(adapter.request(ASK))
    assert isinstance(answer, Captured)
    assert asyncio.run(adapter.status(ASK)) == answer
    back = msgspec.structs.replace(ASK, name="F1", payment="f1", amount_minor=20_000, reference=answer.reference)
    assert asyncio.run(adapter.pay_back(back)).amount_minor == 20_000
    assert asyncio.run(adapter.paid_back(back)).amount_minor == 20_000
    assert terminal.charges == {"P1": 100_000}


def test_an_answer_that_somebody_changed_is_silence_and_not_an_answer():
    def spoil(content):
        body = msgspec.json.decode(content)
        header = body["SaleToPOIResponse"]["MessageHeader"]
        header["SaleID"] = "till-2"
        return msgspec.json.encode(body)

    terminal, adapter = nexo(spoil=spoil)
    with pytest.raises(SilentError, match="header"):
        asyncio.run(adapter.request(ASK))
    assert terminal.charges == {"P1": 120_000}


def test_a_terminal_with_another_key_is_asked_in_vain():
    _, adapter = nexo(key=sealing_key("another", identifier="house", version=3))
    with pytest.raises(SilentError):
        asyncio.run(adapter.request(ASK))


@given(st.data())
def test_no_byte_of_a_sealed_message_can_be_changed(data):
    nonce = data.draw(st.binary(min_size=16, max_size=16))
    sealed = seal(MESSAGE, KEY, chance=lambda _: nonce)
    assert unseal(sealed, KEY) == MESSAGE
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != sealed[at]))
    changed = sealed[:at] + bytes([other]) + sealed[at + 1 :]
    with suppress(TamperedError):
        assert unseal(changed, KEY) == MESSAGE  # a blank in the JSON, or a base64 sign that says the same


@pytest.mark.parametrize("raw", [b"", b"{", MESSAGE, b"[]", b'{"SaleToPOIRequest":{}}', b'{"SaleToPOIRequest":7}'])
def test_what_is_not_sealed_is_not_believed(raw):
    with pytest.raises(TamperedError):
        unseal(raw, KEY)


def test_the_key_shows_itself_nowhere():
    assert "house" in repr(KEY)
    assert KEY.hmac_key.hex()[:8] not in repr(KEY)
    assert str(KEY.hmac_key) not in repr(KEY)


class Line:
    """The box, the line to Stripe, a reader and a bank."""

    def __init__(self, secret=SECRET):
        self.terminal = Terminal()
        self.face = StripeFace(self.terminal, SECRET)
        self.up = True
        self.broken = 0
        headers = {"Authorization": f"Bearer {secret}"}
        transport = httpx.MockTransport(self.hear)
        http = httpx.AsyncClient(transport=transport, base_url="https://api.stripe.invalid", headers=headers)
        self.looks = 0
        self.adapter = StripeTerminal(http, reader=READER, sleep=self.sleep)

    async def sleep(self, _):
        self.looks += 1

    def hear(self, request):
        if not self.up:
            raise httpx.ConnectError("no route")
        if self.broken:
            self.broken -= 1
            return httpx.Response(503, json={"error": {"type": "api_error"}})
        given_headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            status, body = self.face.hear(
                request.method, request.url.path, request.url.query.decode(), given_headers, request.content.decode()
            )
        except LostError as error:
            raise httpx.ReadTimeout(str(error)) from error
        return httpx.Response(status, json=body)

    def ask(self, what, ask=ASK):
        return asyncio.run(getattr(self.adapter, what)(ask))


def test_a_client_pays_at_stripes_reader():
    line = Line()
    paid = line.ask("request")
    assert paid == Captured(amount_minor=120_000, brand="visa", last4="4242", auth_code="123456", reference="pi_1")
    assert line.ask("status") == paid
    assert line.terminal.charged_times == {"pi_1": 1}
    assert len(line.face.intents) == 1, "asked by its own key it is one intent"


@pytest.mark.parametrize(("trouble", "then"), [(Trouble.LOST_AFTER, Captured), (Trouble.LOST_BEFORE, Unknown)])
def test_silence_of_stripe_is_a_doubt_that_asking_ends(trouble, then):
    line = Line()
    line.terminal.troubles.append(trouble)
    with pytest.raises(SilentError):
        line.ask("request")
    assert isinstance(line.ask("status"), then)
    line.ask("stop")
    assert isinstance(line.ask("status"), Captured if then is Captured else Failed)


def test_a_client_who_takes_too_long_can_be_stopped_and_is_not_charged_later():
    line = Line()
    line.terminal.troubles.append(Trouble.SLOW)
    with pytest.raises(SilentError, match="too long"):
        line.ask("request")
    assert line.looks == 120
    assert line.ask("status") == Pending()
    line.ask("stop")
    line.terminal.client_pays()
    assert line.ask("status") == Failed("stopped at the till")
    assert line.terminal.charges == {}


def test_a_declined_card_and_a_partial_yes():
    line = Line()
    line.terminal.troubles.append(Trouble.DECLINE)
    assert line.ask("request") == Failed("declined")
    half = Line()
    half.terminal.troubles.append(Trouble.PARTIAL)
    assert half.ask("request").amount_minor == 60_000


def test_nothing_was_asked_of_a_reader_that_is_away_or_by_a_wrong_key():
    away = Line()
    away.face.online = False
    with pytest.raises(NotSentError, match="offline"):
        away.ask("request")
    with pytest.raises(NotSentError, match="key"):
        Line("sk_test_wrong").ask("request")
    cut = Line()
    cut.up = False
    with pytest.raises(NotSentError, match="line"):
        cut.ask("request")


def test_a_server_in_trouble_is_silence():
    line = Line()
    line.broken = 1
    with pytest.raises(SilentError, match="503"):
        line.ask("request")


def test_a_captured_payment_goes_back_once_however_often_it_is_asked():
    line = Line()
    paid = line.ask("request")
    whole = msgspec.structs.replace(ASK, reference=paid.reference)
    assert isinstance(line.ask("cancel", whole), Kept)
    assert line.ask("refund", whole) == line.ask("refund", whole) == Returned("re_1")
    assert line.terminal.charges == {"pi_1": 0}


def test_a_part_goes_back_and_a_lost_answer_is_found_by_its_name():
    line = Line()
    back = Ask(name="F1", payment="f1", till="till-1", amount_minor=20_000, currency="EUR", reference="pi_1")
    line.ask("request")
    assert line.ask("paid_back", back) == Unknown()
    line.terminal.troubles.append(Trouble.LOST_AFTER)
    with pytest.raises(SilentError):
        line.ask("pay_back", back)
    assert line.ask("paid_back", back) == PaidBack(amount_minor=20_000, reference="re_1")
    assert line.terminal.charges == {"pi_1": 100_000}
    too_much = msgspec.structs.replace(back, name="F2", amount_minor=100_001)
    assert isinstance(line.ask("pay_back", too_much), Kept)


def test_a_currency_without_minor_units_is_written_as_stripe_wants_it():
    line = Line()
    krona = msgspec.structs.replace(ASK, currency="ISK", amount_minor=5_000)
    assert line.ask("request", krona).amount_minor == 5_000
    assert line.terminal.charges == {"pi_1": 500_000}
