"""The guide to adding a reader family is true: what it quotes stands in the files it names, and the family is in the house."""

import re
from pathlib import Path

from conformance_subjects import SUBJECTS

from edge.readers import DRIVERS

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "adding-a-reader-family.md"
STEP = re.compile(r"^`([\w./-]+)`\n|^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def quoted(text):
    """(file, code) of every block, each under the last file that stood alone on a line before it."""
    name, found = "", []
    for match in STEP.finditer(text):
        if match[1]:
            name = match[1]
        else:
            found.append((name, match[2]))
    return found


def test_all_that_the_guide_quotes_stands_in_the_file_it_names():
    blocks = quoted(GUIDE.read_text(encoding="utf-8"))
    assert len(blocks) > 8
    for name, code in blocks:
        assert code in (ROOT / name).read_text(encoding="utf-8"), f"{name} has no longer:\n{code}"


def test_a_quotation_that_has_gone_stale_would_be_found():
    (block,) = quoted("`edge/readers/base.py`\n\n```python\nno_such_line = 1\n```\n")
    assert block == ("edge/readers/base.py", "no_such_line = 1\n")
    assert block[1] not in (ROOT / block[0]).read_text(encoding="utf-8")


def test_the_files_the_guide_names_are_there():
    for name in re.findall(r"`([a-z][\w-]*/[\w./-]+)`", GUIDE.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name


def test_the_family_of_the_guide_is_driven_and_stands_the_suite():
    assert "r2000" in DRIVERS
    assert "r2000" in {subject.scheme for subject in SUBJECTS}


def test_every_family_that_has_a_port_stands_the_suite():
    serial = {path.parent.name for path in (ROOT / "edge" / "readers").glob("*/module.py")}
    assert serial <= {subject.scheme for subject in SUBJECTS}
