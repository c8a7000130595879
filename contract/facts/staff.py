"""What people of the house say of themselves at a store."""

from contract.facts.fact import Fact


class LanguageChosen(Fact, frozen=True, tag="staff.language"):
    """Trade: whoever the entry is by wants their pages in this language; the office tells every store by the feed."""

    language: str
