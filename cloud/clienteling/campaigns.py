"""Whom a campaign goes to, whom it is kept from to learn what it did, and what it did.

Consent is asked last and cannot be overruled by a rule. Who is held out is decided by a hash with the campaign's key:
the same client is in or out however often it is asked, nobody can choose, and another campaign holds out others.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

RULES_MAX: Final = 50
KEY_BYTES_MIN: Final = 16
BASIS_POINTS: Final = 10_000
Z90: Final = 1.6448536269514722
"""Of an interval that holds in 9 of 10 cases."""
CLIENTS_MIN: Final = 20
"""On each side, below which no lift is told."""


class Consent(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NEVER_ASKED = "never_asked"


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask of a client."""

    client: str
    tier: int = 0
    spend_minor: int = 0
    """Net of the window."""
    visits: int = 0
    days_since: float | None = None
    """Since the last visit; None for who never bought."""
    segments: frozenset[str] = frozenset()
    consent: Consent = Consent.NEVER_ASKED
    """For the channel of the campaign."""
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition; a rule with nothing set lets everybody through."""

    tier_min: int | None = None
    spend_minor_min: int | None = None
    spend_minor_max: int | None = None
    visits_min: int | None = None
    quiet_days_min: float | None = None
    segment: str = ""
    unless: bool = False
    """Turns it round: those it would let through are left out."""

    def holds(self, of: Facts) -> bool:
        told = (
            (self.tier_min is None or of.tier >= self.tier_min)
            and (self.spend_minor_min is None or of.spend_minor >= self.spend_minor_min)
            and (self.spend_minor_max is None or of.spend_minor <= self.spend_minor_max)
            and (self.visits_min is None or of.visits >= self.visits_min)
            and (self.quiet_days_min is None or (of.days_since is not None and of.days_since >= self.quiet_days_min))
            and (not self.segment or self.segment in of.segments)
        )
        return told != self.unless


class Audience(NamedTuple):
    """Ids, each client in exactly one; ascending."""

    sent: tuple[str, ...]
    held_out: tuple[str, ...]
    without_consent: tuple[str, ...]
    """Those the rules chose and whom we may not write to."""


def audience(
    clients: Iterable[Facts],
    rules: Sequence[Rule],
    *,
    key: bytes,
    holdout_bp: int,
    may_write: Callable[[Facts], bool] | None = None,
) -> Audience:
    """Who meets every rule, divided. `holdout_bp`: of 10,000, how many are not written to.

    `key`: the campaign's secret. `may_write` is for the control of the consent filter only. Raises `ValueError` when a
    number is out of range.
    """
    if len(rules) > RULES_MAX or not 0 <= holdout_bp <= BASIS_POINTS:
        raise ValueError(f"a campaign has at most {RULES_MAX} rules, and holds out 0 to {BASIS_POINTS} bp")
    may = consents if may_write is None else may_write
    sent, held, without = [], [], []
    for one in clients:
        if not all(rule.holds(one) for rule in rules):
            continue
        if not may(one):
            without.append(one.client)
        elif held_out(one.client, key, holdout_bp):
            held.append(one.client)
        else:
            sent.append(one.client)
    return Audience(tuple(sorted(sent)), tuple(sorted(held)), tuple(sorted(without)))


def consents(of: Facts) -> bool:
    """Only who said yes, did not take it back, and is still somebody."""
    return of.consent is Consent.GIVEN and not of.erased


def held_out(client: str, key: bytes, holdout_bp: int) -> bool:
    """Whether this campaign does not write to this client. Raises `ValueError` when the key is too short to be one."""
    if len(key) < KEY_BYTES_MIN:
        raise ValueError(f"the key of a campaign has at least {KEY_BYTES_MIN} random bytes: make one with the campaign")
    digest = hmac.digest(key, client.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") * BASIS_POINTS >> 64 < holdout_bp


class Lift(NamedTuple):
    """What a campaign did to the share of clients who bought: per client, of 1. Both ends with 90 %."""

    sent_rate: float
    held_rate: float
    lift: float
    low: float
    high: float
    words: str


def lift(sent: int, sent_bought: int, held: int, held_bought: int) -> Lift | None:
    """By Newcombe's hybrid score interval (1998, method 10), which holds for few clients and for none who bought.

    None when either side has fewer than `CLIENTS_MIN`. Raises `ValueError` when more bought than there were.
    """
    if not 0 <= sent_bought <= sent or not 0 <= held_bought <= held:
        raise ValueError("of each side as many may have bought as there are clients, and no fewer than none")
    if min(sent, held) < CLIENTS_MIN:
        return None
    (p, p_low, p_high), (q, q_low, q_high) = _wilson(sent_bought, sent), _wilson(held_bought, held)
    low = max(p - q - ((p - p_low) ** 2 + (q_high - q) ** 2) ** 0.5, -1.0)
    high = min(p - q + ((p_high - p) ** 2 + (q - q_low) ** 2) ** 0.5, 1.0)
    if low > 0:
        words = "more of those we wrote to bought"
    elif high < 0:
        words = "fewer of those we wrote to bought"
    else:
        words = "no difference can be told yet"
    return Lift(p, q, p - q, low, high, words)


def _wilson(bought: int, clients: int) -> tuple[float, float, float]:
    """A share and the ends of its score interval."""
    share, z2 = bought / clients, Z90**2
    middle = (share + z2 / (2 * clients)) / (1 + z2 / clients)
    half = Z90 / (1 + z2 / clients) * (share * (1 - share) / clients + z2 / (4 * clients**2)) ** 0.5
    return share, middle - half, middle + half
