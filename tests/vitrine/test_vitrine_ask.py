"""A person's program at the public APIs: what it does where a house asks to be asked again."""

import httpx
import pytest

from vitrine import ask
from vitrine.ask import Api, AskError


def house(*answers: tuple[int, str]) -> tuple[Api, list[str]]:
    """One that gives these answers in turn, and what it was asked."""
    left, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        status, kind = left.pop(0)
        return httpx.Response(status, json={"type": f"urn:vitrine:problem:{kind}", "status": status})

    return Api("http://house", httpx.MockTransport(answer)), asked


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "BUSY_WAIT_S", 0.0)


def test_a_busy_house_is_asked_again_as_it_asks_for():
    api, asked = house((503, "busy"), (503, "busy"), (200, "done"))
    assert api.post("/api/v1/sales", dict)["status"] == 200
    assert asked == ["POST /api/v1/sales"] * 3


@pytest.mark.parametrize(("status", "kind"), [(503, "not-serving"), (503, "sealed"), (409, "conflict")])
def test_any_other_answer_is_taken_at_its_word(status, kind):
    api, asked = house((status, kind), (200, "done"))
    with pytest.raises(AskError, match=f"answered {status}"):
        api.post("/api/v1/sales", dict)
    assert len(asked) == 1


def test_a_house_that_stays_busy_is_given_up():
    api, asked = house(*[(503, "busy")] * ask.BUSY_TRIES_MAX)
    with pytest.raises(AskError, match="answered 503"):
        api.get("/api/v1/orders", list)
    assert len(asked) == ask.BUSY_TRIES_MAX
