"""How an inversion stands while it runs.

It is a line in the log every few seconds; where nothing is logged, a line in the terminal that
overwrites the last one.
"""

import io
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo.inversion.state import State

LOGGER = logging.getLogger(__name__)
#: Seconds between two lines.
EVERY = 5.0


class _Log(io.StringIO):
    """A file whose lines are logged."""

    def write(self, text: str) -> int:
        if line := text.strip():
            LOGGER.info("%s", line)
        return len(text)


class Progress(tqdm):  # type: ignore[type-arg]
    """A progress bar in words, which counts the steps of rows."""

    def __init__(self) -> None:
        """Begin; the first line comes after `EVERY` seconds."""
        options: dict[str, Any] = {"mininterval": EVERY, "delay": EVERY, "smoothing": 0}
        if LOGGER.isEnabledFor(logging.INFO):
            options["file"] = _Log()
        super().__init__(bar_format="{desc}, at most {remaining} left", **options)

    def tell(
        self, images: str, state: State, rows: NDArray[np.int64], moving: int, left: int
    ) -> None:
        """Count a step.

        Args:
            images: Which images are inverted, in words.
            state: Where they stand.
            rows: The rows that moved.
            moving: Number of images that have not ended.
            left: Steps of rows that are left, if no image ends early.
        """
        loss = state.losses[rows, state.step - 1].mean()
        self.set_description_str(
            f"{images}: step {state.step:,}, mean loss {loss:.3g}, {moving} still moving",
            refresh=False,
        )
        self.total = self.n + len(rows) + left
        self.update(len(rows))
