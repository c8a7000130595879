"""One rule for what a store may be called: it becomes a certificate, a topic, a user and a file."""

import pytest

from contract.ids import check_slug


@pytest.mark.parametrize("name", ["paris", "a", "paris-2", "9eme", "a" * 40])
def test_a_name_that_every_part_of_the_house_can_carry_is_good(name: str):
    assert check_slug(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "cloud",
        "broker",
        "house",
        "office",
        "seal",
        "Paris",
        "paris-",
        "-paris",
        "a/b",
        "+",
        "a b",
        "a" * 41,
        "paris\n",
        "é",
    ],
)
def test_a_name_that_would_confuse_a_part_of_the_house_is_refused_with_the_rule(name: str):
    with pytest.raises(ValueError, match="use 1 to 40"):
        check_slug(name)
