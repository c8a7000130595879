"""Which life of the office gave a log out, and what a box's word about an earlier life is worth (docs/adr/0041).

Ends of lives are lost with the office's database, so a box may know decisions that we do not. What we do know: the term
and the log of each rejoin that we answered ourselves, every decision we still have, and how far each store has come. In
one log a box follows one life: it begins another log before it follows another life.
"""

from enum import StrEnum

import msgspec
import sqlalchemy as sa

from cloud import downlog
from cloud.tables import node, rejoin
from cloud.work import Heard, UnappliableError, Work
from contract.commands import AnswerValue, AnyCommand, KeepValue, decode_command
from contract.facts import CommandHeard
from contract.ids import Epoch, StoreId, life_of

WORD = "word of an earlier life"
"""A kind of case."""


class Word(StrEnum):
    """What it is worth that a box says it heard a command."""

    OURS = "ours"
    """The decision stands in our books, with all it did."""
    LOST = "lost"
    """A life that was lost can have decided so, and nothing speaks against it: it is true all the same."""
    LATE = "late"
    """The same, but the store serves a later life already: no box that may still decide can have been told so."""
    FALSE = "false"
    """No life can have told this log so."""


def minted(work: Work, store: StoreId, epoch: Epoch) -> int | None:
    """The term under which we gave this log out; None: a life that was lost did, or nobody."""
    mine = (rejoin.c.store == store, rejoin.c.epoch == epoch)
    term: int | None = work.tx.value(sa.select(rejoin.c.term).where(*mine).limit(1))
    return term


def weigh(work: Work, heard: Heard, fact: CommandHeard) -> Word:
    """Of this life everything stands in our books. Whoever is given `LATE` or `FALSE` tells a person (`tell`)."""
    if fact.cloud_epoch == work.cloud_epoch or decided(work, heard, fact) is not None:
        return Word.OURS
    term = minted(work, heard.store, heard.epoch)
    if fact.cloud_epoch > work.cloud_epoch or (term is not None and life_of(term) != fact.cloud_epoch):
        return Word.FALSE
    box = work.tx.row(sa.select(node.c.term, node.c.epoch).where(node.c.store == heard.store))
    assert box is not None, "rows are heard of stores we have"
    awaited = work.recovering and not box["epoch"]  # a person named its next box, which brings what tills have kept
    return Word.LATE if life_of(int(box["term"])) > fact.cloud_epoch and not awaited else Word.LOST


def decided(work: Work, heard: Heard, fact: CommandHeard) -> AnyCommand | None:
    """What our books have under this number, of the term under which we gave the log out."""
    term = minted(work, heard.store, heard.epoch)
    if term is None or life_of(term) != fact.cloud_epoch:
        return None
    return downlog.at(work.tx, heard.store, cloud_epoch=fact.cloud_epoch, term=term, seq=fact.seq)


def withdraw(work: Work, store: StoreId, given: AnswerValue | KeepValue) -> bool:
    """Whether it still waits to be told to the store's present box; it does no more."""
    box = work.tx.row(sa.select(node.c.term, node.c.down_upto).where(node.c.store == store))
    assert box is not None, "rows are heard of stores we have"
    return downlog.withdraw(
        work.tx, store, given, cloud_epoch=work.cloud_epoch, term=box["term"], upto=int(box["down_upto"])
    )


def command_of(fact: CommandHeard) -> AnyCommand:
    """Raises `UnappliableError` for one that this version of the office cannot read; a later one may."""
    try:
        return decode_command(bytes(fact.command)).command
    except msgspec.DecodeError as error:
        raise UnappliableError(f"it tells of a command that this version does not know ({error})") from error


def tell(work: Work, heard: Heard, sentence: str, *, about: str = "") -> None:
    """A person looks at it; one open case for a log, or for each thing `about` which its word is not taken."""
    ref = f"{heard.epoch}/{about}" if about else heard.epoch
    work.open_case(WORD, sentence, store=heard.store, ref=ref, goes_on=True, again=heard.again)
