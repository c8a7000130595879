"""Messages over HTTP: who may see and write them, templates that are refused, a no without a login, signed bounces."""

import hashlib
import hmac
import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig, ConfigError, MailConfig, MessagesConfig, ProviderConfig, load_config
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import message
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId
from simulator.mailbox import Mailbox

NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "emails": []}
_numbers = itertools.count(1)
YES = {"channel": "email", "given": True, "proof": "signed", "text_version": "2026-01", "at": "paris"}


@pytest.fixture(scope="module")
def mailbox():
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory, mailbox):
    folder: Path = tmp_path_factory.mktemp("messages")
    for name in ("token", "hook"):
        (folder / name).write_text(name)
    told = MessagesConfig(
        public_url="https://clients.example", from_hour=0, until_hour=24, sundays=True,
        mail=MailConfig(
            host="127.0.0.1", port=mailbox.port, sender="house@maison.example", tls=False,
            hook_secret_file=str(folder / "hook"),
        ),
        sms=ProviderConfig(url="http://127.0.0.1:9", sender="Maison", token_file=str(folder / "token")),
    )  # fmt: skip
    config = CloudConfig(
        database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False, messages=told
    )
    cloud = build(config)
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def browser(cloud, browse):
    return browse(cloud.app)


@pytest.fixture(scope="module")
def ask(cloud, browser):
    tokens = {user: cloud.logins.begin(UserId(user)).token for user in Role}

    def ask(user, method, path, *, page=False, **given):
        headers = {"Authorization": f"Bearer {tokens[user]}"} | ({"Accept": "text/html"} if page else {})
        return browser.ask(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def person(ask):
    told = NEW | {"emails": [f"zwet{next(_numbers)}@example.com"]}
    made = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json=told).json()["person"]
    assert ask(Role.ASSOCIATE, "POST", f"/api/v1/clients/{made}/consents", json=YES).status_code == 204
    return made


def write(ask, person, news="Your ring is ready."):
    given = {"channel": "email", "news": news, "at": "paris"}
    answer = ask(Role.ASSOCIATE, "POST", f"/clients/{person}/write", data=given, page=True)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def test_news_of_an_order_goes_from_the_profile_to_the_client(cloud, ask, person, mailbox):
    name = write(ask, person)
    waiting = ask(Role.MANAGER, "GET", "/messages", page=True).text
    assert "Zwetlana" in waiting
    assert cloud.post.step(now_us=cloud.desk.now_us()) >= 1
    assert "Your ring is ready." in mailbox.taken[-1][1].decode()
    assert "Zwetlana" in ask(Role.MANAGER, "GET", "/messages?group=sent", page=True).text
    page = ask(Role.MANAGER, "GET", f"/messages/{name}", page=True).text
    assert "Your ring is ready." in page
    assert "@example.com" in page
    assert [row["message"] for row in ask(Role.MANAGER, "GET", f"/api/v1/messages?person={person}").json()] == [name]
    assert ask(Role.MANAGER, "GET", f"/api/v1/messages/{name}").json()["to"].startswith("zwet")
    looks = ask(Role.ADMIN, "GET", f"/api/v1/clients/{person}/looks").json()
    assert {"message", "api"} <= {each["how"] for each in looks}


def test_who_sees_no_clients_sees_no_messages(ask, person):
    name = write(ask, person)
    for path in ("/messages", f"/messages/{name}", "/api/v1/messages", f"/api/v1/messages/{name}"):
        assert ask(Role.LOSS_PREVENTION, "GET", path).status_code == 403, path


def test_what_cannot_be_sent_says_why(ask, person):
    given = {"channel": "sms", "news": "Ready", "at": "paris"}
    answer = ask(Role.ASSOCIATE, "POST", f"/clients/{person}/write", data=given, page=True)
    assert answer.status_code == 409
    assert "where to reach them" in answer.text


TEMPLATE = {
    "template": "spring_evening", "channel": "email", "language": "fr", "purpose": "campaign", "subject": "Un soir",
    "text": "{name}, venez.", "why": "The spring evening",
}  # fmt: skip


def test_a_template_is_looked_at_and_kept(ask):
    answer = ask(Role.ADMIN, "PUT", "/api/v1/messages/templates", json=TEMPLATE)
    assert answer.json() == {"subject": "Un soir", "text": "Mme Exemple, venez."}
    page = ask(Role.ADMIN, "GET", "/messages/templates/all", page=True).text
    assert "Spring evening" in page
    edit = "/messages/templates/edit"
    assert "venez" in ask(Role.ADMIN, "GET", f"{edit}?template=spring_evening&language=fr", page=True).text
    shown = ask(Role.ADMIN, "POST", edit, data=TEMPLATE | {"text": "{store}: {name}!"}, page=True)
    assert "Paris: Mme Exemple!" in shown.text
    assert ask(Role.ADMIN, "POST", edit, data=TEMPLATE | {"act": "keep"}, page=True).status_code == 303
    assert ask(Role.ASSOCIATE, "PUT", "/api/v1/messages/templates", json=TEMPLATE).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"text": "{nmae}, venez."}, "Nobody fills in"),
        ({"text": "{name.__class__}"}, "Nobody fills in"),
        ({"text": "{name"}, "brace"),
        ({"text": " "}, "empty"),
        ({"subject": ""}, "subject"),
        ({"template": "Spring Evening"}, "small letters"),
        ({"template": "birthday"}, "another purpose"),
        ({"language": "french"}, "two letters"),
        ({"purpose": "everything"}, "what it is for"),
        ({"channel": "post"}, "by e-mail, SMS or messenger"),
        ({"channel": "sms", "text": "x" * 481}, "too long"),
        ({"why": "", "text": "{name}, bonsoir."}, "why"),
    ],
)
def test_words_that_cannot_be_filled_in_are_refused_when_they_are_kept(ask, wrong, says):
    answer = ask(Role.ADMIN, "PUT", "/api/v1/messages/templates", json=TEMPLATE | wrong)
    assert answer.status_code == 422
    assert says in answer.text
    page = ask(Role.ADMIN, "POST", "/messages/templates/edit", data=TEMPLATE | wrong | {"act": "keep"}, page=True)
    assert page.status_code == 422


def test_a_client_says_no_without_signing_in_and_a_program_that_only_looks_does_not(
    cloud, ask, browser, person, mailbox
):
    from cloud.messages import outbox
    from cloud.messages.outbox import Letter
    from cloud.pos.clients.reach import reaching

    with cloud.desk.work() as work:
        seen = reaching(cloud.ring)(work, person)
        fields = seen.fields(house="Maison", store="Paris", adviser="Ana")
        letter = Letter(
            key=f"birthday:{person}", person=person, channel="email", to="zwet@example.com", template="birthday",
            fields=fields, language="fr", store=StoreId("paris"), by="ana",
        )  # fmt: skip
        outbox.put(work, cloud.ring, cloud.post.ways, letter, cloud.desk.new_id)
    cloud.post.step(now_us=cloud.desk.now_us())
    link = "/stop/" + mailbox.taken[-1][1].decode().split("/stop/")[1].split(">")[0]
    reach = lambda: ask(Role.ASSOCIATE, "GET", f"/api/v1/clients/{person}").json()["reach"]  # noqa: E731
    asked = browser.ask("GET", link, headers={"Accept": "text/html"})
    assert "No more messages this way" in asked.text
    assert reach() == {"email": True}
    said = browser.ask(
        "POST",
        link,
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert said.status_code == 200
    assert "It holds from now on" in said.text
    assert reach() == {"email": False}
    assert browser.ask("POST", "/stop/none-of-ours").status_code == 404


def test_what_came_back_is_heard_under_its_signature_alone(cloud, ask, browser, person):
    name = write(ask, person)
    cloud.post.step(now_us=cloud.desk.now_us())
    raw = (
        f"To: house+{name}@maison.example\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; zwet@example.com\r\nAction: failed\r\n"
        "Status: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()
    at = "/api/v1/messages/heard/email"
    sign = lambda key: {"X-Hub-Signature-256": "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest()}  # noqa: E731
    assert browser.ask("POST", at, content=raw).status_code == 403
    assert browser.ask("POST", at, content=raw, headers=sign(b"other")).status_code == 403
    assert browser.ask("POST", "/api/v1/messages/heard/sms", content=raw, headers=sign(b"")).status_code == 403
    assert browser.ask("POST", at, content=raw, headers=sign(b"hook")).json() == {"heard": 1}
    assert browser.ask("POST", at, content=b"x" * (1 << 20) + b"y", headers=sign(b"hook")).status_code == 413
    with cloud.desk.look() as work:
        assert work.tx.value(sa.select(message.c.state).where(message.c.message == name)) == "bounced"
    assert "sent it back" in ask(Role.MANAGER, "GET", "/messages?group=failed", page=True).text


def test_one_that_failed_is_tried_again_once(cloud, ask, person):
    name = write(ask, person)
    with cloud.desk.work() as work:
        gone = sa.update(message).where(message.c.message == name).values(state="given up", why="tried long enough")
        work.tx.run(gone)
    answer = ask(Role.ASSOCIATE, "POST", f"/messages/{name}/again", page=True)
    assert answer.status_code == 303
    assert ask(Role.ASSOCIATE, "POST", f"/api/v1/messages/{name}/again").status_code == 409


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[messages]\nfrom_hour = 20\nuntil_hour = 9\n", "from_hour"),
        ('[messages]\npublic_url = "http://x"\n', "https://"),
        ('[messages.mail]\nhost = "m"\nsender = "house"\n', "sender"),
        ('[messages.whatsapp]\nurl = "u"\nsender = "1"\ntoken_file = ""\n', "template"),
        ('[messages.sms]\nurl = "u"\nsender = "1"\ntoken_file = "nowhere"\n', "put it there"),
    ],
)
def test_a_configuration_that_would_send_nothing_is_refused_at_the_start(tmp_path, text, says):
    path = tmp_path / "cloud.toml"
    path.write_text(f'database_url = "sqlite://"\nport = 1\n{text}')
    with pytest.raises(ConfigError, match=says):
        load_config(path)
    path.write_text('database_url = "sqlite://"\nport = 1\n[messages]\nfrom_hour = 8\n')
    assert load_config(path).messages.from_hour == 8
