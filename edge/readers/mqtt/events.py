"""The events of one message: an object, an array of them, or one on each line (NDJSON). No input or output.

What is damaged costs its own event where JSON lets us see where that ends, and is counted; nothing raises.
"""

import json
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec

MESSAGE_BYTES_MAX: Final = 1 << 18
"""Zebra's handhelds send at most 6,144 bytes; an R700 batches more."""
EVENTS_PER_MESSAGE_MAX: Final = 10_000
SALVAGES_MAX: Final = 64
"""Places in a damaged message at which an event is looked for, so that nobody can make us look at all of them."""

Event = TypeVar("Event", bound=msgspec.Struct)
FAULTS: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What JSON of a stranger can raise: DecodeError for nearly all, RecursionError for deep nests."""
_scan: Final = json.JSONDecoder().raw_decode


class EventDecoder(Generic[Event]):
    """Events of one kind, strictly typed."""

    def __init__(self, kind: type[Event]) -> None:
        self._one = msgspec.json.Decoder(kind)
        self._many = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._apart = msgspec.json.Decoder(list[msgspec.Raw])

    def decode(self, data: bytes) -> tuple[list[Event], int]:
        """The events in order, and how many were damaged. Blanks alone are none: some keep a line alive so."""
        data = data.strip()
        if not data:
            return [], 0
        if len(data) > MESSAGE_BYTES_MAX:
            return [], 1
        try:
            events = self._many.decode(data) if data[:1] == b"[" else [self._one.decode(data)]
        except FAULTS:
            events, damaged = self._apart_from_damage(data)
        else:
            damaged = 0
        more = max(0, len(events) - EVENTS_PER_MESSAGE_MAX)
        return events[:EVENTS_PER_MESSAGE_MAX], damaged + more

    def _apart_from_damage(self, data: bytes) -> tuple[list[Event], int]:
        events: list[Event] = []
        damaged = 0
        for raw in self._pieces(data):
            try:
                events.append(self._one.decode(raw))
            except FAULTS:
                damaged += 1
        return events, damaged if events else max(1, damaged)

    def _pieces(self, data: bytes) -> Iterator[bytes | msgspec.Raw]:
        """What may each be an event: elements of an array, or lines, or whatever objects a damaged text still holds."""
        try:
            yield from self._apart.decode(data)
        except FAULTS:
            lines = [line for line in data.split(b"\n") if line.strip()]
            if len(lines) > 1 and all(line.lstrip()[:1] == b"{" for line in lines):
                yield from lines
            else:
                yield from _objects(data)


def _objects(data: bytes) -> Iterator[bytes]:
    """Whole objects in a damaged text, and what lies between them as one damaged piece each."""
    text = data.decode("utf-8", "replace")
    at = lost = 0
    for _ in range(SALVAGES_MAX):
        start = text.find("{", at)
        if start < 0:
            break
        try:
            _, end = _scan(text, start)
        except ValueError:
            at = start + 1
            continue
        except RecursionError:
            break  # no reader nests so deep: nothing in this text is worth another thousand steps at each brace
        if text[lost:start].strip(" ,[]\r\n\t"):
            yield b""
        yield text[start:end].encode()
        at = lost = end
    if text[lost:].strip(" ,[]\r\n\t"):
        yield b""
