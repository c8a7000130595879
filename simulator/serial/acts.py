"""One act on one tag, as every module does it: who is selected, whether the password is right, what the tag answers."""

from collections.abc import Callable

import msgspec

from simulator.gen2 import Bank, Code, Power, SilentError, Tag, TagError
from simulator.serial.air import Air

Do = Callable[[Tag, bool], bytes]
"""(tag, secured) → what it answers; writes and locks answer nothing."""


class Selected(msgspec.Struct, frozen=True, kw_only=True):
    """The tag whose `bank` holds `bits` bits of `mask` from bit `at`."""

    bank: int
    at: int
    bits: int
    mask: bytes


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`tag` None: nobody answered. `code`: what the tag refused with. `epc`: its name before the act."""

    tag: Tag | None = None
    epc: bytes = b""
    data: bytes = b""
    code: Code | None = None
    wrong_password: bool = False

    @property
    def done(self) -> bool:
        return self.tag is not None and self.code is None and not self.wrong_password


def act(air: Air, who: Selected, password: int, do: Do) -> Outcome:
    """The first tag that matches is the one that is singulated."""
    tag = next((tag for tag in air.near() if tag.matches(who.bank, who.at, who.mask, bits=who.bits)), None)
    if tag is None:
        return Outcome()
    epc, before = tag.epc, tag.memory()
    try:
        return Outcome(tag=tag, epc=epc, data=do(tag, tag.access(password)))
    except TagError as error:
        return Outcome(tag=tag, epc=epc, code=error.code)
    except SilentError as error:
        return Outcome(tag=tag, epc=epc, wrong_password=True) if error.password else Outcome()
    finally:
        if tag.memory() != before:
            air.worked_on(tag)


def read(bank: int, at: int, words: int) -> Do:
    return lambda tag, secured: tag.read(bank, at, words, secured=secured)


def write(bank: int, at: int, data: bytes, power: Power) -> Do:
    def do(tag: Tag, secured: bool) -> bytes:  # noqa: FBT001 - a Do
        tag.write(bank, at, data, secured=secured, power=power)
        return b""

    return do


def lock(mask: int, action: int) -> Do:
    """Ten bits each."""

    def do(tag: Tag, secured: bool) -> bytes:  # noqa: FBT001 - a Do
        tag.lock(mask, action, secured=secured)
        return b""

    return do


def known(bank: int) -> bool:
    return bank in tuple(Bank)
