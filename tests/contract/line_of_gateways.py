"""Two transports in line, so that a site may rely on the line as on one: the one in memory, then
the one in its own folder."""

from scheduler.gateway import registry
from scheduler.gateway.base import Limits
from scheduler.gateway.failover import Failover
from scheduler.gateway.proxy.settings import ProxySettings


def limits_of(settings: ProxySettings) -> Limits:
    return registry.transport("memory").limits_of(settings)


def open_gateway(settings: ProxySettings, surroundings: registry.Surroundings) -> Failover:
    first = registry.transport("memory").open_gateway(None, surroundings)
    second = registry.transport("proxy").open_gateway(settings, surroundings)
    return Failover((first, second), monotonic=surroundings.monotonic)
