"""A printer on a TCP port, of labels or of receipts: bytes in, and what it says of itself out."""

import asyncio
from contextlib import suppress
from typing import Generic, Protocol, TypeVar


class Hears(Protocol):
    """A printer without its cable."""

    def hear(self, data: bytes, /) -> bytes:
        """Takes bytes; gives what it answers."""


Device = TypeVar("Device", bound=Hears)


class PrinterPort(Generic[Device]):
    """`silent`: it takes bytes and answers none. `hang_up`: the network goes, or somebody switches it off."""

    def __init__(self, printer: Device) -> None:
        self.printer = printer
        self.silent = False
        self.connections_total = 0
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    @property
    def port(self) -> int:
        assert self._server is not None, "started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, host, port)

    async def stop(self) -> None:
        for client in self._clients:
            client.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def hang_up(self) -> None:
        for client in self._clients:
            client.transport.abort()

    def say(self, said: bytes) -> None:
        """To everybody who is connected."""
        for client in self._clients:
            client.write(said)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        self.connections_total += 1
        try:
            while data := await reader.read(4096):
                said = self.printer.hear(data)
                if not self.silent:
                    writer.write(said)
                    await writer.drain()
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self._clients.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
