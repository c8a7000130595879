"""An entry of any released version still says all it said, and still applies: journals are kept for ever."""

import json

import msgspec
import pytest
import sqlalchemy as sa

from cloud.tables import parked
from contract import facts
from contract.entries import decode_entry
from contract.facts import Stream
from contract.ids import Epoch
from contract.messages import JournalRows
from edge.books import fold
from edge.books.journal import Books
from edge.books.rows import Mode
from trade.guards import ALL

MEND = (
    "{what} of {kind!r}, which released boxes write and journals keep for ever, {why}. Put it back as it was (a field may "
    "become optional, never go; a word of an enum stays), and where the meaning has changed add a fact beside it: "
    "CONTRIBUTING.md, Add a fact."
)


def lost(body, decode=decode_entry):
    """What today's code does not understand of an entry, in words; empty: nothing."""
    told = json.loads(body)
    kinds = "+".join(each["fact"] for each in told["facts"])
    try:
        entry = decode(body)
    except msgspec.ValidationError as error:
        return MEND.format(what="Something", kind=kinds, why=f"cannot be read any more ({error})")
    for said, fact in zip(told["facts"], entry.facts, strict=True):
        for way in missing(said, fact, ""):
            return MEND.format(what=f"The field {way}", kind=said["fact"], why="is dropped without a word")
    return ""


def missing(said, heard, way):
    """Ways to what was said and not heard alike."""
    if isinstance(heard, msgspec.Raw):
        heard = json.loads(bytes(heard))
    if isinstance(heard, msgspec.Struct):
        tag = heard.__struct_config__.tag_field
        for name, value in said.items():
            if name != tag and not hasattr(heard, name):
                yield f"{way}.{name}".lstrip(".")
            elif name != tag:
                yield from missing(value, getattr(heard, name), f"{way}.{name}")
    elif isinstance(said, list) and isinstance(heard, list | tuple) and len(said) == len(heard):
        for one, other in zip(said, heard, strict=True):
            yield from missing(one, other, way)
    elif said != heard:
        yield way.lstrip(".")


def test_every_fact_ever_released_still_says_all_it_said(released):
    assert len(released.entries) > 100
    assert [each for body in released.entries if (each := lost(body))] == []


def without(fact, field):
    """The decoder of a contract in which this fact has no such field."""
    kept = [
        (each.name, each.type) if each.required else (each.name, each.type, each.default)
        for each in msgspec.structs.fields(fact)
        if each.name != field
    ]
    tag = fact.__struct_config__
    changed = msgspec.defstruct(fact.__name__, kept, kw_only=True, frozen=True, tag_field=tag.tag_field, tag=tag.tag)

    class Entry(msgspec.Struct):
        facts: tuple[changed]

    return msgspec.json.Decoder(Entry).decode


def of(released, fact):
    tag = fact.__struct_config__.tag
    return [body for body in released.entries if json.loads(body)["facts"][0]["fact"] == tag]


@pytest.mark.parametrize(("fact", "field"), [(facts.ClaimHeld, "ce"), (facts.SaleRecorded, "client")])
def test_a_field_that_is_taken_from_a_fact_is_told_with_the_mend(released, fact, field):
    told = [lost(body, without(fact, field)) for body in of(released, fact)]
    assert any(f"The field {field} of" in each and "Put it back" in each for each in told)


def test_a_word_that_is_taken_from_an_enum_is_told_with_the_mend(released):
    (body, *_) = [each for each in of(released, facts.ClaimHeld) if b'"lease"' in each]
    assert "cannot be read any more" in lost(body.replace(b'"lease"', b'"no word of ours"'))


def test_every_fact_ever_released_still_folds_into_the_books_of_a_store(released):
    books = Books.open(None, store="paris", instance="m1")
    for body in released.entries:
        entry = decode_entry(body)
        books.db.begin()
        for fact in entry.facts:
            fold.apply(books.db, fact, fold.At(epoch=Epoch("e1"), seq=1, at_us=entry.at_us, by=entry.by), ALL)
        books.db.rollback()
    assert books.node().mode is Mode.REJOIN, "each was taken back"


def test_every_fact_ever_released_is_still_taken_by_the_office(released, house):
    office = house.HeadOffice()
    office.open()
    for n, body in enumerate(released.entries):
        stream = Stream(json.loads(body)["stream"])
        office.journal(
            JournalRows(store=house.STORE, epoch=f"old-{n}", stream=stream, first_seq=1, rows=(msgspec.Raw(body),))
        )
    with office.office.reading() as tx:
        assert [dict(row) for row in tx.rows(sa.select(parked))] == []
        assert tx.value(sa.text("SELECT count(*) FROM inbox")) == len(released.entries)
