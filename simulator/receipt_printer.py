"""A receipt printer on a TCP port: ESC/POS by a parser of its own, a roll of paper, a drawer, a lid and its troubles.

By command, as Epson documents them. What it does not know is in `unknown`; what came out is in `out`, ticket by
ticket, as rows a person reads and codes a scanner reads.
"""

from typing import Final

import msgspec

from simulator.printer_port import PrinterPort

LINES_ON_A_ROLL: Final = 2000
BUFFER_MAX: Final = 1 << 20
FIXED: Final = 0x12
"""Bits 1 and 4 of every answer to DLE EOT."""
CHARACTERS: Final = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859_7", 16: "cp1252",
    17: "cp866", 18: "cp852", 19: "cp858", 45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254", 51: "cp1257",
}  # fmt: skip
CLEAR: Final = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))
CLEARED: Final = b"\x37\x25\x00"
SMALL: Final = {0x1B: {ord("@"): 0, ord("2"): 0, ord("t"): 1, ord("a"): 1, ord("E"): 1, ord("!"): 1, ord("-"): 1,
                       ord("d"): 1, ord("J"): 1, ord("3"): 1, ord("R"): 1, ord("M"): 1, ord("p"): 3},
                0x1D: {ord("!"): 1, ord("B"): 1, ord("r"): 1, ord("a"): 1}}  # fmt: skip
"""Bytes after the name of each command of a fixed length, by its lead-in."""
QR: Final = 0x31


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A row that came out. `picture`: bytes across, dots down and the bits, where it is no text."""

    text: str = ""
    bold: bool = False
    wide: int = 1
    high: int = 1
    align: int = 0
    qr: str = ""
    module: int = 0
    picture: tuple[int, int, bytes] | None = None


class Ticket(msgspec.Struct, frozen=True):
    """What was cut off. `whole`: by the cutter, not torn off because the paper ended."""

    rows: tuple[Printed, ...]
    whole: bool = True

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows if not row.qr and row.picture is None)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(row.qr for row in self.rows if row.qr)


class ReceiptPrinter:
    """The printer without a socket: bytes in, answers out."""

    def __init__(self, *, columns: int = 48, lines: int = LINES_ON_A_ROLL) -> None:
        self.columns, self.lines = columns, lines
        self.cover_open = self.cutter_jammed = self.mute = False
        self.near_end_at = 100
        self.out: list[Ticket] = []
        self.drawer: list[int] = []
        """The connector pin of every kick."""
        self.unknown: list[str] = []
        self.cleared_total = 0
        self._held = b""
        self._rows: list[Printed] = []
        self._reset()

    def _reset(self) -> None:
        self._page, self._bold, self._align, self._wide, self._high = 0, False, 0, 1, 1
        self._qr, self._module = "", 3
        self._line = ""

    @property
    def offline(self) -> bool:
        return self.cover_open or self.cutter_jammed or self.lines <= 0

    def hear(self, data: bytes) -> bytes:
        """Raises nothing. What is in real time is carried out when it arrives, wherever it stands; the rest in turn."""
        left, said = b"", b""
        self._held, stream = b"", self._held + data
        at = 0
        while at < len(stream):
            length, answer = self._real_time(stream, at)
            if length:
                if length == len(CLEAR):
                    left = b""  # what waited goes
                said += answer
                at += length
            else:
                left += stream[at : at + 1]
                at += 1
        self._held = left[-BUFFER_MAX:]
        said += self.go_on()
        return b"" if self.mute else said

    def _real_time(self, stream: bytes, at: int) -> tuple[int, bytes]:
        """How many bytes a real-time command takes here, and its answer; nothing where none stands."""
        if stream[at] != 0x10 or at + 2 >= len(stream):
            return 0, b""
        if stream.startswith(CLEAR, at):
            # a ticket that was begun is torn off by hand
            if self._rows:
                self.out.append(Ticket(tuple(self._rows), whole=False))
            self._rows = []
            self._reset()
            self.cleared_total += 1
            return len(CLEAR), CLEARED
        match stream[at + 1]:
            case 0x04 if 1 <= stream[at + 2] <= 4:
                return 3, bytes((self._status(stream[at + 2]),))
            case 0x14 if stream[at + 2] == 1 and at + 4 < len(stream) and stream[at + 3] in (0, 1):
                self.drawer.append(5 if stream[at + 3] else 2)
                return 5, b""
            case _:
                return 0, b""

    def _status(self, which: int) -> int:
        match which:
            case 1:
                return FIXED | (0x08 if self.offline else 0)
            case 2:
                return (
                    FIXED
                    | (0x04 if self.cover_open else 0)
                    | (0x20 if self.lines <= 0 else 0)
                    | (0x40 if self.cutter_jammed else 0)
                )
            case 3:
                return FIXED | (0x08 if self.cutter_jammed else 0)
            case _:
                return FIXED | (0x0C if self.lines <= self.near_end_at else 0) | (0x60 if self.lines <= 0 else 0)

    def go_on(self) -> bytes:
        """Print what waits, as far as paper, lid and cutter let it."""
        said = b""
        while self._held and not self.offline:
            taken, answer = self._one(self._held)
            if not taken:
                break
            self._held = self._held[taken:]
            said += answer
        return said

    def _one(self, held: bytes) -> tuple[int, bytes]:
        """Carry out the first command: how many bytes it took (0: it is not all here) and its answer."""
        lead = held[0]
        if lead == 0x0A:
            self._print_line()
            return 1, b""
        if lead == 0x0D:
            return 1, b""
        if lead in (0x1B, 0x1D):
            if len(held) < 2:
                return 0, b""
            known = SMALL[lead].get(held[1])
            if known is not None:
                if len(held) < 2 + known:
                    return 0, b""
                return 2 + known, self._simple(lead, held[1], held[2 : 2 + known])
            return self._long(held) if lead == 0x1D else self._strange(held, 2)
        if lead < 0x20:
            return self._strange(held, 1)
        self._line += bytes((lead,)).decode(CHARACTERS.get(self._page, "ascii"), "replace")
        return 1, b""

    def _strange(self, held: bytes, length: int) -> tuple[int, bytes]:
        self.unknown.append(held[:length].hex(" "))
        return length, b""

    def _simple(self, lead: int, name: int, more: bytes) -> bytes:
        n = more[0] if more else 0
        match (lead, chr(name)):
            case (0x1B, "@"):
                self._reset()
            case (0x1B, "t"):
                if n not in CHARACTERS:
                    self.unknown.append(f"code page {n}")
                self._page = n
            case (0x1B, "a"):
                self._align = n % 48
            case (0x1B, "E"):
                self._bold = bool(n & 1)
            case (0x1B, "!"):
                self._bold, self._high, self._wide = bool(n & 8), 2 if n & 16 else 1, 2 if n & 32 else 1
            case (0x1B, "d"):
                self._print_line()
                for _ in range(n - 1):
                    self._print_line()
            case (0x1B, "p"):
                self.drawer.append(5 if n % 48 else 2)
            case (0x1D, "!"):
                self._wide, self._high = (n >> 4 & 7) + 1, (n & 7) + 1
            case (0x1D, "r"):
                near, end = self.lines <= self.near_end_at, self.lines <= 0
                return bytes(((0x03 if near else 0) | (0x0C if end else 0),))
            case _:
                pass  # how it looks, and nothing of what it says
        return b""

    def _long(self, held: bytes) -> tuple[int, bytes]:
        """GS V, GS ( k and GS v 0."""
        match chr(held[1]):
            case "V":
                return self._cut(held)
            case "(":
                return self._function(held)
            case "v":
                return self._picture(held)
            case _:
                return self._strange(held, 2)

    def _cut(self, held: bytes) -> tuple[int, bytes]:
        if len(held) < 3:
            return 0, b""
        length = 4 if held[2] >= 65 else 3
        if len(held) < length:
            return 0, b""
        if self._line:
            self._print_line()
        self.out.append(Ticket(tuple(self._rows)))
        self._rows = []
        return length, b""

    def _function(self, held: bytes) -> tuple[int, bytes]:
        if len(held) < 5:
            return 0, b""
        length = 5 + held[3] + (held[4] << 8)
        if len(held) < length:
            return 0, b""
        body = held[5:length]
        if held[2] != ord("k") or len(body) < 2 or body[0] != QR:
            return self._strange(held, length)
        match body[1]:
            case 0x43:
                self._module = body[2]
            case 0x50:
                self._qr = body[3:].decode("ascii", "replace")
            case 0x51:
                self._take(self._module * 12, Printed(qr=self._qr, module=self._module, align=self._align))
            case _:
                pass  # model and error level
        return length, b""

    def _picture(self, held: bytes) -> tuple[int, bytes]:
        if len(held) < 8:
            return 0, b""
        across, down = int.from_bytes(held[4:6], "little"), int.from_bytes(held[6:8], "little")
        length = 8 + across * down
        if len(held) < length:
            return 0, b""
        self._take(max(1, down // 30), Printed(picture=(across, down, held[8:length]), align=self._align))
        return length, b""

    def _print_line(self) -> None:
        text, self._line = self._line, ""
        over = len(text) * self._wide - self.columns
        if over > 0:
            self.unknown.append(f"a row {over} columns too wide: {text!r}")
        row = Printed(text=text, bold=self._bold, wide=self._wide, high=self._high, align=self._align)
        self._take(self._high, row)

    def _take(self, lines: int, row: Printed) -> None:
        self._rows.append(row)
        self.lines -= lines


class ReceiptPrinterServer(PrinterPort[ReceiptPrinter]):
    """The receipt printer on a port."""

    def mend(self, lines: int = LINES_ON_A_ROLL) -> None:
        """A new roll, lid shut, cutter free; what waited goes on, and what it says is said."""
        self.printer.lines, self.printer.cover_open, self.printer.cutter_jammed = lines, False, False
        self.say(self.printer.go_on())
