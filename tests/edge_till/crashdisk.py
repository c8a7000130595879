# ruff: noqa: N802 — the methods carry SQLite's own names
"""A disk that loses power: records what SQLite writes and syncs, and makes the images a power cut may leave.

What was synced is there; of what was not, any subset of 512-byte sectors (reliability.md §1.6).
"""

import random
from pathlib import Path

import apsw

from edge.books.db import FULL, Database

SECTOR = 512
RECORDED = ("-wal", ".sqlite3")


class Tape:
    """What happened to the files, in order."""

    def __init__(self):
        self.events = []
        self.marks = 0

    def mark(self):
        """The transaction before this point was acknowledged to a person."""
        self.marks += 1
        self.events.append(("mark", self.marks))


class RecordingVfs(apsw.VFS):
    def __init__(self, name, tape):
        self.tape = tape
        super().__init__(name, "")

    def xOpen(self, name, flags):
        return RecordingFile(self.tape, name, flags)

    def xDelete(self, filename, syncdir):
        super().xDelete(filename, syncdir)
        self.tape.events.append(("delete", filename))


class RecordingFile(apsw.VFSFile):
    def __init__(self, tape, name, flags):
        self.tape = tape
        self.file = name.filename() if isinstance(name, apsw.URIFilename) else name
        super().__init__("", name, flags)

    def _note(self, *event):
        if self.file and self.file.endswith(RECORDED):
            self.tape.events.append(event)

    def xWrite(self, data, offset):
        super().xWrite(data, offset)
        self._note("write", self.file, offset, bytes(data))

    def xTruncate(self, size):
        super().xTruncate(size)
        self._note("truncate", self.file, size)

    def xSync(self, flags):
        super().xSync(flags)
        self._note("sync", self.file)


class _Cursor:
    def __init__(self, db, cursor, description):
        self._cursor = iter(cursor)
        self.description = description
        self.rowcount = db.changes()

    def _row(self, row):
        return dict(zip(self.description, row, strict=True))

    def fetchone(self):
        row = next(self._cursor, None)
        return None if row is None else self._row(row)

    def fetchall(self):
        return [self._row(row) for row in self._cursor]

    def __iter__(self):
        return (self._row(row) for row in self._cursor)


class _Connection:
    """The few words of sqlite3.Connection that `Database` uses, over APSW."""

    row_factory = None

    def __init__(self, path, vfs):
        self._db = apsw.Connection(str(path), vfs=vfs)

    @property
    def in_transaction(self):
        return self._db.in_transaction

    def execute(self, sql, values=None):
        cursor = self._db.cursor()
        names = []
        rows = cursor.execute(sql, values)
        try:
            names = [column[0] for column in cursor.get_description()]
        except apsw.ExecutionCompleteError:
            rows = iter(())
        return _Cursor(self._db, rows, names)

    def executescript(self, sql):
        for _ in self._db.execute(sql):
            pass

    def close(self):
        self._db.close()


class CutDatabase(Database):
    """The books' database over a recording disk."""

    def __init__(self, path, vfs, synchronous=FULL):
        self.SYNCHRONOUS = synchronous
        self._vfs = vfs
        super().__init__(path)

    def _connect(self, path, image, *, readonly):
        return _Connection(path, self._vfs)


class Platter:
    """Replays a tape: `durable` is certain, `pending` may or may not have reached the disk."""

    def __init__(self):
        self.durable = {}
        self.pending = []
        self.acked = 0

    def step(self, event):
        match event:
            case ("mark", n):
                self.acked = n
            case ("sync", name):
                mine = [each for each in self.pending if each[1] == name]
                self.pending = [each for each in self.pending if each[1] != name]
                for each in mine:
                    _put(self.durable, each)
            case ("delete", name):
                self.durable.pop(name, None)
                self.pending = [each for each in self.pending if each[1] != name]
            case _:
                self.pending.append(event)

    def cut(self, rng):
        """One image of what may be left: file name → bytes."""
        files = {name: bytearray(data) for name, data in self.durable.items()}
        for event in self.pending:
            if event[0] == "truncate":
                if rng.random() < 0.5:
                    _put(files, event)
                continue
            _, name, offset, data = event
            for at in range(0, len(data), SECTOR):
                if rng.random() < 0.5:
                    _put(files, ("write", name, offset + at, data[at : at + SECTOR]))
        return files


def _put(files, event):
    if event[0] == "truncate":
        del files.setdefault(event[1], bytearray())[event[2] :]
        return
    _, name, offset, data = event
    body = files.setdefault(name, bytearray())
    if len(body) < offset:
        body.extend(bytes(offset - len(body)))
    body[offset : offset + len(data)] = data


def images(tape, points, seed):
    """`points` cuts spread over the tape: (how many transactions were acknowledged, files)."""
    rng = random.Random(seed)
    cuts = sorted(rng.randrange(len(tape.events)) for _ in range(points))
    platter, at = Platter(), 0
    for cut in cuts:
        while at < cut:
            platter.step(tape.events[at])
            at += 1
        yield platter.acked, platter.cut(rng)


def lay_out(files, folder: Path, source: Path) -> Path:
    """Writes an image under another name."""
    target = folder / "cut.sqlite3"
    for old in folder.glob("cut.sqlite3*"):
        old.unlink()
    for name, data in files.items():
        (folder / Path(name).name.replace(source.name, target.name)).write_bytes(data)
    return target
