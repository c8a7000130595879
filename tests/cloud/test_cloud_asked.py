"""The office's whole API does what its OpenAPI document says, whatever is asked of it (schemathesis, small)."""

import pytest
import schemathesis
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from contract.facts import LineKind, OrderKind, OrderOpened, SaleLine, ShiftOpened, Tender, TenderKind, ValueKept
from contract.feed import Role, StaffCard
from contract.ids import UserId
from web.card_numbers import UNSEEN

WHO = "zoe"
ENDS_THE_LOGIN = "POST /api/v1/logout"
AT_THE_END = ("/erase",)
"""Asked after everything else, which is about whom they end."""
EXAMPLES = {"sqlite": 4, "postgresql": 3}
HUGE = (2**63, -(2**63) - 1, 2**62, -1, 0)
NEW = {"at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "sure": True}
KNOWN = {
    "store": ("paris", "lyon"), "at": ("paris",), "to": ("lyon",), "piece": ("paris-1", "paris-2", "lyon-2"),
    "pieces": (["lyon-1", "lyon-2"],), "sale": ("paris-s",), "order": ("o-paris", "o-lyon"), "shift": ("z1",),
    "account": ("order-paris", "cash", "sales"), "posting": ("sale:paris-s", "sale:lyon-s"), "currency": ("EUR",),
    "into": ("USD",), "period": ("2026-11",), "business_day": ("2026-11-22",), "day": ("2026-11-22",),
    "on": ("2026-11-22",), "from_day": ("2026-11-22",), "until_day": ("2026-12-22",), "begins": ("14:30",),
    "minutes": (30,), "quoted_us": (1,), "year": (2026,), "category": ("ring",), "metal": ("gold",), "fineness": (750,),
    "rate_bp": (100,), "tier_min": (1,), "months": (12,), "amount_minor": (1_000, -1_000), "value_minor": (1_000,),
    "role": ("manager", "associate"), "user": ("ana",), "staff": ("ana",), "associate": ("ana", WHO),
    "tax": ("full",), "promotion": ("spring",), "code": ("full",), "unit": ("ct",), "time_zone": ("Europe/Paris",),
    "country": ("FR",), "name": ("notes", "x"), "title": ("A ring",), "text": ("Some words",), "appraiser": ("Ida",),
    "purpose": ("Insurance",), "reason": ("asked", "because"), "why": ("because",), "number": ("54",), "kind": ("photo",),
    "given_name": ("Ana",), "family_name": ("Exemple",), "emails": (["ana@example.com"],), "phones": (["+33199001234"],),
}  # fmt: skip
"""By the name of a parameter or a field: what it may say of this office, so that more than checks at the door is asked."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def cloud(engine, request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    url = f"sqlite:///{folder / 'office.sqlite3'}"
    if engine == "postgresql":
        base = sa.make_url(request.getfixturevalue("postgres_uri")).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE vitrine_asked"))
        admin.dispose()
        url = base.set(database="vitrine_asked").render_as_string(hide_password=False)
    config = CloudConfig(database_url=url, port=0, second_factor=False, seal_key=str(folder / "seal.key"))
    cloud = build(config)
    with cloud.desk.work() as work:
        put_staff(work, StaffCard(user=UserId(WHO), name="Zoe", roles=tuple(Role)))
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    token = cloud.logins.begin(UserId(WHO)).token

    def ask(method, path, **given):
        return browser.ask(method, path, headers={"Authorization": f"Bearer {token}"}, **given)

    return ask


@pytest.fixture(scope="module")
def known(cloud, ask, house_type):
    """Two stores with a sale, an order and its deposit each, and three clients."""
    house = house_type(cloud.office)
    for name in ("paris", "lyon"):
        box = house.store(name, f"{name}-1", f"{name}-2")
    people = [ask("POST", "/api/v1/clients", json=NEW).json()["person"] for _ in range(3)]
    for name, box in house.boxes.items():
        account, client = f"order-{name}", people[0]
        line = SaleLine(
            line="d", kind=LineKind.DEPOSIT, description="Deposit: L-1", list_price_minor=500, gross_minor=500, tax_bp=0,
            tax_minor=0, account=account,
        )  # fmt: skip
        paid = house.sale(box, f"{name}-d", receipt=2)
        paid = type(paid)(
            **{field: getattr(paid, field) for field in paid.__struct_fields__}
            | {"lines": (line,), "total_minor": 500, "tax_minor": 0, "client": client}
            | {"tenders": (Tender(kind=TenderKind.CASH, amount_minor=500),)}
        )
        kept = ValueKept(account=account, kind=TenderKind.DEPOSIT, amount_minor=500, currency="EUR", client=client)
        opened = OrderOpened(
            order=f"o-{name}", number=f"L-{name}", kind=OrderKind.LAYAWAY, client=client, title="A ring", currency="EUR",
            account=account,
        )  # fmt: skip
        box.write(ShiftOpened(shift="z1", till="till-1", business_day="2026-11-22", float_minor=0, currency="EUR"))
        box.write(house.sale(box, f"{name}-s", f"{name}-1", price_minor=90_000, receipt=1))
        box.write(opened)
        box.write(paid, kept)
        box.send()
    return {**KNOWN, **dict.fromkeys(("person", "client", "survivor", "absorbed"), people), "persons": [people[:2]]}


def made_likely(said, known, draw, *, huge):
    """With what this office knows in most places, and without signs that nobody sees, which the door refuses."""
    if isinstance(said, dict):
        return {
            name: draw(st.sampled_from(known[name]))
            if name in known and draw(st.integers(0, 5))
            else made_likely(value, known, draw, huge=huge)
            for name, value in said.items()
        }
    if isinstance(said, list):
        return [made_likely(each, known, draw, huge=huge) for each in said]
    if isinstance(said, str):
        return UNSEEN.sub("", said)
    if huge and isinstance(said, int) and not isinstance(said, bool):
        return draw(st.sampled_from(HUGE))
    return said


def ask_everything(operation, ask, known, examples):
    """Requests the document allows, or nearly: each is answered in our words, never by a crash. The answers' codes."""
    answered = set()

    @given(case=operation.as_strategy(), data=st.data())
    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def once(case, data):
        if data.draw(st.integers(0, 3)):
            huge = not data.draw(st.integers(0, 2))
            for part in ("path_parameters", "query", "body"):
                setattr(case, part, made_likely(getattr(case, part), known, data.draw, huge=huge))
        asked = case.as_transport_kwargs(base_url="http://127.0.0.1")
        kept = {name: asked[name] for name in ("json", "params", "data") if asked.get(name) is not None}
        answer = ask(asked["method"], asked["url"], **kept)
        answered.add(answer.status_code)
        assert answer.status_code < 500, f"{operation.label}: {answer.text}"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", operation.label
            assert answer.json()["title"], operation.label

    once()
    return answered


def operations(document):
    found = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    return sorted(found, key=lambda each: each.path.endswith(AT_THE_END))


def test_nothing_that_is_asked_breaks_the_office(engine, ask, known):
    asked = [each for each in operations(ask("GET", "/api/openapi.json").json()) if each.label != ENDS_THE_LOGIN]
    answered = {each.label: ask_everything(each, ask, known, EXAMPLES[engine]) for each in asked}
    assert len(answered) > 180
    done = [label for label, codes in answered.items() if min(codes) < 300]
    assert len(done) > 80, "most of it was refused at the door: nothing was asked"
    assert ask("GET", "/api/v1/me").json()["user"] == WHO, "whoever asked is still who they were"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/v1/clients?after_us={2**63}", 422),
        (f"/api/v1/clients?after_us={2**63 - 1}", 200),
        ("/api/v1/ledger/journal.csv?store=\u0141\u00f3d\u017a", 200),
        ("/api/v1/ledger/journal.fec?store=\u0141\u00f3d\u017a", 200),
    ],
)
def test_what_once_broke_it_is_answered(ask, path, status):
    assert ask("GET", path).status_code == status


def test_what_breaks_would_be_seen(browse):
    """The control."""
    app = FastAPI()
    app.get("/kept/{name}")(lambda name: {"name": name.encode("latin-1").decode()})
    (operation,) = operations(app.openapi())
    with pytest.raises(UnicodeError):
        ask_everything(operation, browse(app).ask, {}, 50)
