"""How much memory a call takes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest


def grown(call: Callable[[], object]) -> int:
    """Call a function, and return by how many bytes the process grew at most while it ran.

    The test is skipped where a process's peak can't be reset, which would hide what comes after it:
    anywhere but on Linux.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pytest.skip("needs Linux, where a process can reset its peak of memory")
    before = _bytes("VmRSS")
    call()
    return _bytes("VmHWM") - before


def _bytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.M)
    assert found
    return 1024 * int(found[1])
