"""Linear estimators that hyperplanes are fitted with, each with an L2 penalty.

All minimise |u|² / 2 + C times the sum of a loss over the images, with an intercept that is not
penalised, as scikit-learn means C (its Ridge has alpha = 1 / (2 C)). The losses:

- logistic: the logistic loss of the labels, as scikit-learn's LogisticRegression.
- svm: the squared hinge loss of the labels, as scikit-learn's LinearSVC, which however penalises
  the intercept, and copies the latents to numbers of four times the size.
- ridge: the squared error of the scores themselves. Its closed form takes sums over the images,
  where scikit-learn's RidgeCV decomposes the latents for each fit.

A fit to some of the images is one with weights of 0 and 1, without a copy of the latents.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from sklearn.linear_model import LogisticRegression

from mnemo.errors import MnemoError

Floats = NDArray[np.floating[Any]]
Name = Literal["logistic", "ridge", "svm"]

_ITERATIONS = 4000
# At scikit-learn's default of 1e-4, lbfgs can stop 16 degrees away from the optimal normal for
# correlated latents such as StyleGAN's w. At 1e-6, it reaches the precision of float32.
TOLERANCE = 1e-6
#: Images whose latents are copied to float64 at once.
_BLOCK = 4096


class Linear(NamedTuple):
    """A linear function of latents, above 0 where a score is predicted to be high.

    Attributes:
        coefficients: (d,) coefficients.
        intercept: What it is at the origin.
    """

    coefficients: Floats
    intercept: float

    def outputs(self, latents: Floats) -> Floats:
        """Return the (n,) values of the function at (n, d) latents."""
        values: Floats = latents @ self.coefficients + self.intercept
        return values


#: Fits to some images, with one value of C after the other, which should rise.
Path = Callable[[Floats, Floats, NDArray[np.bool_], Iterable[float]], Iterator[Linear]]


class Estimator(NamedTuple):
    """What a hyperplane can be fitted with.

    Attributes:
        path: Yields a fit for each value of C. Takes the (n, d) latents; the (n,) scores less the
            cut, so that those of at least 0 are high; which (n,) images are fitted on; and the
            values of C. Raises MnemoError where a fit does not converge.
        losses: Returns the (n,) losses of images, from their scores less the cut and the outputs.
        curvature: Returns the mean second derivative of the losses in the outputs, of the same.
    """

    path: Path
    losses: Callable[[Floats, Floats], Floats]
    curvature: Callable[[Floats, Floats], float]


def fit(
    name: Name, latents: Floats, above: Floats, fitted: NDArray[np.bool_], inverse_penalty: float
) -> Linear:
    """Fit an estimator to some images.

    Args:
        name: The estimator.
        latents: (n, d) latents, one image per row.
        above: (n,) scores of the same images, less the cut between high and low ones.
        fitted: (n,) whether an image is fitted on.
        inverse_penalty: Inverse strength C of the penalty, times the number of layers.

    Returns:
        The fit.

    Raises:
        MnemoError: It did not converge.
    """
    return next(ESTIMATORS[name].path(latents, above, fitted, [inverse_penalty]))


def sums(
    latents: Floats, scores: Floats, centre: Floats, rows: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum the products of latents, and those of latents and scores, over some images.

    Args:
        latents: (n, d) latents.
        scores: (n,) scores.
        centre: (d,) what is subtracted from each latent.
        rows: The images' rows, or whether each of all is one of them.

    Returns:
        (1 + d, 1 + d) and (1 + d,); a latent begins with a 1, for the intercept.
    """
    chosen = latents[rows]
    design = np.column_stack([np.ones(len(chosen)), chosen - centre])
    return design.T @ design, design.T @ scores[rows].astype(np.float64)


def penalised(gram: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """Add a penalty to the diagonal of `sums`' products, but for that of the intercept."""
    added: NDArray[np.float64] = gram + penalty * np.diag(np.arange(len(gram)) > 0)
    return added


def _logistic(
    latents: Floats, above: Floats, fitted: NDArray[np.bool_], inverse_penalties: Iterable[float]
) -> Iterator[Linear]:
    model = LogisticRegression(tol=TOLERANCE, max_iter=_ITERATIONS, warm_start=True)
    weights = fitted.astype(latents.dtype)
    for inverse_penalty in inverse_penalties:
        model.set_params(C=inverse_penalty).fit(latents, above >= 0, sample_weight=weights)
        _check("logistic regression", int(model.n_iter_[0]))
        yield Linear(model.coef_[0].copy(), model.intercept_[0])


def _svm(
    latents: Floats, above: Floats, fitted: NDArray[np.bool_], inverse_penalties: Iterable[float]
) -> Iterator[Linear]:
    sides, weights, n = np.where(above >= 0, 1.0, -1.0), fitted.astype(np.float64), fitted.sum()
    found = np.zeros(1 + latents.shape[1])
    for inverse_penalty in inverse_penalties:
        penalty = 1 / (inverse_penalty * n)

        def objective(
            values: NDArray[np.float64], penalty: float = penalty
        ) -> tuple[float, NDArray[np.float64]]:
            inside = _inside(sides, Linear(_as(latents, values[1:]), values[0]).outputs(latents))
            pulls = -2 / n * weights * sides * inside
            slope = np.r_[pulls.sum(), _as(latents, pulls) @ latents + penalty * values[1:]]
            loss = weights @ inside**2 / n + penalty / 2 * values[1:] @ values[1:]
            return float(loss), slope

        # As scikit-learn sets them for its logistic regression.
        settings = {"maxiter": _ITERATIONS, "maxls": 50, "gtol": TOLERANCE, "ftol": 64 * 2**-52}
        best = optimize.minimize(objective, found, jac=True, method="L-BFGS-B", options=settings)
        _check("linear SVM", best.nit)
        found = best.x
        yield Linear(_as(latents, found[1:]), float(found[0]))


def _as(latents: Floats, values: NDArray[np.float64]) -> Floats:
    return values.astype(latents.dtype)


def _inside(sides: Floats, outputs: Floats) -> Floats:
    """Return how far images are inside the margin, or on the wrong side of it."""
    inside: Floats = np.maximum(1 - sides * outputs, 0)
    return inside


def _ridge(
    latents: Floats, above: Floats, fitted: NDArray[np.bool_], inverse_penalties: Iterable[float]
) -> Iterator[Linear]:
    rows = np.flatnonzero(fitted)
    centre = latents.mean(axis=0, dtype=np.float64)
    blocks = np.array_split(rows, -(-len(rows) // _BLOCK))
    parts = [sums(latents, above, centre, block) for block in blocks]
    gram, moment = (sum(part) for part in zip(*parts, strict=True))
    for inverse_penalty in inverse_penalties:
        found = np.linalg.solve(penalised(gram, 1 / (2 * inverse_penalty)), moment)
        yield Linear(_as(latents, found[1:]), float(found[0] - found[1:] @ centre))


def _check(name: str, iterations: int) -> None:
    if iterations >= _ITERATIONS:
        raise MnemoError(
            f"The {name} did not converge in {_ITERATIONS} iterations. Lower "
            "`regularisation`, or check whether the spread of the latents' columns is very unequal."
        )


def _signs(above: Floats) -> Floats:
    return np.where(above >= 0, 1.0, -1.0)


def _log_losses(above: Floats, outputs: Floats) -> Floats:
    losses: Floats = -special.log_expit(_signs(above) * outputs)
    return losses


def _open(above: Floats, outputs: Floats) -> float:
    """Return the information of an image whose label is open, as most are."""
    return 0.25


def _hinge_losses(above: Floats, outputs: Floats) -> Floats:
    losses: Floats = _inside(_signs(above), outputs) ** 2
    return losses


def _share_inside(above: Floats, outputs: Floats) -> float:
    return float(2 * np.mean(_inside(_signs(above), outputs) > 0))


def _squared_errors(above: Floats, outputs: Floats) -> Floats:
    errors: Floats = (above - outputs) ** 2
    return errors


def _constant(above: Floats, outputs: Floats) -> float:
    return 2.0


ESTIMATORS: dict[str, Estimator] = {
    "logistic": Estimator(_logistic, _log_losses, _open),
    "ridge": Estimator(_ridge, _squared_errors, _constant),
    "svm": Estimator(_svm, _hinge_losses, _share_inside),
}
