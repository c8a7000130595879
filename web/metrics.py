"""What `/metrics` says, rendered when it is asked: nothing on the way of a read or a sale counts twice."""

from collections.abc import Iterable, Iterator
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


class _Samples(Collector):
    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for sample in self._samples:
            family = families.get(sample.name)
            if family is None:
                kind = CounterMetricFamily if sample.name.endswith("_total") else GaugeMetricFamily
                family = kind(sample.name, sample.help, labels=[name for name, _ in sample.labels])
                families[sample.name] = family
            assert isinstance(family, CounterMetricFamily | GaugeMetricFamily)
            family.add_metric([value for _, value in sample.labels], sample.value)
        yield from families.values()


def render(samples: Iterable[Sample]) -> bytes:
    """The exposition text; samples of one name and different labels become one family."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples(samples))
    return generate_latest(registry)
