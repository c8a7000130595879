"""Small things all nouns' routes share: strict bodies, pages, and errors as problems."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from web.problems import ProblemError

ROWS_PER_PAGE_MAX: Final = 200
ROWS_PER_PAGE: Final = 50

Thing = TypeVar("Thing")
Limit = Annotated[int, Query(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows of one page")]


class Asked(BaseModel):
    """Base of every request body: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def found(thing: Thing | None, what: str) -> Thing:
    """The thing, or a 404 problem that names what was not found."""
    if thing is None:
        raise ProblemError(404, "not-found", f"There is no {what}", "Look for it in the list.")
    return thing


@contextmanager
def conflicts(*errors: type[Exception], code: str = "conflict") -> Iterator[None]:
    """Turns these errors into a 409 problem with their own sentence."""
    try:
        yield
    except errors as error:
        raise ProblemError(409, code, str(error)) from error
