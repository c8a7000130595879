"""What stops the command line: one sentence that names the thing and the mend; exit code 2."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

EXIT_CODE: Final = 2


class PersonError(Exception):
    """Something a person must mend. The message is the whole of what they see."""


@contextmanager
def in_words(*kinds: type[Exception]) -> Iterator[None]:
    """Errors of a room whose message already says what to do."""
    try:
        yield
    except kinds as error:
        raise PersonError(str(error)) from error


def sentence(error: OSError, doing: str) -> str:
    """A refusal of the operating system in words, e.g. `sentence(error, "writing .demo/edge.toml")`."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"The disk is full while {doing}: free some space and start again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"No right to go on while {doing}: give this user the right to write there, or use another folder."
        case errno.EADDRINUSE:
            return f"A port is taken while {doing}: stop the program that holds it and start again."
        case errno.ENOENT:
            return f"There is no such folder or file while {doing}: make it, or give another path."
        case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
            return (
                f"A file stands where a folder should be, or a folder where a file, while {doing}: give another path."
            )
        case _:
            return f"{error.strerror or error} while {doing}: mend that and start again."
