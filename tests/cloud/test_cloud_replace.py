"""A machine that is not the store's asks a person: once, and again when it happens again."""

import sqlalchemy as sa

from cloud.pos.parked.queries import close_case
from cloud.tables import case_file
from cloud.work import GOES_ON_US
from contract.facts import Rejoined
from contract.ids import Epoch, StoreId


def asks(box, instance: str) -> str:
    """The office's answer to a machine with the store's certificate."""
    box.instance = instance
    return box.rejoins.hear(box.plea(), box.tick(), new_epoch=lambda: f"epoch-{instance}")


def open_cases(house) -> list[str]:
    query = sa.select(case_file.c.ref).where(case_file.c.kind == "replace", case_file.c.closed_us.is_(None))
    return [row["ref"].partition("/")[0] for row in house.rows(query)]


def replaced(box, instance: str) -> None:
    box.rejoins.replace(StoreId("paris"), instance, by="marc", why="burnt", now_us=box.tick())
    box.adopt(asks(box, instance))
    box.write(Rejoined(term=box.term, epoch=Epoch(box.epoch), cloud_epoch=box.cloud_epoch))
    box.send()


def test_every_replacement_in_a_stores_life_asks_a_person(house):
    paris = house.store("paris", "p1")
    first = paris.instance
    asks(paris, "second")
    asks(paris, "second")
    assert open_cases(house) == ["second"], "named for the person who has to name it; however often it asks"
    replaced(paris, "second")
    assert open_cases(house) == []
    asks(paris, first)
    assert open_cases(house) == [first], "the machine that was thought lost"
    replaced(paris, first)
    asks(paris, "second")
    assert open_cases(house) == ["second"], "and again, years later"


def test_a_machine_that_asks_on_is_a_case_again_the_day_after_somebody_closed_it(house):
    paris = house.store("paris", "p1")
    asks(paris, "second")
    (case,) = house.rows(sa.select(case_file))
    with house.office.transaction() as tx:
        assert close_case(tx, case["case_id"], by="marc", outcome="it is in the cellar", now_us=case["opened_us"])
    asks(paris, "second")
    assert open_cases(house) == [], "it asks every few seconds: closing it would end nothing"
    paris.now_us += GOES_ON_US
    asks(paris, "second")
    assert open_cases(house) == ["second"]
