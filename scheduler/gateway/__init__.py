"""Speaks to one device; the only room that knows its protocol, and that imports httpx."""

import sys

# httpx imports its own command line where rich and pygments are installed: 6 MB resident that a
# service for ten years on a small machine has no use for. None makes that import fail, which
# httpx 0.28 expects and handles.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
