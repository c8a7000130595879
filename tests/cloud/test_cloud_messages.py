"""Messages to clients: once for each reason, by their consent, at a decent hour, sealed, and never after a no."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from cloud.desk import Desk
from cloud.messages import bounces, consents, outbox, post
from cloud.messages.outbox import Letter, NotSentError, Ways
from cloud.messages.post import Post
from cloud.messages.providers import SmsCarrier, WhatsAppCarrier
from cloud.messages.smtp import SmtpCarrier
from cloud.people import Keyring
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing
from cloud.pos.stores.desk import open_store
from cloud.sealing import passing
from cloud.tables import address_bad, client_alias, message, opt_out
from contract.feed import StoreCard
from contract.ids import PersonId, StoreId, UserId
from simulator.mailbox import Mailbox
from simulator.messenger import Messenger
from trade.consent import Channel, Proof, Said

ANA = UserId("ana")
ONE, TWO = (PersonId(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2))
PARIS = ZoneInfo("Europe/Paris")
URL = "https://clients.example"
FIELDS = {
    "name": "Mme Zwetlana", "salutation": "Mme", "given_name": "Zwetlana", "family_name": "B", "house": "Maison",
    "store": "Paris", "adviser": "Ana", "day": "Monday", "time": "14:30", "occasion": "wedding",
}  # fmt: skip


def at(day=2, hour=11, minute=0):
    return round(datetime(2026, 3, day, hour, minute, tzinfo=PARIS).timestamp()) * 1_000_000


class House:
    """An office with a mail server and providers that answer; `now_us` goes on when it is told."""

    def __init__(self, office, mailbox, messenger, tmp_path):
        self.office, self.mailbox, self.messenger, self.now_us, self.made = office, mailbox, messenger, at(), 0
        token = tmp_path / "token"
        token.write_text("token\n")
        self.carriers = [
            SmtpCarrier("127.0.0.1", mailbox.port, "house@maison.example", house="Maison", tls=False),
            SmsCarrier(messenger.url, "Maison", str(token)),
            WhatsAppCarrier(messenger.url, "12345", str(token), template="house_words"),
        ]
        self.desk = Desk(office, lambda: self.now_us, lambda: self.now_us, self.new_id)
        self.ring = Keyring(passing())
        self.open()
        with self.desk.work() as work:
            open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR", time_zone="Europe/Paris"))
        for person in (ONE, TWO):
            with self.desk.work() as work:
                given = {"given_name": "Zwetlana", "emails": (f"{person[-1]}@client.example",)}
                clients.create(work, self.ring, person, given, by=ANA, store=StoreId("paris"), why="new")

    def open(self, **more):
        ways = {"carriers": {each.channel: each for each in self.carriers}, "public_url": URL, "house": "Maison"}
        self.ways = Ways(**{**ways, **more})
        self.post = Post(self.desk, self.ring, self.ways)

    def new_id(self):
        self.made += 1
        return f"01990000-0000-7000-8000-{self.made:012x}"

    def say(self, given, channel=Channel.EMAIL, person=ONE):
        said = Said(channel, given, self.now_us, ANA, Proof.SIGNED, "2026-01")
        with self.desk.work() as work:
            clients.hear_consent(work, person, said, store=StoreId("paris"))

    def put(self, key="k", template="birthday", channel=Channel.EMAIL, person=ONE, to="", **more):
        to = to or (f"{person[-1]}@client.example" if channel is Channel.EMAIL else "+33199001234")
        given = {"language": "fr", "store": StoreId("paris"), "by": ANA, "fields": FIELDS}
        letter = Letter(key=key, person=person, channel=channel, to=to, template=template, **{**given, **more})
        with self.desk.work() as work:
            return outbox.put(work, self.ring, self.ways, letter, self.new_id)

    def step(self, later_us=0):
        self.now_us += later_us
        return self.post.step(now_us=self.now_us)

    def row(self, name):
        with self.desk.look() as work:
            return work.tx.row(sa.select(message).where(message.c.message == name))

    def told(self, name):
        row = self.row(name)
        return row["state"], row["why"]

    def token(self):
        mail = self.mailbox.taken[-1][1].decode()
        return mail.split(f"{URL}/stop/")[1].split(">")[0]


@pytest.fixture
def mailbox():
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def messenger():
    server = Messenger("token")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def house(office, mailbox, messenger, tmp_path):
    return House(office, mailbox, messenger, tmp_path)


def test_a_client_who_agreed_gets_it_once_in_their_language_with_a_link_that_ends_it(house):
    house.say(True)
    name = house.put()
    assert house.put() == name
    assert (house.step(), house.step()) == (1, 0)
    ((to, raw),) = house.mailbox.taken
    mail = raw.decode()
    assert to == "1@client.example"
    assert "Joyeux anniversaire" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail
    assert f"List-Unsubscribe: <{URL}/stop/{house.token()}>" in mail
    assert f"Message-ID: <{name}@maison.example>" in mail
    assert house.told(name) == ("sent", "")


def test_nobody_who_has_not_agreed_is_written_to_but_about_their_own_order(house):
    house.say(True, Channel.SMS)
    with pytest.raises(NotSentError, match="not agreed") as refused:
        house.put()
    assert refused.value.code == "consent"
    house.put(key="own", template="appointment")
    assert house.step() == 1
    assert "List-Unsubscribe" not in house.mailbox.taken[0][1].decode()


def test_a_no_that_comes_while_it_waits_holds(house):
    house.say(True)
    house.now_us = at(hour=22)
    name = house.put()
    house.say(False)
    house.now_us = at(day=3)
    assert house.step() == 0
    assert house.told(name) == ("given up", post.NO_CONSENT)


def test_one_click_ends_it_at_once_and_again_changes_nothing(house):
    house.say(True)
    house.put()
    house.step()
    waiting = house.put(key="other")
    for _ in range(2):
        with house.desk.work() as work:
            assert consents.stop(work, house.token()) is Channel.EMAIL
    assert house.told(waiting)[0] == "given up"
    with house.desk.look() as work:
        assert not consents.allows(work.tx, ONE, Channel.EMAIL)
        assert len(consents.said(work.tx, ONE)) == 2
    with pytest.raises(NotSentError):
        house.put(key="third")


@pytest.mark.parametrize("token", ["", "0" * 48, "x" * 1000, "stop"])
def test_a_link_that_is_none_of_ours_ends_nothing(house, token):
    house.say(True)
    house.put()
    with house.desk.work() as work:
        assert consents.stop(work, token) is None
        assert consents.allows(work.tx, ONE, Channel.EMAIL)


def test_the_table_of_links_alone_ends_nothing(house):
    house.say(True)
    house.put()
    with house.desk.work() as work:
        kept = work.tx.value(sa.select(opt_out.c.digest))
        assert consents.stop(work, kept) is None


def test_nothing_of_a_client_stands_open_in_the_outbox(house):
    house.say(True)
    name = house.put()
    row = house.row(name)
    whole = "".join(str(value) for value in row.values()) + bytes(row["sealed"]).decode("latin-1")
    assert "Zwetlana" not in whole
    assert "client.example" not in whole


def test_it_waits_for_the_morning_of_its_store_and_not_of_the_office(house):
    house.say(True)
    house.now_us = at(day=7, hour=20)
    name = house.put()
    assert house.step() == 0
    assert house.row(name)["next_us"] == at(day=9, hour=9)  # the 8th is a Sunday
    house.now_us = at(day=9, hour=9)
    assert house.step() == 1


def test_a_morning_is_no_reason_to_hold_an_appointments_mail_back(house):
    house.now_us = at(hour=23)
    house.put(template="appointment")
    assert house.step() == 1


def test_what_is_too_late_is_not_sent(house):
    house.say(True)
    house.now_us = at(hour=21)
    name = house.put(until_us=at(hour=23))
    house.now_us = at(day=3)
    house.step()
    assert house.told(name) == ("given up", post.TOO_LATE)


def test_a_client_gets_one_a_day_and_the_house_sends_as_many_as_it_may(house):
    house.say(True)
    house.say(True, person=TWO)
    house.put("a")
    second = house.put("b")
    assert house.step() == 1
    assert "another one today" in house.told(second)[1]
    house.open(per_day_max=1)
    other = house.put("c", person=TWO)
    assert house.step() == 0
    assert "a day bears" in house.told(other)[1]
    house.put("d", template="appointment", person=TWO)
    assert house.step() == 1
    house.now_us = at(day=3, hour=12)
    assert house.step() == 2 - 1


def test_one_a_day_counts_what_went_to_another_id_of_theirs_and_what_is_on_its_way(house):
    for person in (ONE, TWO):
        house.say(True, person=person)
    house.put("a", person=TWO)
    assert house.step() == 1
    with house.desk.work() as work:
        work.tx.add(client_alias, {"merge": "m", "survivor": ONE, "absorbed": TWO})
    second = house.put("b")
    assert house.step() == 0
    assert "another one today" in house.told(second)[1]
    with house.desk.work() as work:
        work.tx.run(sa.update(message).where(message.c.key == "a").values(state="sending", sent_us=0))
        work.tx.run(sa.update(message).where(message.c.key == "b").values(next_us=0))
    assert house.step() == 0, "its carrier has not answered yet"
    with house.desk.work() as work:  # the control: they are two people again
        work.tx.run(sa.update(client_alias).values(undone_us=1))
        work.tx.run(sa.update(message).where(message.c.key == "b").values(next_us=0))
    assert house.step() == 1


def test_a_mail_server_that_is_away_is_asked_later_and_later_and_at_last_a_person(house):
    house.say(True)
    house.mailbox.full = True
    name = house.put(template="appointment")
    house.step()
    waits = [house.row(name)["next_us"] - house.now_us]
    while house.told(name)[0] == "queued":
        house.now_us = house.row(name)["next_us"]
        house.step()
        waits.append(house.row(name)["next_us"] - house.now_us)
    assert waits[: len(post.BACKOFF_US)] == list(post.BACKOFF_US)
    assert house.told(name)[0] == "given up"
    house.mailbox.full = False
    with house.desk.work() as work:
        fresh = outbox.again(work, house.ring, name, house.new_id)
    assert house.step() == 1
    assert house.told(fresh)[0] == "sent"


def test_an_address_nobody_has_is_refused_and_never_written_to_again(house):
    house.say(True)
    house.mailbox.unknown.add("1@client.example")
    name = house.put()
    house.step()
    assert house.told(name)[0] == "refused"
    with pytest.raises(NotSentError, match="came back"):
        house.put("k2", to="1@CLIENT.example")
    with house.desk.work() as work:
        erasing.erase(house.office, work, ONE, "asked", by=ANA)
    with house.office.reading() as tx:
        assert not tx.rows(sa.select(address_bad)), "who is erased leaves no word of an address"


def test_what_cannot_be_written_as_a_mail_is_refused_and_holds_no_other_up(house):
    house.say(True)
    name = house.put(to="1@client.example\r\nBcc: 2@client.example")
    house.step()
    assert house.told(name)[0] == "refused"


DSN = (
    "From: mailer-daemon@client.example\r\nTo: house+{name}@maison.example\r\nSubject: failure\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n'
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; client.example\r\n\r\n"
    "Final-Recipient: rfc822; 1@client.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
)


def test_a_mail_that_comes_back_marks_its_message_and_its_address(house):
    house.say(True)
    name = house.put()
    house.step()
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.0.0")):
        assert bounces.of_mail(DSN.format(name=name, action=action, status=status).encode()) == []
    (bounce,) = bounces.of_mail(DSN.format(name=name, action="failed", status="5.1.1").encode())
    assert house.post.hear(bounce, channel=Channel.EMAIL)
    assert not house.post.hear(bounce, channel=Channel.EMAIL)
    assert house.told(name)[0] == "bounced"
    with pytest.raises(NotSentError, match="came back"):
        house.put("k2")


def test_an_sms_whose_answer_was_lost_goes_out_once(house):
    house.say(True, Channel.SMS)
    house.messenger.lose_answers = 1
    name = house.put(channel=Channel.SMS)
    assert house.step() == 0
    assert house.step(post.BACKOFF_US[0]) == 1
    assert house.messenger.asked == 2
    ((key, to, text),) = house.messenger.taken
    assert (key, to) == (name, "+33199001234")
    assert f"Stop: {URL}/stop/" in text


def test_whatsapp_knows_no_names_so_what_is_in_doubt_is_not_sent_twice(house):
    house.say(True, Channel.MESSENGER)
    house.messenger.lose_answers = 1
    name = house.put(channel=Channel.MESSENGER)
    house.step()
    assert house.told(name) == ("given up", post.IN_DOUBT)
    assert len(house.messenger.taken) == 1


def test_a_busy_provider_says_how_long_to_wait(house):
    house.say(True, Channel.SMS)
    house.messenger.busy_s = 7200
    name = house.put(channel=Channel.SMS)
    house.step()
    assert house.row(name)["next_us"] == house.now_us + 7_200_000_000


@pytest.mark.parametrize(("channel", "number"), [(Channel.SMS, "+33199001234"), (Channel.MESSENGER, "33199001234")])
def test_a_number_nobody_has_is_refused_by_both_providers(house, channel, number):
    house.say(True, channel)
    house.messenger.unknown.add(number)
    name = house.put(channel=channel)
    house.step()
    assert house.told(name)[0] == "refused"
    with pytest.raises(NotSentError, match="came back"):
        house.put("k2", channel=channel)


def test_what_a_provider_says_later_is_heard(house):
    for channel in (Channel.SMS, Channel.MESSENGER):
        house.say(True, channel)
        name = house.put(str(channel), channel=channel)
        house.step()
        if channel is Channel.SMS:
            (bounce,) = bounces.of_sms(house.messenger.sms_failed(name, "invalid_number")[0])
        else:
            (bounce,) = bounces.of_whatsapp(house.messenger.whatsapp_failed(name, 131026)[0])
        assert house.post.hear(bounce, channel=channel)
        assert house.told(name)[0] == "bounced"


def test_an_office_that_stopped_while_it_sent_finds_what_was_lost(house):
    house.say(True, Channel.SMS)
    house.say(True)
    sms, mail, order = house.put("s", channel=Channel.SMS), house.put("m"), house.put("o", template="appointment")
    for name in (sms, mail, order):
        assert house.post._take_up(name, house.now_us) is not None
    assert house.step() == 0
    assert house.step(post.LOST_AFTER_US + 1) == 2
    assert [house.told(name)[0] for name in (sms, mail, order)] == ["sent", "given up", "sent"]


def test_who_was_erased_gets_nothing_and_nothing_of_it_is_left(house):
    house.say(True)
    name = house.put()
    with house.desk.work() as work:
        (told,) = erasing.export(work, house.ring, ONE, by=ANA)["messages"]
        assert told["to"] == "1@client.example"
        assert "Joyeux" in told["subject"]
        assert "sealed" not in told
    with house.desk.work() as work:
        erasing.erase(house.office, work, ONE, "asked", by=ANA)
    assert house.step() == 0
    assert house.told(name) == ("given up", post.ERASED)
    assert bytes(house.row(name)["sealed"]) == b""


def test_without_an_address_that_ends_them_nothing_but_orders_goes_out(house):
    house.say(True)
    house.open(public_url="")
    with pytest.raises(NotSentError, match="public_url"):
        house.put()
    house.put(template="appointment")
    assert house.step() == 1
