"""Which device computes, and how exactly."""

import logging
import os
import tempfile
import time
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock, Timeout

LOGGER = logging.getLogger(__name__)

#: The lock on this process's GPU. The system lets go of it when the process ends, however it does.
_HELD: list[FileLock] = []


def best() -> torch.device:
    """Choose a GPU that is this process's own (see `claim`) where there is one, else the CPU.

    On a GPU, convolutions would be rounded to TF32's 10 bits by default; they are kept in full
    float32 here, so that scores and features are the CPU's to about 1e-5.

    Returns:
        The same device at each call.
    """
    torch.backends.fp32_precision = "ieee"  # type: ignore[attr-defined]
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", claim(torch.cuda.device_count()))
    # Whatever names no device gets this one then, and not the first, which may be another job's.
    torch.cuda.set_device(device)
    LOGGER.info("computes on %s (%s)", device, torch.cuda.get_device_name(device))
    return device


@cache
def claim(count: int) -> int:
    """Claim a GPU until this process ends; while jobs hold them all, wait for one.

    Each GPU has a lock file in the machine's temporary folder, whatever the study and the user.
    Those that SLURM gives to one job of its own, under whatever numbers, are that job's to claim.

    Args:
        count: How many GPUs this process sees, at least 1.

    Returns:
        The GPU's number among those that this process sees: 1 for `cuda:1`.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",")[:count] if visible else map(str, range(count))
    owner = os.environ.get("SLURM_JOB_ID", "machine")
    folder = Path(tempfile.gettempdir())
    paths = [folder / f"mnemo-gpu-{owner}-{name.strip()}.lock" for name in names]
    # Whoever comes first makes the file, and every user must be able to lock it.
    locks = [FileLock(path, mode=0o666, blocking=False) for path in paths]
    waiting = False
    while True:
        for number, lock in enumerate(locks):
            try:
                lock.acquire()
            except Timeout:
                continue
            _HELD.append(lock)
            return number
        if not waiting:
            LOGGER.info("waiting for a GPU: others hold %s", ", ".join(map(str, paths)))
            waiting = True
        time.sleep(1)
