"""A manager's word at the till over HTTP: asked for in the refusal, given with name and PIN, used once."""

import pytest

from edge.till.approvals import GOOD_FOR_US


@pytest.fixture
def cart(face):
    """Ana has a ring of 1,200 in her cart and wants to give 30 %."""
    face.scan(1)
    sale = face.open_cart(1)
    body = {"discount_minor": 36_000, "reason": "a friend of the house"}
    return face, f"/sales/{sale}/discount", body


def ask(face, path, body):
    refused = face.post(path, body)
    assert refused.status_code == 403, refused.text
    problem = refused.json()
    assert problem["type"] == "urn:vitrine:problem:needs-approval"
    return problem


def approve(face, asked, user="max", pin="4711", by="ana"):
    face.bearer("max")
    return face.post("/approvals", {"asked": asked, "user": user, "pin": pin}, user=by)


def test_the_same_request_is_done_once_after_a_manager_approved_it(cart):
    face, path, body = cart
    problem = ask(face, path, body)
    assert "30 %" in problem["detail"]
    given = approve(face, problem["asked"])
    assert given.status_code == 201, given.text
    assert given.json()["words"] == problem["detail"]
    done = face.post(path, body)
    assert done.status_code == 200, done.text
    (line,) = done.json()["lines"]
    assert (line["discount_minor"], line["approved_by"], done.json()["total_minor"]) == (36_000, "max", 84_000)
    face.post(path, {"discount_minor": 0})
    assert face.post(path, body).status_code == 403


def test_another_amount_is_asked_for_anew(cart):
    face, path, body = cart
    approve(face, ask(face, path, body)["asked"])
    assert face.post(path, {**body, "discount_minor": 36_001}).status_code == 403


def test_a_minute_later_it_is_asked_for_anew(cart):
    face, path, body = cart
    approve(face, ask(face, path, body)["asked"])
    face.clock.now += GOOD_FOR_US + 1
    assert face.post(path, body).status_code == 403


@pytest.mark.parametrize(
    ("user", "pin", "status"), [("max", "0000", 403), ("ana", "4711", 409), ("nobody", "4711", 403)]
)
def test_a_wrong_pin_and_ones_own_name_approve_nothing(cart, user, pin, status):
    face, path, body = cart
    asked = ask(face, path, body)["asked"]
    assert approve(face, asked, user, pin).status_code == status
    assert face.post(path, body).status_code == 403


def test_what_one_person_was_refused_another_does_not_have_approved(cart):
    face, path, body = cart
    asked = ask(face, path, body)["asked"]
    assert approve(face, asked, by="max").status_code == 409


def test_a_guard_with_a_pin_cannot_approve_a_discount(cart):
    face, path, body = cart
    face.bearer("lou")
    assert approve(face, ask(face, path, body)["asked"], user="lou").status_code == 201
    assert face.post(path, body).status_code == 403


def test_no_tax_is_taken_with_a_managers_word_and_stands_on_the_receipt(cart):
    face, path, _ = cart
    path = path.replace("discount", "exempt")
    body = {"reason": "export", "document": "T2-881"}
    approve(face, ask(face, path, body)["asked"])
    shown = face.post(path, body).json()
    assert (shown["exemption"], shown["tax_minor"], shown["total_minor"]) == ("export; T2-881", 0, 100_000)
