"""What the store's door takes: texts that every database behind it can keep."""

import pytest
from pydantic import ValidationError

from edge.api.bodies import ReasonBody


@pytest.mark.parametrize("reason", ["a\0b", "\x1b[2J", "\x7f", ""])
def test_a_reason_with_control_characters_is_refused(reason):
    with pytest.raises(ValidationError):
        ReasonBody(reason=reason)


def test_a_reason_of_several_lines_in_any_script_is_taken():
    assert ReasonBody(reason="stone lost\tafter lunch\nclient told 顧客").reason
