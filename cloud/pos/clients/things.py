"""What is a client's own and is appraised: described, photographed and valued, all of it under the client's key.

An appraisal is sealed as a whole, so that whoever destroys the key has destroyed what it says, its photos and its PDF;
the hash of the PDF stays, and still tells that a paper is ours. The description is part of each appraisal: the next one
of the same thing begins with it, and an older paper says for ever what was found then.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud import aliases, appraising
from cloud.appraising import Appraisal, AppraisalError, Described
from cloud.db import Tx
from cloud.people import Keyring, PersonKey
from cloud.pos.clients import desk
from cloud.tables import client, client_appraisal, client_paper
from cloud.work import Work
from contract.ids import PersonId, UserId
from trade.appraisal import AppraisalState
from web import images

TITLE_MAX: Final = 200
WORDS_MAX: Final = 1000
PHOTOS_MAX: Final = 6
THINGS_MAX: Final = 500
PHOTO, SIGNED = "photo", "signed"
FACTS: Final = {
    "metals": "Metal", "weight": "Weight", "stones": "Stones", "marks": "Marks", "condition": "Condition",
    "declared": "Declared by the owner",
}  # fmt: skip
"""Fields of a description as they are named on the paper, in the order they are read."""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """As somebody of the house found it; `declared` is what its owner said of it and nobody could examine.

    `weight` is in words, since stones are weighed in their settings or apart: "4.2 g; centre stone 1.01 ct".
    """

    title: str
    metals: str = ""
    weight: str = ""
    stones: str = ""
    marks: str = ""
    condition: str = ""
    declared: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """All that is written of one, as it is sealed."""

    thing: Thing
    value_minor: int
    currency: str
    purpose: str
    appraiser: str
    day: str
    note: str = ""


class Photo(NamedTuple):
    sha256: str
    bytes: int


class Known(NamedTuple):
    """One of a client's, opened. `of` names the thing: the same for all appraisals of it."""

    of: str
    thing: Thing
    told: Appraisal
    photos: tuple[Photo, ...]

    @property
    def number(self) -> str:
        return appraising.number(self.told.appraisal)

    @property
    def newer(self) -> str:
        return appraising.number(self.told.to) if self.told.to else ""

    @property
    def facts(self) -> list[tuple[str, str]]:
        return [(name, words) for field, name in FACTS.items() if (words := getattr(self.thing, field))]

    @property
    def stands(self) -> bool:
        return self.told.state in (AppraisalState.SIGNED, AppraisalState.DELIVERED)


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Draft).decode


class OfClient:
    """A thing of a client as a `cloud.appraising.Subject`. Its methods raise `SealedError`."""

    def __init__(self, work: Work, ring: Keyring, person: PersonId, of: str) -> None:
        self._work, self._ring, self._person, self._of = work, ring, person, of

    def one(self, name: str) -> Appraisal | None:
        known = one(self._work.tx, self._ring, self._person, name)
        return known.told if known is not None and known.of == self._of else None

    def described(self, name: str) -> Described:
        known = one(self._work.tx, self._ring, self._person, name)
        assert known is not None, "who draws its paper has looked it up"
        papers = (_paper(self._work.tx, self._ring, name, each.sha256, thumb=False) for each in known.photos)
        photos = tuple(each.body for each in papers if each is not None)
        store = str(self._work.tx.value(sa.select(client.c.store).where(client.c.person == self._person)) or "")
        owner = desk.read(self._work, self._ring, self._person).name
        return Described(known.thing.title, tuple(known.facts), store, owner, photos)

    def keep(self, name: str, body: bytes, *, by: UserId) -> str:
        return _keep(self._work, self._key(name), name, SIGNED, images.accept(body), by=by)

    def words(self, name: str, text: str) -> str:
        return base64.b64encode(self._key(name)[1].seal(_field(name, "words"), text.encode())).decode("ascii")

    def _key(self, name: str) -> tuple[PersonId, PersonKey]:
        """Of whichever of their ids it was written under."""
        return _key_of(self._work.tx, self._ring, name)


def begin(work: Work, ring: Keyring, person: PersonId, draft: Draft, *, new_id: str, by: UserId, of: str = "") -> str:
    """A draft; `of`: the thing, where it was appraised before. Raises `AppraisalError`, `UnknownClientError`."""
    desk.lock(work, person)
    desk.read(work, ring, person)
    draft = checked(draft)
    tx = work.tx
    theirs = client_appraisal.c.person.in_(aliases.ids(tx, person))
    if of and tx.value(sa.select(client_appraisal.c.thing).where(theirs, client_appraisal.c.thing == of)) is None:
        raise AppraisalError("This client has no such thing: describe it as a new one")
    if int(tx.value(sa.select(sa.func.count()).select_from(client_appraisal).where(theirs)) or 0) >= THINGS_MAX:
        raise AppraisalError(f"A client has at most {THINGS_MAX} appraisals: no more drafts can be written")
    key = ring.person(tx, person)
    assert key is not None, "the profile was opened with it a moment ago"
    row = {"appraisal": new_id, "thing": of or new_id, "person": person, "by": by, "at_us": work.now_us}
    tx.add(client_appraisal, {**row, "sealed": key.seal(_field(new_id), _encode(draft))})
    return new_id


def checked(draft: Draft) -> Draft:
    """The same with plain spaces. Raises `AppraisalError` that names the field."""
    fields = {name: " ".join(getattr(draft.thing, name).split()) for name in Thing.__struct_fields__}
    if not 0 < len(fields["title"]) <= TITLE_MAX:
        raise AppraisalError(f"Say what it is, in 1 to {TITLE_MAX} signs")
    for name, text in fields.items():
        if len(text) > WORDS_MAX:
            raise AppraisalError(f"{FACTS[name]}: at most {WORDS_MAX} signs")
    if not any(fields[name] for name in FACTS):
        raise AppraisalError("Describe it: its metal, its stones, what it weighs")
    told = Appraisal(**{name: getattr(draft, name) for name in Draft.__struct_fields__ if name != "thing"})
    for name, why in appraising.wrong(told):
        raise AppraisalError(f"{name.capitalize()}: {why}")
    return msgspec.structs.replace(draft, thing=Thing(**fields))


def add_photo(work: Work, ring: Keyring, person: PersonId, name: str, data: bytes, *, by: UserId) -> str:
    """Of a draft; its SHA-256. Raises `AppraisalError`, `LookupError`, `BlobError`."""
    known = one(work.tx, ring, person, name)
    if known is None:
        raise LookupError(f"there is no appraisal {name}")
    if known.told.state is not AppraisalState.DRAFT:
        raise AppraisalError("Photos belong to a draft: what was signed is never edited, write a newer one")
    told = images.accept(data)
    if told.media != images.JPEG:
        raise AppraisalError("A photo is JPEG, PNG or WebP")
    if len(known.photos) >= PHOTOS_MAX:
        raise AppraisalError(f"An appraisal has at most {PHOTOS_MAX} photos")
    return _keep(work, _key_of(work.tx, ring, name), name, PHOTO, told, by=by)


def listing(tx: Tx, ring: Keyring, person: PersonId) -> list[Known]:
    """Of all ids of this client, newest day first; of who was erased none. Raises `SealedError`."""
    mine = client_appraisal.c.person.in_(aliases.ids(tx, person)), sa.func.length(client_appraisal.c.sealed) > 0
    rows = tx.rows(sa.select(client_appraisal).where(*mine))
    found = _opened(tx, ring, rows)
    return sorted(found, key=lambda each: (each.told.day, each.told.at_us), reverse=True)


def one(tx: Tx, ring: Keyring, person: PersonId, name: str) -> Known | None:
    """None for one that is not theirs, or of who was erased. Raises `SealedError`."""
    mine = client_appraisal.c.person.in_(aliases.ids(tx, person)), client_appraisal.c.appraisal == name
    found = _opened(tx, ring, tx.rows(sa.select(client_appraisal).where(*mine)))
    return found[0] if found else None


def owner(tx: Tx, name: str) -> str | None:
    """Whose it is, by the id that stands for all of theirs; None for no appraisal of a client's own thing."""
    person = tx.value(sa.select(client_appraisal.c.person).where(client_appraisal.c.appraisal == name))
    return None if person is None else str(aliases.heads(tx, [PersonId(person)])[person])


def paper(
    tx: Tx, ring: Keyring, person: PersonId, name: str, sha256: str, *, thumb: bool = False
) -> images.Accepted | None:
    """A photo or the signed PDF of an appraisal of theirs. Raises `SealedError`."""
    return None if one(tx, ring, person, name) is None else _paper(tx, ring, name, sha256, thumb=thumb)


def export(tx: Tx, ring: Keyring, person: PersonId) -> list[dict[str, Any]]:
    """Every word, photo and paper, for the person they are about. Raises `SealedError`."""
    found = []
    for known in listing(tx, ring, person):
        name = known.told.appraisal
        papers = tx.rows(sa.select(client_paper.c.sha256).where(client_paper.c.appraisal == name))
        opened = [(row["sha256"], _paper(tx, ring, name, row["sha256"], thumb=False)) for row in papers]
        found.append(
            {
                "number": known.number, "thing": msgspec.to_builtins(known.thing),
                "appraisal": msgspec.to_builtins(known.told), "events": _events(tx, ring, name),
                "papers": [
                    {"sha256": sha256, "media": each.media, "base64": base64.b64encode(each.body).decode("ascii")}
                    for sha256, each in opened if each is not None
                ],
            }
        )  # fmt: skip
    return found


def forget(tx: Tx, person: PersonId) -> None:
    """Drafts, photos and papers of one id; numbers, days of events and hashes stay."""
    tx.run(sa.update(client_appraisal).where(client_appraisal.c.person == person).values(sealed=b""))
    tx.run(sa.update(client_paper).where(client_paper.c.person == person).values(sealed=b"", thumb=b""))


def _events(tx: Tx, ring: Keyring, name: str) -> list[dict[str, Any]]:
    """What became of it, in words again."""
    key = _key_of(tx, ring, name)[1]
    opened = ("credentials", "basis", "why")
    found = []
    for row in appraising.events(tx, [name])[name]:
        told = dict(row)
        for field in (*opened, *(("to",) if row["event"] == "deliver" else ())):
            if told[field]:
                told[field] = key.open(_field(name, "words"), base64.b64decode(told[field])).decode()
        found.append(told)
    return found


def _opened(tx: Tx, ring: Keyring, rows: Sequence[sa.RowMapping]) -> list[Known]:
    names = [row["appraisal"] for row in rows]
    told = appraising.events(tx, names)
    photos = _photos(tx, names)
    keys = {person: ring.person(tx, PersonId(person)) for person in {row["person"] for row in rows}}
    found = []
    for row in rows:
        key, name = keys[row["person"]], row["appraisal"]
        if key is None or not row["sealed"]:
            continue
        draft = _decode(key.open(_field(name), bytes(row["sealed"])))
        written = {field: getattr(draft, field) for field in Draft.__struct_fields__ if field != "thing"}
        of_it = {**written, "by": row["by"], "at_us": row["at_us"], "appraisal": name}
        known = appraising.made(of_it, told[name])
        found.append(Known(row["thing"], draft.thing, known, tuple(photos.get(name, ()))))
    return found


def _photos(tx: Tx, names: Sequence[str]) -> Mapping[str, list[Photo]]:
    found: dict[str, list[Photo]] = {}
    mine = client_paper.c.appraisal.in_(list(names)), client_paper.c.kind == PHOTO
    query = sa.select(client_paper.c.appraisal, client_paper.c.sha256, client_paper.c.bytes).where(*mine)
    for row in tx.rows(query.order_by(client_paper.c.at_us, client_paper.c.sha256)) if names else ():
        found.setdefault(row["appraisal"], []).append(Photo(row["sha256"], row["bytes"]))
    return found


def _key_of(tx: Tx, ring: Keyring, name: str) -> tuple[PersonId, PersonKey]:
    person = PersonId(str(tx.value(sa.select(client_appraisal.c.person).where(client_appraisal.c.appraisal == name))))
    key = ring.person(tx, person)
    if key is None:
        raise desk.UnknownClientError(f"The client of appraisal {appraising.number(name)} was erased")
    return person, key


def _keep(
    work: Work, whose: tuple[PersonId, PersonKey], name: str, kind: str, told: images.Accepted, *, by: UserId
) -> str:
    """The same again changes nothing."""
    person, key = whose
    sha256 = appraising.hash_of(told.body)
    row = {
        "appraisal": name, "sha256": sha256, "person": person, "kind": kind, "media": told.media,
        "bytes": len(told.body), "by": by, "at_us": work.now_us, "sealed": key.seal(_field(name, sha256), told.body),
        "thumb": key.seal(_field(name, f"{sha256} thumb"), told.thumb) if told.thumb else b"",
    }  # fmt: skip
    work.tx.add_new(client_paper, row)
    return sha256


def _paper(tx: Tx, ring: Keyring, name: str, sha256: str, *, thumb: bool) -> images.Accepted | None:
    mine = client_paper.c.appraisal == name, client_paper.c.sha256 == sha256
    row = tx.row(sa.select(client_paper).where(*mine))
    sealed = b"" if row is None else bytes(row["thumb" if thumb else "sealed"])
    if row is None or not sealed:
        return None
    key = _key_of(tx, ring, name)[1]
    return images.Accepted(row["media"], key.open(_field(name, f"{sha256} thumb" if thumb else sha256), sealed))


def _field(name: str, part: str = "") -> str:
    return f"client appraisal {name} {part}".strip()
