"""An RFID label printer on TCP 9100: one connection, one label at a time, its answers awaited with a deadline.

The only file here that does I/O. Printers that are out of tags, out of ribbon or open often do not answer ~HS at all
(Zebra, ZPL II, ~HS), so silence has words too.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final, Self

from edge.readers.base import MisconfiguredError, ProtocolError, UnreachableError
from edge.tags.zpl import CANCEL_ALL, STATUS, Answer, Answers, ReadBack, Status

PORT: Final = 9100
CONNECT_WITHIN_S: Final = 3.0
STATUS_WITHIN_S: Final = 3.0
LABEL_WITHIN_S: Final = 30.0
"""A label is printed in a second; a printer that warms up or cuts takes some more."""
LOOK_EVERY_S: Final = 1.0
AGAIN_S: Final = 0.5
IDLES: Final = 2
"""So often in a row a printer must call itself idle before a label that said nothing counts as void: one that has just
taken a label, or has just printed it, is idle for a moment and has still something to say."""
READ_BYTES: Final = 4096
NO_STATUS: Final = "does not answer: look whether it is out of tags or ribbon, its head is open, or it shows an error"


class PrinterError(Exception):
    """A person has to go to the printer; the message says what for."""


class Printer:
    """`async with Printer(host) as printer`. Raises `UnreachableError` when there is nobody."""

    def __init__(self, host: str, port: int = PORT, *, label_within_s: float = LABEL_WITHIN_S) -> None:
        self._host, self._port = host, port
        self._label_within_s = label_within_s
        self._answers = Answers()
        self._heard: deque[Answer] = deque()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        except (OSError, TimeoutError) as error:
            why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise UnreachableError(
                f"cannot reach the printer at {self._host}:{self._port} ({why}); look whether it is switched on and in "
                "this network, and whether that is its address"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def status(self) -> Status:
        """Raises `PrinterError` when it does not answer, `UnreachableError` when it is gone."""
        await self._send(STATUS)
        others: list[Answer] = []
        try:
            async with asyncio.timeout(STATUS_WITHIN_S):
                while not isinstance(answer := await self._next(), Status):
                    others.append(answer)
        except TimeoutError as error:
            raise PrinterError(f"The printer {NO_STATUS}") from error
        finally:
            self._heard.extendleft(reversed(others))
        return answer

    async def ready(self) -> None:
        """Raises `PrinterError` with what a person has to do before it can print."""
        status = await self.status()
        if status.trouble:
            raise PrinterError(f"The printer {status.trouble}")

    async def label(self, data: bytes, job: int, *, tid: bool) -> dict[str, bytes]:
        """Print one label. What its tag said: "E" the EPC, "T" the TID; empty when the printer made it void.

        Raises `PrinterError` when a person has to go to the printer, `UnreachableError` when it is gone: in both cases
        what became of this label is not known.
        """
        try:
            return await self._label(data, job, tid=tid)
        except PrinterError:
            # else it would come out when a person has put in a new roll, and be nobody's
            await self._send(CANCEL_ALL)
            raise

    async def _label(self, data: bytes, job: int, *, tid: bool) -> dict[str, bytes]:
        await self._send(data)
        said: dict[str, bytes] = {}
        wanted = {"E", "T"} if tid else {"E"}
        idles = 0
        try:
            async with asyncio.timeout(self._label_within_s):
                while set(said) < wanted:
                    answer = await self._within(AGAIN_S if idles else LOOK_EVERY_S)
                    if answer is None:
                        idles = idles + 1 if (await self._standing()).idle else 0
                        if idles == IDLES:
                            await self._late(said, job)
                            return said if set(said) == wanted else {}
                    elif isinstance(answer, ReadBack) and answer.job == job:
                        said[answer.which] = answer.data
        except TimeoutError as error:
            raise PrinterError(f"The printer has not finished a label within {self._label_within_s:.0f} s") from error
        return said

    async def _standing(self) -> Status:
        """Where the printer stands in the middle of a label. Raises `PrinterError` when it cannot go on."""
        status = await self.status()
        if status.trouble:
            raise PrinterError(f"The printer {status.trouble}")
        return status

    async def _late(self, said: dict[str, bytes], job: int) -> None:
        """What was already on its way when the printer said that it is done."""
        while (answer := await self._within(0.0)) is not None:
            if isinstance(answer, ReadBack) and answer.job == job:
                said[answer.which] = answer.data

    async def _within(self, seconds: float) -> Answer | None:
        if self._heard:
            return self._heard.popleft()
        try:
            async with asyncio.timeout(seconds):
                return await self._next()
        except TimeoutError:
            return None

    async def _next(self) -> Answer:
        assert self._reader is not None, "entered"
        while not self._heard:
            try:
                data = await self._reader.read(READ_BYTES)
                self._heard.extend(self._answers.feed(data))
            except OSError as error:
                raise UnreachableError(f"the printer is gone: {error.strerror or error}") from error
            except ProtocolError as error:
                raise MisconfiguredError(
                    f"what answers at {self._host}:{self._port} is no label printer: {error}"
                ) from error
            if not data:
                raise UnreachableError("the printer closed the connection; switch it off and on")
        return self._heard.popleft()

    async def _send(self, data: bytes) -> None:
        assert self._writer is not None, "entered"
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise UnreachableError(f"the printer is gone: {error.strerror or error}") from error
