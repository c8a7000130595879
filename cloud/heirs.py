"""A store's true box that a restored office does not know, heard when the one it followed serves again (docs/adr/0007).

The office was put back to before a replacement, and the box that was given up spoke first. Its heir's first message,
sealed by the life that was lost, proves what that life decided: it counts as the person's word that was lost with it.
One that heard of the new life before it spoke sends no message: then its plea carries the seal.
"""

from typing import Final

import sqlalchemy as sa

from cloud import hearing, parking
from cloud.db import Row
from cloud.hearing import Said
from cloud.tables import inbox, rejoin, replacement
from cloud.work import Work
from contract.facts import Rejoined, Stream
from contract.ids import HOUSE, generation, life_of
from contract.messages import Rejoin

HEIR: Final = "given-up box served"
"""A kind of case."""


def welcome_plea(work: Work, box: Row, asked: Rejoin) -> None:
    """The same by what a plea carries. Whatever it proves, a disk that last served on another machine is a copy, and
    one that heard of a later term of a lost life was given up itself.
    """
    given_up = asked.term < asked.later_term and life_of(asked.later_term) < work.cloud_epoch
    if asked.seal and asked.served_on == asked.instance and not given_up:
        welcome(work, box, hearing.pleads(asked))


def welcome(work: Work, box: Row, up: Said) -> None:
    """Names the sender as the store's box if it is the true one: its next plea is answered, and the other is fenced."""
    if not _speaks_of_a_lost_life(work, box, up) or not hearing.was_told(work, up):
        return
    if _a_person_spoke(work, box) or up.term <= _latest(work, up) or _named(work, up):
        return
    why = "a life of the office that was lost had put it in the place of the other"
    word = {"store": up.store, "instance": up.instance, "by": HOUSE, "why": why, "at_us": work.now_us}
    work.tx.put(replacement, word)
    sentence = (
        f"The office was put back to before machine {up.instance} took the place of {box['instance']}, which joined "
        f"again and served {up.store} until now: look at what it wrote since, and switch it off"
    )
    work.open_case(HEIR, sentence, store=up.store, ref=up.instance)


def _speaks_of_a_lost_life(work: Work, box: Row, up: Said) -> bool:
    """While the office recovers, a later term is believed at the plea itself."""
    other = up.instance != box["instance"] and bool(box["epoch"])
    return other and not work.recovering and up.cloud_epoch == life_of(up.term) < work.cloud_epoch


def _a_person_spoke(work: Work, box: Row) -> bool:
    """In this life: then a term was minted that no plea was answered with. What people say now stands."""
    first = generation(work.cloud_epoch, 1)
    mine = sa.select(sa.func.count()).where(rejoin.c.store == box["store"], rejoin.c.term >= first)
    return int(work.tx.value(mine)) != int(box["term"]) - first + 1


def _latest(work: Work, up: Said) -> int:
    """The latest term of a lost life that we minted ourselves, or in whose log we have another box's first entry."""
    ours = sa.select(sa.func.max(rejoin.c.term))
    minted = work.tx.value(ours.where(rejoin.c.store == up.store, rejoin.c.term < generation(work.cloud_epoch, 0)))
    first = (inbox.c.store == up.store, inbox.c.stream == Stream.TRADE, inbox.c.seq == 1, inbox.c.epoch != up.epoch)
    terms = [int(minted or 0)]
    for row in work.tx.rows(sa.select(inbox.c.body).where(*first)):
        entry = parking.read_row(up.store, Stream.TRADE, 1, bytes(row["body"])).entry
        begun = [each.term for each in (entry.facts if entry else ()) if isinstance(each, Rejoined)]
        terms += [term for term in begun if life_of(term) < work.cloud_epoch]
    return max(terms)


def _named(work: Work, up: Said) -> bool:
    """Somebody is named already and has not come yet."""
    return work.tx.value(sa.select(replacement.c.store).where(replacement.c.store == up.store)) is not None
