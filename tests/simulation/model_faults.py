"""Bad luck that only the model's histories have: two disasters after another, boxes found again, people in more of a hurry."""

from .world import STORES

HEAVY_MIN, HEAVY_MAX = 2, 8
ASKS_AGAIN_S = (0.05, 0.3)


class HeavyFaults:
    """Two to eight heavy faults in each history, as the table of guards in custody.md §9 was made; mixed into `Sim`."""

    def go_wrong(self):
        """Lays out what will go wrong, beside what the driver has laid out."""
        kinds = [self.fault_found, self.fault_found, self.fault_cloud, self.fault_cloud, self.fault_restored]
        for _ in range(self.rng.randint(HEAVY_MIN, HEAVY_MAX)):
            self.at(self.rng.random() * self.span, self.rng.choice(kinds))
        for _ in range(self.rng.choice([2, 6, 10])):
            for what in (self.bring_back, self.take_away, self.back_up):
                self.at(self.rng.random() * self.span, what)

    def fault_found(self):
        """A box is called lost, and found again when its store has another."""
        before = dict(self.main)
        self.fault_lost()
        for store, box in before.items():
            if self.main[store] is not box:
                self.after(self.rng.choice([5, 15, 30]), self.come_back, box)

    def come_back(self, box):
        if self.resting:
            return
        if not self.main[box.store].serving:
            self.after(5, self.come_back, box)
            return
        self.stat("boxes found again")
        box.gone, box.ghost, box.given_up, box.cut = False, True, True, False
        box.start()
        if self.guards.term:
            box.hear_of_term(self.main[box.store].term)
        self.ghosts.append(box)
        self.lost -= box.rows()

    def replace(self, store):
        """The tills take the new term as part of a person's word, and stop whatever box of the store they meet."""
        before = self.head.term_of(store)
        try:
            super().replace(store)
        finally:
            if self.guards.term and self.head.term_of(store) != before:
                for box in self.ghosts:
                    if box.store == store and box.up:
                        box.hear_of_term(self.head.term_of(store))

    def bring_back(self):
        """A client brings a piece back, to any store."""
        sold = [piece for piece in self.pieces if self.world.loc[piece] == "client" and self.world.open.get(piece)]
        home = self.main[self.rng.choice(STORES)]
        if sold and home.serving:
            piece = self.rng.choice(sold)
            self.come_back_with(piece, self.world.open[piece], home)

    def take_away(self):
        """A client who brought a piece back does not wait for the refund, and takes it along."""
        for piece in self.pieces:
            if self.world.loc[piece] in STORES and self.world.open.get(piece):
                self.stat("pieces taken along")
                self.world.move(piece, "client")
                return

    def pumper(self, store):
        """A box that waits asks again sooner than the line is quick."""
        super().pumper(store)
        if self.heavy and store not in self.asking:
            self.ask_again(store)

    def ask_again(self, store):
        self.asking.discard(store)
        if not self.main[store].serving:
            self.asking.add(store)
            self.main[store].pump()
            self.after(self.rng.uniform(*ASKS_AGAIN_S), self.ask_again, store)
