"""Every model by its own words, as another LLRP implementation reads them."""

import pytest
from llrpkit.protocol import decode_message

from simulator.llrp.codec import M, message, status
from simulator.llrp.models import (
    ABROAD,
    MODELS,
    general_capabilities,
    known,
    llrp_capabilities,
    regulatory_capabilities,
)


@pytest.mark.parametrize("model", [*MODELS.values(), *ABROAD.values()], ids=lambda model: model.name)
def test_a_model_says_where_it_is_sold_and_what_is_wired_to_it(model):
    body = b"".join(make(model) for make in (general_capabilities, llrp_capabilities, regulatory_capabilities))
    told = decode_message(message(M.GET_READER_CAPABILITIES_RESPONSE, 1, status() + body))
    general, regulatory = told.general_device_capabilities, told.regulatory_capabilities
    signals = general.gpio_capabilities
    assert (signals.num_gp_is, signals.num_gp_os) == (model.gpis, model.gpos)
    assert general.has_utc_clock_capability == model.utc_clock
    assert (regulatory.country_code, int(regulatory.communications_standard)) == (model.country, model.standard)
    table = regulatory.uhf_band_capabilities.frequency_information
    assert table.hopping == model.hopping
    hops = [one.frequency for one in table.frequency_hop_tables] or [table.fixed_frequency_table.frequency]
    assert tuple(hops[0]) == model.frequencies_khz
    powers = model.powers_dbm
    assert list(powers) == sorted(powers)
    assert min(powers) >= 0
    assert max(powers) <= 33
    assert known(model.name) is model
