"""What `/metrics` says, gathered when it is asked: nothing on the way of a read or a sale counts twice.

One registry per process is made by the composition root; a `Gather` returns the samples of one room.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Sample(NamedTuple):
    """One number. A name that ends in `_total` only ever grows; `labels` are few and bounded (readers, zones)."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


Gather = Callable[[], Iterable[Sample]]


class _Rooms(Collector):
    def __init__(self, gathers: tuple[Gather, ...]) -> None:
        self._gathers = gathers

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for gather in self._gathers:
            for sample in gather():
                family = families.get(sample.name)
                if family is None:
                    kind = CounterMetricFamily if sample.name.endswith("_total") else GaugeMetricFamily
                    family = kind(sample.name, sample.help, labels=[name for name, _ in sample.labels])
                    families[sample.name] = family
                assert isinstance(family, CounterMetricFamily | GaugeMetricFamily)
                family.add_metric([value for _, value in sample.labels], sample.value)
        yield from families.values()


def make_metrics(*gathers: Gather) -> Callable[[], bytes]:
    """A function that renders the exposition text of all rooms."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rooms(gathers))
    return lambda: generate_latest(registry)
