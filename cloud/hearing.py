"""What a message says of the box that sent it, and what that box is answered."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud import downlog, logs
from cloud.db import Row, Tx
from cloud.logs import Log, Name
from cloud.tables import node
from cloud.work import UnknownStoreError, Work
from contract.entries import Entry
from contract.facts import CommandHeard, Stream
from contract.ids import Epoch, StoreId, life_of
from contract.messages import Ack, Down, JournalRows, Rejoin, Standing, Up
from contract.seals import is_same, told_seal

BOOTS_REMEMBERED_MAX: Final = 16
ACTIVE: Final = "active"
BEHIND: Final = "behind"
"""A node's state: its box serves, and lacks rows of its own store."""
SENT_BACK_MAX: Final = 8
"""How often rows of elder boxes send a store's box back to join again, until a person has looked: a box that comes back
after weeks hands over for some seconds, and one that was not revoked could write without end.
"""
ELDER: Final = "elder box writes on"
"""A kind of case."""


def same_chain(work: Work, log: Log, given: JournalRows) -> bool:
    """The hand-over stands on the chain we have, as far as its giver told us."""
    return not given.head or logs.head_at(work.tx, log, given.first_seq - 1).hex() == given.head


def locked(work: Work, store: StoreId) -> sa.RowMapping:
    """The store's node, locked: whoever has it is the only one to move this store's logs."""
    box = work.tx.row(sa.select(node).where(node.c.store == store).with_for_update())
    if box is None:
        raise UnknownStoreError(f"no store {store!r} in this office; create it, then enrol its box")
    return box


def falls_behind(serving: str, name: Name) -> bool:
    """Whether rows that now join this log are missing in the books of the box that serves the store.

    They are of an older life of it, and came after the snapshot was cut: the box would give back money that was given
    back, and decide about orders that were handed over. Its snapshot is of the log as it was then; it has to rejoin.
    serving: the epoch that box writes; empty when none does.
    """
    return name.stream is Stream.TRADE and serving not in ("", name.epoch)


def sent_back(work: Work, box: Row, name: Name) -> Row:
    """What changes of the store's node when rows joined this log: one rejoin for all that came before it."""
    if not falls_behind(box["epoch"], name) or box["state"] == BEHIND:
        return {}
    if int(box["sent_back"]) < SENT_BACK_MAX:
        return {"state": BEHIND, "sent_back": int(box["sent_back"]) + 1}
    sentence = (
        f"A box {name.store} had before goes on writing: the present one joined again {SENT_BACK_MAX} times for what "
        "it wrote, and goes on without the rest. Switch the elder one off, or revoke what it holds and enrol the "
        "present one anew; then close this case: the present one joins once more and has everything"
    )
    work.open_case(ELDER, sentence, store=name.store, ref=box["epoch"])
    return {}


def looked_at(tx: Tx, store: StoreId) -> None:
    """A person closed that case: the store's box joins once more, and elder ones may send it back again."""
    tx.run(sa.update(node).where(node.c.store == store).values(sent_back=0))
    tx.run(sa.update(node).where(node.c.store == store, node.c.state == ACTIVE).values(state=BEHIND))
    tx.poke(store)


def is_fresh(box: Row, up: Up) -> bool:
    """Not overtaken by a later message of this box: only such a message can prove that the box went back."""
    if up.boot == box["boot"]:
        return up.message > int(box["message"])
    return up.boot not in str(box["boots_past"]).split()


class Said(NamedTuple):
    """What a box says of the life it was told by."""

    store: StoreId
    instance: str
    term: int
    cloud_epoch: int
    epoch: Epoch
    down_upto: int
    seal: str


def says(up: Up) -> Said:
    """With any message."""
    return Said(
        store=up.store, instance=up.instance, term=up.term, cloud_epoch=up.cloud_epoch, epoch=up.epoch,
        down_upto=up.down_upto, seal=up.seal,
    )  # fmt: skip


def pleads(asked: Rejoin) -> Said:
    """In a plea: by then it may follow a later life than the one that minted its term."""
    return Said(
        store=asked.store, instance=asked.instance, term=asked.term, cloud_epoch=life_of(asked.term),
        epoch=asked.epoch, down_upto=asked.told_upto, seal=asked.seal,
    )  # fmt: skip


def was_told(work: Work, up: Said) -> bool:
    """Whether this office, in whichever life, told the box what it says it was told."""
    said = told_seal(
        work.secret, store=up.store, cloud_epoch=up.cloud_epoch, term=up.term, epoch=up.epoch, seq=up.down_upto
    )
    return is_same(up.seal, said)


def went_back(work: Work, box: Row, log: Log, up: Up) -> bool:
    """The box knows less than it once told us: its disk was restored."""
    forgot_decisions = up.cloud_epoch == work.cloud_epoch and up.down_upto < box["down_upto"]
    return up.last_seq < log.upto or forgot_decisions


def news_of(work: Work, box: Row, log: Log, up: Up) -> Row:
    """What a message told of its box. What it heard of us counts once the entries that say so are here."""
    whole = up.stream is Stream.TRADE and log.upto >= up.last_seq
    past = str(box["boots_past"]).split()
    if box["boot"] and box["boot"] != up.boot:
        past = [*past, box["boot"]][-BOOTS_REMEMBERED_MAX:]
    return {
        "boot": up.boot, "message": up.message, "boots_past": " ".join(past),
        "down_upto": up.down_upto if whole else int(box["down_upto"]),
        "heard_us": work.now_us, "contract_max": up.contract_max,
    }  # fmt: skip


def heard_in(work: Work, entries: Iterable[Entry]) -> int:
    """The last of our decisions that these entries say were heard; 0: none."""
    facts = (fact for entry in entries for fact in entry.facts)
    heard = (fact for fact in facts if isinstance(fact, CommandHeard) and fact.cloud_epoch == work.cloud_epoch)
    return max((fact.seq for fact in heard), default=0)


def answer(
    work: Work,
    box: Row,
    epoch: Epoch,
    standing: Standing,
    *acks: Ack,
    feed_rev: int,
    after: int = 0,
    none: bool = False,
) -> Down:
    """The answer as of this transaction; decisions above `after`, only to the box that serves the store.

    `none`: there were none before this transaction, so that only those it made need be asked for.
    """
    first, commands = after + 1, tuple[msgspec.Raw, ...]()
    store, life, term = box["store"], work.cloud_epoch, box["term"]
    if standing is Standing.OK and not (none and store not in work.decided):
        first, commands = downlog.after(work.tx, store, cloud_epoch=life, term=term, upto=after)
    seals = tuple(
        told_seal(work.secret, store=store, cloud_epoch=life, term=term, epoch=Epoch(box["epoch"]), seq=seq)
        for seq in range(first, first + len(commands))
    )
    return Down(
        store=store, cloud_epoch=life, term=term, epoch=epoch, standing=standing, acks=acks,
        first_seq=first if commands else 0, commands=commands, seals=seals, feed_rev=feed_rev,
    )  # fmt: skip
