"""What the doctor finds in what a running site knows: as `tou doctor`, and nothing asked."""

from __future__ import annotations

from scheduler.doctor.known import of_site
from scheduler.host.host import Host
from scheduler.simulated import SimulatedGateway


async def test_a_running_site_is_judged_without_a_request(
    host: Host, device: SimulatedGateway
) -> None:
    before = len(device.device.requests)

    found = of_site(host.hosted[0].site)

    told = {each.id: each for each in found.found}
    assert len(device.device.requests) == before
    assert told["reachable"].weight == "fine"
    assert told["writable"].text.startswith("It can be set: modes ")
    assert any("It can do all that" in each.text for each in found.found)
    assert "login" not in told
    assert found.simulated
