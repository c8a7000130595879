"""What people of the house say of themselves at a store, and which devices they let in there."""

from contract.facts.fact import Fact
from contract.ids import TillId, UserId


class LanguageChosen(Fact, frozen=True, tag="staff.language"):
    """Trade: whoever the entry is by wants their pages in this language; the office tells every store by the feed."""

    language: str


class DeviceNoted(Fact, frozen=True, tag="device.noted"):
    """Trade: a till, phone, wall or terminal of this store as it stands from here on, with the key it proves itself by.

    So the next box of the store knows it, and lets in none that was shut out. `public_key` is the point of P-256,
    uncompressed, 65 bytes. `by` let it in; `key_us`: since when it has this key, rising; `ended_us` 0 while it stands.
    """

    device: str
    name: str
    till: TillId
    public_key: bytes
    by: UserId
    since_us: int
    key_us: int
    ended_us: int = 0
    ended_by: UserId = UserId("")
