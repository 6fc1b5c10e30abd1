"""The choice of the device to compute on, and its precision."""

import logging
import os
import tempfile
import time
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock, Timeout

LOGGER = logging.getLogger(__name__)

#: The lock on this process's GPU. The system releases it when the process ends for any reason.
_HELD: list[FileLock] = []


def best() -> torch.device:
    """Return a GPU reserved for this process (see `claim`), or the CPU if there is no GPU.

    By default, a GPU rounds convolutions to the 10 bits of TF32. Here they keep full float32
    precision, so that scores and features equal the CPU's to about 1e-5.

    Returns:
        The same device at each call.
    """
    torch.backends.fp32_precision = "ieee"  # type: ignore[attr-defined]
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", claim(torch.cuda.device_count()))
    # Code that names no device then gets this one, not the first, which another job may hold.
    torch.cuda.set_device(device)
    LOGGER.info("computing on %s (%s)", device, torch.cuda.get_device_name(device))
    return device


@cache
def claim(count: int) -> int:
    """Reserve a GPU until this process ends, waiting for one while other jobs hold them all.

    Each GPU has one lock file in the machine's temporary folder, shared by all studies and users.
    In a SLURM job, the lock files carry the job's id, because SLURM may number the GPUs of each job
    from 0.

    Args:
        count: Number of GPUs that this process sees, at least 1.

    Returns:
        The GPU's number among those that this process sees: 1 for `cuda:1`.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",")[:count] if visible else map(str, range(count))
    owner = os.environ.get("SLURM_JOB_ID", "machine")
    folder = Path(tempfile.gettempdir())
    paths = [folder / f"mnemo-gpu-{owner}-{name.strip()}.lock" for name in names]
    # The first process creates the file, and every user must be able to lock it.
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
            LOGGER.info("waiting for a GPU: other jobs hold %s", ", ".join(map(str, paths)))
            waiting = True
        time.sleep(1)
