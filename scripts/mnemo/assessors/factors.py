"""Visual factors: properties of an image that are computed from its pixels, without a network.

GANalyze (section 3.2) measures what else changes along a direction of memorability: of what needs
no network, brightness, colourfulness, redness and entropy. The other two are contrast and
sharpness.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, stats

from mnemo.assessors import Preset

Pixels = NDArray[np.uint8]
#: The weights of red, green and blue in grey: ITU-R BT.601.
_GREY = np.array([0.299, 0.587, 0.114])
# A red pixel's farthest hue from pure red in degrees, least saturation and least value (HSV).
_HUE, _SATURATION, _VALUE = 20, 0.5, 0.2


def grey(image: Pixels) -> NDArray[np.float64]:
    """Compute the grey levels of an image.

    Args:
        image: (height, width, 3), RGB.

    Returns:
        (height, width), from 0 to 255: the luma of ITU-R BT.601.
    """
    levels: NDArray[np.float64] = image @ _GREY
    return levels


def brightness(image: Pixels) -> float:
    """Compute the mean grey level, from 0 (black) to 1 (white) (GANalyze, section 3.2)."""
    return float(grey(image).mean() / 255)


def contrast(image: Pixels) -> float:
    """Compute the root mean square contrast: the standard deviation of the grey levels.

    It is from 0 to 0.5, in the unit of `brightness` (Peli, Journal of the Optical Society of
    America A 7:2032, 1990).
    """
    return float(grey(image).std() / 255)


def colourfulness(image: Pixels) -> float:
    """Compute the colourfulness of an image, from 0 (grey) to about 185.

    It is the measure M3 of Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003:
    the spread of the pixels in the opponent colours red-green and yellow-blue, plus 0.3 times the
    distance of their mean from grey.
    """
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue]).reshape(2, -1)
    spread, mean = opponents.std(axis=1), opponents.mean(axis=1)
    return float(np.hypot(*spread) + 0.3 * np.hypot(*mean))


def sharpness(image: Pixels) -> float:
    """Compute the variance of the Laplacian of the grey levels, at least 0.

    It depends on the resolution, so only images of one size can be compared (Pech-Pacheco et al.,
    "Diatom autofocusing in brightfield microscopy", 2000). The Laplacian has four neighbours and is
    mirrored at the border, as in OpenCV.
    """
    return float(ndimage.laplace(grey(image), mode="mirror").var())


def redness(image: Pixels) -> float:
    """Compute the share of red pixels, from 0 to 1 (GANalyze, section 3.2).

    The paper does not say which pixels are red. Here they are those whose hue is at most 20 degrees
    from pure red, whose saturation is at least 0.5 and whose value is at least 0.2, in HSV: neither
    orange, nor pale, nor nearly black.
    """
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    chroma = red - np.minimum(green, blue)
    is_red = (
        (red >= np.maximum(green, blue))
        & (np.abs(green - blue) <= _HUE / 60 * chroma)
        & (chroma >= _SATURATION * red)
        & (red >= _VALUE * 255)
    )
    return float(is_red.mean())


def entropy(image: Pixels) -> float:
    """Compute the entropy of the histogram of grey levels, from 0 (one level) to 8 bits.

    The histogram has 256 bins, one for each rounded level. GANalyze (section 3.2) takes a low
    entropy for a simple image.
    """
    levels = np.rint(grey(image)).astype(np.int64)
    return float(stats.entropy(np.bincount(levels.ravel()), base=2))


MEASURES: dict[str, Callable[[Pixels], float]] = {
    "brightness": brightness,
    "contrast": contrast,
    "colourfulness": colourfulness,
    "sharpness": sharpness,
    "redness": redness,
    "entropy": entropy,
}


def measure(image: Pixels, factors: Sequence[str]) -> list[float]:
    """Measure factors of an image.

    Args:
        image: (height, width, 3), RGB.
        factors: Keys of `MEASURES`.

    Returns:
        The factors, in their order.
    """
    return [MEASURES[factor](image) for factor in factors]


class FactorScorer:
    """An assessor whose score is a visual factor.

    Args:
        factor: A key of `MEASURES`.
    """

    def __init__(self, factor: str):
        self.factor = factor

    def score(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Measure the factor of images.

        Args:
            images: Each (height, width, 3), RGB.

        Returns:
            (n,).
        """
        return np.array([MEASURES[self.factor](image) for image in images], np.float32)


def load(name: str, paths: Sequence[Path], preset: Preset) -> FactorScorer:
    """Return the measure of a visual factor.

    Args:
        name: A key of `MEASURES`.
        paths: None are needed.
        preset: Has no effect.

    Returns:
        The assessor.
    """
    return FactorScorer(name)
