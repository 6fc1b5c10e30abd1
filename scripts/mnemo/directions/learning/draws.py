"""The latents, classes and alphas that a direction is learned on."""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import truncnorm

from mnemo.directions.learning.settings import Settings

#: What an index is drawn for: a step, or a measurement of the loss.
STEPS, HELD_OUT = range(2)
# Rows of numbers that are drawn at once only to be passed over.
_CHUNK = 4096


class Drawn(NamedTuple):
    """Latents with what they are moved by.

    Attributes:
        z: (n, z_dim), truncated normal numbers.
        classes: (n,) index of the class of each; zeros for a generator without classes.
        alphas: (n,), in units of the score.
    """

    z: NDArray[np.float32]
    classes: NDArray[np.int64]
    alphas: NDArray[np.float32]


class Draws(Protocol):
    """An endless or long list of draws."""

    def take(self, start: int, count: int) -> Drawn:
        """Return some draws.

        Args:
            start: Index of the first.
            count: Number of draws.

        Returns:
            The draws, the same for the same indices.
        """


class Indexed:
    """Draws each of which depends on the seed and its own index alone.

    Args:
        settings: The settings.
        z_dim: Dimensions of z.
        classes: Number of classes; 0 for none.
        purpose: `STEPS` or `HELD_OUT`, whose draws differ.
    """

    def __init__(self, settings: Settings, z_dim: int, classes: int, purpose: int = STEPS):
        self.settings, self.z_dim, self.classes = settings, z_dim, classes
        self.purpose = purpose

    def take(self, start: int, count: int) -> Drawn:
        """Return some draws; see `Draws`."""
        numbers = np.empty((count, self.z_dim + 2))
        for row in range(count):
            key = (self.settings.seed, self.purpose, start + row)
            numbers[row] = np.random.default_rng(key).random(self.z_dim + 2)
        low, high = self.settings.alphas
        outside = ndtr(-self.settings.bound)
        return Drawn(
            # The quantile function of the truncated normal distribution.
            ndtri(outside + (1 - 2 * outside) * numbers[:, 2:]).astype(np.float32),
            _chosen(self.settings, (numbers[:, 1] * _number(self.settings, self.classes))),
            (low + (high - low) * numbers[:, 0]).astype(np.float32),
        )


class InOrder:
    """Draws in the order of GANalyze's code: all z, then all classes, then alphas by batch.

    Args:
        settings: The settings.
        z_dim: Dimensions of z.
        classes: Number of classes; 0 for a generator without, for which none are drawn.
    """

    def __init__(self, settings: Settings, z_dim: int, classes: int):
        self.settings, self.z_dim = settings, z_dim
        count = settings.steps * settings.batch * settings.restarts
        self._after = np.random.RandomState(settings.seed)
        _pass_over(self._after, count, z_dim)
        self._classes = np.zeros(count, np.int64)
        if classes:
            drawn = self._after.randint(0, _number(settings, classes), size=count)
            self._classes = _chosen(settings, drawn)
        low, high = settings.alphas
        self._alphas = ((high - low) * self._after.random_sample(count) + low).astype(np.float32)
        self._rewind()

    def _rewind(self) -> None:
        self._state, self._next = np.random.RandomState(self.settings.seed), 0

    def take(self, start: int, count: int) -> Drawn:
        """Return some draws; see `Draws`."""
        if start < self._next:
            self._rewind()
        _pass_over(self._state, start - self._next, self.z_dim)
        self._next = start + count
        bound = self.settings.bound
        z = truncnorm.rvs(-bound, bound, size=(count, self.z_dim), random_state=self._state)
        rows = slice(start, start + count)
        return Drawn(z.astype(np.float32), self._classes[rows], self._alphas[rows])


def _number(settings: Settings, classes: int) -> int:
    """Return how many of a generator's classes are drawn."""
    return len(settings.classes) or classes


def _chosen(settings: Settings, places: NDArray[Any]) -> NDArray[np.int64]:
    """Return the classes at some places, rounded down, among those that are drawn."""
    whole: NDArray[np.int64] = places.astype(np.int64)
    return np.array(settings.classes, np.int64)[whole] if settings.classes else whole


def _pass_over(state: np.random.RandomState, rows: int, width: int) -> None:
    """Draw the uniform numbers of some rows, one for each truncated normal number."""
    for start in range(0, rows, _CHUNK):
        state.random_sample((min(_CHUNK, rows - start), width))
