"""No card number comes in at any door of the store, and none goes out in a log or on an error page."""

import json

import pytest
import structlog

from contract.pan import REDACTED
from tests.doors import PAN, doors
from web.card_numbers import TITLE, keep_out
from web.serving import write_logs


def test_no_door_of_the_store_takes_a_card_number(face):
    asked = list(doors(face.edge.api))
    assert len(asked) > 150, "the walk found the doors"
    let_in = []
    for method, path, sent in asked:
        answer = face.client.request(method, path, **sent)
        if answer.status_code != 422 or answer.json()["type"] != "urn:vitrine:problem:card-number":
            let_in.append((method, path, sent, answer.status_code))
        assert "4111" not in answer.text
    assert let_in == []


def test_a_text_without_one_goes_through(face):
    body = {"user": "ana", "pin": "4711"}
    assert face.client.post("/api/v1/login", json=body).status_code == 200
    broken = face.client.post("/api/v1/login", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.json()["type"] == "urn:vitrine:problem:invalid"


def test_a_person_reads_a_page_that_says_what_to_do(face):
    page = face.client.post("/register/lines", data={"piece": PAN}, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert TITLE in page.text
    assert "4111" not in page.text


def test_no_sign_that_nobody_sees_comes_in_and_the_field_is_named(face):
    page = face.client.post("/register/lines", data={"piece": "ring\x00"}, headers={"Accept": "text/html"})
    assert page.status_code == 422
    assert "The field piece holds a sign that nobody sees" in page.text
    for body in ({"user": "an\x00a", "pin": "4711"}, {"user": "ana", "pin": "47\x0711"}):
        told = face.client.post("/api/v1/login", json=body)
        assert (told.status_code, told.json()["type"]) == (422, "urn:vitrine:problem:unseen-sign")
    assert face.client.get("/api/v1/pieces", params={"q": "a\x00"}).status_code == 422


def test_new_lines_tabs_and_what_scanners_put_between_fields_come_in(face):
    asked = face.client.post("/api/v1/login", json={"user": "ana\t\r\n\x1d", "pin": "4711"})
    assert asked.json()["type"] != "urn:vitrine:problem:unseen-sign"


def test_no_log_writes_a_card_number(capsys):
    before = structlog.get_config()
    write_logs()
    try:
        structlog.get_logger().info("sold", note=f"card {PAN}", more={"deep": [PAN, 7]}, error=ValueError(PAN))
        try:
            int(PAN)
        except ValueError:
            structlog.get_logger().exception("broke")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().err
    assert "4111" not in said
    assert json.loads(said.splitlines()[0])["note"] == f"card {REDACTED}"


@pytest.mark.parametrize("kept", [7, None, True, 1.5, "ring"])
def test_what_is_no_card_number_is_written_as_it_is(kept):
    assert keep_out(None, "", {"value": kept}) == {"value": kept}
