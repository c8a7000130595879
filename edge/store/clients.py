"""What tills say of clients, written into the journal: sealed, or by id alone."""

from collections.abc import Sequence

from contract.facts import ClientConsented, ClientLooked, ClientTold
from contract.ids import UserId
from edge.store.core import Core

Said = ClientTold | ClientConsented | ClientLooked


class OfClients(Core):
    """Nothing of it changes a row here: the office keeps clients."""

    def say_of_clients(self, facts: Sequence[Said], why: str, by: UserId) -> int:
        """The time of the entry, µs. Raises `NotServingError`."""
        with self.books.transaction() as tx:
            entries = tx.write(at_us=self.clock.wall_us(), by=by, why=why, facts=tuple(facts))
        self.notice(entries)
        return entries[-1].at_us
