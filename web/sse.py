"""Server-sent events: names of what changed, not the change. A page that hears a name fetches its fragment again.

Each listener keeps at most one waiting message per name, the newest: a slow phone cannot fill memory, and a wall
that was asleep is right again with its first event. `hello` is sent on every connection, so that a page that was
cut off catches up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.responses import StreamingResponse

from web.problems import ProblemError

LISTENERS_MAX: Final = 200
NAMES_MAX: Final = 64
KEEPALIVE_S: Final = 15.0
HELLO: Final = "hello"
PACED_S: Final = {"floor": 0.2}
"""Names that a busy store says fifty times a second. The first is sent at once; who heard it hears the next no sooner
than this after it. What is urgent (alarms, the pad) is never paced: it comes with a name of its own."""
PEOPLE: Final = "people"
"""Who works here, or what they may do, changed: streams ask at once whether their login still stands."""


class _Listener:
    def __init__(self) -> None:
        self.waiting: dict[str, str] = {HELLO: ""}
        self.wake = asyncio.Event()
        self.wake.set()
        self.sent_s: dict[str, float] = {}
        """When a paced name was sent last."""

    def take(self, now_s: float) -> tuple[dict[str, str], float]:
        """What may be sent now, and in how many seconds what is left may be; 0: nothing is left."""
        due = {name: max(0.0, self.sent_s.get(name, 0.0) + PACED_S.get(name, 0.0) - now_s) for name in self.waiting}
        ready = {name: data for name, data in self.waiting.items() if due[name] <= 0}
        for name in ready:
            del self.waiting[name]
            if name in PACED_S:
                self.sent_s[name] = now_s
        return ready, min((due[name] for name in self.waiting), default=0.0)


class Bulletin:
    """One board per app, on the event loop: other threads say `loop.call_soon_threadsafe(bulletin.tell, name)`."""

    def __init__(self, listeners_max: int = LISTENERS_MAX) -> None:
        self.listeners_max = listeners_max
        self.listeners_refused_total = 0
        self.messages_replaced_total = 0
        self._listeners: set[_Listener] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, name: str, data: str = "") -> None:
        """Something called `name` changed; `data` is a short line for scripts, usually empty."""
        assert "\n" not in name + data, "an event is one line"
        for listener in self._listeners:
            if name in listener.waiting:
                self.messages_replaced_total += 1
            assert len(listener.waiting) < NAMES_MAX, "event names are few and fixed; put ids into data"
            listener.waiting[name] = data
            listener.wake.set()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for listener in self._listeners:
            listener.wake.set()

    async def listen(self, alive: Callable[[], bool] = lambda: True) -> AsyncIterator[bytes]:
        """The bytes of one stream, until the asker goes, their login ends (`alive`), or the board closes.

        The last word is then `hello`: the page asks again for what it shows, and is sent to sign in.
        """
        listener = _Listener()
        self._listeners.add(listener)
        now_s = asyncio.get_running_loop().time
        asked_s = now_s()
        left_s = 0.0
        try:
            while not self._closed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(listener.wake.wait(), left_s or KEEPALIVE_S)
                if PEOPLE in listener.waiting or now_s() - asked_s >= KEEPALIVE_S:
                    asked_s = now_s()
                    if not alive():
                        yield f"event: {HELLO}\ndata: \n\n".encode()
                        return
                if not listener.wake.is_set() and not left_s:
                    yield b": still here\n\n"
                    continue
                listener.wake.clear()
                messages, left_s = listener.take(now_s())
                for name, data in messages.items():
                    yield f"event: {name}\ndata: {data}\n\n".encode()
        finally:
            self._listeners.discard(listener)

    def response(self, alive: Callable[[], bool] = lambda: True) -> StreamingResponse:
        """What `GET /events` returns. Raises a 503 problem when too many pages listen already."""
        if len(self._listeners) >= self.listeners_max:
            self.listeners_refused_total += 1
            detail = f"{self.listeners_max} pages listen to this box; close some."
            raise ProblemError(503, "listeners", "Too many pages are open", detail)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self.listen(alive), media_type="text/event-stream", headers=headers)
