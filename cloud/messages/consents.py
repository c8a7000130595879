"""Whether a client may be written to, and how they end it by a link. By id alone: nobody is opened for it."""

import hashlib
from typing import Final

import sqlalchemy as sa

from cloud import aliases
from cloud.db import Tx
from cloud.tables import client, client_consent, message, opt_out
from cloud.work import Work
from contract.ids import PersonId
from trade.consent import Channel, Proof, Said, may_reach
from trade.message import MESSAGE, MessageEvent, MessageKind, MessageState

TOKEN_BYTES: Final = 24
TOKEN_CHARACTERS_MAX: Final = 64
ASKED_TO_STOP: Final = "they asked to hear no more this way: nothing is to be done"


def said(tx: Tx, person: PersonId) -> list[Said]:
    rows = tx.rows(sa.select(client_consent).where(client_consent.c.person.in_(aliases.ids(tx, person))))
    return [
        Said(
            Channel(row["channel"]), bool(row["given"]), row["said_us"], row["by"], Proof(row["proof"]),
            row["text_version"],
        )
        for row in rows
    ]  # fmt: skip


def allows(tx: Tx, person: PersonId, channel: Channel) -> bool:
    return may_reach(said(tx, person), channel)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def channel_of(tx: Tx, token: str) -> Channel | None:
    """What a link ends; None: it is none of ours."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        return None
    found = tx.value(sa.select(opt_out.c.channel).where(opt_out.c.digest == digest(token)))
    return None if found is None else Channel(found)


def stop(work: Work, token: str) -> Channel | None:
    """The client says no, now: consent is withdrawn, and what waits for them this way is dropped. A repeat is one."""
    channel = channel_of(work.tx, token)
    if channel is None:
        return None
    row = work.tx.row(sa.select(opt_out).where(opt_out.c.digest == digest(token)))
    assert row is not None, "its channel was read from it"
    person = PersonId(row["person"])
    alive = work.tx.value(sa.select(client.c.person).where(client.c.person == person, client.c.erased_us == 0))
    if alive is not None and allows(work.tx, person, channel):
        word = {
            "person": person, "channel": channel, "given": 0, "said_us": work.now_us, "at_us": work.now_us,
            "by": person, "proof": Proof.LINK, "text_version": f"link in message {row['message']}", "store": "",
        }  # fmt: skip
        work.tx.add(client_consent, word)
    work.tx.run(sa.update(opt_out).where(opt_out.c.digest == row["digest"]).values(used_us=work.now_us))
    drop_waiting(work, person, channel, ASKED_TO_STOP)
    return channel


def drop_waiting(work: Work, person: PersonId, channel: Channel | None, why: str) -> int:
    """What is queued for somebody and not about their own order; all channels when None. How many there were."""
    after = MESSAGE.after(MessageState.QUEUED, MessageEvent.DROPPED)
    mine = [
        message.c.person.in_(aliases.ids(work.tx, person)), message.c.state == MessageState.QUEUED,
        message.c.kind == MessageKind.MARKETING,
    ]  # fmt: skip
    if channel is not None:
        mine.append(message.c.channel == channel)
    gone = {"state": after, "why": why, "changed_us": work.now_us}
    return work.tx.run(sa.update(message).where(*mine).values(**gone))
