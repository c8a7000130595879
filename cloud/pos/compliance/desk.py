"""Saying that a report was filed: once, with its reference, for ever."""

from typing import Final

import msgspec

from cloud import changes
from cloud.pos.compliance import queries
from cloud.tables import cash_report
from cloud.work import Work
from contract.ids import UserId

NOTED: Final = "cash report"
REFERENCE_MAX: Final = 100


class ComplianceError(Exception):
    """It cannot be so; the sentence says what to do."""


def file_report(work: Work, name: str, reference: str, *, by: UserId) -> None:
    """Asked again with the same reference, it is so already. Raises `ComplianceError`, `LookupError`."""
    reference = " ".join(reference.split())
    if not 0 < len(reference) <= REFERENCE_MAX:
        raise ComplianceError(f"Give the number the authority answered with, 1 to {REFERENCE_MAX} signs")
    row = next((each for each in queries.cash_reports(work.tx, work.now_us) if each.report.name == name), None)
    if row is None:
        raise LookupError(f"there is no report {name}")
    if row.filed_us:
        if row.reference == reference:
            return
        raise ComplianceError(f"It was filed as {row.reference} already: what was filed stays as it was")
    body = msgspec.json.encode(row.report).decode()
    kept = {"name": name, "reference": reference, "by": by, "at_us": work.now_us, "body": body}
    if not work.tx.add_new(cash_report, kept):
        raise ComplianceError("Somebody said so a moment ago: reload the page")
    changes.note(
        work, NOTED, name, by=by, why=f"filed as {reference}", was={"filed": "no"}, now={"filed": "yes"}
    )  # fmt: skip
