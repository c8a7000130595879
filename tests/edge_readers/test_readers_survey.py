"""RF surveys among tag reports: counted, the loudest frequency kept, and no tag beside them lost."""

import struct

import pytest
from llrpkit.protocol import messages
from llrpkit.protocol import params as P  # noqa: N812 - the many names of a protocol
from readers_hand import HandReader, converse, dialogue_for

from edge.readers.base import ProtocolError
from edge.readers.llrp.survey import loudest

SECOND = 1_000_000


def survey(*levels):
    """The parameter as another implementation writes it; levels: (kHz, peak dBm)."""
    entries = [
        P.FrequencyRSSILevelEntry(
            frequency=khz, bandwidth=200, average_rssi=-80, peak_rssi=dbm, timestamp=P.UTCTimestamp(microseconds=1)
        )
        for khz, dbm in levels
    ]
    data = P.RFSurveyReportData(frequency_rssi_level_entrys=entries)
    return messages.RO_ACCESS_REPORT(rf_survey_report_datas=[data]).to_bytes()[10:]


def tag(llrp):
    return llrp.tlv(240, b"\x8d" + bytes(12) + llrp.tv(9, 1) + llrp.tv(1, 1))


def test_a_survey_is_counted_and_its_loudest_frequency_kept():
    value = survey((865_700, -70), (866_300, -48), (866_900, -61))[4:]
    assert loudest(value) == (866_300, -48)


def test_a_survey_without_levels_tells_nothing():
    assert loudest(b"") is None


def test_a_level_cut_short_is_damage(llrp):
    with pytest.raises(ProtocolError):
        loudest(llrp.tlv(243, struct.pack("!II", 865_700, 200)))


@pytest.mark.parametrize("tags", [1, 200])
def test_tags_beside_a_survey_are_read_and_the_survey_is_in_the_health(llrp, tags):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    batches = dialogue.hear_bytes(llrp.message(61, tag(llrp) * tags + survey((866_300, -48)) + tag(llrp)), SECOND)
    health = dialogue.health
    assert sum(map(len, batches)) == tags + 1
    assert (health.surveys_total, health.survey_loudest) == (1, (866_300, -48))
    assert (health.unknown_total, health.dropped_total) == (0, 0)


def test_a_damaged_survey_costs_itself_only(llrp):
    dialogue = converse(dialogue_for(), HandReader(llrp))
    broken = llrp.tlv(242, llrp.tlv(243, b"\0" * 5))
    batches = dialogue.hear_bytes(llrp.message(61, tag(llrp) + broken + tag(llrp)), SECOND)
    assert sum(map(len, batches)) == 2
    assert (dialogue.health.surveys_total, dialogue.health.survey_loudest) == (1, None)
