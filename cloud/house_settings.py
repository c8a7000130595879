"""What the office alone reads of how the house works, one JSON value a name; who changed it and why is kept."""

from typing import TypeVar

import msgspec
import sqlalchemy as sa

from cloud import changes
from cloud.db import Tx
from cloud.tables import house_setting
from cloud.work import Work
from contract.ids import UserId

Value = TypeVar("Value", bound=msgspec.Struct)


def read(tx: Tx, name: str, kind: type[Value]) -> Value:
    """As it was set last; `kind()` where nobody has set it yet."""
    body = tx.value(sa.select(house_setting.c.body).where(house_setting.c.name == name))
    return kind() if body is None else msgspec.json.decode(body, type=kind)


def write(work: Work, name: str, value: msgspec.Struct, told: changes.Values, *, by: UserId, why: str) -> None:
    """`told`: the value in words, by field; what differs from the words kept last is noted. Raises `WhyError`."""
    was = work.tx.value(sa.select(house_setting.c.body).where(house_setting.c.name == f"{name}:told"))
    before = {} if was is None else msgspec.json.decode(was, type=dict[str, str])
    changes.note(work, name, "", by=by, why=why, was=before, now=told)
    for key, body in ((name, value), (f"{name}:told", dict(told))):
        row = {"name": key, "body": msgspec.json.encode(body).decode(), "changed_us": work.now_us}
        work.tx.put(house_setting, row)
