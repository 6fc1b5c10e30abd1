"""The strength of a hyperplane's penalty: given, or chosen by cross-validation."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from mnemo.directions import estimators
from mnemo.directions.estimators import ESTIMATORS, Floats, Linear, Name
from mnemo.errors import MnemoError

#: Values of C, times the latents' sum of squares around their mean, averaged over the dimensions.
#: Of squared errors, C times twice that sum is the ratio of an average dimension's information to
#: the penalty: it ranges from a penalty that leaves 0.2 % of a coefficient to one that leaves all.
GRID = 10.0 ** np.arange(-3, 4.5, 0.5)
#: Folds that choose among them.
FOLDS = 5
#: Weaker penalties that are tried beyond the best.
BEYOND = 2


def candidates(latents: Floats) -> NDArray[np.float64]:
    """Return the values of C to choose from, which depend on the scale of the latents alone.

    Args:
        latents: (n, d) latents.

    Returns:
        Rising values of C, times the number of layers.
    """
    n, d = latents.shape
    squares = np.einsum("ij,ij->", latents, latents, dtype=np.float64)
    centre = latents.mean(axis=0, dtype=np.float64)
    spread = (squares - n * centre @ centre) / d
    # Latents that are all equal have none, and no hyperplane.
    values: NDArray[np.float64] = GRID / spread if spread > 0 else GRID
    return values


def choose(
    name: Name,
    latents: Floats,
    above: Floats,
    fitted: NDArray[np.bool_],
    values: NDArray[np.float64],
    seed: int,
) -> float:
    """Choose the strength of the penalty with the least loss on images that a fit has not seen.

    The folds are stratified. Strengths are tried from the strongest to the weakest, each fit
    starting from the one before, until `BEYOND` in turn are no better than the best. It is the best
    itself that is chosen, and not the strongest within one standard error of it, as some do: that
    is meant for choosing few variables.

    Args:
        name: The estimator, whose own loss is compared.
        latents: (n, d) latents, one image per row.
        above: (n,) scores of the same images, less the cut between high and low ones.
        fitted: (n,) whether an image may be used.
        values: Rising values of C to choose from, as of `candidates`.
        seed: Seed of the folds.

    Returns:
        C, times the number of layers.

    Raises:
        MnemoError: A class has fewer images than there are folds, or a fit did not converge.
    """
    images = np.flatnonzero(fitted)
    high = above[images] >= 0
    smaller = int(min(high.sum(), (~high).sum()))
    if smaller < FOLDS:
        raise MnemoError(
            f"There are {smaller} images of the smaller class to choose `regularisation: auto` "
            f"with, and its {FOLDS} folds need {FOLDS}. Draw more images, use the median, or give "
            "a number."
        )
    estimator = ESTIMATORS[name]
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    tested = [images[held_out] for _, held_out in splitter.split(images, high)]
    paths = []
    for rows in tested:
        others = fitted.copy()
        others[rows] = False
        paths.append(estimator.path(latents, above, others, values))
    least, best = np.inf, 0
    for place, models in enumerate(zip(*paths, strict=True)):
        loss = sum(
            estimator.losses(above[rows], model.outputs(latents[rows])).sum()
            for rows, model in zip(tested, models, strict=True)
        )
        if loss < least:
            least, best = loss, place
        elif place - best >= BEYOND:
            break
    return float(values[best])


class Fitter(NamedTuple):
    """Fits one estimator to images of one set, with a strength that is given or chosen for each.

    Attributes:
        estimator: What is fitted.
        latents: (n, d) latents, one image per row.
        values: The value of C, times the number of layers, or those to choose from.
        seed: Seed of the folds that choose.
    """

    estimator: Name
    latents: Floats
    values: NDArray[np.float64]
    seed: int

    @classmethod
    def of(
        cls,
        estimator: Name,
        latents: Floats,
        regularisation: float | Literal["auto"],
        *,
        layers: int = 1,
        seed: int = 0,
    ) -> "Fitter":
        """Return a fitter.

        Args:
            estimator: What is fitted.
            latents: (n, d) latents, one image per row.
            regularisation: Inverse strength C of the penalty in the (tiled) space, or `auto`.
            layers: Number of copies of a latent in the space.
            seed: Seed of the folds that choose.
        """
        given = regularisation != "auto"
        values = np.array([layers * regularisation]) if given else candidates(latents)
        return cls(estimator, latents, values, seed)

    def strength(self, above: Floats, fitted: NDArray[np.bool_]) -> float:
        """Return C, times the number of layers, for a fit to some images, as of `choose`."""
        if len(self.values) == 1:
            return float(self.values[0])
        return choose(self.estimator, self.latents, above, fitted, self.values, self.seed)

    def fit(self, above: Floats, fitted: NDArray[np.bool_]) -> tuple[Linear, float]:
        """Fit to some images.

        Args:
            above: (n,) scores, less the cut between high and low ones.
            fitted: (n,) whether an image is fitted on.

        Returns:
            The fit, and its C times the number of layers.

        Raises:
            MnemoError: As for `choose`.
        """
        strength = self.strength(above, fitted)
        return estimators.fit(self.estimator, self.latents, above, fitted, strength), strength
