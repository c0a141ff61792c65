"""The state and what the audit counted as Prometheus' families, in its words and units; imported
with the first scrape. What is not known is left out, and never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from threading import Lock
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from scheduler.audit.questions import Questions
from scheduler.audit.readings import KeptReading
from scheduler.audit.tally import BUCKETS, Lateness, Tally
from scheduler.errors import SchedulerError
from scheduler.outlets.web.gauges import LABELLED, PLAIN, Rows
from scheduler.outlets.web.source import Source, State

FRESH_SECONDS: Final = 900.0
"""Powers that are older say nothing of now, and are left out."""
_JOULES: Final = 3600.0


class Metrics:
    """Answers one scrape after the other; keeps what was counted of the audit."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tally = Tally(source.site)
        self._one_at_a_time = Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Collected(self._families))

    def text(self, accept: str) -> tuple[bytes, str]:
        """The metrics in the form that is asked for, and its content type."""
        encode, content_type = choose_encoder(accept)
        with self._one_at_a_time:
            return encode(self._registry), content_type

    def _families(self) -> Iterator[Metric]:
        source, now = self._source, self._source.now()
        reading, readable = self._counted()
        yield from of_state(source.site, source.state(now))
        yield _gauge(source.site, *_READABLE, [((), float(readable))])
        if readable:
            yield from of_tally(source.site, self._tally)
        if reading is not None and (now - reading.at).total_seconds() <= FRESH_SECONDS:
            yield from of_reading(source.site, reading)

    def _counted(self) -> tuple[KeptReading | None, bool]:
        """The last reading, and whether the audit could be read."""
        try:
            with self._source.audit() as database:
                self._tally.count(database)
                return Questions(database, self._source.site).last_reading(), True
        except SchedulerError:
            return None, False


class _Collected(Collector):
    """Families that are made anew for each scrape."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        return self._families()


def of_state(site: str, state: State) -> Iterator[Metric]:
    """What the service says of itself, or the audit in its place."""
    build = GaugeMetricFamily("tou_build_info", "The version at work.", labels=("version",))
    build.add_metric((state["service"]["version"],), 1)
    yield build
    for name, text, value in PLAIN:
        yield _gauge(site, name, text, (), [((), value(state))])
    for name, text, labels, rows in LABELLED:
        yield _gauge(site, name, text, labels, rows(state))


def of_tally(site: str, tally: Tally) -> Iterator[Metric]:
    """What the audit counts; it survives a restart, as the audit does."""
    runs = CounterMetricFamily(
        "tou_runs_total",
        "Runs that ended, by what they were for and how they ended.",
        labels=("site", "kind", "outcome"),
    )
    for (kind, outcome), number in sorted(tally.runs.items()):
        runs.add_metric((site, kind, outcome), number)
    late = HistogramMetricFamily(
        "tou_switch_lateness_seconds",
        "From a boundary until its switch was begun, and until it was confirmed.",
        labels=("site", "until"),
    )
    for until, found in tally.late.items():
        late.add_metric((site, until), _buckets(found), found.seconds)
    yield runs
    yield late


def of_reading(site: str, reading: KeptReading) -> Iterator[Metric]:
    """What the meters showed last."""
    powers = {
        ("battery",): reading.battery_w,
        ("grid",): reading.grid_w,
        ("solar",): reading.solar_w,
        ("load",): reading.load_w,
    }
    yield _gauge(site, *_POWER, powers.items())
    energies = {
        "grid_imported": reading.grid_imported_wh,
        "grid_exported": reading.grid_exported_wh,
        "battery_charged": reading.battery_charged_wh,
        "battery_discharged": reading.battery_discharged_wh,
        "solar": reading.solar_wh,
        "load": reading.load_wh,
    }
    counted = CounterMetricFamily(
        "tou_energy_joules_total", "The gateway's own counters.", labels=("site", "of")
    )
    for of, energy in energies.items():
        if energy is not None:
            counted.add_metric((site, of), energy * _JOULES)
    yield counted


_READABLE: Final = ("tou_audit_readable", "1 where the audit could be read.", ())
_POWER: Final = (
    "tou_power_watts",
    "What the battery gives (negative: takes), what the grid gives, what the sun gives, what the "
    "house takes.",
    ("of",),
)


def _gauge(site: str, name: str, text: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("site", *labels))
    for values, value in rows:
        if value is not None:
            family.add_metric((site, *values), value)
    return family


def _buckets(late: Lateness) -> list[tuple[str, float]]:
    edges: Iterable[str] = (*(str(float(edge)) for edge in BUCKETS), "+Inf")
    return list(zip(edges, accumulate(late.counts), strict=True))
