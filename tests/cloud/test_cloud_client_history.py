"""A client's private page of purchases and repairs: who has the link sees it, for thirty days, and nobody else."""

import hashlib
import io
import itertools
import re

import pytest
import sqlalchemy as sa
from PIL import Image

from cloud.app import build
from cloud.config import CloudConfig, MessagesConfig
from cloud.pos.clients import private, things
from cloud.pos.receipts import paper
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import client, client_alias, client_look, client_page, inbox, receipt_given, sale, sale_line
from contract.entries import Entry, encode_entry
from contract.facts import LineKind, SaleLine, SaleRecorded, Stream, Tender, TenderKind
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import LineId, PersonId, SaleId, StoreId, UserId
from web.policy import declared

NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "emails": ["z@example.com"], "sure": True}
PUBLIC = "https://care.maison.example"
SEQ = itertools.count(1)
FOR_THIRTY_DAYS_US = private.LASTS_DAYS * private.DAY_US


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    where = f"sqlite:///{folder / 'office.sqlite3'}"
    letters = MessagesConfig(public_url=PUBLIC)
    cloud = build(CloudConfig(database_url=where, port=0, second_factor=False, messages=letters))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield cloud
    cloud.office.close()


@pytest.fixture
def ask(cloud, browse):
    browser = browse(cloud.app)

    def ask(method, path, user="", **given):
        headers = {"Accept": "text/html"}
        if user:
            headers["Authorization"] = f"Bearer {cloud.logins.begin(UserId(user)).token}"
        return browser.ask(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def person(cloud, ask):
    name = ask("POST", "/api/v1/clients", Role.ASSOCIATE, json=NEW).json()["person"]
    of = {"store": "paris", "sale": sale_of(name)}
    line = SaleLine(
        line=LineId("l"), kind=LineKind.SERVICE, description="Aurora ring", list_price_minor=124_000,
        gross_minor=124_000, tax_bp=0, tax_minor=0,
    )  # fmt: skip
    fact = SaleRecorded(
        sale=SaleId(of["sale"]), till="till-1", shift="z", receipt_number=7, business_day="2026-11-22",
        associate=UserId("ana"), currency="EUR", lines=(line,), total_minor=124_000, tax_minor=0,
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=124_000),),
    )  # fmt: skip
    entry = Entry(stream=Stream.TRADE, seq=next(SEQ), at_us=5, by=UserId("ana"), why="sold", facts=(fact,))
    with cloud.desk.work() as work:
        row = {"store": "paris", "epoch": "e", "stream": Stream.TRADE, "seq": entry.seq, "heard_us": 5}
        work.tx.add(inbox, {**row, "leaf": b"", "head": of["sale"].encode(), "body": encode_entry(entry)})
        work.tx.add(
            sale,
            {
                **of, "client": name, "business_day": "2026-11-22", "receipt_number": 7, "currency": "EUR",
                "total_minor": 124_000, "state": "posted", "recorded_us": 5, "epoch": "e", "seq": entry.seq, "till": "till-1",
            },
        )  # fmt: skip
        work.tx.add(
            sale_line, {**of, "line": "l", "kind": "piece", "description": "Aurora ring", "gross_minor": 124_000}
        )
    return name


def sale_of(person):
    return f"s-{person[::-1]}"


def link(ask, person) -> str:
    page = ask("POST", f"/clients/{person}/private-link", Role.ASSOCIATE)
    assert page.status_code == 200, page.text[:300]
    found = re.search(rf"{PUBLIC}(/your-history\?code=\w+)", page.text)
    assert found is not None, "the office as clients reach it, however its staff do"
    return found[1]


def test_who_has_the_link_sees_what_was_bought_and_no_name(ask, person):
    page = ask("GET", link(ask, person))
    assert page.status_code == 200
    assert '<span class="block">Aurora ring</span>' in page.text, "each on a line of its own: titles have commas"
    assert "€1,240.00" in page.text
    for secret in ("Zwetlana", "Beispielowa", "z@example.com", person):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"


def save(ask, path, receipt, store="paris"):
    return ask(
        "POST", "/your-history/receipt", data={"code": path.partition("code=")[2], "store": store, "receipt": receipt}
    )


def test_each_receipt_of_theirs_is_saved_as_a_numbered_copy_and_nobody_elses(ask, cloud, person):
    path, mine = link(ask, person), sale_of(person)
    saved = save(ask, path, mine)
    assert saved.headers["content-type"] == "application/pdf"
    assert saved.content.startswith(b"%PDF")
    assert saved.headers["x-robots-tag"] == "noindex, nofollow"
    with cloud.desk.work() as work:
        kept = sa.select(receipt_given).where(receipt_given.c.receipt == mine)
        assert [(row["by"], row["copy"], row["office"]) for row in work.tx.rows(kept)] == [("client", 1, 1)]
        work.tx.run(sa.update(sale).where(sale.c.sale == mine).values(client="somebody-else"))
    for of, name, store in ((path, mine, "paris"), (path + "x", mine, "paris"), (path, "nothing", "paris")):
        refused = save(ask, of, name, store)
        assert refused.status_code == 404
        assert refused.headers["x-robots-tag"] == "noindex, nofollow", "a refusal is as private"


def test_a_receipt_that_was_saved_often_enough_is_not_drawn_again(ask, cloud, person):
    path, mine = link(ask, person), sale_of(person)
    with cloud.desk.work() as work:
        for number in range(1, paper.COPIES_BY_CLIENT_MAX + 1):
            row = {
                "store": "paris",
                "give": f"{mine}{number}",
                "receipt": mine,
                "form": "pdf",
                "gift": 0,
                "copy": number,
            }
            work.tx.add(receipt_given, {**row, "office": 1, "by": paper.BY_CLIENT, "at_us": 1})
    assert save(ask, path, mine).status_code == 409


APPRAISED = {
    "title": "Ring of an aunt", "metals": "Gold 750", "value": "1 250", "currency": "EUR", "purpose": "Insurance",
    "appraiser": "Ida", "day": "2026-11-20",
}  # fmt: skip
SIGNED = {"credentials": "FGA", "basis": "Fair market value"}


def test_an_appraisal_of_their_own_thing_is_signed_by_who_may_and_saved_from_their_page(ask, cloud, person):
    path, own = f"/clients/{person}/appraisals", link(ask, person)
    assert ask("POST", path, Role.ASSOCIATE, data=APPRAISED).status_code == 403
    assert ask("POST", path, Role.MANAGER, data={**APPRAISED, "metals": ""}).status_code == 409
    assert ask("POST", path, Role.MANAGER, data=APPRAISED).status_code == 303
    with cloud.desk.look() as work:
        (known,) = things.listing(work.tx, cloud.ring, PersonId(person))
    name = known.told.appraisal
    assert "Ring of an aunt" not in ask("GET", own).text, "a draft is no paper"
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(picture, "PNG")
    assert ask("POST", f"{path}/{name}/photos", Role.MANAGER, files={"file": picture.getvalue()}).status_code == 303
    assert ask("POST", f"{path}/{name}/sign", Role.MANAGER, data=SIGNED).status_code == 303
    assert ask("POST", f"{path}/{name}/sign", Role.MANAGER, data=SIGNED).status_code == 409
    page = ask("GET", path, Role.ASSOCIATE).text
    paper = re.search(rf"{path}/{name}/papers/([0-9a-f]{{64}})\" download", page)[1]
    seen = ask("GET", f"{path}/{name}/papers/{paper}", Role.ASSOCIATE)
    assert hashlib.sha256(seen.content).hexdigest() == paper
    with cloud.desk.look() as work:
        looks = sa.select(client_look.c.how).where(client_look.c.person == person, client_look.c.by == Role.ASSOCIATE)
        assert {"page", "paper"} <= {row["how"] for row in work.tx.rows(looks)}
    shown = ask("GET", own)
    assert "Ring of an aunt" in shown.text
    code = own.partition("code=")[2]
    saved = ask("POST", "/your-history/appraisal", data={"code": code, "appraisal": name})
    assert saved.content == seen.content
    assert saved.headers["x-robots-tag"] == "noindex, nofollow"
    for of, wanted in ((code + "x", name), (code, "nothing")):
        refused = ask("POST", "/your-history/appraisal", data={"code": of, "appraisal": wanted})
        assert refused.status_code == 404
    checked = ask("POST", "/appraisals/check", Role.ASSOCIATE, files={"file": seen.content})
    assert "It is ours, and it stands." in checked.text, checked.text[-900:]
    assert "Ring of an aunt" not in checked.text, "who checks a paper may not see clients"
    assert ask("GET", f"/clients/appraisals/{name}", Role.ASSOCIATE).headers["location"] == path
    told = ask("GET", f"/api/v1/appraisals/{paper}", Role.ASSOCIATE).json()
    assert (told["state"], "value_minor" in told) == ("signed", False)
    erased = ask("POST", f"/api/v1/clients/{person}/erase", Role.ADMIN, json={"reason": "asked"})
    assert erased.status_code == 200
    assert ask("GET", path, Role.ASSOCIATE).status_code == 404
    assert "It is ours" in ask("POST", "/appraisals/check", Role.ASSOCIATE, files={"file": seen.content}).text


OPEN = {
    "GET /sign-in", "POST /sign-in", "POST /sign-in/code", "POST /language", "GET /healthz", "GET /metrics",
    "GET /ticket/{token}", "GET /api/v1/enrolment/house", "POST /api/v1/enrolment", "POST /api/v1/login",
    "POST /api/v1/messages/heard/{channel}",
}  # fmt: skip
"""Of programs, and of people before they are signed in: nothing of a client's is behind them."""


def test_a_receipt_that_cannot_be_drawn_here_has_no_button_and_its_refusal_wears_the_letterhead(ask, cloud, person):
    path, mine = link(ask, person), sale_of(person)
    assert f'value="{mine}"' in ask("GET", path).text, "the control"
    with cloud.desk.work() as work:
        work.tx.run(sa.update(sale).where(sale.c.sale == mine).values(epoch="lost"))
    page = ask("GET", path).text
    assert "Aurora ring" in page
    assert f'value="{mine}"' not in page
    refused = ask(
        "POST", "/your-history/receipt",
        data={"code": path.partition("code=")[2], "store": "paris", "receipt": mine},
    )  # fmt: skip
    assert refused.status_code == 404
    assert "Ask the store that sold it." in refused.text
    assert 'class="letter"' in refused.text
    for lead in ('href="/"', "Skip to the content", "/language"):
        assert lead not in refused.text


def test_whatever_a_client_opens_without_a_login_is_kept_by_no_browser_and_found_by_no_engine(cloud):
    open_to_all = [each for each in declared(cloud.app) if all(policy.open_to_all for policy in each.policies)]
    private_ones = {str(each) for each in open_to_all if any(policy.private for policy in each.policies)}
    assert {str(each) for each in open_to_all} - private_ones == OPEN, "a page of a client's own is `private()`"
    assert {each.split()[1].split("/")[1] for each in private_ones} == {
        "your-order", "your-history", "stop", "invited", "receipt"
    }  # fmt: skip


def test_a_new_link_ends_the_one_before_and_only_its_hash_is_kept(ask, cloud, person):
    first, second = link(ask, person), link(ask, person)
    assert (ask("GET", first).status_code, ask("GET", second).status_code) == (404, 200)
    with cloud.office.reading() as tx:
        kept = [row["code"] for row in tx.rows(sa.select(client_page.c.code).where(client_page.c.person == person))]
    assert len(kept) == 2
    assert not any(second.endswith(code) for code in kept)


def test_a_new_link_ends_also_that_of_another_id_of_theirs(ask, cloud, person):
    before = link(ask, person)
    with cloud.desk.work() as work:
        other = {"person": f"{person}-again", "sealed": b"", "made_us": 1, "made_by": "ada"}
        work.tx.add(client, other)
        joined = {"merge": f"m-{person}", "survivor": other["person"], "absorbed": person, "by": "ada", "at_us": 1}
        work.tx.add(client_alias, joined)
        private.make(work, PersonId(other["person"]), b"c" * private.CHANCE_BYTES, by=UserId("ada"))
    assert ask("GET", before).status_code == 404


def test_a_link_ends_by_itself(ask, cloud, person):
    path = link(ask, person)
    with cloud.desk.work() as work:
        ago = {"until_us": work.now_us - 1}
        work.tx.run(sa.update(client_page).where(client_page.c.person == person).values(**ago))
    assert ask("GET", path).status_code == 404


def test_it_ends_when_its_client_is_erased(ask, cloud, person):
    path = link(ask, person)
    erased = ask("POST", f"/clients/{person}/erase", Role.ADMIN, data={"reason": "asked", "sure": "yes"})
    assert erased.status_code in (200, 303), erased.text[:300]
    assert ask("GET", path).status_code == 404
    with cloud.office.reading() as tx:
        assert tx.rows(sa.select(client_page).where(client_page.c.person == person)) == []


def test_who_guesses_waits_and_who_keeps_no_clients_makes_no_link(ask, person):
    assert ask("POST", f"/clients/{person}/private-link", Role.LOSS_PREVENTION).status_code == 403
    assert ask("POST", "/clients/nobody/private-link", Role.ASSOCIATE).status_code == 404
    answers = [ask("GET", f"/your-history?code=wrong{n}").status_code for n in range(30)]
    assert answers[0] == 404
    assert answers[-1] == 429


PAN = b"4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("file", "fields", "status"),
    [(b"%PDF-1.4 " + PAN + b"\n%%EOF", {}, 200), (b"a list: " + PAN, {}, 422), (b"%PDF-1.4", {"name": PAN}, 422)],
)
def test_digits_of_a_pdf_are_no_card_number_and_those_of_a_text_beside_it_are(ask, file, fields, status):
    answer = ask("POST", "/appraisals/check", Role.ASSOCIATE, files={"file": file}, data=fields)
    assert answer.status_code == status
