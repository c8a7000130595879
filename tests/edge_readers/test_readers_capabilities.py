"""What a reader says it can do, in answers that llrpkit's encoder and the simulator make, and in damaged ones."""

import struct

import pytest
from llrpkit.protocol import enums, messages, params

from edge.readers.base import ProtocolError
from edge.readers.llrp.capabilities import CAPABILITIES_BYTES_MAX, AirLimits, Limits, Mode, capabilities_of
from edge.readers.llrp.frames import Frame
from simulator.llrp import models


def answer(body):
    return capabilities_of(Frame(11, 7, body))


def body_of(model):
    parts = (
        models.general_capabilities,
        models.llrp_capabilities,
        models.regulatory_capabilities,
        models.air_capabilities,
    )
    return b"\x01\x1f\x00\x08" + bytes(4) + b"".join(part(model) for part in parts)


def as_llrpkit_says_it():
    """A reader in the United States with eight ports, encoded by llrpkit."""
    ok = params.LLRPStatus(status_code=enums.StatusCode.M_Success, error_description="")
    general = params.GeneralDeviceCapabilities(
        max_number_of_antenna_supported=8,
        can_set_antenna_properties=True,
        has_utc_clock_capability=True,
        device_manufacturer_name=26554,
        model_name=0x3430,
        reader_firmware_version="5.3.2.93",
        receive_sensitivity_table_entrys=[
            params.ReceiveSensitivityTableEntry(index=i, receive_sensitivity_value=v) for i, v in ((1, 0), (2, 10))
        ],
        per_antenna_receive_sensitivity_ranges=[
            params.PerAntennaReceiveSensitivityRange(
                antenna_id=3, receive_sensitivity_index_min=1, receive_sensitivity_index_max=2
            )
        ],
        gpio_capabilities=params.GPIOCapabilities(num_gp_is=2, num_gp_os=3),
        per_antenna_air_protocols=[params.PerAntennaAirProtocol(antenna_id=3, protocol_id=bytes([0, 1]))],
    )
    limits = params.LLRPCapabilities(
        can_do_rf_survey=True,
        can_report_buffer_fill_warning=False,
        supports_client_request_op_spec=True,
        can_do_tag_inventory_state_aware_singulation=False,
        supports_event_and_report_holding=True,
        max_num_priority_levels_supported=7,
        client_request_op_spec_timeout=500,
        max_num_ro_specs=1,
        max_num_specs_per_ro_spec=32,
        max_num_inventory_parameter_specs_per_ai_spec=2,
        max_num_access_specs=1508,
        max_num_op_specs_per_access_spec=9,
    )
    mode = params.C1G2UHFRFModeTableEntry(
        mode_identifier=1002,
        dr_value=True,
        epchagtc_conformance=False,
        m_value=2,
        forward_link_modulation=1,
        spectral_mask_indicator=3,
        bdr_value=274_000,
        pie_value=1500,
        min_tari_value=6250,
        max_tari_value=25_000,
        step_tari_value=1875,
    )
    band = params.UHFBandCapabilities(
        transmit_power_level_table_entrys=[
            params.TransmitPowerLevelTableEntry(index=i, transmit_power_value=v) for i, v in ((1, -500), (2, 3150))
        ],
        frequency_information=params.FrequencyInformation(
            hopping=True,
            frequency_hop_tables=[params.FrequencyHopTable(hop_table_id=1, frequency=[902_750, 903_250])],
        ),
        air_protocol_uhfrf_mode_tables=[params.C1G2UHFRFModeTable(c1_g2_uhfrf_mode_table_entrys=[mode])],
    )
    air = params.C1G2LLRPCapabilities(
        can_support_block_erase=True, can_support_block_write=True, max_num_select_filters_per_query=5
    )
    said = messages.GET_READER_CAPABILITIES_RESPONSE(
        llrp_status=ok,
        general_device_capabilities=general,
        llrp_capabilities=limits,
        regulatory_capabilities=params.RegulatoryCapabilities(
            country_code=840, communications_standard=1, uhf_band_capabilities=band
        ),
        air_protocol_llrp_capabilities=air,
    )
    return said.to_bytes(message_id=1)[10:]


def test_all_that_another_codec_says_of_a_reader_is_read():
    found = answer(as_llrpkit_says_it())
    assert (found.maker, found.model_number, found.firmware, found.antennas) == (26554, 0x3430, "5.3.2.93", 8)
    assert found.model == "ThingMagic Sargas"
    assert (found.utc, found.antenna_properties) == (True, True)
    assert (found.sensitivities, found.sensitivity_ranges) == (((1, 0), (2, 10)), {3: (1, 2)})
    assert found.air_protocols == {3: (0, 1)}
    assert (found.gpis, found.gpos) == (2, 3)
    assert found.limits == Limits(
        survey=True, buffer_warning=False, client_requests=True, state_aware=False, holding=True, priorities=7,
        client_request_timeout_ms=500, ro_specs=1, specs_per_ro_spec=32, inventory_specs_per_ai_spec=2,
        access_specs=1508, op_specs_per_access_spec=9,
    )  # fmt: skip
    assert (found.country, found.standard) == (840, 1)
    assert found.powers == ((1, -500), (2, 3150))
    assert (found.hopping, found.hop_tables, found.fixed_khz) == (True, {1: (902_750, 903_250)}, ())
    assert found.modes == (
        Mode(1002, True, False, 2, 1, 3, 274_000, 1500, 6250, 25_000, 1875),
    )  # fmt: skip
    assert found.air == AirLimits(block_erase=True, block_write=True, select_filters=5)


def test_what_llrp_1_1_adds_is_read():
    flags = struct.pack("!HHBH", 327, 7, 0b0011_1100, 0)
    best = struct.pack("!HHh", 363, 6, -80)
    general = struct.pack("!HHHHIIH", 137, 18 + len(best), 4, 0, 1, 2, 0) + best
    found = answer(general + flags)
    assert found.air == AirLimits(block_permalock=True, recommission=True, umi=True, xpc=True)
    assert found.sensitivity_max_dbm == -80


@pytest.mark.parametrize("model", models.MODELS.values(), ids=lambda model: model.name)
def test_every_simulated_model_is_known_by_its_own_words(model):
    found = answer(body_of(model))
    assert (found.maker, found.model_number, found.firmware) == (
        model.manufacturer,
        model.model_number,
        model.firmware,
    )
    assert found.antennas == model.antennas == len(found.air_protocols)
    assert [cdbm for _, cdbm in found.powers] == [round(100 * dbm) for dbm in model.powers_dbm]
    assert found.mode_ids == tuple(mode.id for mode in model.modes)
    assert found.limits.ro_specs == model.ro_specs_max
    assert (found.hopping, found.fixed_khz) == (False, model.frequencies_khz)


def test_a_reader_that_tells_nothing_is_not_an_error():
    found = answer(b"")
    assert (found.model, found.antennas, found.powers, found.limits) == ("", 0, (), Limits())


def test_an_answer_longer_than_any_readers_is_refused(llrp):
    entry = llrp.tlv(139, bytes(4))
    with pytest.raises(ProtocolError, match="at most"):
        answer(entry * (CAPABILITIES_BYTES_MAX // len(entry) + 1))


def test_a_parameter_inside_itself_is_not_followed(llrp):
    nested = b""
    for _ in range(1500):
        nested = llrp.tlv(144, nested)
    assert answer(llrp.tlv(143, bytes(4) + nested)).powers == ()


@pytest.mark.parametrize(
    "bad",
    [
        struct.pack("!HHHHIIH", 137, 18, 4, 0, 1, 2, 3),  # a firmware name that is not there, and what follows it
        struct.pack("!HHH", 142, 6, 0),
        struct.pack("!HHHHHHH", 140, 8, 1, 9, 0, 0, 0),
        struct.pack("!HHB", 328, 200, 0),
    ],
)
def test_lengths_that_do_not_add_up_are_damage(bad):
    with pytest.raises(ProtocolError):
        answer(bad)


@pytest.mark.parametrize("seed", range(8))
def test_damage_of_any_kind_raises_nothing_but_a_protocol_error(llrp, seed):
    rng = llrp.rng(seed)
    samples = [as_llrpkit_says_it(), *map(body_of, models.MODELS.values())]
    for _ in range(250):
        damaged = bytearray(rng.choice(samples))
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(len(damaged) + 1)
            match rng.randrange(4):
                case 0:
                    damaged[at : at + 1] = rng.randbytes(1)
                case 1:
                    del damaged[at : at + rng.randint(1, 40)]
                case 2:
                    damaged[at:at] = rng.randbytes(rng.randint(1, 40))
                case _:
                    damaged = damaged[:at]
        try:
            answer(bytes(damaged))
        except ProtocolError:
            continue
