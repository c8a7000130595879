"""What may be kept as a photo or a paper: decoded within limits, written anew without what a camera told of itself.

A photo is JPEG, PNG or WebP and becomes a JPEG without EXIF, place or thumbnail of the camera's; a paper may also be a
PDF, which is kept as it came and never decoded or shown in a page.
"""

import io
from typing import Final, NamedTuple

from PIL import Image, ImageOps

BYTES_MAX: Final = 12 << 20
PIXELS_MAX: Final = 50_000_000
"""Looked at in the header, before anything is unpacked: a few kilobytes may claim to be a wall."""
SIDE_MAX: Final = 1_600
THUMB_SIDE: Final = 320
QUALITY: Final = 86
FORMATS: Final = ("JPEG", "PNG", "WEBP")
JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
PDF_END_WITHIN: Final = 2_048
Image.MAX_IMAGE_PIXELS = PIXELS_MAX


class BlobError(ValueError):
    """It cannot be kept; the message says what to give instead."""


class Accepted(NamedTuple):
    """`thumb` is empty of a PDF, and so are its measures."""

    media: str
    body: bytes
    thumb: bytes = b""
    width: int = 0
    height: int = 0


def accept(data: bytes, *, pixels_max: int = PIXELS_MAX) -> Accepted:
    """Raises `BlobError`. `pixels_max`: what a small box can unpack."""
    if not data:
        raise BlobError("the file is empty: choose another")
    if len(data) > BYTES_MAX:
        raise BlobError(f"the file has more than {BYTES_MAX >> 20} MiB: make it smaller")
    return _pdf(data) if data.startswith(b"%PDF-") else _photo(data, pixels_max)


def _pdf(data: bytes) -> Accepted:
    if b"%%EOF" not in data[-PDF_END_WITHIN:]:
        raise BlobError("this PDF ends too early: give the whole file")
    return Accepted(PDF, data)


def _photo(data: bytes, pixels_max: int) -> Accepted:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened.width, opened.height, pixels_max)
            opened.draft("RGB", (SIDE_MAX, SIDE_MAX))
            upright = ImageOps.exif_transpose(opened)
            plain = _on_white(upright)
    except BlobError:
        raise
    except Image.DecompressionBombError as error:
        raise BlobError("the picture has far too many pixels: make it smaller") from error
    except Exception as error:  # whatever the decoder meets in a hostile file, the file is refused
        raise BlobError("give a photo as JPEG, PNG or WebP, or a paper as PDF") from error
    plain.thumbnail((SIDE_MAX, SIDE_MAX))
    small = plain.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return Accepted(JPEG, _jpeg(plain), _jpeg(small), plain.width, plain.height)


def _check_size(width: int, height: int, pixels_max: int) -> None:
    if width * height > pixels_max:
        raise BlobError(f"the picture has more than {pixels_max // 1_000_000} million pixels: make it smaller")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        whole = image.convert("RGBA")
        ground = Image.new("RGB", whole.size, "white")
        ground.paste(whole, mask=whole.getchannel("A"))
        return ground
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    """A new picture of the same pixels: nothing of the old file comes along."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    file = io.BytesIO()
    bare.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()
