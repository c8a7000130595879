"""A message to a client on its way: one table, whatever carries it."""

from enum import StrEnum
from typing import Final

from trade.machine import Machine


class MessageKind(StrEnum):
    """`service` is about the client's own order, repair or appointment and needs no consent; all else does."""

    SERVICE = "service"
    MARKETING = "marketing"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """A carrier took it; nobody knows that it was read."""
    BOUNCED = "bounced"
    """Taken, and sent back later."""
    REFUSED = "refused"
    """The carrier will never take it as it is."""
    GIVEN_UP = "given up"
    """Not sent: consent withdrawn, its time over, or tried too often."""


class MessageEvent(StrEnum):
    TAKEN_UP = "taken up"
    TAKEN = "taken by the carrier"
    NOT_NOW = "not now"
    """The carrier is away or busy: later again, under the same name."""
    NEVER = "refused for good"
    LOST = "no word of it"
    """This office stopped between asking and hearing."""
    BOUNCED = "sent back"
    DROPPED = "dropped"


MESSAGE: Final = Machine[MessageState, MessageEvent](
    name="message",
    starts=frozenset({MessageState.QUEUED}),
    ends=frozenset({MessageState.SENT, MessageState.BOUNCED, MessageState.REFUSED, MessageState.GIVEN_UP}),
    table={
        (MessageState.QUEUED, MessageEvent.TAKEN_UP): MessageState.SENDING,
        (MessageState.QUEUED, MessageEvent.DROPPED): MessageState.GIVEN_UP,
        (MessageState.SENDING, MessageEvent.TAKEN): MessageState.SENT,
        (MessageState.SENDING, MessageEvent.NOT_NOW): MessageState.QUEUED,
        (MessageState.SENDING, MessageEvent.LOST): MessageState.QUEUED,
        (MessageState.SENDING, MessageEvent.NEVER): MessageState.REFUSED,
        (MessageState.SENDING, MessageEvent.DROPPED): MessageState.GIVEN_UP,
        (MessageState.SENT, MessageEvent.BOUNCED): MessageState.BOUNCED,
        # a provider may send word of the end before its own answer has reached us
        (MessageState.SENDING, MessageEvent.BOUNCED): MessageState.BOUNCED,
        (MessageState.QUEUED, MessageEvent.BOUNCED): MessageState.BOUNCED,
    },
)
