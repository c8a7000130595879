"""Who is written to: what of a client's profile a letter needs, opened once. Whoever keeps profiles gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cloud.db import Tx
from cloud.messages import outbox
from cloud.people import Keyring
from cloud.work import Work
from contract.ids import PersonId
from trade.consent import Channel


@dataclass(frozen=True, slots=True)
class Reach:
    person: PersonId
    name: str
    salutation: str
    given_name: str
    family_name: str
    language: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    store: str
    owner: str
    """Whose client book they are in."""

    def address(self, tx: Tx, ring: Keyring, channel: Channel) -> str:
        """The first that nothing came back from; empty when there is none."""
        every = self.emails if channel is Channel.EMAIL else self.phones
        return next((each for each in every if not outbox.is_bad(tx, ring, channel, each)), "")

    def fields(self, *, house: str, store: str, adviser: str, **more: str) -> Mapping[str, str]:
        return {
            "name": self.name, "salutation": self.salutation, "given_name": self.given_name,
            "family_name": self.family_name, "house": house, "store": store, "adviser": adviser, **more,
        }  # fmt: skip


Reaching = Callable[[Work, PersonId], Reach | None]
"""None: nobody is called so, or they were erased. Raises `SealedError`."""
