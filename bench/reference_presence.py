"""Presence once more, slow and plain: one piece after the other, Python's floats, no arrays.

The model is that of inference §1.3–1.5, written from its description; of the house's own presence it takes constants
and `Rules`, and nothing that reckons. For a store without trays, handhelds, gates or sales: pieces lie in zones of one
reader each, and all of them are expected.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.facts import PresenceState
from edge.reconcile.absence import P_MAX, P_MIN
from edge.reconcile.presence import company, groups, judge, sight, step, story, visibility
from edge.reconcile.presence.evidence import LONG_AGO_US, PRIOR_HITS, PRIOR_ROUNDS, SMALL_ZONE
from edge.reconcile.presence.shapes import Rules

UNKNOWN, PRESENT, MISSING, HARD = (
    PresenceState.UNKNOWN, PresenceState.PRESENT, PresenceState.MISSING, PresenceState.HARD_TO_READ,
)  # fmt: skip
LEVELS = [float(level) for level in visibility.LEVELS]


@dataclass(slots=True)
class Piece:
    """What is known of one piece."""

    row: int
    zone: int
    moved: bool = True
    """Its zone is another than at the last round."""
    state: PresenceState = UNKNOWN
    clear: float = 1.0
    shadow: float = 0.0
    fade: float = 0.0
    long: float = 0.0
    nats: float = 0.0
    lone: float = 0.0
    peak: float = 0.0
    hits: float = PRIOR_HITS
    rounds: float = PRIOR_ROUNDS
    fades: float = 0.0
    watched_s: float = 0.0
    silent: int = 0
    company_nats: float = 0.0
    company_us: int = LONG_AGO_US
    read_us: int = LONG_AGO_US
    onset_us: int = LONG_AGO_US
    away_zone: int = -1
    away_us: int = LONG_AGO_US

    @property
    def known(self) -> bool:
        return self.state in (PRESENT, HARD)

    @property
    def lit(self) -> bool:
        """Read once amid a surprising silence, and not soon again."""
        return self.onset_us < self.read_us

    @property
    def p(self) -> float:
        return min(max(self.hits / self.rounds, P_MIN), P_MAX)

    def begin_anew(self, now_us: int) -> None:
        """Silence so far means nothing."""
        self.clear, self.shadow, self.fade, self.long = 1.0, 0.0, 0.0, 0.0
        self.nats = self.lone = self.peak = self.company_nats = 0.0
        self.silent, self.read_us, self.onset_us, self.company_us = 0, now_us, now_us, now_us


@dataclass(slots=True)
class Zone:
    """What is known of one zone."""

    belief: list[float] = field(default_factory=lambda: [1.0] + [0.0] * (len(LEVELS) - 1))
    blind: bool = False
    round_us: int = LONG_AGO_US
    turn_us: int = LONG_AGO_US
    trouble_us: int = LONG_AGO_US
    pace_s: float = 1.0
    expected: float = 0.0
    able: int = 0
    """Well read pieces, counted now and then."""
    lately: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Reads observed, expected, and their variance, over some twenty rounds."""

    @property
    def calm(self) -> float:
        return self.belief[0]

    @property
    def visible(self) -> float:
        return sum(share * level for share, level in zip(self.belief, LEVELS, strict=True))

    def withheld(self, now_us: int, rules: Rules) -> bool:
        return self.blind or now_us - self.trouble_us < rules.trouble_lasts_s * 1e6


class PlainPresence:
    """One store. `weigh` gives what each round changed: rows and what they became."""

    def __init__(self, homes: Iterable[int], zones: int, rules: Rules) -> None:
        self.pieces = [Piece(row, zone) for row, zone in enumerate(homes)]
        self._zones = [Zone() for _ in range(zones)]
        self._lying: list[set[int]] = [set() for _ in range(zones)]
        self._moved = set(range(len(self.pieces)))
        for piece in self.pieces:
            self._lying[piece.zone].add(piece.row)
        self._rules = rules
        self._pieces_s = 0.0
        self._fade_gaps, self._fade_gaps_s = 0, 0.0
        self._hard_us = self._known_us = LONG_AGO_US

    def move(self, row: int, zone: int) -> None:
        """It lies elsewhere from the next round on."""
        piece = self.pieces[row]
        self._lying[piece.zone].remove(row)
        self._lying[zone].add(row)
        piece.zone = zone
        self._moved.add(row)

    def weigh(
        self, now_us: int, witnessed: list[int], reads: Iterable[tuple[int, int]]
    ) -> list[tuple[int, PresenceState]]:
        """One round of one reader: the zones it watched, and (zone, row) of what it read, ascending."""
        for row in self._moved:
            piece = self.pieces[row]
            piece.begin_anew(now_us)
            piece.hits, piece.rounds = PRIOR_HITS, PRIOR_ROUNDS
        self._moved.clear()
        steps = {zone: self._pace(self._zones[zone], now_us) for zone in witnessed}
        seen = self._hear(now_us, reads)
        said: list[tuple[int, PresenceState]] = []
        watched = [self.pieces[row] for zone in witnessed for row in sorted(self._lying[zone])]
        watched = [piece for piece in watched if piece.known or piece.row in seen]
        for piece in watched:
            if piece.row in seen and not piece.known:
                piece.begin_anew(now_us)
                piece.state = PRESENT
                said.append((piece.row, PRESENT))
        p = {piece.row: piece.p for piece in watched}
        self._look_around(now_us, steps, watched, seen, p)
        self._turn(now_us, witnessed)
        for piece in watched:
            if piece.row in seen:
                self._end_gap(piece, now_us)
        if now_us - self._known_us >= groups.KNOWN_EVERY_S * 1e6:
            self._know(now_us)
        fade_s = (story.FADE_S * story.FADE_TRUST + self._fade_gaps_s) / (story.FADE_TRUST + self._fade_gaps)
        prior_s = 0.5 * (self._pieces_s + story.FADE_PRIOR_S) / (self._fade_gaps + 1)
        for piece in watched:
            self._weigh(piece, p[piece.row], piece.row in seen, steps[piece.zone], (fade_s, prior_s))
        self._pieces_s += sum(steps[piece.zone] for piece in watched)
        said += self._judge(now_us, [piece for piece in watched if piece.nats > company.TRAY_NATS or piece.lit])
        if now_us - self._hard_us >= step.HARD_EVERY_S * 1e6:
            self._hard_us = now_us
            said += self._mark_hard()
        return said

    # --- a round, in the order of `weigh` ---------------------------------------------------------------------

    @staticmethod
    def _pace(zone: Zone, now_us: int) -> float:
        """Seconds that this round stands for."""
        gap_s = (now_us - zone.round_us) / 1e6
        step_s = zone.pace_s if zone.round_us < 0 else min(max(gap_s, step.STEP_S_MIN), step.STEP_S_MAX)
        zone.pace_s = 0.9 * zone.pace_s + 0.1 * step_s
        zone.round_us = now_us
        return step_s

    def _hear(self, now_us: int, reads: Iterable[tuple[int, int]]) -> set[int]:
        """Rows read at home; a read elsewhere says where."""
        seen = set()
        for zone, row in reads:
            if self.pieces[row].zone == zone:
                seen.add(row)
            else:
                self.pieces[row].away_zone, self.pieces[row].away_us = zone, now_us
        return seen

    def _look_around(
        self, now_us: int, steps: dict[int, float], watched: list[Piece], seen: set[int], p: dict[int, float]
    ) -> None:
        """Observed against expected reads of each zone's live pieces: one round of its filter."""
        sums = {zone: [0.0, 0.0, 0.0] for zone in steps}
        for piece in watched:
            if piece.nats < step.LIVE_NATS_MAX or piece.company_us >= now_us - step.IN_COMPANY_US:
                observed, expected, squares = sums[piece.zone]
                chance = p[piece.row]
                sums[piece.zone] = [observed + (piece.row in seen), expected + chance, squares + chance * chance]
        for number, (observed, expected, squares) in sums.items():
            zone = self._zones[number]
            zone.expected = expected
            lately = zip(zone.lately, (observed, expected, expected - squares), strict=True)
            zone.lately = [old + sight.LATELY * (new - old) for old, new in lately]
            drifted = _drift(zone.belief, steps[number])
            weights = []
            for level in LEVELS:
                mean = level * expected
                spread = visibility.OVERDISPERSION * (mean - level * level * squares) + visibility.SPREAD_FLOOR
                weights.append(-((observed - mean) ** 2) / (2 * spread) - math.log(spread) / 2)
            top = max(weights)
            belief = [share * math.exp(weight - top) for share, weight in zip(drifted, weights, strict=True)]
            total = sum(belief)
            zone.belief = [share / total for share in belief]

    def _turn(self, now_us: int, witnessed: list[int]) -> None:
        """A reader most of whose zones are low is in trouble; a zone that shows almost nothing for a while is blind."""
        rules, zones = self._rules, [self._zones[zone] for zone in witnessed]
        telling = [zone for zone in zones if zone.expected >= sight.EXPECTED_MIN]
        low = sum(zone.visible < rules.seeing_above for zone in telling)
        if low >= sight.ZONES_MIN and low >= sight.LOW_SHARE * len(telling):
            for zone in zones:
                zone.trouble_us = now_us
        for zone in zones:
            turning = zone.visible > rules.seeing_above if zone.blind else zone.visible < rules.blind_below
            if not turning:
                zone.turn_us = now_us
            elif now_us - zone.turn_us >= rules.blind_lag_s * 1e6:
                zone.blind = not zone.blind

    def _end_gap(self, piece: Piece, now_us: int) -> None:
        """It was read: a lone silence that surprised was a fade."""
        if piece.peak > 0:
            piece.peak = piece.company_nats = 0.0
        if piece.lone > story.FADE_NATS:
            piece.fades += 1
            self._fade_gaps += 1
            self._fade_gaps_s += (now_us - piece.read_us) / 1e6
        piece.read_us = now_us
        long = piece.silent * piece.hits / piece.rounds > company.LIT_READS
        through = long and self._zones[piece.zone].calm < company.CALM
        if piece.nats <= company.ZONE_NATS and not through:  # else it may have been read through a cover
            piece.onset_us = now_us

    def _know(self, now_us: int) -> None:
        """How many of each zone's pieces can be read well."""
        self._known_us = now_us
        for zone in self._zones:
            zone.able = 0
        for piece in self.pieces:
            self._zones[piece.zone].able += piece.known and piece.hits / piece.rounds >= groups.ABLE_P

    def _weigh(self, piece: Piece, p: float, seen: bool, dt: float, fades: tuple[float, float]) -> None:  # noqa: FBT001
        """Four ways to be there, and what this round says of each."""
        zone, (fade_s, prior_s) = self._zones[piece.zone], fades
        calm, q = zone.calm, p * zone.visible
        learns = calm if piece.nats <= story.LEARN_NATS_MAX else 0.0
        covered = _rate(story.SHADOW_PER_S, dt) + (1 - calm) * _rate(story.SHADOW_DISTURBED_PER_S, dt)
        into = piece.clear * covered
        leaves = calm * _rate(story.SHADOW_LEAVES_CALM_PER_S, dt) + (1 - calm) * _rate(story.SHADOW_LEAVES_PER_S, dt)
        fading = piece.clear * dt * (piece.fades + 0.5) / (piece.watched_s + prior_s)
        shadow = piece.shadow * (1 - leaves) + into
        fade = piece.fade * (1 - _rate(1 / fade_s, dt)) + fading
        long = piece.long * (1 - _rate(1 / (story.LONG_FADE_TIMES * fade_s), dt)) + fading * story.LONG_FADE_SHARE
        clear = weight = max(0.0, 1 - shadow - fade - long)
        if seen:
            clear, dim = clear * q, q * story.SHADOW_READS
        else:
            clear, dim = clear * (1 - q), 1 - q * story.SHADOW_READS
        shadow, fade, long = shadow * dim, fade * dim, long * dim
        total = clear + shadow + fade + long
        piece.clear, piece.shadow, piece.fade, piece.long = (each / total for each in (clear, shadow, fade, long))
        if seen:
            piece.nats, piece.lone, piece.silent = 0.0, 0.0, 0
        else:
            piece.nats -= math.log(total)
            piece.lone -= math.log(1 - (1 - piece.shadow) * q)
            piece.silent += 1
        piece.watched_s += dt
        keeps = 1 + learns * math.expm1(-dt / story.MEMORY_S)
        piece.hits = piece.hits * keeps + (learns * weight if seen else 0.0)
        piece.rounds = piece.rounds * keeps + learns * weight * zone.visible

    # --- who is accused ---------------------------------------------------------------------------------------

    def _judge(self, now_us: int, silent: list[Piece]) -> list[tuple[int, PresenceState]]:
        rules = self._rules
        mates = [piece for piece in silent if piece.state is PRESENT and not self._elsewhere(piece, now_us)]
        judged = [piece for piece in mates if piece.nats > company.TRAY_NATS]
        in_company = {piece.row for piece in judged if self._in_company(piece, mates) or piece.peak == 0}
        together, accused = [], []
        for piece in sorted(judged, key=lambda one: one.row):
            if piece.row in in_company:
                piece.company_us, piece.company_nats = now_us, piece.lone
            alone = now_us - piece.company_us >= rules.alone_s * 1e6
            alone = alone and piece.lone - piece.company_nats >= rules.alone_nats
            strength = piece.nats if alone else min(piece.nats - company.COMPANY_DISCOUNT, company.COMPANY_CAP)
            seeing = not self._zones[piece.zone].withheld(now_us, rules)
            piece.peak = max(piece.peak, strength if seeing else 0.0, judge.PEAK_MIN)
            if seeing and strength >= self._bar(piece):
                piece.state = MISSING
                accused.append(piece)
            elif seeing and not alone and piece.nats >= rules.group_min_nats:
                together.append(piece)
        for group in _moments(together, rules.group_spread_s * 1e6):
            bar = rules.few_nats if self._few(group) else rules.group_nats
            if self._against_cover(group) >= bar:
                for piece in group:
                    piece.state = MISSING
                    accused.append(piece)
        return [(piece.row, MISSING) for piece in accused]

    def _bar(self, piece: Piece) -> float:
        """What a lone silence is held to."""
        small = self._zones[piece.zone].able <= SMALL_ZONE
        return self._rules.small_nats if small else self._rules.alarm_nats

    def _elsewhere(self, piece: Piece, now_us: int) -> bool:
        """Read just now in another zone: it has moved, it has not left."""
        fresh = piece.away_us >= now_us - self._rules.away_fresh_s * 1e6
        return fresh and now_us - piece.read_us < self._rules.away_at_most_s * 1e6

    def _in_company(self, piece: Piece, mates: list[Piece]) -> bool:
        """Somebody else of its zone is surprising too: anybody while it is disturbed, else one of the same moment."""
        stirring = [one for one in mates if one.nats > company.ZONE_NATS or one.lit]
        others = [one for one in stirring if one is not piece and one.zone == piece.zone]
        if not others or self._zones[piece.zone].calm < company.CALM:
            return bool(others)
        return piece in stirring and any(abs(one.onset_us - piece.onset_us) <= company.MOMENT_US for one in others)

    def _few(self, group: list[Piece]) -> bool:
        """A small part of its zone, and all else in it read as usual."""
        zone = self._zones[group[0].zone]
        rounds = min(piece.silent for piece in group)
        covered, whole = self._may_be_covered(group)
        if len(group) < groups.FEW_MIN or whole - covered < groups.REST_MIN:
            return False
        if math.ceil(2 * math.log2(max(whole, 1) / max(covered, 1)) - 2) < groups.FEW_SIZE:
            return False
        observed, expected, variance = zone.lately
        missing = sum(piece.hits / piece.rounds for piece in group) * (1 - (1 - sight.LATELY) ** rounds)
        spread = math.sqrt(max(variance, 0.5) * sight.LATELY / (2 - sight.LATELY))
        return (expected - missing - observed) / spread <= groups.DEFICIT_MAX

    def _may_be_covered(self, group: list[Piece]) -> tuple[int, int]:
        """How many of a zone's pieces one cover over the group may lie over, and how many belong there."""
        since_us = max(piece.read_us for piece in group) + groups.ONSET_S * 1e6
        rounds = min(piece.silent for piece in group)
        covered, whole = 0.0, 0
        for row in self._lying[group[0].zone]:
            piece = self.pieces[row]
            if piece.state is UNKNOWN:
                continue
            whole += 1
            if piece.state is MISSING:
                covered += 1
            elif piece.onset_us <= since_us:
                p = min(max(piece.hits / piece.rounds, P_MIN), P_MAX)
                covered += 1 - (1 - p) ** rounds
        return round(covered), whole

    def _against_cover(self, group: list[Piece]) -> float:
        """-log P(a cover lets no read through, and lasts so long); no cover was seen here yet, so by custom."""
        zone = self._zones[group[0].zone]
        silent_s = min(piece.silent for piece in group) * zone.pace_s
        strength = sum(piece.hits / piece.rounds for piece in group)
        leaks = math.log1p(groups.LEAK_MAX * strength * silent_s / max(zone.pace_s, 1e-3))
        x = (math.log(max(silent_s, 1e-3)) - groups.COVER_LN_S) / max(groups.COVER_SPREAD, groups.COVER_SPREAD_MIN)
        y = abs(x)
        tail = math.exp(-y * y / 2) / math.sqrt(2 * math.pi) * 4 / (3 * y + math.sqrt(y * y + 8))
        return leaks - math.log(tail if x > 0 else 1 - tail)

    def _mark_hard(self) -> list[tuple[int, PresenceState]]:
        """Pieces whose theft would take too long to notice."""
        rules, said = self._rules, []
        for piece in self.pieces:
            if not piece.known:
                continue
            wait_s = self._bar(piece) / max(piece.hits / piece.rounds, P_MIN) * self._zones[piece.zone].pace_s
            if piece.state is PRESENT and piece.rounds >= rules.hard_known_rounds and wait_s > rules.hard_after_s:
                piece.state = HARD
                said.append((piece.row, HARD))
            elif piece.state is HARD and wait_s < rules.hard_after_s * step.HARD_BACK:
                piece.state = PRESENT
                said.append((piece.row, PRESENT))
        return said


def _rate(per_s: float, dt: float) -> float:
    """A chance per second as one per round."""
    return 1 - float((1 - per_s) ** dt)


def _drift(belief: list[float], dt: float) -> list[float]:
    """Where a zone's visibility may have gone since the last round."""
    disturb, calm, change = (
        _rate(per_s, dt)
        for per_s in (visibility.DISTURBED_PER_S, visibility.CALM_AGAIN_PER_S, visibility.LEVEL_CHANGE_PER_S)
    )
    low = belief[1:]
    total, others = sum(low), len(low) - 1
    stays = [share * (1 - change) + (total - share) * change / others for share in low]
    return [
        belief[0] * (1 - disturb) + total * calm,
        *(belief[0] * disturb / len(low) + (1 - calm) * share for share in stays),
    ]


def _moments(pieces: list[Piece], spread_us: float) -> list[list[Piece]]:
    """By zone and moment of the last read: a longer gap starts another group."""
    out: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda one: (one.zone, one.read_us, one.row)):
        last = out[-1][-1] if out else None
        if last is not None and last.zone == piece.zone and piece.read_us - last.read_us <= spread_us:
            out[-1].append(piece)
        else:
            out.append([piece])
    return out
