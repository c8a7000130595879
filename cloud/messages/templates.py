"""Templates as the house has them: its own words, or those it came with."""

from collections.abc import Iterator

import sqlalchemy as sa

from cloud import changes
from cloud.db import Tx
from cloud.messages import house_words, words
from cloud.messages.words import Template, TemplateError
from cloud.tables import message_template
from cloud.work import Work
from contract.ids import UserId
from trade.consent import Channel

NOTED = "template"


def find(tx: Tx, template: str, channel: Channel, wanted: str, *, house: str) -> Template | None:
    """In the client's language, the house's, or English. The house's own words win over those it came with."""
    for language in words.languages(wanted, house):
        found = one(tx, template, channel, language)
        if found is not None:
            return found
    return None


def one(tx: Tx, template: str, channel: Channel, language: str) -> Template | None:
    named = message_template.c
    query = sa.select(message_template).where(
        named.template == template, named.channel == channel, named.language == language
    )
    row = tx.row(query)
    return house_words.words().get((template, channel, language)) if row is None else _template(row)


def listing(tx: Tx) -> list[tuple[Template, bool]]:
    """All there are, by name; and whether the house wrote it."""
    own = {(each.template, each.channel, each.language): each for each in _own(tx)}
    every = {**house_words.words(), **own}
    return [(every[name], name in own) for name in sorted(every)]


def put(work: Work, given: Template, *, by: UserId, why: str) -> Template:
    """Raises `TemplateError`, `WhyError`."""
    new = words.checked(given)
    was = one(work.tx, new.template, new.channel, new.language)
    others = [each for each in _own(work.tx) if each.template == new.template and each.purpose != new.purpose]
    if others:
        raise TemplateError(f"{new.template} is for something else already: give this one another name")
    row = {
        "template": new.template, "channel": new.channel, "language": new.language, "purpose": new.purpose,
        "subject": new.subject, "text": new.text, "changed_us": work.now_us, "by": by,
    }  # fmt: skip
    work.tx.put(message_template, row)
    changes.note(
        work, NOTED, f"{new.template} · {new.channel} · {new.language}", by=by, why=why,
        was={} if was is None else {"subject": was.subject, "text": was.text},
        now={"subject": new.subject, "text": new.text},
    )  # fmt: skip
    return new


def _own(tx: Tx) -> Iterator[Template]:
    return map(_template, tx.rows(sa.select(message_template)))


def _template(row: sa.RowMapping) -> Template:
    return Template(
        row["template"], Channel(row["channel"]), row["language"], row["purpose"], row["subject"], row["text"]
    )
