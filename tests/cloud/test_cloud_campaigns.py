"""Campaigns: whom rules choose, that consent is never overruled, who is held out, letters once, answers, and the lift."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.clienteling.campaigns import Audience
from cloud.config import CloudConfig
from cloud.messages import outbox
from cloud.messages.outbox import Ways
from cloud.pos.campaigns import desk, queries
from cloud.pos.campaigns.audience import Wanted
from cloud.pos.campaigns.desk import CampaignError, Draft
from cloud.pos.campaigns.sending import AT_ONCE, Sending
from cloud.pos.clients import desk as clients
from cloud.pos.clients.reach import reaching
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.sealing import SealedError
from cloud.tables import (
    campaign,
    campaign_member,
    client,
    client_alias,
    client_segment,
    message,
    piece,
    sale,
    sale_line,
)
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import PersonId, UserId
from trade.campaign import CAMPAIGN, CampaignEvent, CampaignState
from trade.consent import Channel, Proof, Said

ADA = UserId("admin")
TODAY = (dt.date(2026, 11, 30) - dt.date(1970, 1, 1)).days
ANYBODY = Wanted()
DAY_US = 86_400_000_000


class Carrier:
    """Takes everything, and remembers it."""

    channel, remembers = Channel.EMAIL, True

    def send(self, parcel, *, now_us):
        return parcel.message


class House:
    def __init__(self, cloud):
        self.cloud, self.made = cloud, 0
        self.ways = Ways(carriers={Channel.EMAIL: Carrier()}, public_url="https://house.example", house="Maison")
        self.sending = Sending(cloud.desk, cloud.ring, self.ways, reaching(cloud.ring))

    def client(
        self, *, tier=0, spend=0, says=True, store="paris", last="2026-11-01", rises=0, lapses=0, bought=True, mail=True
    ):
        self.made += 1
        person = PersonId(f"01990000-0000-7000-8000-{self.made:012x}")
        given = {"given_name": f"Ana{self.made}", "family_name": "Beispielowa", "language": "fr"}
        given |= {"emails": (f"ana{self.made}@example.com",)} if mail else {"phones": ("+33199001234",)}
        with self.cloud.desk.work() as work:
            clients.create(work, self.cloud.ring, person, given, by=ADA, store=store, why="a test")
            if bought:
                row = {
                    "person": person,
                    "tier": tier,
                    "spend_minor": spend,
                    "visits": 1,
                    "last_day": last,
                    "rises": rises,
                    "lapses": lapses,
                }
                work.tx.add(client_segment, row)
        if says is not None:
            self.says(person, says)
        return person

    def says(self, person, given, *, channel=Channel.EMAIL):
        with self.cloud.desk.work() as work:
            word = Said(channel, given, work.now_us, ADA, Proof.SIGNED, "2026-01")
            clients.hear_consent(work, person, word, store="paris")

    def draft(self, name="c1", *, wanted=ANYBODY, holdout_bp=0, template="campaign", **more):
        with self.cloud.desk.work() as work:
            told = Draft(
                name="Evening", channel=Channel.EMAIL, template=template, wanted=wanted, holdout_bp=holdout_bp, **more
            )
            desk.keep(work, name, told, by=ADA)
        return name

    def chosen(self, name="c1") -> Audience:
        with self.cloud.desk.look() as work:
            return desk.chosen(work, desk.find(work, name), today=TODAY)

    def begin(self, name="c1"):
        with self.cloud.desk.work() as work:
            return desk.begin(work, name, today=TODAY, language="en", by=ADA)

    def rows(self, query):
        with self.cloud.desk.look() as work:
            return [dict(row) for row in work.tx.rows(query)]

    def arms(self, name="c1"):
        rows = self.rows(sa.select(campaign_member).where(campaign_member.c.campaign == name))
        return {row["person"]: row["arm"] for row in rows}


@pytest.fixture
def house(tmp_path):
    cloud = build(CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        for store in ("paris", "milan"):
            open_store(work, StoreCard(store=store, name=store.title(), currency="EUR", time_zone="Europe/Paris"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    yield House(cloud)
    cloud.office.close()


def test_every_state_is_reached_and_can_end_and_an_ended_one_begins_no_more():
    assert CAMPAIGN.reachable() == CAMPAIGN.can_end() == CAMPAIGN.states()
    assert CAMPAIGN.after(CampaignState.OVER, CampaignEvent.BEGIN) is None
    assert CAMPAIGN.after(CampaignState.RUNNING, CampaignEvent.DROP) is None


def test_rules_choose_by_tier_money_store_and_what_they_bought(house):
    gold = house.client(tier=2, spend=1_500_000)
    silver = house.client(tier=1, spend=400_000, store="milan")
    away = house.client(tier=1, spend=400_000, last="2025-01-01", lapses=1)
    new = house.client(bought=False)
    with house.cloud.desk.work() as work:
        work.tx.add(piece, {"piece": "p1", "category": "watch"})
        work.tx.add(sale, {"store": "paris", "sale": "s1", "client": silver, "state": "posted"})
        work.tx.add(sale_line, {"store": "paris", "sale": "s1", "line": "l", "piece": "p1"})
    for wanted, people in (
        (Wanted(), {gold, silver, away, new}), (Wanted(tier_min=2), {gold}), (Wanted(spend_minor_min=400_000), {gold, silver, away}),
        (Wanted(spend_minor_max=400_000, segment="bought"), {silver, away}), (Wanted(store="milan"), {silver}),
        (Wanted(segment="lapsing"), {away}), (Wanted(quiet_days_min=365), {away}), (Wanted(segment="prospect"), {new}),
        (Wanted(interest="category:watch"), {silver}), (Wanted(interest="category:ring"), set()),
        (Wanted(visits_min=1, tier_min=1), {gold, silver, away}), (Wanted(visits_min=2), set()),
    ):  # fmt: skip
        assert set(house.chosen(house.draft(wanted=wanted)).sent) == people, wanted


def test_consent_is_never_overruled_whatever_the_rules_say(house):
    yes, no, never = house.client(says=True), house.client(says=False), house.client(says=None)
    back = house.client(says=True)
    house.says(back, False)
    other = house.client(says=None)
    house.says(other, True, channel=Channel.SMS)
    found = house.chosen(house.draft())
    assert (set(found.sent), set(found.without_consent)) == ({yes}, {no, never, back, other})


def test_a_no_under_one_id_of_a_client_is_a_no_of_theirs_and_they_are_one(house):
    yes, same = house.client(says=True), house.client(says=False)
    with house.cloud.desk.work() as work:
        work.tx.add(client_alias, {"merge": "m", "survivor": yes, "absorbed": same})
    found = house.chosen(house.draft())
    assert (found.sent, found.without_consent) == ((), (yes,))


def test_who_takes_consent_back_after_it_began_gets_no_letter(house):
    stays, leaves = house.client(), house.client()
    house.begin(house.draft())
    house.says(leaves, False)
    assert house.sending.step() == 2
    assert house.arms() == {stays: "sent", leaves: "not_sent"}
    assert [row["person"] for row in house.rows(sa.select(message))] == [stays]
    (why,) = [row["why"] for row in house.rows(sa.select(campaign_member)) if row["person"] == leaves]
    assert "not agreed" in why


def test_nobody_is_written_to_twice_and_who_has_no_address_is_told_why(house):
    house.client()
    lost = house.client(mail=False)
    house.begin(house.draft())
    assert (house.sending.step(), house.sending.step()) == (2, 0)
    with house.cloud.desk.work() as work:
        work.tx.run(sa.update(campaign_member).values(arm="to_send"))  # a process that died before it wrote what it did
    house.sending.step()
    assert len(house.rows(sa.select(message))) == 1
    assert house.arms()[lost] == "not_sent"
    with pytest.raises(CampaignError, match="is running"):
        house.begin()


def test_a_letter_that_cannot_be_sealed_now_is_tried_again_and_holds_no_other_up(house):
    sealed, other = house.client(), house.client()
    house.begin(house.draft())
    reach = house.sending._reach
    house.sending._reach = lambda work, person: shut() if person == sealed else reach(work, person)
    house.sending.step()
    assert house.arms() == {sealed: "to_send", other: "sent"}
    (why,) = [row["why"] for row in house.rows(sa.select(campaign_member)) if row["person"] == sealed]
    assert why == "the office has not this key; it is tried again"
    assert house.sending.step() == 0, "not again at once"
    house.sending._reach = reach
    with house.cloud.desk.work() as work:
        work.tx.run(sa.update(campaign_member).values(next_us=0))  # a quarter of an hour later
    assert house.sending.step() == 1
    assert house.arms()[sealed] == "sent"


def shut():
    raise SealedError("the office has not this key")


def link_of(house, guest):
    """As it stands in the guest's letter."""
    with house.cloud.desk.look() as work:
        row = work.tx.row(sa.select(message).where(message.c.person == guest))
        text = outbox.opened(house.cloud.ring.person(work.tx, guest), row).text
    return re.search(r"https://house.example(/invited/[0-9a-f]+)", text)[1]


def test_a_guest_answers_by_the_link_in_their_letter_and_nobody_elses_link_does(house, browse):
    guest, other = house.client(), house.client()
    house.begin(house.draft(event_day="2099-12-12", place="Flagship", template="invitation"))
    house.sending.step()
    browser, path = browse(house.cloud.app), link_of(house, guest)
    seen = browser.ask("GET", path, headers={"Accept": "text/html"})
    assert (seen.status_code, "12 Dec 2099" in seen.text, "Flagship" in seen.text) == (200, True, True)
    assert "Evening" not in seen.text, "what the house calls it is no business of theirs"
    assert answers(house) == {guest: "", other: ""}, "looking is no answer"
    assert "look forward" in browser.ask("POST", path, data={"said": "yes"}).text
    assert "thank you for telling" in browser.ask("POST", path, data={"said": "no"}).text
    assert answers(house) == {guest: "no", other: ""}
    assert browser.ask("POST", path, data={"said": "per"}).status_code == 409
    assert browser.ask("POST", "/invited/" + "0" * 48, data={"said": "yes"}).status_code == 404
    secret = path.rpartition("/")[2]
    assert all(secret not in str(row) for row in house.rows(sa.select(campaign_member)))
    with house.cloud.desk.work() as work:
        work.tx.run(sa.update(client).where(client.c.person == guest).values(erased_us=1))
    assert browser.ask("GET", path).status_code == 404


def test_a_day_that_is_over_is_answered_no_more(house, browse):
    guest = house.client()
    house.begin(house.draft(event_day="2099-12-12", template="invitation"))
    house.sending.step()
    path = link_of(house, guest)
    with house.cloud.desk.work() as work:
        work.tx.run(sa.update(campaign).values(event_day="2020-12-12"))
    late = browse(house.cloud.app).ask("POST", path, data={"said": "yes"}, headers={"Accept": "text/html"})
    assert (late.status_code, "This day is over" in late.text) == (409, True)
    assert answers(house) == {guest: ""}


def answers(house):
    return {row["person"]: row["answer"] for row in house.rows(sa.select(campaign_member))}


def test_words_that_invite_need_a_day(house):
    house.client()
    with pytest.raises(CampaignError, match="invite to a day"):
        house.begin(house.draft(template="invitation"))


def test_a_campaign_over_the_api(house, browse):
    for _ in range(3):
        house.client(tier=1, spend=300_000)
    browser = browse(house.cloud.app)
    token = {user: house.cloud.logins.begin(UserId(user)).token for user in (Role.ADMIN, Role.ASSOCIATE)}

    def ask(user, method, path, **given):
        headers = {"Authorization": f"Bearer {token[user]}"}
        return browser.ask(method, f"/api/v1/campaigns{path}", headers=headers, **given)

    body = {"name": "Evening", "channel": "email", "template": "campaign", "holdout_bp": 0, "wanted": {"tier_min": 1}}
    assert ask(Role.ASSOCIATE, "POST", "", json=body).status_code == 403
    draft = ask(Role.ADMIN, "POST", "", json=body).json()
    name = draft["campaign"]
    assert draft["would"] == {"written_to": 3, "held_out": 0, "without_consent": 0}
    assert ask(Role.ADMIN, "POST", "", json=body | {"wanted": {"segment": "rich"}}).status_code == 422
    invitation = body | {"event_day": "2099-12-12"}
    assert ask(Role.ADMIN, "PUT", f"/{name}", json=invitation).json()["told"]["event_day"] == "2099-12-12"
    begun = ask(Role.ADMIN, "POST", f"/{name}/begin").json()
    assert (begun["state"], begun["outcome"]["written_to"]) == ("running", 3)
    assert ask(Role.ADMIN, "PUT", f"/{name}", json=body).status_code == 422
    guest = ask(Role.ASSOCIATE, "GET", f"/{name}/members").json()[0]["person"]
    assert ask(Role.ADMIN, "POST", f"/{name}/answers", json={"person": guest, "said": "yes"}).status_code == 204
    assert ask(Role.ADMIN, "POST", f"/{name}/end").json()["outcome"]["answers"]["yes"] == 1
    assert [row["campaign"] for row in ask(Role.ASSOCIATE, "GET", "").json()] == [name]
    assert ask(Role.ASSOCIATE, "GET", "/none").status_code == 404


def test_letters_go_in_some_at_a_time_and_an_ended_campaign_writes_no_more(house):
    for _ in range(AT_ONCE + 5):
        house.client()
    house.begin(house.draft())
    assert house.sending.step() == AT_ONCE
    with house.cloud.desk.work() as work:
        desk.end(work, "c1", by=ADA)
    assert house.sending.step() == 0
    assert sorted(house.arms().values()).count("not_sent") == 5


def test_the_same_are_held_out_however_often_it_is_asked_and_get_nothing(house):
    for _ in range(60):
        house.client()
    house.draft(holdout_bp=3_000)
    first, again = house.chosen(), house.chosen()
    assert first == again
    assert 5 <= len(first.held_out) <= 35
    house.draft("c2", holdout_bp=3_000)
    assert set(house.chosen("c2").held_out) != set(first.held_out), "another campaign holds out others"
    house.begin()
    while house.sending.step():
        pass
    written = {row["person"] for row in house.rows(sa.select(message))}
    assert written == set(first.sent)
    assert not written & set(first.held_out)


def test_what_it_did_is_told_with_its_interval_and_not_of_a_few(house):
    people = [house.client() for _ in range(100)]
    house.draft(holdout_bp=4_000, days=30)
    found = house.begin()
    with house.cloud.desk.work() as work:
        row = desk.find(work, "c1")
        start = row["started_us"]

        def bought(person, at_us):
            work.tx.add(
                sale,
                {
                    "store": "paris",
                    "sale": f"s-{person}-{at_us}",
                    "client": person,
                    "recorded_us": at_us,
                    "total_minor": 5,
                    "state": "posted",
                },
            )

        for person in found.sent[: len(found.sent) * 8 // 10]:
            bought(person, start + DAY_US)
        bought(found.held_out[0], start - 1)  # before it began
        bought(found.held_out[1], start + 31 * DAY_US)  # and after its days
        bought(found.held_out[2], start + DAY_US)
    with house.cloud.desk.look() as work:
        done = queries.outcome(work.tx, desk.find(work, "c1"), now_us=start + 90 * DAY_US)
    assert (done.written_to + done.held_out, done.held_bought) == (len(people), 1)
    assert done.bought == len(found.sent) * 8 // 10
    assert done.lift.low > 0.5
    assert done.lift.words == "more of those we wrote to bought"
    house.client(store="milan")
    house.begin(house.draft("few", wanted=Wanted(store="milan")))
    with house.cloud.desk.look() as work:
        assert queries.outcome(work.tx, desk.find(work, "few"), now_us=work.now_us).lift is None


def test_an_invitation_has_answers_of_those_who_were_invited_alone(house):
    guest, stranger = house.client(tier=2), house.client(says=None, tier=2)
    house.begin(house.draft(event_day="2026-12-12", place="Flagship", wanted=Wanted(tier_min=2)))
    with house.cloud.desk.work() as work:
        desk.answer(work, "c1", guest, "yes", by=ADA)
        for person, said, words in ((stranger, "yes", "not invited"), (guest, "perhaps", "yes or no")):
            with pytest.raises(CampaignError, match=words):
                desk.answer(work, "c1", person, said, by=ADA)
        (row,) = queries.members(work.tx, "c1", answer="yes")
    assert (row.person, row.answered_by) == (guest, ADA)


def test_who_is_erased_is_chosen_by_nobody(house):
    gone = house.client()
    with house.cloud.desk.work() as work:
        work.tx.run(sa.update(client).where(client.c.person == gone).values(erased_us=1))
    assert house.chosen(house.draft()) == Audience((), (), ())
    with pytest.raises(CampaignError, match="Nobody would be written to"):
        house.begin()
    assert house.arms() == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": 0}, "1 to 366 days"),
        ({"holdout_bp": 9_000}, "at most 50 in a hundred"),
        ({"event_day": "12/12/2026"}, "2026-11-29"),
        ({"event_day": "9999-12-31"}, "2026-11-29"),
        ({"event_day": "0000-01-01"}, "2026-11-29"),
        ({"wanted": Wanted(spend_minor_min=2, spend_minor_max=1)}, "turn the two amounts round"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_with_what_to_do(house, changes, words):
    with pytest.raises(CampaignError, match=words):
        house.draft(**changes)


def test_an_admin_begins_one_on_the_pages_and_nobody_else_does(house, browse):
    for _ in range(3):
        house.client(tier=1, spend=300_000)
    house.client(says=None)
    browser = browse(house.cloud.app)
    tokens = {user: house.cloud.logins.begin(UserId(user)).token for user in Role}

    def ask(user, method, path, **given):
        headers = {"Authorization": f"Bearer {tokens[user]}", "Accept": "text/html"}
        return browser.ask(method, path, headers=headers, **given)

    form = {
        "name": "Evening", "channel": "email", "template": "campaign", "tier": "0", "holdout": "0", "days": "30",
        "spend_from": "1 000", "event_day": "2026-12-12", "place": "Flagship",
    }  # fmt: skip
    assert "No campaign yet" in ask(Role.ASSOCIATE, "GET", "/campaigns").text
    assert ask(Role.ADMIN, "GET", "/campaigns/new").status_code == 200
    assert ask(Role.ASSOCIATE, "POST", "/campaigns/new", data=form).status_code == 403
    wrong = ask(Role.ADMIN, "POST", "/campaigns/new", data=form | {"days": "0"})
    assert (wrong.status_code, "1 to 366 days" in wrong.text) == (422, True)
    at = ask(Role.ADMIN, "POST", "/campaigns/new", data=form).headers["location"]
    seen = ask(Role.ASSOCIATE, "GET", at).text
    assert "Spent at least" in seen
    assert ask(Role.ADMIN, "GET", f"{at}/edit").status_code == 200
    assert ask(Role.MANAGER, "POST", f"{at}/begin").status_code == 403
    assert ask(Role.ADMIN, "POST", f"{at}/begin").status_code == 303
    page = ask(Role.ASSOCIATE, "GET", at).text
    assert "Guests" in page
    assert "Not to be told" in page
    (person, *_) = house.arms(at.rpartition("/")[2])
    assert ask(Role.ASSOCIATE, "POST", f"{at}/answers", data={"person": person, "said": "yes"}).status_code == 303
    assert "Will come" in ask(Role.ASSOCIATE, "GET", at).text
    assert ask(Role.LOSS_PREVENTION, "GET", at).status_code == 403
    assert ask(Role.ADMIN, "GET", "/campaigns/none").status_code == 404
