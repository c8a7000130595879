"""An RFID label printer on a TCP port: ZPL by a parser of its own, a roll of tags with a memory each, and its troubles.

"ZPL II Programming Guide" and "RFID Programming Guide 3", by command. Whatever it does not know is in `unknown`.
"""

import itertools
import random
import re
from typing import Final

import msgspec

from simulator.gen2 import Bank, Power, SilentError, Tag, TagError, always
from simulator.printer_port import PrinterPort

COMMAND: Final = re.compile(r"[\^~]([A-Z@][A-Z0-9@])", re.IGNORECASE)
LAYOUT: Final = frozenset({"XA", "CI", "PW", "LL", "FO", "FB", "GB", "A0", "BQ", "PQ", "MM", "FS"})
"""What changes how a label looks, and nothing of what is asked about it."""
BLANK_EPC: Final = bytes.fromhex("E28011700000020A")
BUFFER_CHARS_MAX: Final = 1 << 20


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A label that came out. `texts`, `codes`: what a person reads, and what a scanner does."""

    void: bool
    texts: tuple[str, ...]
    codes: tuple[str, ...]
    epc: bytes
    tid: bytes


class Printer:
    """The printer without a socket: characters in, answers out. `chance` says which tags of the roll are bad."""

    def __init__(self, chance: random.Random, *, labels: int = 1000, bad: float = 0.0) -> None:
        self.chance, self.labels, self.bad = chance, labels, bad
        self.head_open = self.ribbon_out = self.paused = False
        self.mute = False
        """Without tags, ribbon or with its head open it does not answer ~HS, as many do."""
        self.lies = self.deaf = 0
        """So many of the next labels: the tag says another EPC than was written; what it said gets lost."""
        self.busy = 0
        """What a tag said is told no sooner than ~HS is asked so many times, though the printer calls itself idle."""
        self.out: list[Label] = []
        self.unknown: list[str] = []
        self.errors: list[str] = []
        self._held = ""
        self._late = b""
        self._late_asks = 0
        self._waiting: list[str] = []
        self._rolled = 0
        self.serialised = True
        """Cheap tags have all one TID."""

    @property
    def stopped(self) -> bool:
        return self.head_open or self.ribbon_out or self.paused or not self.labels

    def hear(self, data: bytes) -> bytes:
        """Raises nothing: what is not ZPL is passed over, as a printer does."""
        self._held = (self._held + data.decode("ascii", "replace"))[-BUFFER_CHARS_MAX:]
        said = b""
        while True:
            cancel = self._held.find("~JA")
            if cancel >= 0:
                self._held, self._waiting = self._held[cancel + 3 :], []
            status, label = self._held.find("~HS"), self._held.find("^XZ")
            if status >= 0 and (label < 0 or status < label):
                self._held = self._held[:status] + self._held[status + 3 :]
                self._late_asks -= 1
                if self._late_asks <= 0:
                    said, self._late = said + self._late, b""
                said += self._status()
            elif label >= 0:
                self._waiting.append(self._held[: label + 3])
                self._held = self._held[label + 3 :]
            else:
                told = self.go_on()
                if self.busy and told:
                    self._late, self._late_asks = self._late + told, self.busy
                    return said
                return said + told

    def go_on(self) -> bytes:
        """Print what waits, as far as tags, ribbon and people let it."""
        said = b""
        while self._waiting and not self.stopped:
            said += self._format(self._waiting.pop(0))
        return said

    def _status(self) -> bytes:
        if self.mute and self.stopped:
            return b""
        first = f"030,{int(not self.labels)},{int(self.paused)},0312,{len(self._waiting):03},0,0,0,000,0,0,0"
        second = f"001,0,{int(self.head_open)},{int(self.ribbon_out)},1,2,6,0,{len(self._waiting):08},1,000"
        return b"".join(b"\x02" + text.encode() + b"\x03\r\n" for text in (first, second, "1234,0"))

    def _format(self, text: str) -> bytes:
        """One ^XA … ^XZ: as many labels as ^RS lets it try."""
        asked = parse(text, self.unknown)
        for _ in range(asked.tries):
            if self.stopped:
                self._waiting.insert(0, text)
                return b""
            tag, power = self._next_tag()
            fields = self._encode(tag, asked, power)
            self.out.append(Label(void=fields is None, texts=asked.texts, codes=asked.codes, epc=tag.epc, tid=tag.tid))
            if fields is not None:
                return self._verify(asked, fields)
        return b""

    def _verify(self, asked: "Format", fields: dict[int, str]) -> bytes:
        if self.deaf:
            self.deaf -= 1
            return b""
        if self.lies:
            self.lies -= 1
            fields = {number: value[::-1] for number, value in fields.items()}
        return "".join(
            f"{header}{fields.get(number, '')[:count]}{end}" for number, count, header, end in asked.verify
        ).encode()

    def _encode(self, tag: Tag, asked: "Format", power: Power) -> dict[int, str] | None:
        """Fields read, by ^FN; None when the tag failed."""
        fields: dict[int, str] = {}
        try:
            for what in asked.work:
                if what.write:
                    data = bytes.fromhex(what.data)
                    if what.bank == "A":
                        tag.write(Bank.EPC, 1, (len(data) // 2 << 11).to_bytes(2), secured=False, power=power)
                    tag.write(*WHERE[what.bank], data, secured=False, power=power)
                else:
                    bank, at = WHERE[what.bank]
                    words = len(tag.epc) // 2 if what.bank == "E" else what.size // 2
                    fields[what.field] = tag.read(bank, at + what.start, words, secured=False).hex().upper()
        except (TagError, SilentError, ValueError) as error:
            self.errors.append(str(error))
            return None
        return fields

    def _next_tag(self) -> tuple[Tag, Power]:
        """A bad one takes some words of what is written into it, or none."""
        self.labels -= 1
        self._rolled += 1
        tid = bytes.fromhex("E2801190") + (self._rolled if self.serialised else 0).to_bytes(8)
        words = self.chance.randrange(0, 6) if self.chance.random() < self.bad else None
        left = None if words is None else iter([True] * words)
        return Tag(BLANK_EPC, tid), always if left is None else lambda: next(left, False)


WHERE: Final = {"E": (Bank.EPC, 2), "A": (Bank.EPC, 2), "0": (Bank.RESERVED, 0), "1": (Bank.EPC, 0), "2": (Bank.TID, 0),
                "3": (Bank.USER, 0)}  # fmt: skip
"""Banks of ^RF, and the word their data begins at."""


class Work(msgspec.Struct, kw_only=True):
    """One ^RF. `start` and `size` as it gives them."""

    write: bool
    bank: str
    start: int
    size: int
    field: int
    data: str = ""


class Format(msgspec.Struct, kw_only=True):
    """What one ^XA … ^XZ asks for. `verify`: field, characters, header, end of each ^HV."""

    work: list[Work]
    texts: tuple[str, ...]
    codes: tuple[str, ...]
    verify: list[tuple[int, int, str, str]]
    tries: int


def parse(text: str, unknown: list[str]) -> Format:
    """ZPL, command by command. A field ends at ^FS."""
    work: list[Work] = []
    texts: list[str] = []
    codes: list[str] = []
    verify: list[tuple[int, int, str, str]] = []
    tries, number, hexadecimal, code, rfid = 3, 0, "", False, False
    marks = [*COMMAND.finditer(text), None]
    for mark, following in itertools.pairwise(marks):
        assert mark is not None, "only the last is none"
        name = mark[1].upper()
        rest = text[mark.end() : following.start() if following else len(text)]
        parts = rest.split(",")
        match name:
            case "FN":
                number = int(rest or 0)
            case "FH":
                hexadecimal = rest[:1] or "_"
            case "BQ":
                code = True
            case "RS":
                tries = int(parts[3] or 3) if len(parts) > 3 else 3
            case "RF":
                operation, _, start, size, bank = (parts + [""] * 5)[:5]
                work.append(
                    Work(
                        write=operation == "W",
                        bank=bank or "E",
                        start=int(start or 0),
                        size=int(size or 0),
                        field=number,
                    )
                )
                rfid = True
            case "FD":
                data = unhex(rest, hexadecimal)
                if rfid:
                    work[-1].data = data
                else:
                    (codes if code else texts).append(data)
            case "HV":
                field, count, header, end = (parts + [""] * 4)[:4]
                verify.append((int(field), int(count or 64), unhex(header, hexadecimal), unhex(end, hexadecimal)))
            case "FS":
                number, hexadecimal, code, rfid = 0, "", False, False
            case "XZ":
                break
            case _ if name not in LAYOUT:
                unknown.append(name)
            case _:
                pass
    return Format(work=work, texts=tuple(texts), codes=tuple(codes), verify=verify, tries=tries)


def unhex(data: str, mark: str) -> str:
    """^FH: the mark and two digits are a byte of UTF-8."""
    if not mark:
        return data
    whole = re.sub(re.escape(mark) + "([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), data)
    return whole.encode("latin-1").decode("utf-8", "replace")


class PrinterServer(PrinterPort[Printer]):
    """The label printer on a port."""
