"""What a store says of clients: sealed with the person's key, or by id alone. Nothing here names anybody."""

from contract.facts.fact import Fact
from contract.ids import PersonId


class ClientTold(Fact, frozen=True, tag="client.told"):
    """Somebody wrote of a client at a till: a `ClientEdit` (`contract.clients`), sealed with the person's key.

    `key_id` is the key's fingerprint, `nonce` and `bytes` are base64 (AES-256-GCM). Once the key is destroyed nobody
    reads it, and the entry's hash stays what it was.
    """

    person: PersonId
    key_id: str
    nonce: str
    bytes: str


class ClientConsented(Fact, frozen=True, tag="client.consented"):
    """One word of a client about one channel, with its proof. A no wins over every yes said before it."""

    person: PersonId
    channel: str
    given: bool
    said_us: int
    proof: str
    text_version: str


class ClientLooked(Fact, frozen=True, tag="client.looked"):
    """Somebody looked at clients that this box keeps: at one of them, at those a search found, or that a list names."""

    how: str
    """`till`: a profile; `till search`; `till list`: of orders or appointments, that names them."""
    person: PersonId = PersonId("")
    found: int = 1
