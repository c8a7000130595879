"""The protections of the custody protocol by name (custody.md §9): all on, except where a test takes one away.

Production never builds anything but `ALL`. A test removes one and must then find the harm it prevents. The two seals
are of docs/adr/0008. Some of §9 have no name here because nothing can take them away: what was read before the start is
in no memory (`verify_at_boot`), and decisions of an earlier term are never re-issued (`reissue_check`).
"""

from typing import Final

import msgspec


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """Names are those of custody.md §9; the comment says who holds the guard."""

    claim_unique: bool = True  # edge: one live exclusive claim per piece (partial unique index)
    one_tx: bool = True  # edge: state and fact in one transaction
    release_confirm: bool = True  # edge: a lease is freed only by the cloud's word, never by a timer
    fence_match: bool = True  # edge: release and convert match order, custody epoch and fence
    ship_gives_up: bool = True  # edge: shipping gives custody up in the same transaction
    pad_receive: bool = True  # edge: a granted piece is sellable only after it was read here
    lease_needs_sight: bool = True  # edge: a lease is granted only for a piece a reader sees now
    recall_checks: bool = True  # edge: a recall is refused when the piece is claimed or seen here
    verify_after_rejoin: bool = True  # edge: after a rejoin a piece is unverified until read
    instance: bool = True  # edge: books of another machine start in rejoin
    term: bool = True  # both: a box with an older term sells nothing once it hears of it
    cloud_epoch: bool = True  # both: decisions of an earlier life of the cloud are refused
    rejoin_snapshot: bool = True  # edge: restored state is never trusted
    rejoin_nonce: bool = True  # both: one nonce per rejoin, one answer per nonce
    rejoin_follow: bool = True  # edge: a snapshot of an earlier life of the cloud is refused
    witness: bool = True  # edge: a box that is behind what its tills remember stops
    journal: bool = True  # edge: rows that only a till has kept are handed over before the box asks to rejoin
    head_seal: bool = True  # edge: a till's word counts only under the seal of a box of this store
    second_person: bool = True  # edge: who counted does not approve the count
    tray_read_back: bool = True  # edge: a tray is closed only when every piece was read back, or somebody says why
    return_hold: bool = True  # both: a piece taken in for return is held until the refund is done
    hold_confirm: bool = True  # edge: a piece not booked as sold here is refunded only under a confirmed hold
    ack_after_commit: bool = True  # cloud: upto is sent only after the commit
    contiguous: bool = True  # cloud: a gap is not stored
    dedupe: bool = True  # cloud: a repeat is dropped
    hash_chain: bool = True  # cloud: a repeat with another leaf is a fork
    ce_check: bool = True  # cloud: a fact counts only under the custody epoch of that store
    ce_adopt: bool = True  # cloud: a fact under an unknown higher custody epoch proves a grant of a lost cloud
    ce_mint: bool = True  # cloud: custody epochs minted after a restore lie above all older ones
    void_before_release: bool = True  # cloud: the payment is voided before a lease is released
    capture_after_grant: bool = True  # cloud: money is captured only under a granted lease
    capture_intent: bool = True  # cloud: capturing is committed before the provider is called
    possession_after_fence: bool = True  # cloud: pieces taken back by force are frozen until read
    paid_owns: bool = True  # cloud: a paid order that was not returned owns its piece
    park_key: bool = True  # cloud: a parked fact blocks later facts of the same piece
    park_freeze: bool = True  # cloud: a piece with parked facts cannot be granted
    told_seal: bool = True  # cloud: a store that is ahead of the cloud stops it only by what the cloud had sealed
    return_wins: bool = True  # cloud: a return that comes before its sale wins


ALL: Final = Guards()
