"""The API does what its OpenAPI document says, whatever is asked (schemathesis, small)."""

import warnings

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from contract.feed import FeedPage, FeedRow
from edge import app as edge_app

STREAMS_AND_LOGINS = ("/events", "/metrics", "/login", "/logout")


@pytest.fixture
def box(config, make, clock):
    config = msgspec.structs.replace(config, readers=())
    edge = edge_app.create(config, clock=clock)
    rows = tuple(
        FeedRow(rev=n + 1, scope="*", key=f"staff:{each.user}", body=each) for n, each in enumerate(make.staff)
    )
    edge.store.take_feed(FeedPage(rows=rows, upto=10, more=False))
    yield edge
    edge.shop.db.close()
    edge.store.books.close()


def ask_everything(operation, client, bearer, seen):
    """Five requests the document allows, or nearly: each is answered in our words, never by a crash."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=5,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        asked = case.as_transport_kwargs(base_url="http://testserver")
        kept = {
            name: asked[name] for name in ("method", "url", "json", "params", "data") if asked.get(name) is not None
        }
        answer = client.request(**kept, headers=bearer)
        seen.add((operation.method, operation.path, answer.status_code))
        assert answer.status_code < 500, f"{operation.method} {operation.path}: {answer.status_code} {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["title"]

    ask()


def test_nothing_that_is_asked_breaks_the_store(box):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
        from starlette.testclient import TestClient

        client = TestClient(box.api, raise_server_exceptions=False)
    bearer = {"authorization": f"Bearer {box.shop.logins.begin('max').token}"}
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    seen = set()
    for found in schema.get_all_operations():
        if not found.ok().path.endswith(STREAMS_AND_LOGINS):
            ask_everything(found.ok(), client, bearer, seen)
    assert len({(method, path) for method, path, _ in seen}) >= 30
    assert any(code < 300 for _, _, code in seen)
