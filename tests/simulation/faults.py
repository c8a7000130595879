"""What goes wrong in the simulated house: cut lines, power cuts, lost and copied disks, restored backups."""

from .world import STORES


class Faults:
    """The part of a history that is bad luck, and the people who mend it; the rest of it is in `driver`."""

    def cut_line(self):
        box = self.main[self.rng.choice(STORES)]
        box.cut = True
        self.after(self.rng.choice([5, 15, 45]), self.heal, box)

    def heal(self, box):
        box.cut = False

    def fall(self, node):
        """Power off; a disk, and a memory that is gone."""
        if node.up:
            node.stop()
            self.after(self.rng.choice([0.5, 3, 10]), self.rise, node)

    def rise(self, node):
        if node.up or getattr(node, "gone", False):
            return
        node.start()

    def fault_crash(self):
        self.stat("crashes")
        self.fall(self.rng.choice([self.head, *self.main.values()]))

    def back_up(self):
        for box in self.main.values():
            if box.up:
                box.backup = box.disk()
        if self.head.up:
            self.head.backup = self.head.disk()
            self.head.mark_safe()

    def fault_lost(self):
        """The box is gone for good; a person says so, and a new machine takes its place."""
        store = self.rng.choice(STORES)
        old = self.main[store]
        if not old.up:
            return
        self.stat("boxes lost")
        self.forget(old)
        old.stop()
        old.gone = True
        self.main[store] = self.Box(self, store, f"m{self.new_id()}")
        self.main[store].start()
        self.after(self.rng.choice([1, 15]), self.replace, store)

    def replace(self, store):
        box = self.main[store]
        if box.serving:
            return
        if not self.head.up:
            self.after(5, self.replace, store)
            return
        if not self.head.rejoins.replace(store, box.instance, by="marie", why="box lost", now_us=self.wall_us()):
            self.after(5, self.replace, store)

    def fault_copy(self):
        """Somebody starts a copy of the disk on another machine in the same store."""
        box = self.main[self.rng.choice(STORES)]
        if not box.up or not box.serving:
            return
        self.stat("copies")
        ghost = self.Box(self, box.store, f"x{self.new_id()}", box.disk())
        ghost.ghost = True
        ghost.watched = dict(box.watched)
        ghost.start()
        self.ghosts.append(ghost)
        self.one_authority()
        self.after(self.rng.choice([10, 30]), self.scrap, ghost)

    def scrap(self, ghost):
        ghost.stop()
        self.ghosts.remove(ghost)

    def fault_restored(self):
        """The disk is restored from its backup by the book: restored state is marked so and has to rejoin."""
        box = self.main[self.rng.choice(STORES)]
        if not box.up or box.backup is None:
            return
        self.stat("disks restored")
        self.forget(box)
        box.stop()
        box.image = box.backup
        box.start()
        box.must_rejoin("restored from a backup")
        box.watched = {}

    def fault_cloud(self):
        """The cloud comes back from its last backup, as a new life."""
        head = self.head
        if not head.up:
            return
        self.stat("cloud restores")
        head.stop()
        head.image = head.backup
        rate, self.crash_rate = self.crash_rate, 0.0
        head.start()
        self.crash_rate = rate
        head.recover()
        known = self.head.rows() | self.disk_rows()
        self.lose(place for place in self.recorded if place not in known)

    def disk_rows(self):
        """Rows that some disk still has and may hand over."""
        found = set()
        for box in self.main.values():
            was_up = box.up
            if not was_up:
                box.start()
            found |= box.rows()
            if not was_up:
                box.stop()
        return found

    def forget(self, box):
        """Rows that only this disk had go with it: nobody can know them (custody.md §12)."""
        known, had = self.head.rows(), box.rows()
        mine = (place for place, owner in self.recorded.items() if owner is box or place in had)
        self.lose(place for place in mine if place not in known)

    def lose(self, places):
        """Exempt, and counted: rows, what was promised in one, a sale whose piece has not left, a refund (paid again)."""
        for place in places:
            self.lost.add(place)
            self.stat("rows gone with every copy")
        for piece, promise in list(self.world.promised.items()):
            if promise[2] in self.lost:
                self.stat("promises gone with every copy")
                del self.world.promised[piece]
        for piece, place in list(self.world.written.items()):
            stayed = self.world.loc[piece] == place[0] or self.world.taken.get(piece) != self.world.open.get(piece)
            if place in self.lost and piece in self.world.open and stayed:
                self.stat("sales gone with every copy")
                self.world.sale_gone[piece] = self.world.open.pop(piece)
                del self.world.written[piece]
        for (piece, sale), place in list(self.world.refunded.items()):
            if place in self.lost:
                self.stat("refunds gone with every copy")
                self.world.refund_gone[piece] = sale
                del self.world.refunded[piece, sale]

    def human(self):
        """Answers the case of a box that is not admitted."""
        self.after(10, self.human)
        for store, box in self.main.items():
            if not self.head.up or not box.up or box.serving:
                continue
            if box.refused == "replace" or self.head.served_by(store) != box.instance:
                self.replace(store)
