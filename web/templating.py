"""The Jinja2 environment of both faces: autoescape on, undefined names are errors, words in the reader's tongue.

Templates are found as `web/NAME`, `edge/NAME`, `cloud/NAME` or whatever prefix the composition root gives.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jinja2

from web import figures, words
from web.glossary import TERMS
from web.phrases import said

HERE: Final = Path(__file__).parent
_BRACKETS: Final = re.compile(r"\s*[(（][^()（）]*[)）]")


def make_templates(
    folders: Mapping[str, Path], static: Mapping[str, Path], time_zone: str, now_us: Callable[[], int]
) -> jinja2.Environment:
    """`folders`: template prefix → folder; `static`: URL path → folder, whose files are named with their hash.
    `now_us`: the wall clock, for who writes the year of a moment only when it is another.
    """
    loaders = {"web": jinja2.FileSystemLoader(HERE / "templates")}
    loaders.update({prefix: jinja2.FileSystemLoader(folder) for prefix, folder in folders.items()})
    env = jinja2.Environment(
        loader=jinja2.PrefixLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,  # else each page asks the disk of each of its templates whether it is another by now
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,  # a filter over a constant would be worked out once, in the language of that moment
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    install = getattr(env, "install_gettext_callables")  # noqa: B009 - the extension adds it, and no type knows of it
    install(words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext)
    zone = ZoneInfo(time_zone)
    env.filters.update(
        money=figures.money,
        weight=figures.weight,
        percent=figures.percent,
        chance=figures.chance,
        certain=figures.certain,
        count=figures.count,
        clock=partial(figures.clock, zone=zone),
        date=partial(figures.date, zone=zone),
        moment=lambda us: figures.moment(us, zone, now_us()),
        day=figures.day,
        lasting=figures.lasting,
        language=figures.language,
        kept=lambda text: said(figures.kept(text, zone, now_us())),
        said=said,
        word=word,
        sentence=sentence,
        unnamed=unnamed,
        brief=brief,
        place=place,
        iso=lambda us: figures.local(us, zone).isoformat(timespec="seconds"),
    )
    env.globals["glossary"] = TERMS
    env.globals["spoken"] = words.spoken
    env.globals["languages"] = words.NAMES
    env.globals["time_zone"] = time_zone.replace("_", " ")
    env.globals["asset"] = AssetNames(static)
    return env


def sentence(words: str) -> str:
    """`the disk is full` → `The disk is full.`, so that reasons from anywhere can stand among sentences."""
    said = words.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) or not said else ".")


def word(code: str) -> str:
    """`gift_card` → `Gift card`, in the tongue of who reads it."""
    return said(code.replace("_", " ").capitalize())


def brief(words: str) -> str:
    """The first of several findings, without its figures in brackets: what is read in passing."""
    first = _BRACKETS.sub("", words).replace("；", ";").partition(";")[0]
    return sentence(first)


def unnamed(said: str, title: str, sku: str) -> str:
    """`Ring (R-1) is sold already.` below the heading `Ring` → `Is sold already.`: a name is read once."""
    rest = said.removeprefix(f"{title} ({sku}) ")
    return rest[:1].upper() + rest[1:]


def place(zone: str) -> str:
    """`case-1` → `Case 1`: a zone's id as words, where its store's own name for it is not known."""
    said = zone.replace("-", " ").replace("_", " ").strip()
    return said[:1].upper() + said[1:]


class AssetNames:
    """`asset("/static/base.css")` → the same with a hash, so that browsers may keep files for ever."""

    def __init__(self, static: Mapping[str, Path]) -> None:
        self._folders = {"/static": HERE / "static", **static}
        self._known: dict[str, str] = {}

    def __call__(self, url: str) -> str:
        if url not in self._known:
            prefix = max((each for each in self._folders if url.startswith(each + "/")), key=len)
            file = self._folders[prefix] / url[len(prefix) + 1 :]
            tag = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
            self._known[url] = f"{url}?v={tag}"
        return self._known[url]
