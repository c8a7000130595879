"""Catalogues of translations: `locale/LANGUAGE/LC_MESSAGES/vitrine.po`, compiled to `.mo` when first wanted.

A `.mo` is made anew when its `.po` is other than the one it was made of, and kept beside it where that may be
written to; it is never committed.
"""

import contextlib
import gettext
import hashlib
import os
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "vitrine"
TEMPLATE: Final = HERE / f"{DOMAIN}.pot"
LANGUAGES_WITH_CATALOGUE: Final = ("fr", "de", "it", "zh")
_DIGEST_BYTES: Final = 32


def po_of(language: str) -> Path:
    return HERE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def translations(language: str) -> gettext.NullTranslations:
    """What is translated to this language; what is not stays English. English has no catalogue and needs none."""
    if language not in LANGUAGES_WITH_CATALOGUE:
        return gettext.NullTranslations()
    return gettext.GNUTranslations(BytesIO(compiled(po_of(language))))


def compiled(po: Path) -> bytes:
    """The `.mo` of this `.po`: the one beside it while it is of these words, else made and left there."""
    source = po.read_bytes()
    digest = hashlib.sha256(source).digest()
    mo = po.with_suffix(".mo")
    with contextlib.suppress(OSError):
        kept = mo.read_bytes()
        if kept[-_DIGEST_BYTES:] == digest:
            return kept[:-_DIGEST_BYTES]
    made = BytesIO()
    write_mo(made, read_po(BytesIO(source)))
    with contextlib.suppress(OSError):  # an installed copy may lie where nobody writes
        part = mo.with_suffix(f".{os.getpid()}")
        part.write_bytes(made.getvalue() + digest)
        part.replace(mo)
    return made.getvalue()
