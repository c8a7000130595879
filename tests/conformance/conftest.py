"""One suite for every driver: `subject` is each of them; `kinds` are one of each kind, for stories that take seconds."""

import importlib.util
import sys
from pathlib import Path

import pytest

for name in (
    "stories",
    "transports",
    "subjects",
):  # under pytest's importlib mode they cannot import one another otherwise
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", Path(__file__).with_name(f"{name}.py"))
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])

from conformance_subjects import SERIAL, SUBJECTS  # noqa: E402 - found a moment ago


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.name)
def subject(request):
    return request.param


@pytest.fixture
def subjects():
    return SUBJECTS


@pytest.fixture
def kinds():
    return [subject for subject in SUBJECTS if not subject.variant]


@pytest.fixture
def serial_kinds():
    return [subject for subject in SERIAL if not subject.variant]


@pytest.fixture(params=[subject for subject in SERIAL if not subject.variant], ids=lambda subject: subject.name)
def serial_kind(request):
    return request.param
