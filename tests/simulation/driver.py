"""A house by seed: the real edge and the real cloud over a bad line, with crashes, lost disks and people in a hurry.

Every choice comes from one seeded generator, so a history is its seed. The truth (`World`) is what a bystander sees:
where each piece lies, which receipts and captured payments exist. Nobody inside may read it except through `seen`.
Invariants are those of custody.md §6; `ViolationError` names the one that broke.
"""

import heapq
import random

from contract.commands import GrantCustody, decode_command
from contract.facts import (
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    Rejoined,
    ReturnRecorded,
    SaleRecorded,
    TransferShipped,
)
from trade.guards import ALL

from .faults import Faults
from .invariants import Invariants
from .nodes import Box, CrashError
from .office import Head
from .people import People
from .world import STORES, ViolationError, World

ENDS_S = 70
"""Seconds after the last act: the history is judged."""


class Sim(People, Faults, Invariants):
    """One history. `run()` raises `ViolationError`, or returns with everything at rest and in order."""

    Box, Head = Box, Head

    def __init__(self, seed, guards=ALL, *, span=60.0, hard=False, restores=False, roam=False):
        self.rng = rng = random.Random(seed)
        self.seed, self.guards, self.t, self.span, self.roam = seed, guards, 0.0, span, roam
        self.queue, self.order, self.ids = [], 0, 0
        self.recorded, self.about, self.lost = {}, {}, set()
        self.trace = []
        self.stats = {}
        self.crash_rate = 0.0
        self.loss, self.slow = rng.choice([0, 0.05, 0.3]), rng.choice([0.2, 1, 4])
        self.world = World(self)
        self.hearing = None
        self.resting = False
        self.pieces = self.stock()
        self.head = self.Head(self)
        self.head.start()
        self.main, self.ghosts = {}, []
        for store in STORES:
            self.main[store] = self.Box(self, store, f"m{self.new_id()}")
        self.open_house()
        self.lay_out(hard=hard, restores=restores)

    def stock(self):
        return [f"p{n}" for n in range(self.rng.choice([1, 2, 3]))]

    def homes(self):
        """Piece → the store where it lies when the house opens."""
        return {piece: self.rng.choice(STORES) for piece in self.pieces}

    def lay_out(self, *, hard, restores):
        """What will happen, and what will go wrong."""
        rng, span = self.rng, self.span
        self.crash_rate = rng.choice([0, 0.002, 0.02])
        for store in STORES:
            self.at(rng.random() * 3, self.pumper, store)
            self.at(rng.random() * 8, self.floor, store)
        self.at(3, self.stepper)
        self.at(10, self.human)
        for _ in range(60 if self.roam else rng.choice([10, 20, 40])):
            self.at(rng.random() * span, self.op)
        faults = [self.fault_crash, self.fault_crash, self.fault_lost, self.fault_copy, self.fault_restored]
        faults += [self.fault_cloud] if restores else []
        for _ in range(rng.choice([2, 3, 5] if hard else [0, 1, 1, 2])):
            self.at(rng.random() * span, rng.choice(faults))
        for _ in range(rng.choice([0, 1, 3])):
            self.at(rng.random() * span, self.cut_line)

    # --- small tools --------------------------------------------------------------------------------------

    def new_id(self):
        self.ids += 1
        return f"i{self.ids}"

    def lucky(self, rate):
        return rate > 0 and self.rng.random() < rate

    def mono_us(self):
        return int(self.t * 1_000_000) + 1_000_000_000

    def wall_us(self):
        """A wall clock that jumps about, since nothing may depend on it."""
        return int(self.t * 1_000_000) + 10**15 + self.rng.choice([0, 0, -3_600_000_000, 86_400_000_000])

    def at(self, t, what, *args):
        self.order += 1
        heapq.heappush(self.queue, (t, self.order, what, args))

    def after(self, dt, what, *args):
        self.at(self.t + dt, what, *args)

    def stat(self, name):
        self.stats[name] = self.stats.get(name, 0) + 1

    def send(self, box, what, *args):
        """The line of a store: loses, repeats, delays, reorders; a cut line takes nothing."""
        if box.cut:
            return
        for _ in range(2 if self.lucky(self.loss / 2) else 1):
            if self.lucky(self.loss):
                continue
            late = self.rng.uniform(0, 20) if self.lucky(self.loss / 3) else 0
            self.after(self.rng.expovariate(1 / self.slow) + late, what, *args)

    # --- the house opens ----------------------------------------------------------------------------------

    def open_house(self):
        for box in self.main.values():
            box.start()
        homes = self.homes()
        self.world.loc.update(homes)
        self.head.bring_in(homes)
        loss, slow, self.loss, self.slow = self.loss, self.slow, 0, 0.001
        for box in self.main.values():
            box.rejoin()
        while self.queue:
            self.t, _, what, args = heapq.heappop(self.queue)
            what(*args)
        self.loss, self.slow, self.t = loss, slow, 0.0
        for box in self.main.values():
            assert box.serving, box.told()
            self.open_shifts(box)
            box.observe()
            box.backup = box.disk()
        self.head.backup = self.head.disk()

    # --- what the bystander notes ---------------------------------------------------------------------------

    def witness(self, box, fact, place):
        world = self.world
        self.trace.append((round(self.t, 1), box.name, fact))
        match fact:
            case SaleRecorded():
                self.has_sold(box, fact.sale, [line.piece for line in fact.lines if line.piece], place)
            case ReturnRecorded():
                for piece in fact.pieces:
                    world.unsell(piece, fact.sale, place)
            case ClaimHeld(kind=ClaimKind.LAYAWAY):
                world.promised[fact.piece] = (fact.ref, fact.claim, place)
            case ClaimEnded():
                promise = world.promised.get(fact.piece)
                if promise and promise[1] == fact.claim:
                    del world.promised[fact.piece]
            case TransferShipped():
                for piece in fact.pieces:
                    if world.loc[piece] == box.store:
                        world.move(piece, "road")
                        wrong = self.rng.random() < 0.2
                        to = self.rng.choice(STORES) if wrong else fact.to
                        self.after(self.rng.choice([1, 5, 15]), self.arrive, piece, to)
            case CommandHeard():
                self.has_heard(box, decode_command(bytes(fact.command)).command)
            case Rejoined():
                self.has_rejoined(box)

    def has_sold(self, box, sale, pieces, place):
        world = self.world
        for piece in pieces:
            self.had_it(box, piece)
            world.sell(piece, sale, box.store)
            world.written[piece] = place
            if world.loc[piece] == box.store and self.rng.random() < 0.8:
                world.move(piece, "client")

    def has_heard(self, box, command):
        if isinstance(command, GrantCustody):
            box.granted_at[command.piece] = self.t

    def has_rejoined(self, box):
        box.granted_at = dict.fromkeys(self.pieces, self.t)

    def had_it(self, box, piece):
        away = self.world.loc[piece] != box.store
        if away and self.world.left.get((piece, box.store), -1) < box.granted_at.get(piece, 0):
            raise ViolationError(f"I9 {box.name} sold {piece}, which it never had under its present token")

    def arrive(self, piece, to):
        if self.world.loc[piece] == "road":
            self.world.loc[piece] = to

    # --- running and judging --------------------------------------------------------------------------------

    def run(self):
        while self.queue:
            t, _, what, args = heapq.heappop(self.queue)
            if t > self.span and not self.resting:
                self.rest()
            if t > self.span + ENDS_S:
                break
            if self.resting and what in (self.op, self.cut_line):
                continue
            self.t = t
            try:
                what(*args)
            except CrashError as crash:
                self.stat("power cuts")
                for box in [*self.main.values(), *self.ghosts]:
                    if box.up:
                        box.observe()
                self.fall(crash.node)
            changed = [box.observe() for box in [*self.main.values(), *self.ghosts] if box.up]
            if any(changed):
                self.one_authority()
        self.judge()
        return self

    def rest(self):
        """The network heals, nothing more goes wrong; the house comes to rest."""
        self.resting = True
        self.loss, self.crash_rate, self.slow = 0, 0.0, 0.3
        for box in self.main.values():
            box.cut = False


def history(seed, guards=ALL, *, head=None, **more):
    """The violation a seed finds (None: none), and the history for its statistics. `head`: another head office."""
    kind = Sim if head is None else type("Sim", (Sim,), {"Head": head})
    sim = kind(seed, guards, **more)
    try:
        sim.run()
    except ViolationError as violation:
        return str(violation), sim
    return None, sim


def tell(sim, piece="p", last=40):
    """The last events of a piece, for a person who looks for the defect."""
    about = [event for event in sim.trace if piece in repr(event)]
    return "\n".join(f"{t:8.1f} {name:12} {fact}" for t, name, fact in about[-last:])
