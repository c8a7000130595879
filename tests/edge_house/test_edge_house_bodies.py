"""What the store's door takes: texts that every database behind it can keep."""

import pytest
from pydantic import ValidationError

from edge.api.bodies import OpenShiftBody, ReasonBody


@pytest.mark.parametrize("reason", ["a\0b", "\x1b[2J", "\x7f", ""])
def test_a_reason_with_control_characters_is_refused(reason):
    with pytest.raises(ValidationError):
        ReasonBody(reason=reason)


def test_a_reason_of_several_lines_in_any_script_is_taken():
    assert ReasonBody(reason="stone lost\tafter lunch\nclient told 顧客").reason


@pytest.mark.parametrize("day", ["2026-02-29", "9999-99-99", "٢٠٢٦-٠١-٠١", "2026-1-1", "20260101"])
def test_a_business_day_is_a_day_of_the_calendar(day):
    assert OpenShiftBody(till="till-1", float_minor=0, business_day="2028-02-29").business_day == "2028-02-29"
    with pytest.raises(ValidationError):
        OpenShiftBody(till="till-1", float_minor=0, business_day=day)
