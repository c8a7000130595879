"""Rules of the house that a machine can hold. Each is a function over a file's text, tried on a bad sample first."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from trade.guards import Guards

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("contract", "trade", "edge", "cloud", "web", "vitrine", "simulator", "bench")
PURE = ("contract/", "trade/", "edge/reconcile/", "cloud/clienteling/")
LINES_MAX = 600
LINES_WISHED = 200
TEST_LINES_MAX = 450
LONG_SHARE_MAX = 0.35
ONE_DOOR = {
    "edge/": ("edge/books/db.py", "edge/clients/db.py"),
    "cloud/": ("cloud/db.py", "cloud/tx.py", "cloud/migrations/"),
}
"""Where SQL may be executed."""


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


FILES = _tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
OURS = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in ROOMS]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def registry_hosts(text: str) -> list[str]:
    hosts = (
        "pypi" + ".org",
        "python" + "hosted.org",
        "registry.npm" + "js.org",
        "deb." + "debian" + ".org",
        "proxy.golang" + ".org",
    )
    return [host for host in hosts if host in text]


def machine_paths(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])/(?:work|root|home/\w+)/[\w./-]+", text)


def promises(text: str) -> list[str]:
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
    return [word for word in words if re.search(rf"\b{word}\b", text)]


def secrets(text: str) -> list[str]:
    return re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b", text)


def clock_and_chance(text: str) -> list[str]:
    """Calls and imports that bring the wall clock or chance into a pure room."""
    found = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found += [
                    alias.name for alias in names if alias.name in {"time", "random", "secrets", "uuid", "datetime"}
                ]
            case ast.ImportFrom(module="time" | "random" | "secrets" | "uuid" as module):
                found.append(module)
            case ast.Attribute(attr="now" | "utcnow" | "today" | "default_rng" as attr):
                found.append(attr)
    return found


def _nodes(text: str, *, where: str) -> list[ast.AST]:
    """Of a file in which the expression `where` occurs: to look into all of them took seconds."""
    return list(ast.walk(ast.parse(text))) if re.search(where, text) else []


def executes(text: str) -> list[str]:
    return [
        node.func.attr
        for node in _nodes(text, where=r"\.\s*exec")
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"execute", "executemany", "executescript", "exec_driver_sql"}
    ]


def swallows(text: str) -> list[str]:
    """`except Exception` (or barer) without a reason on the same line."""
    lines = text.splitlines()
    return [
        lines[node.lineno - 1].strip()
        for node in _nodes(text, where=r"except(?=\W)\W*(Base|Exception|:)")
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and "#" not in lines[node.lineno - 1]
    ]


def roots(text: str) -> set[str]:
    """First words of every module a file imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or ".").partition(".")[0])
    return found


MAY_IMPORT = {"contract/": {"contract", "msgspec", "numpy"}, "trade/": {"trade", "contract", "msgspec"}}
MAY_IMPORT["edge/reconcile/"] = {"edge", "contract", "numpy"}
MAY_IMPORT["cloud/clienteling/"] = {"cloud", "contract", "numpy", "phonenumbers", "rapidfuzz", "scipy"}
"""Beside the standard library's tools of thought; STYLE says which room knows what, a list of forbidden names forgets."""
PLAIN = {
    "ast", "bisect", "collections", "dataclasses", "enum", "functools", "hashlib", "heapq", "itertools", "json", "math",
    "operator", "re", "struct", "sys", "types", "typing", "zlib",
}  # fmt: skip
BESIDES = {
    "cloud/clienteling/campaigns.py": {"hmac"},
    "contract/names.py": {"unicodedata"},
    "contract/remarks.py": {"base64"},
    "contract/schemas/__init__.py": {"inspect", "pathlib"},
    "contract/seals.py": {"hmac"},
    "edge/reconcile/blob.py": {"io"},
    "trade/orders/engraving.py": {"unicodedata"},
    "trade/seek.py": {"unicodedata"},
}
"""The schemas are written to files by a command; a hash with a key is a hash; a blob is packed in memory; a letter
without its accent, or written one way, is a table of the language; sealed bytes stand in a text."""


def hasty_keys(text: str) -> list[str]:
    """A key pressed, or an address waited for by its end, in a story of a browser: `tests/e2e/hands.py` says why not."""
    return re.findall(r"\.keyboard\.(?:press|type)\(|wait_for_url\(f?[\"']\*\*", text)


BAD = {
    hasty_keys: 'page.keyboard.press("F2")',
    registry_hosts: "--index-url https://" + "pypi" + ".org/simple",
    machine_paths: 'open("/ro' + 'ot/vitrine/x")',
    promises: "# TO" + "DO later",
    secrets: "-----BEGIN EC PRIVATE" + " KEY-----",
    clock_and_chance: "import time\n",
    executes: "db.execute('select 1')",
    swallows: "try:\n    pass\nexcept Exception:\n    pass\n",
}


@pytest.mark.parametrize("rule", BAD, ids=lambda rule: rule.__name__)
def test_each_rule_finds_its_bad_sample(rule: Callable[[str], list[str]]):
    assert rule(BAD[rule])
    assert not rule("fine = 1\n")


@pytest.mark.parametrize("rule", [registry_hosts, machine_paths, promises, secrets], ids=lambda rule: rule.__name__)
def test_no_file_breaks_a_rule_for_all_text(rule: Callable[[str], list[str]]):
    assert not _broken(rule, [path for path in FILES if path.name != "LICENSE"])


def test_stories_of_a_browser_press_no_key_before_a_page_hears_it():
    stories = [path for path in PYTHON if _name(path).startswith("tests/e2e/") and path.name != "hands.py"]
    assert not _broken(hasty_keys, stories)


def test_pure_rooms_know_neither_clock_nor_chance():
    assert not _broken(clock_and_chance, [path for path in OURS if _name(path).startswith(PURE)])


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_pure_room_imports_only_what_it_may(room: str):
    strange = {}
    for path in [path for path in OURS if _name(path).startswith(room)]:
        allowed = PLAIN | MAY_IMPORT[room] | BESIDES.get(_name(path), set())
        if more := roots(path.read_text(encoding="utf-8")) - allowed:
            strange[_name(path)] = more
    assert strange == {}


def test_an_import_of_anything_else_would_be_noticed():
    assert roots("import urllib.request\nfrom subprocess import run\n") - PLAIN == {"urllib", "subprocess"}


def test_a_new_reader_family_is_held_by_the_rules_without_a_line_of_its_own():
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    rules = {rule["name"]: rule for rule in linter["contracts"]}
    for name in ("protocol files do no I/O", "protocol files know no driver"):
        assert rules[name]["source_modules"] == ["edge.readers.*.*"]
    assert rules["protocol files do no I/O"]["ignore_imports"] == ["edge.readers.*.driver -> *"]
    assert rules["a driver family knows no other, nor does what is shared know a family"]["modules"] == [
        "edge.readers.*"
    ]
    families = {path.parent.name for path in (ROOT / "edge" / "readers").glob("*/__init__.py")} - {"serial", "mqtt"}
    assert families
    assert not [family for family in families if f"edge.readers.{family}" in str(linter)]


@pytest.mark.parametrize("room", ONE_DOOR)
def test_sql_is_executed_behind_one_door(room: str):
    elsewhere = [path for path in OURS if _name(path).startswith(room) and not _name(path).startswith(ONE_DOOR[room])]
    assert not _broken(executes, elsewhere)


def test_nothing_swallows_every_error_without_a_reason():
    assert not _broken(swallows, OURS)


def test_files_stay_small_enough_to_hold_in_the_head():
    sizes = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in OURS}
    # Whatever is that long has two things in it.
    assert {name: n for name, n in sizes.items() if n > LINES_MAX} == {}
    long = sorted(name for name, n in sizes.items() if n > LINES_WISHED)
    assert len(long) <= LONG_SHARE_MAX * len(sizes), f"too many files above {LINES_WISHED} lines: {long}"


def too_long(sizes: dict[str, int]) -> list[str]:
    """A file of tests, or of what they are made with, in which one looks for things."""
    return sorted(name for name, lines in sizes.items() if lines > TEST_LINES_MAX)


def test_files_of_tests_stay_small_too():
    tests = [path for path in PYTHON if _name(path).startswith("tests/")]
    assert too_long({_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in tests}) == []
    assert too_long({"tests/a.py": TEST_LINES_MAX, "tests/b.py": TEST_LINES_MAX + 1}) == ["tests/b.py"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/README.md"])
def test_what_the_documents_name_is_there(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    rooms = "|".join((*ROOMS, "tests", "docs", "docker", "firmware-config"))
    named = set(re.findall(rf"`((?:{rooms})/[\w./-]*)`", text))
    linked = {str((ROOT / name).parent.relative_to(ROOT) / link) for link in re.findall(r"\]\(([\w./-]+)\)", text)}
    assert [path for path in sorted(named | linked) if not (ROOT / path).exists()] == []


def unshown(code: str, shown: str) -> list[str]:
    """Counters that grow and that nobody can see (habit 8)."""
    grown = set(re.findall(r"\b(\w+_total)(?:\[[^]]+\])? \+= ", code))
    return sorted(name for name in grown if not re.search(rf"\.{name}\b", shown))


def test_whatever_is_counted_is_shown():
    # A decoder's own counts are summed by its dialogue into the reader's health; `MemoryLogins` is for tests.
    apart = ("edge/readers/llrp/", "web/logins.py")
    rooms = [path for path in OURS if _name(path).startswith(("edge/", "web/")) and not _name(path).startswith(apart)]
    showing = ("edge/gauges.py", "edge/app.py", "edge/floor/pads_and_gates.py")
    shown = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in showing)
    assert unshown("\n".join(path.read_text(encoding="utf-8") for path in rooms), shown) == []


def test_a_counter_that_nobody_shows_would_be_noticed():
    assert unshown("self.reads_total += 1\nself.lost_total += n\n", "tally.reads_total") == ["lost_total"]


def untried(names: Iterable[str], code: str, tests: str) -> list[str]:
    """Guards that no code asks, or that no test takes away."""
    asked = set(re.findall(r"guards\.(\w+)", code))
    taken = set(re.findall(r"(?:Guards|without)\((\w+)=\w+\)", tests)) | set(
        re.findall(r'^ +\("(\w+)", (?:\d+, )?\{', tests, re.MULTILINE)
    )
    return sorted(name for name in names if name not in asked or name not in taken)


def test_every_guard_is_asked_by_the_code_and_taken_away_by_a_test():
    code = "\n".join(path.read_text(encoding="utf-8") for path in OURS)
    tests = "\n".join(path.read_text(encoding="utf-8") for path in PYTHON if _name(path).startswith("tests/"))
    assert untried(Guards.__struct_fields__, code, tests) == []


def test_a_guard_without_use_or_without_control_would_be_noticed():
    code, tests = "if guards.term or guards.witness:", "Guards(term=False)"
    assert untried(("term", "witness", "journal"), code, tests) == ["journal", "witness"]


def test_tests_do_not_shadow_the_packages_they_mirror():
    assert [_name(path) for path in PYTHON if path.name == "__init__.py" and _name(path).startswith("tests/")] == []


def test_test_files_have_names_of_their_own():
    names = [path.name for path in PYTHON if path.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_whatever_has_a_known_cost_is_there():
    """`VITRINE_COSTS=1 ./test` writes `costs.txt` anew: a file that moved would be begun last."""
    files = [line.split()[1] for line in (ROOT / "tests" / "costs.txt").read_text(encoding="utf-8").splitlines()]
    assert len(files) > 50
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_every_locked_package_carries_hashes_and_no_index():
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.split(r"\n(?=\S)", text)
        pinned = [block for block in blocks if "==" in block.split("\n")[0]]
        assert len(pinned) > 40
        assert all("--hash=sha256:" in block for block in pinned)
        assert "--index-url" not in text


def test_the_lock_for_tests_holds_all_of_the_other_in_the_same_versions():
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.\[\]-]+==[^\s;]+)", text, re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-test.txt")


def _broken(rule: Callable[[str], list[str]], paths: list[Path]) -> dict[str, list[str]]:
    broken = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__) and (found := rule(text)):
            broken[_name(path)] = found
    return broken
