"""A route is built when somebody first asks for it, and one that cannot be built is found by whoever walks through all."""

import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import FastAPIError
from fastapi.routing import APIRoute

from web.fit import join
from web.late import LateRoute
from web.policy import declared, public

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


@pytest.fixture
def app():
    router = APIRouter(dependencies=[public()])

    @router.get("/rings/{number}")
    def ring(number: int) -> dict[str, int]:
        return {"ring": number}

    @router.get("/watches")
    def watches() -> list[str]:
        return []

    app = FastAPI(openapi_url=None)
    join(app, router)
    return app


def built(app):
    return [route.path for route in app.routes if isinstance(route, LateRoute) and "dependant" in vars(route)]


def test_a_route_is_built_when_somebody_first_asks_for_it(app):
    assert built(app) == []
    client = TestClient(app)
    assert client.get("/necklaces").status_code == 404
    assert client.post("/rings/7").status_code == 405
    assert built(app) in ([], ["/rings/{number}"])
    assert client.get("/rings/7").json() == {"ring": 7}
    assert client.get("/rings/seven").status_code == 422
    assert built(app) == ["/rings/{number}"]
    assert app.url_path_for("ring", number=7) == "/rings/7"


def test_apps_that_share_a_room_may_ask_for_its_route_at_the_same_moment(app, monkeypatch):
    route = next(route for route in app.routes if isinstance(route, LateRoute))
    building, whole = threading.Event(), APIRoute.__init__

    def slowly(*given, **named):
        building.set()
        time.sleep(0.05)
        whole(*given, **named)

    monkeypatch.setattr(APIRoute, "__init__", slowly)
    with ThreadPoolExecutor() as two:
        first = two.submit(lambda: route.dependant)
        assert building.wait(30)
        assert route.dependant is first.result(30)


def test_a_route_has_nothing_that_fastapi_does_not_give_it(app):
    route = next(route for route in app.routes if isinstance(route, LateRoute))
    for _ in range(2):
        with pytest.raises(AttributeError, match="no_such_thing"):
            _ = route.no_such_thing


def test_a_route_that_cannot_be_built_is_found_by_whoever_walks_through_all(app):
    class Untold:
        pass

    @app.get("/untold")
    def untold(thing: Untold) -> None:
        return None

    with pytest.raises(FastAPIError):
        declared(app)
