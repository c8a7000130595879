"""What the office brings a store of its clients, sealed card by card, and what a till writes of them.

Everything here that tells of a person travels sealed with the person's own key (`SealedClient`, `facts.ClientTold`);
the key itself travels wrapped for the one box that may have it. Bytes are base64.
"""

from typing import Final

import msgspec

from contract.ids import PersonId

CARD: Final = "card"
"""Which field of a person a sealed card is: it opens as no other."""
EDIT: Final = "edit"
SLICE_MAX: Final = 50_000
"""Clients that one box keeps: the newest."""
SLICE_DAYS: Final = 730
SLICE_ROWS_PER_PAGE_MAX: Final = 500
KEYS_PER_MESSAGE_MAX: Final = 200
QUERY_LENGTH_MAX: Final = 100


class _Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class ClientSize(_Told, frozen=True):
    """`finger` and `source` in the office's words; `day` ISO."""

    finger: str
    circumference_um: int
    source: str
    day: str


class ClientLike(_Told, frozen=True):
    about: str
    text: str


class ClientNote(_Told, frozen=True):
    text: str
    by: str = ""
    at_us: int = 0


class ClientWish(_Told, frozen=True):
    """A piece of the house, or a style in words."""

    text: str = ""
    piece: str = ""


class ClientConsent(_Told, frozen=True):
    """The word that holds of one channel."""

    channel: str
    given: bool
    said_us: int


class ClientBought(_Told, frozen=True):
    """`in_doubt`: its sale waits for a person of the office."""

    day: str
    what: str
    piece: str = ""
    in_doubt: bool = False


class ClientPoints(_Told, frozen=True):
    """Points of one currency, in its minor units: `balance_minor` may be spent; of it `lapses_minor` lapse next, after
    the business day `lapses` (empty: never).
    """

    currency: str
    balance_minor: int
    lapses_minor: int = 0
    lapses: str = ""


class ClientNext(_Told, frozen=True):
    """A piece to show them next, that could be had when the card was made; why, in words, the strongest first."""

    piece: str
    title: str
    price_minor: int
    currency: str
    store: str
    reasons: tuple[str, ...]


class ClientStanding(_Told, frozen=True):
    """What they are to the house: their tier by its name, since when and with which perks, points, and what next."""

    tier: str = ""
    since: str = ""
    perks: str = ""
    points: tuple[ClientPoints, ...] = ()
    next: tuple[ClientNext, ...] = ()


class ClientCard(_Told, frozen=True):
    """A client as a store needs them: no postal address, no birthdays, no changes, no sums but their points."""

    person: PersonId
    others: tuple[PersonId, ...] = ()
    """Further ids of the same client."""
    salutation: str = ""
    given_name: str = ""
    family_name: str = ""
    also_called: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    language: str = ""
    sizes: tuple[ClientSize, ...] = ()
    likes: tuple[ClientLike, ...] = ()
    notes: tuple[ClientNote, ...] = ()
    wishes: tuple[ClientWish, ...] = ()
    consents: tuple[ClientConsent, ...] = ()
    bought: tuple[ClientBought, ...] = ()
    standing: ClientStanding = ClientStanding()
    heard_us: int = 0
    """What this store wrote up to then is in it (`at_us` of its entries)."""

    @property
    def name(self) -> str:
        named = " ".join(part for part in (self.salutation, self.given_name, self.family_name) if part)
        if self.given_name or self.family_name:
            return named
        return next((each for each in (self.also_called, *self.emails, *self.phones) if each), "Without a name")


class ClientEdit(_Told, frozen=True):
    """What somebody wrote of a client at a till. Texts that are None stay; entries are added.

    `made`: somebody new, kept from this store.
    """

    made: bool = False
    salutation: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    also_called: str | None = None
    emails: tuple[str, ...] | None = None
    phones: tuple[str, ...] | None = None
    language: str | None = None
    sizes: tuple[ClientSize, ...] = ()
    notes: tuple[str, ...] = ()
    wishes: tuple[ClientWish, ...] = ()


class SealedClient(_Told, frozen=True):
    """`key`: the person's, wrapped for this box; `card`: a `ClientCard` under it. Both empty: the box has them."""

    person: PersonId
    key: str = ""
    card: str = ""
    changed_us: int = 0


class SliceAsked(_Told, frozen=True):
    """Clients changed after (`after_us`, `after`), for the box with this public key (X25519). From 0: all of them.

    `least_us`: as the first page of this pass said. `cards_after_us`: who did not change since then is named alone.
    """

    box_key: str
    after_us: int = 0
    after: str = ""
    least_us: int = 0
    cards_after_us: int = 0


class SlicePage(_Told, frozen=True):
    """`gone`: persons who were erased. Ask again from (`upto_us`, `upto`) while `more`."""

    clients: tuple[SealedClient, ...] = ()
    gone: tuple[PersonId, ...] = ()
    upto_us: int = 0
    upto: str = ""
    least_us: int = 0
    more: bool = False


class ClientsAsked(_Told, frozen=True):
    """A search of the whole house, or `person` alone, by somebody at this store."""

    box_key: str
    by: str
    query: str = ""
    person: str = ""


class ClientsFound(_Told, frozen=True):
    clients: tuple[SealedClient, ...] = ()
    more: bool = False


class PersonKey(_Told, frozen=True):
    """The key of somebody who was kept at a store first. It travels once, inside TLS, and stands in no journal."""

    person: PersonId
    key: str


class PersonKeys(_Told, frozen=True):
    keys: tuple[PersonKey, ...]


class PersonKeysTaken(_Told, frozen=True):
    """Those that the office has now, or that were erased: the store need not bring them again."""

    persons: tuple[PersonId, ...]


encode: Final = msgspec.json.Encoder(order="deterministic").encode
