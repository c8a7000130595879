"""Small things all nouns' routes share: strict bodies, pages, and errors as problems."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, model_validator

from web.problems import ProblemError

ROWS_PER_PAGE_MAX: Final = 200
ROWS_PER_PAGE: Final = 50

CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Thing = TypeVar("Thing")
Limit = Annotated[int, Query(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows of one page")]


class Asked(BaseModel):
    """Base of every request body: exact types, no unknown fields, no control characters in any text."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, asked: Any) -> Any:
        _check_plain(asked)
        return asked


def _check_plain(value: object) -> None:
    """Raises `ValueError` for a text with a control character other than tab and line ends: no database keeps NUL."""
    if isinstance(value, str):
        if CONTROL.search(value):
            raise ValueError("a text must not contain control characters; leave them out")
    elif isinstance(value, dict):
        for each in (*value.keys(), *value.values()):
            _check_plain(each)
    elif isinstance(value, list):
        for each in value:
            _check_plain(each)


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
