"""The state and what the audit counted as Prometheus' families, in its words and units; imported
with the first scrape. What is not known is left out, and never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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

from scheduler.audit import review
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
    """Answers one scrape after the other, of every site; keeps what was counted of the audit."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tallies: dict[str, Tally] = {}
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
        readings, readable = self._counted()
        states = {source.site: source.state(now)}
        states |= {str(each["site"]): each for each in source.others()}
        yield from of_states(states)
        yield _gauge(*_READABLE, {source.site: [((), float(readable))]})
        if readable:
            yield from of_tallies(self._tallies)
        fresh = {
            site: reading
            for site, reading in readings.items()
            if (now - reading.at).total_seconds() <= FRESH_SECONDS
        }
        if fresh:
            yield from of_readings(fresh)

    def _counted(self) -> tuple[dict[str, KeptReading], bool]:
        """The last reading of each site, and whether the audit could be read."""
        readings: dict[str, KeptReading] = {}
        try:
            with self._source.audit() as database:
                for site in {self._source.site, *review.sites(database)}:
                    self._tallies.setdefault(site, Tally(site)).count(database)
                    if reading := Questions(database, site).last_reading():
                        readings[site] = reading
        except SchedulerError:
            return {}, False
        return readings, True


class _Collected(Collector):
    """Families that are made anew for each scrape."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        return self._families()


def of_states(states: Mapping[str, State]) -> Iterator[Metric]:
    """What the service says of its sites, or the audit in its place."""
    build = GaugeMetricFamily("tou_build_info", "The version at work.", labels=("version",))
    for version in sorted({each["service"]["version"] for each in states.values()}):
        build.add_metric((version,), 1)
    yield build
    for name, text, value in PLAIN:
        yield _gauge(name, text, (), {site: [((), value(each))] for site, each in states.items()})
    for name, text, labels, rows in LABELLED:
        yield _gauge(name, text, labels, {site: rows(each) for site, each in states.items()})


def of_tallies(tallies: Mapping[str, Tally]) -> Iterator[Metric]:
    """What the audit counts; it survives a restart, as the audit does."""
    runs = CounterMetricFamily(
        "tou_runs_total",
        "Runs that ended, by what they were for and how they ended.",
        labels=("site", "kind", "outcome"),
    )
    late = HistogramMetricFamily(
        "tou_switch_lateness_seconds",
        "From a boundary until its switch was begun, and until it was confirmed.",
        labels=("site", "until"),
    )
    for site, tally in sorted(tallies.items()):
        for (kind, outcome), number in sorted(tally.runs.items()):
            runs.add_metric((site, kind, outcome), number)
        for until, found in tally.late.items():
            late.add_metric((site, until), _buckets(found), found.seconds)
    yield runs
    yield late


def of_readings(readings: Mapping[str, KeptReading]) -> Iterator[Metric]:
    """What the meters showed last."""
    yield _gauge(*_POWER, {site: _powers(each) for site, each in readings.items()})
    counted = CounterMetricFamily(
        "tou_energy_joules_total", "The gateway's own counters.", labels=("site", "of")
    )
    for site, reading in readings.items():
        for of, energy in _energies(reading):
            if energy is not None:
                counted.add_metric((site, of), energy * _JOULES)
    yield counted


def _powers(reading: KeptReading) -> Rows:
    yield ("battery",), reading.battery_w
    yield ("grid",), reading.grid_w
    yield ("solar",), reading.solar_w
    yield ("load",), reading.load_w


def _energies(reading: KeptReading) -> Iterator[tuple[str, float | None]]:
    yield "grid_imported", reading.grid_imported_wh
    yield "grid_exported", reading.grid_exported_wh
    yield "battery_charged", reading.battery_charged_wh
    yield "battery_discharged", reading.battery_discharged_wh
    yield "solar", reading.solar_wh
    yield "load", reading.load_wh


_READABLE: Final = ("tou_audit_readable", "1 where the audit could be read.", ())
_POWER: Final = (
    "tou_power_watts",
    "What the battery gives (negative: takes), what the grid gives, what the sun gives, what the "
    "house takes.",
    ("of",),
)


def _gauge(name: str, text: str, labels: tuple[str, ...], of_sites: Mapping[str, Rows]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("site", *labels))
    for site, rows in of_sites.items():
        for values, value in rows:
            if value is not None:
                family.add_metric((site, *values), value)
    return family


def _buckets(late: Lateness) -> list[tuple[str, float]]:
    edges: Iterable[str] = (*(str(float(edge)) for edge in BUCKETS), "+Inf")
    return list(zip(edges, accumulate(late.counts), strict=True))
