"""What an RFID label printer is told, in ZPL II, and what it answers. Pure: templates → bytes, bytes → answers.

Zebra's "ZPL II Programming Guide" and "RFID Programming Guide 3", by command. Commands begin with ^ or ~, so every
field is written in hexadecimal where it is not a plain letter or digit (^FH): a piece's title prints, and commands
nothing.
"""

import re
import tomllib
from importlib import resources
from typing import Annotated, Final

import msgspec

from edge.readers.base import MisconfiguredError, ProtocolError

PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-/:")
FIELDS: Final = frozenset({"title", "sku", "metal", "stones", "price", "serial", "qr"})
FIELD_CHARS_MAX: Final = 200
ANSWER_BYTES_MAX: Final = 4096
"""More without an end is no printer's answer."""
EPC_FIELD: Final = 1
TID_FIELD: Final = 2
JOB_MAX: Final = 99_999_999
STATUS: Final = b"~HS"
CANCEL_ALL: Final = b"~JA"
"""Forget every label that waits in the printer's buffer."""
QR_AUTOMATIC: Final = "QA,"
"""^BQ: error correction Q (a quarter of the symbol may be lost), the printer chooses the character mode."""
_PLACE: Final = re.compile(r"\{(\w+)\}")
_READ_BACK: Final = re.compile(rb"V(\d{8})([ET])([0-9A-Fa-f]*)[^\r\n\x02]*\r\n")
_STATUS: Final = re.compile(rb"\x02([^\x02\x03]*)\x03\r\n" * 3)

Millimetres = Annotated[int, msgspec.Meta(ge=0, le=999)]


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of tag. `zpl` has `{field}` where `FIELDS` go; `tid_bytes` 0: this printer does not read TIDs."""

    name: str
    dots_per_mm: Annotated[int, msgspec.Meta(ge=6, le=24)]
    width_mm: Annotated[int, msgspec.Meta(ge=5, le=200)]
    length_mm: Annotated[int, msgspec.Meta(ge=5, le=400)]
    position_mm: Millimetres
    void_mm: Millimetres
    tid_bytes: Annotated[int, msgspec.Meta(ge=0, le=24)]
    zpl: str


def templates() -> list[str]:
    """Names of those that are shipped."""
    files = (resources.files("edge.tags") / "labels").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_template(name: str) -> Template:
    """Raises `MisconfiguredError` with the mend."""
    if name not in templates():
        raise MisconfiguredError(f"no label {name!r}; use one of {', '.join(templates())}")
    text = (resources.files("edge.tags") / "labels" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_template(name, text)


def parse_template(name: str, text: str) -> Template:
    """Raises `MisconfiguredError` with the mend."""
    try:
        template = msgspec.convert(tomllib.loads(text), Template)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise MisconfiguredError(f"label {name}: {error}; correct that key") from error
    unknown = set(_PLACE.findall(template.zpl)) - FIELDS
    if unknown:
        names = ", ".join(sorted(unknown))
        raise MisconfiguredError(f"label {name}: no field {names}; use {', '.join(sorted(FIELDS))}")
    return template


def field(text: str, prefix: str = "") -> str:
    """^FH and ^FD of a text: every byte of its UTF-8 that is not plain as `_` and two digits, controls as spaces."""
    shown = "".join(char if char.isprintable() else " " for char in text[:FIELD_CHARS_MAX])
    data = (prefix + shown).encode()
    return "^FH_^FD" + "".join(chr(byte) if byte in PLAIN else f"_{byte:02X}" for byte in data)


def label(template: Template, fields: dict[str, str], epc: bytes, job: int) -> bytes:
    """One tag: written, read back, printed, and what was read told to us under the number of the job.

    ^RS: Gen2, one tag for one try. A tag that fails is void, and tried again by us with another EPC: a tag that was
    written and not heard must not be the twin of one that is used.
    """
    assert set(fields) == FIELDS, "every field of a label is given, empty or not"
    assert 0 < job <= JOB_MAX, "a job has eight digits"
    assert epc, "an EPC"
    assert len(epc) % 2 == 0, "in whole words"
    dots = template.dots_per_mm
    hexa = epc.hex().upper()
    read_back = [f"^FN{EPC_FIELD}^RFR,H,0,{len(epc)},E^FS"]
    told = [_verified(EPC_FIELD, len(hexa), f"V{job:08}E")]
    if template.tid_bytes:
        read_back.append(f"^FN{TID_FIELD}^RFR,H,0,{template.tid_bytes},2^FS")
        told.insert(0, _verified(TID_FIELD, 2 * template.tid_bytes, f"V{job:08}T"))
    printed = _PLACE.sub(lambda found: _printed(found[1], fields), template.zpl.replace("\n", ""))
    parts = [
        "^XA^CI28",
        f"^PW{template.width_mm * dots}^LL{template.length_mm * dots}",
        f"^RS8,F{template.position_mm},{template.void_mm * dots},1,N",
        # bank A: the EPC and, in the PC word, its length
        f"^RFW,H,0,{len(epc)},A^FD{hexa}^FS",
        *read_back,
        printed,
        *told,
        "^PQ1^XZ",
    ]
    return "".join(parts).encode("ascii")


def _printed(name: str, fields: dict[str, str]) -> str:
    return field(fields[name], QR_AUTOMATIC if name == "qr" else "")


def _verified(number: int, chars: int, header: str) -> str:
    """^HV: the field, behind our header, ended by CR LF, for each label."""
    return f"^FH_^HV{number},{chars},{header},_0D_0A,L^FS"


class ReadBack(msgspec.Struct, frozen=True):
    """What the tag of a job said after it was written. `which`: E its EPC, T its TID."""

    job: int
    which: str
    data: bytes


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """~HS, as far as it matters. `formats`: in the buffer; `remaining`: labels of the batch not printed yet."""

    paper_out: bool
    paused: bool
    formats: int
    buffer_full: bool
    memory_lost: bool
    too_cold: bool
    too_hot: bool
    head_open: bool
    ribbon_out: bool
    remaining: int

    @property
    def idle(self) -> bool:
        return not self.formats and not self.remaining

    @property
    def trouble(self) -> str:
        """What a person has to do at the printer; empty when it can print."""
        mends = {
            "is out of tags: put in a new roll": self.paper_out,
            "has its head open: close it": self.head_open,
            "is out of ribbon: put in a new one": self.ribbon_out,
            "is too hot: let it cool": self.too_hot,
            "is too cold: let it warm up": self.too_cold,
            "has lost its settings: set it up again and calibrate it": self.memory_lost,
            "is paused: press its pause key": self.paused,
        }
        return " and ".join(words for words, true in mends.items() if true)


Answer = ReadBack | Status


class Answers:
    """Bytes of any length in, answers out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Answer]:
        """Raises `ProtocolError` for what no printer says."""
        self._rest += data
        found: list[Answer] = []
        while True:
            read, status = _READ_BACK.search(self._rest), _STATUS.search(self._rest)
            first = min((each for each in (read, status) if each is not None), key=lambda m: m.start(), default=None)
            if first is None:
                break
            self._rest = self._rest[first.end() :]
            found.append(_read_back(first) if first is read else _status(first))
        if len(self._rest) > ANSWER_BYTES_MAX:
            raise ProtocolError(f"{len(self._rest)} bytes of the printer are no answer")
        return found


def _read_back(found: re.Match[bytes]) -> ReadBack:
    job, which, data = found.groups()
    whole = data[: len(data) // 2 * 2].decode()
    return ReadBack(int(job), which.decode(), bytes.fromhex(whole))


def _status(found: re.Match[bytes]) -> Status:
    """Three strings (ZPL II, ~HS). Raises `ProtocolError` when a figure is none."""
    try:
        first, second = ([int(each) for each in text.split(b",")] for text in found.groups()[:2])
        _, paper, paused, _, formats, full, _, _, _, lost, cold, hot = first
        _, _, head, ribbon, _, _, _, _, remaining, *_ = second
    except ValueError as error:
        raise ProtocolError(f"the printer's status cannot be read: {found[0][:80]!r}") from error
    return Status(
        paper_out=bool(paper),
        paused=bool(paused),
        formats=formats,
        buffer_full=bool(full),
        memory_lost=bool(lost),
        too_cold=bool(cold),
        too_hot=bool(hot),
        head_open=bool(head),
        ribbon_out=bool(ribbon),
        remaining=remaining,
    )
