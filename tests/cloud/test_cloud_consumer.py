"""The office's side of the broker, without one: what cannot be sent is bounded and counted."""

from cloud.config import BrokerConfig
from cloud.ingest import Ingest
from cloud.mqtt import DOWNS_QUEUED_MAX, Consumer
from contract.ids import Epoch, StoreId
from contract.messages import Down, Standing


def test_answers_to_a_broker_that_is_gone_are_bounded_and_counted(office):
    lost: list[Exception] = []
    consumer = Consumer(BrokerConfig(host="127.0.0.1", port=1), Ingest(office), lambda: 1, lost.append, list)
    down = Down(
        store=StoreId("paris"), cloud_epoch=1, term=1, epoch=Epoch("e"), standing=Standing.OK, acks=(), first_seq=0,
        commands=(), feed_rev=0,
    )  # fmt: skip
    consumer.send([down] * (2 * DOWNS_QUEUED_MAX))
    assert consumer.counts.messages_out_total == 0
    assert consumer.counts.messages_out_dropped_total == 2 * DOWNS_QUEUED_MAX
