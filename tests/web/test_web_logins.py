"""Logins: a token that is never stored, and the four ways it ends."""

from contract.feed import Role, StaffCard
from contract.ids import UserId
from web.attempts import FREE_ATTEMPTS, LONGEST_WAIT_US, Attempts
from web.logins import HOUR_US, MINUTE_US, Logins, MemoryLogins, csrf_of, digest
from web.powers import NONE

ANA = UserId("ana")


class Clock:
    def __init__(self) -> None:
        self.us = 1_000_000_000_000_000

    def __call__(self) -> int:
        return self.us


def house(*, active: bool = True) -> tuple[Logins, MemoryLogins, Clock, dict[UserId, StaffCard]]:
    staff = {ANA: StaffCard(user=ANA, name="Ana", roles=(Role.ASSOCIATE,), active=active)}
    rows, clock, drawn = MemoryLogins(), Clock(), iter(range(1, 256))
    logins = Logins(rows, staff.get, now_us=clock, chance=lambda n: bytes([next(drawn)]) * n, powers=lambda _: NONE)
    return logins, rows, clock, staff


def test_a_login_is_found_by_its_token_and_only_its_hash_is_kept() -> None:
    logins, rows, _, _ = house()
    new = logins.begin(ANA)
    assert new is not None
    found = logins.find(new.token, bearer=False)
    assert found == new.login
    row = rows.get_login(digest(new.token))
    assert row is not None
    assert new.token.encode() not in b"".join((row.token_sha256, row.user.encode()))


def test_every_login_gets_a_new_token() -> None:
    logins, _, _, _ = house()
    first, second = logins.begin(ANA), logins.begin(ANA)
    assert first is not None
    assert second is not None
    assert first.token != second.token


def test_a_token_somebody_made_up_finds_nobody() -> None:
    logins, _, _, _ = house()
    logins.begin(ANA)
    assert logins.find("AAAA", bearer=True) is None


def test_an_idle_login_ends_and_a_used_one_does_not() -> None:
    logins, _, clock, _ = house()
    new = logins.begin(ANA)
    assert new is not None
    for _ in range(10):
        clock.us += HOUR_US - MINUTE_US
        assert logins.find(new.token, bearer=False) is not None
    clock.us += HOUR_US + 1
    assert logins.find(new.token, bearer=False) is None


def test_a_login_ends_by_age_however_busy() -> None:
    logins, _, clock, _ = house()
    new = logins.begin(ANA)
    assert new is not None
    began_us = clock.us
    while clock.us - began_us <= 12 * HOUR_US - HOUR_US // 2:
        assert logins.find(new.token, bearer=False) is not None
        clock.us += HOUR_US // 2
    clock.us = began_us + 12 * HOUR_US + 1
    assert logins.find(new.token, bearer=False) is None


def test_who_leaves_the_house_is_signed_out_at_once() -> None:
    logins, _, _, staff = house()
    new = logins.begin(ANA)
    assert new is not None
    staff[ANA] = StaffCard(user=ANA, name="Ana", roles=(), active=False)
    assert logins.find(new.token, bearer=False) is None
    assert logins.begin(ANA) is None


def test_signing_out_ends_one_login_and_no_other() -> None:
    logins, _, _, _ = house()
    one, two = (logins.begin(ANA) for _ in range(2))
    assert one is not None
    assert two is not None
    logins.end(one.token)
    assert logins.find(one.token, bearer=False) is None
    assert logins.find(two.token, bearer=False) is not None


def test_a_bearer_token_needs_no_form_token() -> None:
    logins, _, _, _ = house()
    new = logins.begin(ANA)
    assert new is not None
    assert new.login.csrf == csrf_of(new.token)
    bearer = logins.find(new.token, bearer=True)
    assert bearer is not None
    assert bearer.csrf == ""


def test_memory_for_logins_is_bounded_and_the_longest_unused_goes_first() -> None:
    rows, clock = MemoryLogins(logins_max=2), Clock()
    staff = {ANA: StaffCard(user=ANA, name="Ana", roles=(Role.ASSOCIATE,))}
    drawn = iter(range(1, 9))
    logins = Logins(rows, staff.get, now_us=clock, chance=lambda n: bytes([next(drawn)]) * n, powers=lambda _: NONE)
    tokens = []
    for _ in range(3):
        new = logins.begin(ANA)
        assert new is not None
        tokens.append(new.token)
        clock.us += 1
    assert [logins.find(token, bearer=True) is not None for token in tokens] == [False, True, True]
    assert rows.logins_evicted_total == 1


def test_wrong_pins_make_one_person_wait_longer_each_time_and_nobody_else() -> None:
    attempts, now_us, waits = Attempts(), 0, []
    for _ in range(FREE_ATTEMPTS):
        assert attempts.begin("ana", now_us) == 0
    for _ in range(12):
        waits.append(attempts.begin("ana", now_us))
        now_us += waits[-1]
        assert attempts.begin("ana", now_us) == 0, "whoever has waited may try again"
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[1] < waits[-1] == LONGEST_WAIT_US
    assert attempts.begin("marc", 0) == 0


def test_an_attempt_counts_from_its_beginning() -> None:
    attempts = Attempts()
    assert [attempts.begin("ana", 0) for _ in range(FREE_ATTEMPTS)] == [0] * FREE_ATTEMPTS
    wait_us = attempts.begin("ana", 0)
    assert wait_us > 0
    assert attempts.begin("ana", wait_us - 1) == 1
    assert attempts.begin("ana", wait_us) == 0
    attempts.succeeded("ana")
    assert attempts.begin("ana", 0) == 0


def test_names_tried_are_bounded() -> None:
    attempts = Attempts(people_max=3)
    for n in range(10):
        attempts.begin(f"nobody-{n}", 0)
    assert attempts.people_evicted_total == 7
