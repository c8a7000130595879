"""A receipt printer on TCP 9100: one connection a job, its answers awaited with a deadline. The only file here that
prints. What became of a job is told by the class of the error: nothing came out, or nobody knows.
"""

import asyncio
from contextlib import suppress
from typing import Final, Self

from edge.config import ReceiptPrinterConfig
from edge.receipts.status import ASK, CLEAR, QUESTIONS, Status, is_done, is_status, status_of

CONNECT_WITHIN_S: Final = 3.0
STATUS_WITHIN_S: Final = 2.0
PRINT_WITHIN_S: Final = 15.0
"""A long receipt takes three seconds."""
LOOK_EVERY_S: Final = 1.0
SILENT: Final = "It does not answer: look whether it is switched on, and at its lamps."


class NotPrintedError(Exception):
    """No whole receipt came out, and none will: it can be printed again as what it is. The message says what to do."""


class UnknownError(Exception):
    """The printer took it and was lost: it may have come out. The message says where to look."""


class ReceiptPrinter:
    """`async with ReceiptPrinter(config) as printer`. Raises `NotPrintedError` when there is nobody."""

    def __init__(
        self, config: ReceiptPrinterConfig, *, status_within_s: float = STATUS_WITHIN_S,
        print_within_s: float = PRINT_WITHIN_S,
    ) -> None:  # fmt: skip
        self._config = config
        self._status_within_s, self._print_within_s = status_within_s, print_within_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        at = f"{self._config.host}:{self._config.port}"
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                self._reader, self._writer = await asyncio.open_connection(self._config.host, self._config.port)
        except (OSError, TimeoutError) as error:
            why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise NotPrintedError(
                f"Cannot reach it at {at} ({why}): look whether it is switched on and in this network."
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    async def status(self) -> Status:
        """Raises `NotPrintedError` for a printer that is silent or gone."""
        try:
            await self._send(ASK)
            answers = await self._heard(len(QUESTIONS), self._status_within_s)
        except (OSError, EOFError, TimeoutError) as error:
            raise NotPrintedError(SILENT) from error
        if not all(is_status(byte) for byte in answers):
            raise NotPrintedError("What answers there is no receipt printer: correct its address, or its port.")
        return status_of(answers)

    async def kick(self, data: bytes) -> None:
        """Open the drawer. Paper and lid cannot hold it back. Raises `NotPrintedError`."""
        try:
            await self._send(data)
        except OSError as error:
            raise NotPrintedError(SILENT) from error

    async def print(self, data: bytes) -> Status:
        """A whole job that ends with the question whether it is done. Raises `NotPrintedError`, `UnknownError`."""
        before = await self.status()
        if before.trouble:
            raise NotPrintedError(before.trouble)
        try:
            await self._send(data)
            async with asyncio.timeout(self._print_within_s):
                while not await self._done():
                    now = await self.status()
                    if now.trouble:
                        await self._forget(now.trouble)
        except (OSError, EOFError, TimeoutError, NotPrintedError) as error:
            if isinstance(error, NotPrintedError) and error.args[0] != SILENT:
                raise
            raise UnknownError(
                "The connection to it broke while it printed: look whether the receipt came out whole. If it did not, "
                "print again, as a copy."
            ) from error
        return before

    async def _done(self) -> bool:
        """The answer to GS r, or False after a second without one."""
        try:
            (byte,) = await self._heard(1, min(LOOK_EVERY_S, self._status_within_s))
        except TimeoutError:
            return False
        return is_done(byte)

    async def _forget(self, trouble: str) -> None:
        """What is left of the job must not come out when the roll is new. Raises `NotPrintedError` once it is gone."""
        await self._send(CLEAR)
        with suppress(TimeoutError):
            await self._heard(3, self._status_within_s)
        raise NotPrintedError(f"{trouble} Throw away what came out of this receipt, and print it again.")

    async def _heard(self, count: int, within_s: float) -> bytes:
        assert self._reader is not None, "entered"
        async with asyncio.timeout(within_s):
            return await self._reader.readexactly(count)

    async def _send(self, data: bytes) -> None:
        assert self._writer is not None, "entered"
        self._writer.write(data)
        await self._writer.drain()
