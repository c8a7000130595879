"""DuckDB for one piece of work at a time, imported when it is first needed: 60 MiB that selling never asks for."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from edge.thrift import give_back

MEMORY_MAX: Final = "128MB"
SPILL_MAX: Final = "4GB"
"""What sorting a month may put on the disk meanwhile."""


class HistoryError(Exception):
    """History can be neither written nor read now; the words say why. Selling goes on."""


class Duck:
    """One connection, kept open from question to question: to open one costs 25 ms, a third of what one may take.

    Left alone it is closed (`rest`): open, it keeps some 40 MiB that a box has better use for.
    """

    def __init__(self, spill: Path) -> None:
        self._spill = spill
        self._lock = threading.Lock()
        self._open: Any = None
        self.begun = 0
        """Pieces of work begun."""

    @contextmanager
    def work(self) -> Iterator[Any]:
        """A cursor. What DuckDB or the disk raises is a `HistoryError`, and the next piece of work begins anew."""
        try:
            import duckdb  # noqa: PLC0415
        except ImportError as error:
            raise HistoryError(f"DuckDB cannot be loaded: {error}") from error
        with self._lock:
            self.begun += 1
            try:
                if self._open is None:
                    shutil.rmtree(self._spill, ignore_errors=True)  # of a sorting that power interrupted
                    self._open = duckdb.connect(
                        config={
                            "threads": 1,
                            "memory_limit": MEMORY_MAX,
                            "temp_directory": str(self._spill),
                            "max_temp_directory_size": SPILL_MAX,
                            "preserve_insertion_order": False,
                        }
                    )
                    self._open.sql("SET parquet_metadata_cache = true")  # a run never changes under its name
                with self._open.cursor() as duck:
                    yield duck
            except (duckdb.Error, OSError) as error:
                self._close()
                raise HistoryError(f"the history's files cannot be used: {error}") from error

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def rest(self, works: int) -> None:
        """Close, and give the memory back, unless more was worked since `works`."""
        with self._lock:
            if self._open is not None and self.begun == works:
                self._close()
                give_back()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
