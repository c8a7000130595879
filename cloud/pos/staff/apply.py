"""What people say of themselves at a store."""

from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.pos.staff import desk
from cloud.work import Heard
from contract.facts import Fact, LanguageChosen


def language(tokens: Custody, heard: Heard, fact: LanguageChosen) -> None:
    desk.prefer(tokens.work, heard.by, fact.language, heard.at_us)


APPLY: Final[dict[type[Fact], Applier]] = {LanguageChosen: language}
