import tomllib

from hypothesis import given
from hypothesis import strategies as st

from vitrine import toml

_scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False),
)
_keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(_keys, _values, max_size=4))
def test_what_is_written_is_read_back(table):
    assert tomllib.loads(toml.dump(table)) == table
