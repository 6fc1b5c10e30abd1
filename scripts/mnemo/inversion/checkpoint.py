"""Checkpoints of an inversion, from which a killed one goes on exactly where it stood.

On the same machine, with as many threads, the result is that of an inversion which was not killed,
to the byte.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mnemo.checkpoints import resume
from mnemo.errors import MnemoError
from mnemo.inversion.search import Search
from mnemo.inversion.state import Found, State
from mnemo.version import __version__

LOGGER = logging.getLogger(__name__)


def fingerprint(
    search: Search, images: NDArray[np.uint8], classes: Sequence[int] | None, batch: int
) -> str:
    """Digest everything that an inversion's result depends on, except the machine.

    Args:
        search: The search, with its settings, its generator and its perceptual distance.
        images: (n, height, width, 3), all images.
        classes: (n,), or None for a generator without classes.
        batch: Number of images inverted at once.

    Returns:
        64 hexadecimal digits.
    """
    device = str(torch.device(search.generator.device).type)
    words = [__version__, torch.__version__, device, batch, classes, images.shape]
    digest = hashlib.sha256(json.dumps([*words, asdict(search.settings)]).encode())
    digest.update(images.tobytes())
    networks = [each for each in vars(search.generator).values() if isinstance(each, nn.Module)]
    if search.perceptual:
        digest.update(search.perceptual.name.encode())
        networks.append(search.perceptual)
    for network in networks:
        resume.add_tensors(digest, network)
    return digest.hexdigest()


class Checkpoint(resume.Checkpoint):
    """The file that holds where an inversion stands.

    Args:
        path: The file; its folder must exist.
        fingerprint: The inversion's own.
        every: Seconds between two writings.
    """

    def __init__(self, path: Path, fingerprint: str, every: float):
        super().__init__(path, every)
        self.fingerprint = fingerprint

    def read(self) -> tuple[list[Found], dict[str, Any] | None]:
        """Read where this very inversion stood when it was killed.

        Returns:
            What was found in each batch that had ended, and the content of the next batch's
            `State`. Nothing if there is no such file, or, as the log says, if it is damaged or
            another inversion's.
        """
        try:
            content = self.content()
            if content is None:
                return [], None
            if content.get("fingerprint") != self.fingerprint:
                raise MnemoError(f"{self.path} is of other images, settings or weights")
        except MnemoError as why:
            LOGGER.warning("starts anew: %s", why)
            return [], None
        found = [Found(**each) for each in content["found"]]
        LOGGER.info("goes on from step %d of batch %d", content["state"]["step"], len(found) + 1)
        return found, content["state"]

    def keep(self, found: Sequence[Found], state: State) -> None:
        """Write the file, whole or not at all, if it is time to.

        Args:
            found: What was found in each batch that has ended.
            state: Where the next batch stands.
        """
        self.write(
            lambda: {
                "fingerprint": self.fingerprint,
                "found": [vars(each) for each in found],
                "state": state.content(),
            }
        )
