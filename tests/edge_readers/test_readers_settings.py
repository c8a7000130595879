"""How a reader is set up, as llrpkit's encoder and the simulator tell it, and in damaged answers."""

import pytest
from llrpkit.protocol import enums, messages, params

from edge.readers.base import ProtocolError
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.settings import Settings, settings_of
from simulator.llrp import models
from simulator.llrp.settings import Requested
from simulator.llrp.settings import Settings as Theirs


def told(body):
    return settings_of(Frame(12, 7, body))


def as_llrpkit_says_it():
    said = messages.GET_READER_CONFIG_RESPONSE(
        llrp_status=params.LLRPStatus(status_code=enums.StatusCode.M_Success, error_description=""),
        identification=params.Identification(id_type=0, reader_id=bytes.fromhex("001625FFFE112233")),
        antenna_properties=[
            params.AntennaProperties(antenna_connected=port == 2, antenna_id=port, antenna_gain=600) for port in (1, 2)
        ],
        keepalive_spec=params.KeepaliveSpec(keepalive_trigger_type=1, periodic_trigger_value=1000),
        gpi_port_current_states=[
            params.GPIPortCurrentState(gpi_port_num=port, config=True, state=state)
            for port, state in ((1, 0), (2, 1), (3, 2))
        ],
        gpo_write_datas=[params.GPOWriteData(gpo_port_number=4, gpo_data=True)],
        events_and_reports=params.EventsAndReports(hold_events_and_reports_upon_reconnect=True),
    )
    return said.to_bytes(message_id=1)[10:]


def test_all_that_another_codec_says_of_a_readers_settings_is_read():
    assert told(as_llrpkit_says_it()) == Settings(
        identity="00:16:25:ff:fe:11:22:33",
        antennas={1: False, 2: True},
        inputs={1: False, 2: True, 3: None},
        outputs={4: True},
        keepalive_ms=1000,
        holds=True,
    )


def test_a_simulated_readers_settings_are_read():
    theirs = Theirs(models.MODELS["impinj-r420"])
    found = told(b"\x01\x1f\x00\x08" + bytes(4) + theirs.tell(Requested.ALL, {1, 3}, {2: True}, only=(0, 0, 0)))
    assert found.antennas == {1: True, 2: False, 3: True, 4: False}
    assert set(found.inputs) == set(found.outputs) == {1, 2, 3, 4}


@pytest.mark.parametrize("seed", range(4))
def test_damage_of_any_kind_raises_nothing_but_a_protocol_error(llrp, seed):
    rng = llrp.rng(seed)
    good = as_llrpkit_says_it()
    for _ in range(300):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(damaged) + 1)
            damaged[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        try:
            told(bytes(damaged))
        except ProtocolError:
            continue
