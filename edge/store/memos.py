"""Pieces out with clients on memo: the day before they are due somebody is told, and again when they are late."""

import datetime as dt
from typing import Final

from contract.facts import AlarmKind, AlarmRaised, OrderKind, Severity
from contract.ids import AlarmId, ZoneId
from edge.books import fold_orders, replica
from edge.books.rows import AlarmRow
from edge.floor import sentences
from edge.store.core import Core
from trade.orders.order import Order

LOOKED_AT_MAX: Final = 500
LOOK_EVERY_US: Final = 60_000_000


class Memos(Core):
    """Looked at once a minute. An alarm has the name of its memo, day and cause: told once, whatever restarts."""

    _memos_us = -LOOK_EVERY_US

    def _remind_of_memos(self) -> None:
        now_us = self.clock.mono_us()
        if now_us - self._memos_us < LOOK_EVERY_US:
            return
        self._memos_us = now_us
        today = self.pipeline.watch.today()
        tomorrow = (dt.date.fromisoformat(today) + dt.timedelta(days=1)).isoformat()
        for order in fold_orders.load_some(self.books.db, "client_memos_due", day=tomorrow, limit=LOOKED_AT_MAX):
            assert order.kind is OrderKind.MEMO
            late = order.promised_day < today
            name = AlarmId(f"memo-{order.order}-{order.promised_day}-{'late' if late else 'eve'}")
            if order.out and self.books.db.one("alarm", AlarmRow, alarm=name) is None:
                self.pipeline.say_alarm(self._reminder(name, order, late=late), now_us)

    def _reminder(self, name: AlarmId, order: Order, *, late: bool) -> AlarmRaised:
        cards = [replica.piece(self.books.db, piece) for piece in order.out]
        names = [sentences.called(card, piece) for card, piece in zip(cards, order.out, strict=True)]
        when = f"was due back on {order.promised_day}" if late else f"is due back by {order.promised_day}"
        zones = self.config.zones
        return AlarmRaised(
            alarm=name,
            kind=AlarmKind.MEMO,
            pieces=order.out,
            zone=zones[0].id if zones else ZoneId(""),
            sentence=f"{order.number}, lent to client {order.client}, {when}: {sentences.several(names)}.",
            value_minor=sum(card.price_minor for card in cards if card is not None),
            currency=self.config.currency,
            severity=Severity.ALARM if late else Severity.NOTICE,
        )
