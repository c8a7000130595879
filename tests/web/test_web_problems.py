"""Everything that goes wrong leaves by one door, in the form its asker can read."""

import warnings
from collections.abc import Callable
from pathlib import Path

import httpx
from fastapi import FastAPI

from web.fit import YEAR, HashedFiles
from web.headers import BODY_BYTES_MAX, CSP

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


def test_a_program_gets_problem_json(client: httpx.Client) -> None:
    answer = client.get("/refused")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:vitrine:problem:claimed",
        "title": "This piece is in another cart",
        "status": 409,
        "detail": "Ask Ana.",
        "instance": "/refused",
    }


def test_a_person_gets_a_page(client: httpx.Client, html: httpx.Headers) -> None:
    answer = client.get("/refused", headers=html)
    assert answer.status_code == 409
    assert "This piece is in another cart" in answer.text
    assert "<!doctype html>" in answer.text


def test_a_page_in_use_gets_a_notice_in_its_place(client: httpx.Client, html: httpx.Headers) -> None:
    answer = client.get("/refused", headers={**html, "HX-Request": "true"})
    assert answer.headers["hx-retarget"] == "#notice"
    assert "Ask Ana." in answer.text
    assert "<!doctype html>" not in answer.text


def test_a_person_who_is_not_signed_in_is_led_to_the_door(client: httpx.Client, html: httpx.Headers) -> None:
    answer = client.post("/counts", data={"place": "safe"}, headers=html, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/counts"
    assert client.get("/api/v1/mine", headers=html).status_code == 401


def test_what_nobody_foresaw_tells_no_secret(client: httpx.Client, html: httpx.Headers) -> None:
    for headers in (httpx.Headers(), html):
        answer = client.get("/broken", headers=headers)
        assert answer.status_code == 500
        assert "4711" not in answer.text


def test_wrong_fields_are_named(client: httpx.Client, bearer: Callable[[str], dict[str, str]]) -> None:
    answer = client.post("/api/v1/numbers", json={"number": "many"}, headers=bearer("marc"))
    assert answer.status_code == 422
    assert "number" in answer.json()["errors"][0]


def test_an_unknown_address_is_a_calm_page(client: httpx.Client, html: httpx.Headers) -> None:
    answer = client.get("/nowhere", headers=html)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Back to the beginning" in answer.text
    assert client.get("/api/nowhere").json()["title"] == "Not Found"


def test_an_unknown_address_keeps_its_menu_for_who_is_signed_in(
    client: httpx.Client, html: httpx.Headers, sign_in: Callable[[str], str]
) -> None:
    assert "Sign out" not in client.get("/nowhere", headers=html).text
    sign_in("marc")
    assert "Sign out" in client.get("/nowhere", headers=html).text


def test_every_answer_carries_the_security_headers(client: httpx.Client) -> None:
    for path in ("/page", "/nowhere", "/static/base.css"):
        assert client.get(path).headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert "strict-transport-security" not in client.get("/page").headers


def test_a_body_that_says_it_is_too_long_is_not_read(client: httpx.Client) -> None:
    answer = client.post("/counts", headers={"Content-Length": str(10**12)}, content=b"")
    assert answer.status_code == 413


def test_a_body_that_does_not_say_how_long_it_is_is_read_no_further_than_the_limit(
    client: httpx.Client, bearer: Callable[[str], dict[str, str]]
) -> None:
    piece = b" " * (1 << 20)
    endless = (piece for _ in range(BODY_BYTES_MAX // len(piece) + 1))
    headers = {**bearer("marc"), "content-type": "application/json"}
    answer = client.post("/api/v1/numbers", content=endless, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_asked_for_by_its_hash_may_be_kept_for_ever(client: httpx.Client) -> None:
    assert "immutable" in client.get("/static/base.css?v=abc").headers["cache-control"]
    assert "immutable" not in client.get("/static/base.css").headers.get("cache-control", "")


def test_files_are_compressed_on_their_way_and_pages_that_hold_a_form_token_are_not(client: httpx.Client) -> None:
    asked = {"accept-encoding": "gzip"}
    assert client.get("/static/base.css?v=abc", headers=asked).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/static/base.css", headers={"accept-encoding": "identity"}).headers
    assert "content-encoding" not in client.get("/sign-in", headers=asked).headers


def test_a_file_asked_for_with_its_hash_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "till.css").write_text("a { color: red }\n" * 100, encoding="utf-8")
    app = FastAPI()
    app.mount("/static", HashedFiles(tmp_path))
    client = TestClient(app)
    first = client.get("/static/till.css?v=1", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < len(first.content)
    (tmp_path / "till.css").write_text("", encoding="utf-8")
    whole = client.get("/static/till.css?v=1", headers={"accept-encoding": "identity"})
    assert (whole.content, whole.headers["cache-control"]) == (first.content, YEAR)
    assert client.get("/static/till.css").content == b"", "without its hash a file is what it is now"
    assert client.get("/static/none.css?v=1").status_code == 404
