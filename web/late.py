"""Routes that are built when somebody first asks for them.

FastAPI reads the signature of each handler and makes validators of all that it takes and gives, which for 300 routes
of a box and 400 of an office was half of the time in which they start; most of them nobody asks for in a day. What
the router needs to find a route, it has from the beginning. That every route can be built, and has a policy, is held by
the tests that walk through all of them (`web.policy.undeclared`).
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from fastapi.routing import APIRoute, APIRouter
from starlette.routing import compile_path, get_name

_building: Final = threading.RLock()
"""Apps of one process share the routes of their rooms, each in a thread of its own: who comes second waits."""


class LateRoute(APIRoute):
    """`given`: what `APIRoute` takes. Everything it makes of that is made when the first of it is asked for."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self._given = given
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.methods = {method.upper() for method in given.get("methods") or ("GET",)}
        self.name = given.get("name") or get_name(endpoint)
        self.include_in_schema = given.get("include_in_schema", True)

    def __getattr__(self, name: str) -> Any:
        with _building:
            given = self.__dict__.pop("_given", None)
            if given is not None:
                super().__init__(self.path, self.endpoint, **given)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None


def install() -> None:
    """From here on the routes of each new router are late."""
    defaults = APIRouter.__init__.__kwdefaults__
    assert defaults is not None
    assert "route_class" in defaults, "FastAPI names the class of routes otherwise: look at `APIRouter.__init__`"
    defaults["route_class"] = LateRoute
