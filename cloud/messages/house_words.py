"""The words a new house comes with, until it writes its own: `house.toml`, read once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cloud.messages.words import Template, checked
from trade.consent import Channel

FILE: Final = Path(__file__).with_name("house.toml")
SHORT: Final = (Channel.SMS, Channel.MESSENGER)
Named = tuple[str, Channel, str]


@cache
def words() -> Mapping[Named, Template]:
    """By name, channel and language."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    mails = (
        Template(each["template"], Channel.EMAIL, each["language"], each["template"], each["subject"], each["text"])
        for each in told["email"]
    )
    texts = (
        Template(each["template"], channel, each["language"], each["template"], "", each["text"])
        for each in told["short"]
        for channel in SHORT
    )
    return {(each.template, each.channel, each.language): each for each in map(checked, (*mails, *texts))}
