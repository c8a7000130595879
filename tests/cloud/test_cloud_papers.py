"""Photos and papers: decoded within limits, without the camera's data, sealed where they are kept, checked when read."""

import hashlib
import io

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cloud import blobs
from cloud.pos.pieces import papers
from cloud.pos.pieces.desk import bring_in, records
from cloud.pos.pieces.papers import PaperError, PaperKind
from cloud.tables import blob
from cloud.work import begin
from contract.ids import PieceId, StoreId
from web import images
from web.images import BlobError, accept

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


def picture(kind="JPEG", size=(60, 40), mode="RGB", **more):
    file = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else (255, 0, 0, 0)).save(file, kind, **more)
    return file.getvalue()


def test_a_photo_is_written_anew_without_what_the_camera_told():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCamera", 6
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    data = picture(exif=exif)
    assert b"SecretCamera" in data, "the control"
    told = accept(data)
    assert (told.media, told.width, told.height) == (images.JPEG, 40, 60), "turned as the camera was held"
    with Image.open(io.BytesIO(told.body)) as kept:
        assert dict(kept.getexif()) == {}
    assert b"SecretCamera" not in told.body + told.thumb


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "RGB"), ("WEBP", "RGBA")])
def test_jpeg_png_and_webp_become_one_kind_no_larger_than_they_need_be(kind, mode):
    told = accept(picture(kind, (2_000, 1_000), mode))
    assert (told.media, told.width, told.height) == (images.JPEG, 1_600, 800)
    with Image.open(io.BytesIO(told.thumb)) as small:
        assert small.size == (320, 160)


def test_a_picture_that_claims_to_be_a_wall_is_refused_by_its_header():
    data = bytearray(picture("PNG", (10, 10)))
    assert accept(bytes(data)), "the control"
    import struct
    import zlib

    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    with pytest.raises(BlobError, match="pixels"):
        accept(bytes(data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"x" * (images.BYTES_MAX + 1), "more than 12 MiB"),
        (b"<svg onload='alert(1)'/>", "JPEG, PNG or WebP"),
        (b"GIF89a" + b"\0" * 40, "JPEG, PNG or WebP"),
        (picture()[:200], "JPEG, PNG or WebP"),
        (b"%PDF-1.7 cut", "ends too early"),
    ],
)
def test_what_is_no_photo_and_no_paper_is_refused_in_words(data, words):
    with pytest.raises(BlobError, match=words):
        accept(data)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_kept_or_refused_in_words(data):
    for begins in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "):
        with pytest.raises(BlobError):
            accept(begins + data)


@pytest.fixture
def paris(house):
    house.store("paris")
    with house.office.transaction() as tx:
        assert bring_in(begin(tx, house.guards, 1), [house.card("p1"), house.card("p2")], StoreId("paris")).errors == []
    return house


def add(house, data, kind=PaperKind.PHOTO, name="p1", at_us=2):
    with house.office.transaction() as tx:
        return papers.add(begin(tx, house.guards, at_us), PieceId(name), data, kind, "front.jpg", by="ana")


def get(house, sha256, **more):
    with house.office.reading() as tx:
        return blobs.get(tx, sha256, secret=begin(tx, house.guards, 1).secret, **more)


def test_a_photo_is_sealed_where_it_is_kept_told_to_the_stores_and_the_same_again_is_nothing(paris):
    sha256 = add(paris, picture())
    assert add(paris, picture()) == sha256
    kept = get(paris, sha256)
    assert (kept.media, hashlib.sha256(kept.body).hexdigest()) == (images.JPEG, sha256)
    assert get(paris, sha256, thumb=True).body.startswith(b"\xff\xd8")
    with paris.office.reading() as tx:
        row = tx.row(sa.select(blob))
        assert kept.body[:40] not in bytes(row["body"])
        assert records(tx, [PieceId("p1")])["p1"].card.photo == sha256
        assert [each.name for each in papers.listing(tx, PieceId("p1"))] == ["front.jpg"]
        assert papers.is_of_a_piece(tx, sha256, PieceId("p1"))
        assert not papers.is_of_a_piece(tx, sha256, PieceId("p2")), "nobody sees it through another piece"


def test_a_blob_that_was_changed_on_the_disk_is_not_given_out(paris):
    sha256 = add(paris, picture())
    with paris.office.transaction() as tx:
        body = bytearray(tx.value(sa.select(blob.c.body)))
        body[-1] ^= 1
        tx.run(sa.update(blob).values(body=bytes(body)))
    with pytest.raises(blobs.DamagedBlobError, match="backup"):
        get(paris, sha256)


def test_a_pdf_is_a_paper_and_no_photo(paris):
    sha256 = add(paris, PDF, PaperKind.CERTIFICATE)
    assert get(paris, sha256) == blobs.Blob(images.PDF, PDF)
    assert get(paris, sha256, thumb=True) is None
    with pytest.raises(PaperError, match="a photo is JPEG"):
        add(paris, PDF)


def test_a_piece_has_so_many_papers(paris, monkeypatch):
    monkeypatch.setattr(papers, "PAPERS_MAX", 1)
    add(paris, PDF, PaperKind.CERTIFICATE)
    with pytest.raises(PaperError, match="at most 1"):
        add(paris, picture())
    with pytest.raises(LookupError):
        add(paris, picture(), name="nobody")
