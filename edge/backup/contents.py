"""What lies in a backup: a manifest, then the files it names, one after the other, compressed together.

The manifest is first: whose box it was, and of each file its name, size and SHA-256. Names are those a box has and no
others, so a file that somebody made up writes nowhere else.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from contract.ids import StoreId
from edge.backup.errors import BackupError
from edge.books.db import BOOKS_FILE
from edge.tags.key import FILE as TAG_KEY

HISTORY: Final = "history"
NAME: Final = re.compile(
    rf"{re.escape(BOOKS_FILE)}|{re.escape(TAG_KEY)}|{HISTORY}/(?:stays|hours|trays|rates|counted)/[0-9]{{8}}-[0-9]{{8}}\.[0-9]+-[0-9]+\.parquet"
)
MANIFEST_BYTES_MAX: Final = 16 << 20
"""Ten years of history are some thousand files."""
LENGTH_BYTES: Final = 4
PIECE_BYTES: Final = 1 << 20
LEVEL: Final = 1
"""Of zlib. Journal rows are JSON and shrink to a fifth; more costs the shop's processor more than it saves."""


class Contained(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the box. `name` begins in its data directory."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Whose box, when, and what. `schema` is the version of its books, `program` of who wrote it."""

    store: StoreId
    made_us: int
    program: str
    schema: int
    files: tuple[Contained, ...]

    @property
    def size(self) -> int:
        """Room that the files need."""
        return sum(file.size for file in self.files)


class Writer(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def contained(folder: Path, name: str) -> Contained:
    """A file as it stands; it must not change from here on."""
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return Contained(name=name, size=size, sha256=digest.hexdigest())


def pack(manifest: Manifest, folder: Path, out: Writer) -> None:
    """Manifest and files. Raises `OSError`; `BackupError` when a file is not what the manifest says."""
    squeeze = zlib.compressobj(LEVEL)
    head = msgspec.json.encode(manifest)
    if len(head) > MANIFEST_BYTES_MAX:
        raise BackupError(
            f"this box has {len(manifest.files)} files, more than a backup lists; give history fewer days"
        )
    out.write(squeeze.compress(len(head).to_bytes(LENGTH_BYTES) + head))
    for each in manifest.files:
        with (folder / each.name).open("rb") as file:
            _copy(each, file.read, lambda piece: out.write(squeeze.compress(piece)))
            if file.read(1):
                raise BackupError(f"{each.name} grew while it was copied; make the backup again")
    out.write(squeeze.flush())


class Unpacker:
    """Reads what `pack` wrote. Raises `BackupError` at once for what is not whole, or for a name no box has."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._squeezed = zlib.decompressobj()
        self._ready = b""
        self._over = False
        size = int.from_bytes(self._exactly(LENGTH_BYTES))
        if size > MANIFEST_BYTES_MAX:
            raise BackupError("this backup has a list of files longer than any box has; take another one")
        try:
            self.manifest = msgspec.json.decode(self._exactly(size), type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BackupError(f"this backup has a list of files that cannot be read ({error}); update") from error
        names = [each.name for each in self.manifest.files]
        strange = next((name for name in names if not NAME.fullmatch(name)), None)
        if strange is not None or len(set(names)) < len(names) or BOOKS_FILE not in names:
            raise BackupError(
                f"this backup names files that no box has ({strange or 'twice, or no books'}); do not use it"
            )

    def files(self, take: Callable[[Contained], BinaryIO | None]) -> Iterator[Contained]:
        """Each file in turn, copied to what `take` opens for it (None: proven only). All must be asked for."""
        for each in self.manifest.files:
            into = take(each)
            try:
                _copy(each, self._some, into.write if into is not None else lambda _: None)
            finally:
                if into is not None:
                    into.close()
            yield each
        if self._some(1) or self._squeezed.unused_data or self._source.read(1):
            raise BackupError("this backup goes on behind its last file; take another one")
        if not self._squeezed.eof:
            raise BackupError("this backup ends before its end; take another one")

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._some(size - len(data))
            if not piece:
                raise BackupError("this backup ends within its list of files; take another one")
            data += piece
        return data

    def _some(self, size: int) -> bytes:
        """Up to so many bytes; none at the end."""
        while not self._ready and not self._over:
            fed = self._squeezed.unconsumed_tail or self._source.read(PIECE_BYTES)
            try:
                self._ready = self._squeezed.decompress(fed, PIECE_BYTES) if fed else self._squeezed.flush()
            except zlib.error as error:
                raise BackupError(f"this backup does not unpack ({error}); take another one") from error
            self._over = not fed or self._squeezed.eof
        data, self._ready = self._ready[:size], self._ready[size:]
        return data


def _copy(each: Contained, read: Callable[[int], bytes], write: Callable[[bytes], object]) -> None:
    digest, left = hashlib.sha256(), each.size
    while left:
        piece = read(min(left, PIECE_BYTES))
        if not piece:
            raise BackupError(f"{each.name} ends {left} bytes too early in this backup; make, or take, another one")
        digest.update(piece)
        write(piece)
        left -= len(piece)
    if digest.hexdigest() != each.sha256:
        raise BackupError(f"{each.name} is not what this backup says it is; make, or take, another one")


def one_line(files: Sequence[Contained]) -> str:
    """What people are told of the contents."""
    parts = sum(each.name.startswith(HISTORY) for each in files)
    books = next(each.size for each in files if each.name == BOOKS_FILE)
    key = ", the tag key" if any(each.name == TAG_KEY for each in files) else ""
    return f"books of {books / 1e6:.1f} MB{key}, {parts} files of history"
