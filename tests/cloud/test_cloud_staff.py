"""People and roles at the office: nobody gives what they lack, a second factor, and what a change leaves behind."""

import os
import shutil

import pytest
import sqlalchemy as sa

from cloud import changes, feed
from cloud.app import build
from cloud.config import CloudConfig
from cloud.custody import Custody
from cloud.pos.staff import apply, factors, queries, roles, totp
from cloud.pos.staff import desk as staff
from cloud.pos.staff.desk import StaffError, put_staff
from cloud.pos.staff.entrance import TICKET_GOOD_US, Verdict
from cloud.pos.stores.desk import open_store
from cloud.sealing import Sealed
from cloud.tables import office_change, recovery_code, second_factor
from cloud.work import Heard
from contract.facts import LanguageChosen, Stream
from contract.feed import EVERY_STORE, Permission, Role, RoleCard, StaffCard, StoreCard
from contract.ids import HOUSE, StoreId, UserId
from trade.permissions import DEFAULTS
from web.attempts import FREE_ATTEMPTS
from web.logins import Login
from web.powers import Powers
from web.problems import ProblemError

PASSWORD = "onyx amber jade opal"
STEP_US = totp.STEP_S * 1_000_000


class House:
    """An office with two stores, Ada its admin, and Nina, who names people in Paris and nowhere else."""

    def __init__(self, file):
        self.wall_us, self.mono_us = 1_800_000_000_000_000, 0
        self.cloud = build(CloudConfig(database_url=f"sqlite:///{file}", port=0))
        desk = self.cloud.desk
        for name, clock in (("now_us", lambda: self.wall_us), ("mono_us", lambda: self.mono_us)):
            object.__setattr__(desk, name, clock)

    def furnish(self):
        desk = self.cloud.desk
        verifier = staff.Passwords().verifier(PASSWORD)
        with desk.work() as work:
            for store in ("paris", "milan"):
                open_store(work, StoreCard(store=StoreId(store), name=store.title(), currency="EUR"))
            put_staff(work, self.person("ada", Role.ADMIN), verifier)
            may = (*(card.permissions for card in DEFAULTS if card.role == Role.ASSOCIATE),)[0]
            lead = RoleCard(
                role="lead", permissions=(*may, Permission.STAFF), discount_bp_max=2_000, refund_minor_max=500_000
            )
            roles.put_role(work, lead, EVERY_STORE, by=HOUSE, why="the house is opened")
            put_staff(work, self.person("nina", "lead", stores=(StoreId("paris"),)), verifier)
            put_staff(work, self.person("ines", Role.ASSOCIATE, stores=(StoreId("paris"),)), verifier)

    @staticmethod
    def person(user, *roles_, **more):
        return StaffCard(user=UserId(user), name=user.title(), roles=roles_, **more)

    def change(self, by, card, verifier=None, why="as agreed"):
        with self.cloud.desk.work() as work:
            roles.change_staff(work, card, verifier, by=UserId(by), why=why)

    def role(self, by, card, scope=EVERY_STORE, why="as agreed"):
        with self.cloud.desk.work() as work:
            roles.put_role(work, card, scope, by=UserId(by), why=why)

    def code(self, user):
        with self.cloud.desk.look() as work:
            row = work.tx.row(sa.select(second_factor).where(second_factor.c.user == user))
        sealed = Sealed(bytes(row["secret"]), row["key_id"])
        secret = self.cloud.desk.sealing.unseal(sealed, f"second factor of {user}")
        return totp.code(secret, totp.step_of(self.wall_us))

    def set_up(self, user):
        with self.cloud.desk.work() as work:
            factors.begin(work, UserId(user), os.urandom, self.cloud.desk.sealing)
        with self.cloud.desk.work() as work:
            codes = factors.confirm(work, UserId(user), self.code(user), os.urandom, self.cloud.desk.sealing)
        self.wall_us += STEP_US
        return codes

    def signs_in(self, user, code="", password=PASSWORD):
        return self.cloud.entrance.verified(user, password, code).verdict


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    """Migrated and furnished once; each test has a copy."""
    file = tmp_path_factory.mktemp("house") / "office.sqlite3"
    house = House(file)
    house.furnish()
    house.cloud.office.close()
    return file


@pytest.fixture
def house(tmp_path, furnished):
    shutil.copy(furnished, tmp_path / "office.sqlite3")
    house = House(tmp_path / "office.sqlite3")
    yield house
    house.cloud.office.close()


def test_nobody_gives_a_role_that_lets_others_do_more_than_themselves(house):
    house.change("nina", house.person("tom", Role.ASSOCIATE, stores=(StoreId("paris"),)))
    for card, said in (
        (house.person("tom", Role.MANAGER, stores=(StoreId("paris"),)), "approve counts"),
        (house.person("tom", Role.ASSOCIATE, stores=(StoreId("milan"),)), "be of milan"),
        (house.person("tom", Role.ASSOCIATE), "be of every store"),
        (house.person("tom", Role.ADMIN), "be of every store"),
    ):
        with pytest.raises(StaffError, match=said):
            house.change("nina", card)
    house.change("ada", house.person("tom", Role.MANAGER))


def test_nobody_changes_who_may_do_more_for_a_new_password_would_be_theirs(house):
    with pytest.raises(StaffError, match="ada may be of every store"):
        house.change("nina", house.person("ada", Role.ADMIN), staff.Passwords().verifier("a new one for me"))
    with pytest.raises(StaffError, match="ask"):
        house.change("ines", house.person("ines", Role.ASSOCIATE, stores=(StoreId("paris"),)))


def test_a_role_takes_no_permission_from_who_lacks_it(house):
    own = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL, Permission.PIECES))
    with pytest.raises(StaffError, match="bring pieces in"):
        house.role("nina", own, "paris")
    with pytest.raises(StaffError, match="more than 20 % off"):
        house.role(
            "nina", RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL,), discount_bp_max=5_000), "paris"
        )
    with pytest.raises(StaffError, match="somebody who may name people there"):
        house.role("nina", RoleCard(role=Role.ASSOCIATE, permissions=()), "milan")
    with pytest.raises(StaffError, match="somebody who may name people there"):
        house.role("nina", RoleCard(role=Role.ASSOCIATE, permissions=()))
    house.role("nina", RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL,), discount_bp_max=500), "paris")


def test_a_store_has_its_own_card_of_a_role_until_it_is_taken_back(house):
    house.role("ada", RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL,)), "milan")
    powers = house.cloud.logins.begin(UserId("ines")).login.powers
    assert Permission.COUNT in powers.at("paris")
    tom = house.person("tom", Role.ASSOCIATE)
    house.change("ada", tom)
    powers = house.cloud.logins.begin(UserId("tom")).login.powers
    assert (powers.at("milan"), Permission.COUNT in powers.at("paris")) == (frozenset({Permission.SELL}), True)
    with house.cloud.desk.work() as work:
        roles.take_role_back(work, Role.ASSOCIATE, "milan", by=UserId("ada"), why="as everywhere")
        assert feed.page(work.tx, StoreId("milan"), 0).rows[-1].body is None, "the store is told"
    assert Permission.COUNT in house.cloud.logins.begin(UserId("tom")).login.powers.at("milan")


def test_a_role_of_the_house_ends_only_when_nobody_has_it(house):
    with house.cloud.desk.work() as work, pytest.raises(StaffError, match="Nina would be left without it"):
        roles.take_role_back(work, "lead", EVERY_STORE, by=UserId("ada"), why="not needed")
    with pytest.raises(StaffError, match="an admin may everything"):
        house.role("ada", RoleCard(role=Role.ADMIN, permissions=()))
    with pytest.raises(StaffError, match="no role captain"):
        house.change("ada", house.person("tom", "captain"))


@pytest.mark.parametrize(
    "less", [{"active": False}, {"roles": (Role.MANAGER,)}, {"stores": (StoreId("paris"),)}], ids=str
)
def test_the_last_admin_of_every_store_stays(house, less):
    card = StaffCard(**{"user": UserId("ada"), "name": "Ada", "roles": (Role.ADMIN,), **less})
    with pytest.raises(StaffError, match="name another one first"):
        house.change("ada", card)
    house.change("ada", house.person("eve", Role.ADMIN))
    house.change("ada", card)


def test_a_disabled_person_is_out_at_the_next_request(house):
    token = house.cloud.logins.begin(UserId("ines")).token
    assert house.cloud.logins.alive(token)
    house.change("ada", house.person("ines", Role.ASSOCIATE, stores=(StoreId("paris"),), active=False))
    assert not house.cloud.logins.alive(token)
    assert house.cloud.logins.find(token, bearer=True) is None
    assert house.cloud.logins.begin(UserId("ines")) is None


def test_a_change_says_who_when_and_why_and_can_never_be_altered(house):
    with pytest.raises(changes.WhyError, match="Say in a few words why"):
        house.change("ada", house.person("tom", Role.ASSOCIATE), why=" ")
    house.change("ada", house.person("tom", Role.ASSOCIATE), why="starts on Monday")
    with house.cloud.desk.look() as work:
        (row, *_) = changes.listing(work.tx)
        assert staff.find(work, UserId("tom")) is not None
    assert (row.by, row.at_us, row.why, row.subject) == ("ada", house.wall_us, "starts on Monday", "tom")
    assert ("roles", "", "associate") in [(each.field, each.was, each.now) for each in row.differences]
    for statement in (sa.delete(office_change), sa.update(office_change).values(by="nobody")):
        with pytest.raises(sa.exc.IntegrityError, match="immutable"), house.cloud.desk.work() as work:
            work.tx.run(statement)


def test_a_password_is_half_of_the_way_in_once_a_code_app_is_set_up(house):
    assert house.signs_in("ada") is Verdict.ADMITTED
    house.set_up("ada")
    assert house.signs_in("ada") is Verdict.CODE_WANTED
    assert house.signs_in("ada", house.code("ada")) is Verdict.ADMITTED


def test_a_code_lets_in_once(house):
    house.set_up("ada")
    code = house.code("ada")
    assert [house.signs_in("ada", code) for _ in range(2)] == [Verdict.ADMITTED, Verdict.WRONG]
    house.wall_us += STEP_US
    assert house.signs_in("ada", code) is Verdict.WRONG, "one step ago it was good, and was used"
    assert house.signs_in("ada", house.code("ada")) is Verdict.ADMITTED


def test_a_recovery_code_lets_in_once_and_only_its_hash_is_kept(house):
    codes = house.set_up("ada")
    assert len(set(codes)) == factors.RECOVERY_CODES
    assert [house.signs_in("ada", codes[0].upper()) for _ in range(2)] == [Verdict.ADMITTED, Verdict.WRONG]
    with house.cloud.desk.look() as work:
        kept = str([dict(row) for row in work.tx.rows(sa.select(recovery_code))])
        assert factors.state(work.tx, UserId("ada"), house.cloud.desk.sealing).codes_left == factors.RECOVERY_CODES - 1
    assert not any(code.replace("-", "") in kept for code in codes)


def test_password_and_code_wait_behind_one_lock_out(house):
    house.set_up("ada")
    for _ in range(FREE_ATTEMPTS - 1):
        assert house.signs_in("ada") is Verdict.CODE_WANTED, "the password alone never clears what codes failed"
        assert house.signs_in("ada", "000000") is Verdict.WRONG
    assert house.signs_in("ada", "000000") is Verdict.WRONG
    with pytest.raises(ProblemError, match="Wait"):
        house.signs_in("ada")
    house.mono_us += 1_000_000_000
    assert house.signs_in("ada", house.code("ada")) is Verdict.ADMITTED
    assert house.signs_in("ada") is Verdict.CODE_WANTED, "who proved themselves begins anew"


def test_the_ticket_between_the_steps_is_sealed_ends_and_lets_nobody_in_alone(house):
    house.set_up("ada")
    entrance = house.cloud.entrance
    ticket = entrance.verified("ada", PASSWORD).ticket
    assert entrance.continued(ticket, "000000").verdict is Verdict.CODE_WANTED
    for forged in ("", "x", ticket[:-4], ticket.swapcase()):
        assert entrance.continued(forged, house.code("ada")).verdict is Verdict.WRONG
    assert entrance.continued(ticket, house.code("ada")).verdict is Verdict.ADMITTED
    ticket = entrance.verified("ada", PASSWORD).ticket
    house.wall_us += TICKET_GOOD_US
    assert entrance.continued(ticket, house.code("ada")).verdict is Verdict.WRONG
    ticket = entrance.verified("ada", PASSWORD).ticket
    house.change("ada", house.person("ada", Role.ADMIN), staff.Passwords().verifier("another set of words"))
    assert entrance.continued(ticket, house.code("ada")).verdict is Verdict.WRONG, "bound to the password it was for"


def test_a_lost_phone_is_answered_for_by_somebody_who_may_as_much(house):
    house.set_up("ada")
    house.change("ada", house.person("eve", Role.ADMIN), staff.Passwords().verifier(PASSWORD))
    token = house.cloud.logins.begin(UserId("ada")).token
    with house.cloud.desk.work() as work:
        ada = staff.find(work, UserId("ada"))
        with pytest.raises(StaffError, match="ask an admin"):
            roles.must_be_below(work, ada, by=UserId("nina"))
        roles.must_be_below(work, ada, by=UserId("eve"))
        factors.take_away(work, ada, by=UserId("eve"), why="phone stolen, seen in person")
    assert house.cloud.logins.find(token, bearer=True) is None, "signed out everywhere"
    assert house.signs_in("ada") is Verdict.ADMITTED
    assert house.cloud.logins.begin(UserId("ada")).login.factor_due
    with house.cloud.desk.look() as work:
        assert changes.listing(work.tx)[0].why == "phone stolen, seen in person"


def test_who_moves_no_money_and_no_people_needs_no_second_factor(house):
    assert not house.cloud.logins.begin(UserId("ines")).login.factor_due
    assert house.cloud.logins.begin(UserId("nina")).login.factor_due


def test_who_is_of_one_store_sees_nobody_of_another_alone(house):
    house.change("ada", house.person("milo", Role.ASSOCIATE, stores=(StoreId("milan"),)))
    nina, ada = (
        Login(user=UserId(user), name=user, roles=(), csrf="", powers=Powers(only=only))
        for user, only in (("nina", (StoreId("paris"),)), ("ada", ()))
    )
    with house.cloud.desk.look() as work:
        assert {row.user for row in queries.theirs(work.tx, nina)} == {"ada", "ines", "nina"}
        assert "milo" in {row.user for row in queries.theirs(work.tx, ada)}


def test_the_story_of_a_person_is_whole_however_much_happened_since(house):
    house.change("ada", house.person("tom", Role.ASSOCIATE), why="hired in spring")
    for number in range(3):
        house.role("ada", RoleCard(role="tom", permissions=(Permission.SELL,), discount_bp_max=number), why="tuned")
    with house.cloud.desk.look() as work:
        told = changes.listing(work.tx, what="staff", subject="tom", limit=2)
    assert [(each.what, each.why) for each in told] == [("staff", "hired in spring")]


def test_what_somebody_chose_at_a_store_is_told_to_every_store_and_outlives_a_change_of_them(house):
    desk = house.cloud.desk
    heard = Heard(store=StoreId("paris"), epoch="e", stream=Stream.TRADE, seq=1, at_us=1, by=UserId("ines"))
    with desk.work() as work:
        apply.language(Custody(work), heard, LanguageChosen(language="it"))
        apply.language(Custody(work), heard, LanguageChosen(language="xx"))
    house.change("ada", house.person("ines", Role.MANAGER))
    with desk.look() as work:
        assert staff.find(work, UserId("ines")).language == "it"
        (row,) = [each for each in feed.page(work.tx, StoreId("milan"), since=0).rows if each.key == "staff:ines"]
        assert (row.body.language, row.body.roles) == ("it", (Role.MANAGER,))


def chosen(house, *choices):
    """What stands after these (language, when) were heard in this order; `office`: pressed there, now."""
    for language, at_us in choices:
        with house.cloud.desk.work() as work:
            if at_us == "office":
                staff.prefer(work, UserId("ines"), language, work.now_us)
                continue
            heard = Heard(store=StoreId("paris"), epoch="e", stream=Stream.TRADE, seq=1, at_us=at_us, by=UserId("ines"))
            apply.language(Custody(work), heard, LanguageChosen(language=language))
    with house.cloud.desk.look() as work:
        return staff.find(work, UserId("ines")).language


def test_a_language_chosen_before_another_and_heard_after_it_does_not_override_it(house):
    """A store was without a line: what was chosen there an hour before is told to the office an hour late."""
    assert chosen(house, ("fr", 2_000), ("de", 1_000)) == "fr"
    assert chosen(house, ("it", 3_000)) == "it", "the control: a later one does"
    assert chosen(house, ("it", 5_000), ("fr", 4_000)) == "it", "pressed again, it is chosen anew"
    assert chosen(house, ("zh", "office"), ("fr", 6_000)) == "zh"


@pytest.mark.parametrize("order", [(("fr", 9_000), ("de", 9_000)), (("de", 9_000), ("fr", 9_000))])
def test_of_two_languages_chosen_in_one_moment_the_same_one_stands_in_either_order(house, order):
    assert chosen(house, *order) == "fr"


def test_a_box_whose_clock_is_ahead_holds_nobody_to_its_language(house):
    ahead_us = 1 << 60
    assert chosen(house, ("fr", ahead_us)) == "fr"
    house.wall_us += 1_000_000
    assert chosen(house, ("de", "office")) == "de"
