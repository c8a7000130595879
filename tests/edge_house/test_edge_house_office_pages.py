"""What leads from a till to somewhere else: a page of the office by a ticket, and the certificate that makes tills trust this box."""

import datetime as dt
from typing import ClassVar

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from contract.tickets import Ticket
from edge.api import office_pages
from edge.config import UplinkConfig
from edge.sync.office import OfficeUnreachableError
from vitrine.authority import Authority

TO = "https://office.example/ticket/one-use"


@pytest.fixture
def house(face, tmp_path):
    """A box of a house with an authority, and an office that nobody has asked yet."""
    authority = Authority.open(tmp_path / "house", dt.datetime.now(dt.UTC))
    box = authority.client("paris", dt.datetime.now(dt.UTC))
    uplink = UplinkConfig(
        broker_host="127.0.0.1", broker_port=1, cloud_url="https://127.0.0.1:1", ca=authority.ca_file, cert=box.cert,
        key=box.key,
    )  # fmt: skip
    face.edge.shop.config = msgspec.structs.replace(face.edge.shop.config, uplink=uplink)
    face.authority = authority
    return face


class Office:
    """Gives a ticket to whom asks, or is away."""

    asked: ClassVar[list] = []
    away = False

    def __init__(self, uplink):
        self.uplink = uplink

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None

    async def ticket(self, user, path):
        if self.away:
            raise OfficeUnreachableError("no answer")
        self.asked.append((user, path))
        return Ticket(url=TO)


@pytest.fixture
def office(monkeypatch):
    monkeypatch.setattr(Office, "asked", [])
    monkeypatch.setattr(Office, "away", False)
    monkeypatch.setattr(office_pages, "Office", Office)
    return Office


def opened(face, page, user="ana"):
    headers = {**face.bearer(user), "accept": "text/html"}
    return face.client.post("/office", data={"page": page}, headers=headers, follow_redirects=False)


def test_a_till_opens_a_page_of_the_office_by_a_ticket_asked_for_who_is_signed_in(house, office):
    """By a refresh of the page, for a form's answer may not lead to another site (CSP `form-action`)."""
    answer = opened(house, "/sales/s-1")
    assert answer.status_code == 200
    assert f'<meta http-equiv="refresh" content="0; url={TO}">' in answer.text
    assert f'<a class="button main" href="{TO}" rel="noreferrer">' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    opened(house, "/pieces/p1", user="max")
    assert office.asked == [("ana", "/sales/s-1"), ("max", "/pieces/p1")], "each opening asks for a ticket of its own"


@pytest.mark.parametrize(
    "page", ["/staff", "//elsewhere.example", "/clients/../staff", "https://elsewhere.example", ""]
)
def test_no_ticket_is_asked_for_what_no_till_opens(house, office, page):
    assert opened(house, page).status_code == 422
    assert office.asked == []


def test_nobody_who_is_not_signed_in_has_a_ticket_asked_for(house, office):
    answer = house.client.post("/office", data={"page": "/sales/s-1"}, follow_redirects=False)
    assert answer.status_code in (303, 401)
    assert office.asked == []


def test_a_box_without_its_office_says_so_and_leads_nowhere(face, house, office):
    office.away = True
    answer = opened(house, "/sales/s-1")
    assert answer.status_code == 503
    assert "The office gave no ticket for its page" in answer.text
    house.edge.shop.config = msgspec.structs.replace(house.edge.shop.config, uplink=None)
    assert "This box has no office" in opened(house, "/sales/s-1").text


def test_a_tablet_is_given_the_houses_own_certificate_and_its_fingerprint_to_compare(house):
    """It signs what the box's pages are shown with, and whoever needs it cannot sign in yet."""
    answer = house.client.get("/trust/house.crt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-x509-ca-cert")
    given = x509.load_der_x509_certificate(answer.content)
    server = house.authority.server("pages", ["127.0.0.1"], dt.datetime.now(dt.UTC))
    x509.load_pem_x509_certificate(server.cert.read_bytes()).verify_directly_issued_by(given)
    digest = given.fingerprint(hashes.SHA256()).hex().upper()
    assert " ".join(digest[at : at + 4] for at in range(0, 64, 4)) in house.client.get("/trust").text


def test_a_box_that_knows_no_house_gives_no_certificate(face):
    assert face.client.get("/trust/house.crt").status_code == 404
