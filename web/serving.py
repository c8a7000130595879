"""What both faces need to be a process: a server that stops in our order, logs as JSON lines, our own version."""

import contextlib
import functools
import sys
from collections.abc import Iterator
from importlib import metadata

import structlog
import uvicorn

from web.card_numbers import keep_out


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: stopping is the composition root's, in its order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def write_logs() -> None:
    """Structured logs as JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            keep_out,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # as it is when something is said
    )


@functools.cache
def version() -> str:
    """The distribution's; `0` in a checkout that was not installed."""
    try:
        return metadata.version("vitrine")
    except metadata.PackageNotFoundError:
        return "0"
