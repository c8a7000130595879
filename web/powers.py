"""What somebody may do here, by store, as a face of the house knows it. Rules that make it are `trade.permissions`."""

from collections.abc import Mapping

import msgspec

from contract.feed import Permission
from contract.ids import StoreId


class Powers(msgspec.Struct, frozen=True, kw_only=True):
    """A store's box knows one store and fills `house` alone."""

    house: frozenset[Permission] = frozenset()
    own: Mapping[StoreId, frozenset[Permission]] = {}
    """At stores whose roles differ from the house's."""
    only: tuple[StoreId, ...] = ()
    """Of these stores alone; empty: of every store."""

    def of(self, store: str) -> bool:
        """Whether they are of this store."""
        return not self.only or StoreId(store) in self.only

    def at(self, store: str) -> frozenset[Permission]:
        return self.own.get(StoreId(store), self.house) if self.of(store) else frozenset()

    @property
    def anywhere(self) -> frozenset[Permission]:
        """What they may do at one store at least."""
        stores = self.only or tuple(self.own)
        held = frozenset(each for store in stores for each in self.at(store))
        return held if self.only else held | self.house

    @property
    def everywhere(self) -> frozenset[Permission]:
        """What they may do to the house as a whole."""
        return frozenset() if self.only else self.house


NONE = Powers()
