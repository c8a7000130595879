"""Where an order is at home, and what a box is told of it. `conftest` makes this importable as `house_ways`."""

import msgspec
import sqlalchemy as sa

from cloud.pos.client_orders.apply import decode
from cloud.tables import client_order, value_slice
from contract.commands import TakeOrder, encode_command
from contract.facts import CommandHeard


def takes(box, **told):
    """What the box is told next, of orders; and it says that it heard it."""
    heard = box.obey(box.send(**told))
    for each in heard:
        raw = msgspec.Raw(encode_command(each))
        box.write(CommandHeard(cloud_epoch=box.cloud_epoch, seq=each.seq, command=raw))
    box.send(**told)
    return [each.command for each in heard if isinstance(each.command, TakeOrder)]


def home(house):
    (row,) = house.rows(sa.select(client_order))
    return row["store"], decode(bytes(row["body"]))


def held(house):
    return {row["store"]: row["held_minor"] for row in house.rows(sa.select(value_slice)) if row["held_minor"]}
