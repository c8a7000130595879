"""Messages between a store and the cloud (custody.md §2). Transport may lose, repeat and reorder all of them.

`Up` and `Down` travel over MQTT; `Rejoin` and its `Snapshot` over HTTPS, idempotent by nonce. There is no clock
in any message that decides.
"""

from enum import StrEnum
from typing import Final

import msgspec

from contract.commands import CustodyState
from contract.facts import Stream
from contract.ids import ClaimId, Epoch, OrderId, PieceId, SaleId, StoreId, TransferId

CONTRACT_OLDEST: Final = 1
CONTRACT_VERSION: Final = 4
"""What a box can read of what the cloud says: 1 is the first release; 2 knows goods, commissions, further permissions,
roles of a house's own, and slices of money; 3 clients' orders, appointments and prices of metals
(`contract.feed.older`). It rises with every word that may come down."""
ROWS_PER_MESSAGE_MAX: Final = 200
MESSAGE_BYTES_MAX: Final = 1 << 20


class Up(msgspec.Struct, frozen=True, kw_only=True, tag_field="up", tag="rows"):
    """Edge → cloud: rows `first_seq …` of one stream, oldest first. No rows: a hello.

    `head` is the chain head after the last row carried (or after `first_seq - 1` when there is none), hex.
    """

    store: StoreId
    instance: str
    term: int
    epoch: Epoch
    stream: Stream
    first_seq: int
    rows: tuple[msgspec.Raw, ...]
    head: str
    last_seq: int
    cloud_epoch: int
    down_upto: int
    boot: str
    message: int
    contract_min: int = CONTRACT_OLDEST
    contract_max: int = CONTRACT_VERSION
    seal: str = ""
    """What the office sealed for this term and `down_upto` (`contract.seals.told_seal`), said back."""


class Standing(StrEnum):
    """What the cloud thinks of the box that spoke."""

    OK = "ok"
    OLD = "old"
    """An older term or another instance: fenced; its rows are still taken."""
    FORK = "fork"
    """The log does not extend what the cloud has: stop and rejoin."""
    NEWCLOUD = "newcloud"
    """The box follows an earlier life of the cloud: adopt the new cloud epoch and make a statement."""
    RECOVERING = "recovering"
    """The cloud was restored and waits for every store."""


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`upto` is contiguous and sent after the commit; `safe` is inside the oldest backup that could be restored.

    `tree_head` is the head of the cloud's Merkle tree over rows 1 … `upto`, hex; empty from an older cloud, or of none.
    """

    stream: Stream
    upto: int
    safe: int = 0
    resend_from: int | None = None
    tree_head: str = ""


class Down(msgspec.Struct, frozen=True, kw_only=True, tag_field="down", tag="state", omit_defaults=True):
    """Cloud → edge: how far we are, how you stand, and decisions from `first_seq` on."""

    store: StoreId
    cloud_epoch: int
    term: int
    epoch: Epoch
    standing: Standing
    acks: tuple[Ack, ...] = ()
    first_seq: int = 0
    commands: tuple[msgspec.Raw, ...] = ()
    seals: tuple[str, ...] = ()
    """One for each command: with it the store proves to a later life of the cloud how far it was told."""
    feed_rev: int = 0
    """Newest revision of the feed: a poke to fetch over HTTPS."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Retained on the status topic; the will says offline. For people, never for decisions."""

    store: StoreId
    online: bool


class CustodyRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One token, as the snapshot gives it or a statement claims it."""

    piece: PieceId
    ce: int
    state: CustodyState
    transfer: TransferId = TransferId("")
    sale: SaleId = SaleId("")
    source: StoreId = StoreId("")


class HeldClaim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A live claim or hold that travels with a token: promise, paid order, hold for a return."""

    piece: PieceId
    kind: str
    ref: str
    fence: int = 0
    order: OrderId = OrderId("")
    claim: ClaimId = ClaimId("")
    """The promise's own name, which it keeps wherever its piece goes; its end is told under it."""


class JournalRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one log in bulk, both ways: an edge hands over what its disk has, or fetches what it lost.

    `head` is the chain head before `first_seq`, hex: with it the receiver sees a fork at a page's edge.
    """

    store: StoreId
    epoch: Epoch
    stream: Stream
    first_seq: int
    rows: tuple[msgspec.Raw, ...]
    head: str = ""
    cloud_epoch: int = 0
    """Which life of the cloud answers, so that a snapshot of another is not filled from it; 0 from an edge."""


class Rejoin(msgspec.Struct, frozen=True, kw_only=True):
    """The only way back for a disk that is new, restored, copied or behind. Rows of the disk go before, as journal.

    `nonce` is one per boot and attempt and stable over retries: the cloud answers a repeat with the same snapshot.
    """

    store: StoreId
    instance: str
    nonce: str
    term: int
    cloud_epoch: int
    custody: tuple[CustodyRow, ...] = ()
    contract_max: int = CONTRACT_VERSION
    served_on: str = ""
    """The machine on which this disk last served: another than `instance` says that it was copied or moved."""
    later_term: int = 0
    """Above `term`: the latest one of this store that its tills or the cloud have told this disk of."""
    epoch: Epoch = Epoch("")
    """The log this disk writes under `term`."""
    told_upto: int = 0
    """The number (`seq`) of the last decision heard in that log; 0: none."""
    seal: str = ""
    """Of the life of the cloud that minted `term`, over both (`contract.seals.told_seal`)."""


class LogHead(msgspec.Struct, frozen=True, kw_only=True):
    """One log of a store as the cloud has it."""

    epoch: Epoch
    stream: Stream
    upto: int
    head: str


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud's Merkle tree over rows 1 … `upto` of a log, and the proof that it grew from the rows the asker has."""

    upto: int
    head: str
    proof: tuple[str, ...]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A new term, a new epoch, custody under new custody epochs, and which logs to fetch the books from."""

    nonce: str
    term: int
    epoch: Epoch
    cloud_epoch: int
    custody: tuple[CustodyRow, ...]
    claims: tuple[HeldClaim, ...] = ()
    logs: tuple[LogHead, ...] = ()
    """Every earlier log in the order it was written: the books are their fold."""
    witness_key: str = ""
    """Hex. By it the boxes of this store seal what they give to tills, and know what another of them gave."""
    seal: str = ""
    """Of this term, with nothing decided yet."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rejoin must wait, e.g. another machine needs a person's word (`replace`).

    `newcloud`: the cloud was restored; follow `cloud_epoch` first, then ask again under the same nonce.
    `cloud_epoch` above one's own is followed whatever the code: what only a lost life had is to be handed over again.
    `nonce`: this plea was answered under a term that is over; only a new one can be answered.
    """

    nonce: str
    code: str
    why: str
    cloud_epoch: int = 0


_encoder = msgspec.json.Encoder()
decode_up = msgspec.json.Decoder(Up).decode
decode_down = msgspec.json.Decoder(Down).decode
decode_status = msgspec.json.Decoder(Status).decode
encode = _encoder.encode
