"""What to do on an empty box or office, in its order. A face says which steps are done; after the last, it is gone."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from fastapi import Request

from web.words import Words


class Step(NamedTuple):
    """One thing to do: `path` leads to where, empty when it is done elsewhere than on a page."""

    title: Words
    how: Words
    done: bool
    path: str = ""


Steps = Callable[[Request], Awaitable[tuple[Step, ...]]]


async def first_steps(request: Request) -> tuple[Step, ...]:
    """Of this face; nothing once all are done."""
    ask: Steps | None = getattr(request.app.state, "first_steps", None)
    steps = () if ask is None else await ask(request)
    return () if all(step.done for step in steps) else steps
