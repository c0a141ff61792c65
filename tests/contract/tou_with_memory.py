"""The command `tou` with one line more in the registry."""

from scheduler.cli import main
from scheduler.gateway import registry

registry.TRANSPORTS["memory"] = "memory_gateway"

if __name__ == "__main__":
    main()
