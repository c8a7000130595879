"""Money that stores heard the office give: by a life that was lost, and to boxes that are no more (docs/adr/0041).

The books of a store's next box are the fold of all its logs, so what an elder box heard is the store's; each gift once.
"""

from collections.abc import Sequence
from typing import Final

from cloud import lives
from cloud.applying import Applier
from cloud.custody import Custody
from cloud.lives import Word
from cloud.value_slices import free_of, hold, locked
from cloud.work import Heard, Work
from contract.commands import AnswerValue, KeepValue
from contract.facts import CommandHeard, Fact
from contract.ids import AccountId
from contract.money import plain


def heard_again(tokens: Custody, heard: Heard, fact: CommandHeard) -> None:
    """What a lost life of the office gave is held by that store all the same.

    Once its store serves a later life, it is given as much as if it asked now: what others hold stays theirs.
    """
    work, told = tokens.work, _money_of(fact)
    if told is None or _is_ours(tokens, heard, fact, told) or fact.cloud_epoch == work.cloud_epoch:
        return
    word = lives.weigh(work, heard, fact) if told.amount_minor > 0 else Word.FALSE
    if word is Word.FALSE:
        sentence = f"{heard.store} says that it was given money of {told.account}, as no life of the office can have"
        lives.tell(work, heard, f"{sentence} told it: look whether its box was stolen, and revoke it")
    elif word is Word.LOST:
        hold(work, heard.store, told.account, told.amount_minor)
    elif word is Word.LATE:
        _given_late(work, heard, told.account, told.amount_minor)


def caught_up(tokens: Custody, heard: Heard, facts: Sequence[Fact]) -> None:
    """Entries that were applied as late and are in their log now: the store's next box folds them."""
    for fact in facts:
        if isinstance(fact, CommandHeard) and (told := _money_of(fact)) is not None:
            _is_ours(tokens, heard, fact, told)


def _money_of(fact: CommandHeard) -> AnswerValue | KeepValue | None:
    if b'"value.' not in bytes(fact.command):
        return None
    command = lives.command_of(fact)
    return command if isinstance(command, AnswerValue | KeepValue) and command.amount_minor else None


def _is_ours(tokens: Custody, heard: Heard, fact: CommandHeard, told: AnswerValue | KeepValue) -> bool:
    """It stands in our books. Was it told to a box that is no more, it waits to be told to the next one: not any more.

    The next one folds this log too. Has it heard it already, the store was given the money twice.
    """
    work = tokens.work
    ours = lives.decided(work, heard, fact)
    if not isinstance(ours, AnswerValue | KeepValue):
        return False
    present = fact.cloud_epoch == work.cloud_epoch and tokens.present(heard)
    twice = told.amount_minor - ours.amount_minor  # on its way to the box while we withdrew it
    if not present and not heard.late and ours.amount_minor and not lives.withdraw(work, heard.store, ours):
        twice = told.amount_minor
    if twice > 0:
        _given_late(work, heard, told.account, twice)
    return True


def _given_late(work: Work, heard: Heard, account: AccountId, amount_minor: int) -> None:
    """As much as is free; for the rest a person is told."""
    known = locked(work, account)
    free = max(free_of(work, known), 0) if known is not None else 0
    if free:
        hold(work, heard.store, account, min(free, amount_minor))
    if free < amount_minor:
        currency = known["currency"] if known is not None else ""
        sentence = (
            f"An elder box of {heard.store} was given {plain(amount_minor, currency)} {currency} of {account}, of "
            f"which {plain(free, currency)} are free: look what it spent"
        )
        lives.tell(work, heard, sentence, about=account)


APPLY: Final[dict[type[Fact], Applier]] = {CommandHeard: heard_again}
