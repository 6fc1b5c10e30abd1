"""Logistic mixed-effects models with crossed random intercepts, by the Laplace approximation.

A model of the answers of people to images has a random intercept for each participant and for each
image. The notation is that of R's lme4 (Bates et al., Journal of Statistical Software 67:1, 2015):
the linear predictor is X b + Z L u, with fixed effects b, a diagonal matrix L of the groups'
standard deviations, and random effects u that are standard normal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize, sparse, special, stats

from mnemo.errors import MnemoError

Floats = NDArray[np.float64]
Levels = NDArray[np.int64]

# Newton decrements below which the random effects, and all parameters, are found: half of what the
# deviance could still fall.
_FOUND_EFFECTS = 1e-12
_FOUND_PARAMETERS = 1e-8
# Relative rise of the deviance that may be rounding.
_ROUNDING = 1e-12
# Steps that either search may take. It takes fewer than ten.
_STEPS = 50
# Step of the numerical derivatives, in approximate standard errors.
_DIFFERENCE = 1e-2
# Standard deviation, in log odds, at which the search starts, and below which a group does not
# differ.
_FIRST = 0.5
_NO_DEVIATION = 1e-3
# Standard deviation, in log odds, above which the answers within each level are alike.
_LARGEST = 20.0


@dataclass(frozen=True)
class Fit:
    """A logistic mixed-effects model of answers on one predictor.

    Attributes:
        slope: Change of the log odds of a 1 per unit of the predictor.
        low: Lower end of its Wald interval.
        high: Upper end of its Wald interval.
        p_value: p-value of the Wald test of a slope of 0; it underflows to 0 below 1e-308.
        standard_error: Standard error of the slope.
        intercept: Log odds of a 1 at a predictor of 0, where all random effects are 0.
        deviations: Standard deviation of the random intercepts, in log odds, by group.
        deviance: -2 times the logarithm of the likelihood, by the Laplace approximation.
        tjur: Tjur's coefficient of discrimination: mean fitted probability of the answers that are
            1, less that of the others (The American Statistician 63:366, 2009). The probabilities
            are conditional on the random effects, which determine most of it.
        tjur_fixed: The same for probabilities by the fixed effects alone.
        n: Number of answers.
        levels: Number of participants, images and so on, by group.
        singular: Whether a group's standard deviation is 0.
    """

    slope: float
    low: float
    high: float
    p_value: float
    standard_error: float
    intercept: float
    deviations: tuple[float, ...]
    deviance: float
    tjur: float
    tjur_fixed: float
    n: int
    levels: tuple[int, ...]
    singular: bool


def logistic(
    hit: ArrayLike,
    predictor: ArrayLike,
    groups: Sequence[ArrayLike],
    *,
    confidence: float = 0.95,
) -> Fit:
    """Fit hit ~ predictor + (1 | group) + … with a logit link, by maximum likelihood.

    Fixed effects and standard deviations are found together, as by lme4's glmer with nAGQ = 1. The
    faster nAGQ = 0 draws the slope towards 0. The standard error is that of the inverse Hessian in
    all parameters.

    The time is that of a dense matrix with a row for each level of all groups but the largest. Of a
    group in which the largest is nested, as images are in seeds, the levels do not count.

    Args:
        hit: (n,) answers, 0 or 1, or false or true.
        predictor: (n,) the predictor, none missing.
        groups: For each group, such as participants and images, the (n,) level of each answer.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The fit.

    Raises:
        ValueError: The arrays differ in length, answers are neither 0 nor 1, or values are missing.
        MnemoError: The model has no finite estimate: all answers are alike, the predictor does not
            vary or separates the answers, or a group has one level or the same answer at each.
    """
    answers, given = np.asarray(hit, np.float64), np.asarray(predictor, np.float64)
    if {len(answers)} != {len(given), *(len(np.asarray(group)) for group in groups)}:
        raise ValueError("answers, predictor and groups must have the same length")
    if not np.isin(answers, (0, 1)).all() or not np.isfinite(given).all():
        raise ValueError("answers must be 0 or 1, and no predictor may be missing")
    _refuse(answers, given)
    coded = [np.unique(np.asarray(group), return_inverse=True)[1] for group in groups]
    levels = [int(codes.max()) + 1 for codes in coded]
    if min(levels) < 2:
        raise MnemoError(
            "A group of a mixed model has one level only, so that its spread is unknown; there are "
            f"{', '.join(map(str, levels))} levels. Collect answers of more participants or images."
        )
    centre, scale = given.mean(), given.std()
    order = sorted(range(len(groups)), key=lambda group: -levels[group])
    design = np.column_stack([np.ones(len(given)), (given - centre) / scale])
    model = _Model(answers, design, [coded[group] for group in order])
    parameters, covariance, state = _search(model)
    intercept, slope = parameters[0] - parameters[1] * centre / scale, parameters[1] / scale
    error = np.sqrt(covariance[1, 1]) / scale
    margin = stats.norm.ppf((1 + confidence) / 2) * error
    deviations = dict(zip(order, parameters[2:], strict=True))
    ones = answers == 1
    conditional, fixed = state.fitted, special.expit(design @ parameters[:2])
    return Fit(
        slope=float(slope),
        low=float(slope - margin),
        high=float(slope + margin),
        p_value=float(2 * stats.norm.sf(abs(slope) / error)),
        standard_error=float(error),
        intercept=float(intercept),
        deviations=tuple(float(deviations[group]) for group in range(len(groups))),
        deviance=state.deviance,
        tjur=float(conditional[ones].mean() - conditional[~ones].mean()),
        tjur_fixed=float(fixed[ones].mean() - fixed[~ones].mean()),
        n=len(answers),
        levels=tuple(levels),
        singular=bool(np.any(parameters[2:] == 0)),
    )


def _refuse(answers: Floats, given: Floats) -> None:
    """Refuse answers of which the likelihood has no maximum."""
    if len(np.unique(answers)) < 2:
        raise MnemoError(
            f"All {len(answers)} answers are alike, so that no model of them can be fitted. "
            "Collect more answers."
        )
    if np.ptp(given) == 0:
        raise MnemoError(
            f"The predictor is {given[0]:g} in all {len(given)} answers, so that it has no slope. "
            "Collect answers to images in which it differs."
        )
    ones, others = given[answers == 1], given[answers == 0]
    if ones.min() >= others.max() or ones.max() <= others.min():
        raise MnemoError(
            "The predictor separates the answers: all that are 1 lie on one side of all that are "
            "0, so that the slope is infinite. Collect more answers."
        )


class _Blocks:
    """A symmetric positive definite matrix of which leading blocks are eliminated in turn.

    Each of these blocks is diagonal when the ones before it are eliminated. What is left is dense.
    """

    def __init__(self, matrix: sparse.csr_array, sizes: Sequence[int]) -> None:
        self.rest: _Blocks | None = None
        if not sizes:
            self.root = linalg.cholesky(matrix.toarray(), lower=True, overwrite_a=True)
            return
        n = sizes[0]
        self.diagonal = matrix.diagonal()[:n]
        coupling = matrix[:n, n:]
        self.share = sparse.diags_array(1 / self.diagonal) @ coupling
        self.rest = _Blocks(matrix[n:, n:] - coupling.T @ self.share, sizes[1:])

    def log_determinant(self) -> float:
        """Return the logarithm of the determinant."""
        if self.rest is None:
            return 2 * float(np.log(self.root.diagonal()).sum())
        return float(np.log(self.diagonal).sum()) + self.rest.log_determinant()

    def solve(self, values: Floats) -> Floats:
        """Return the inverse times (k,) values."""
        if self.rest is None:
            solved: Floats = linalg.cho_solve((self.root, True), values)
            return solved
        n = len(self.diagonal)
        other = self.rest.solve(values[n:] - self.share.T @ values[:n])
        return np.concatenate([values[:n] / self.diagonal - self.share @ other, other])

    def inverse(self) -> Floats:
        """Return the inverse, (k, k)."""
        if self.rest is None:
            inverse: Floats = np.zeros_like(self.root)
            # LAPACK refuses an empty matrix, which a single group leaves.
            if inverse.size:
                lower = np.tril(linalg.lapack.dpotri(self.root, lower=1)[0])
                inverse = lower + np.tril(lower, -1).T
            return inverse
        rest = self.rest.inverse()
        across = self.share @ rest
        own = np.diag(1 / self.diagonal) + across @ self.share.T
        return np.block([[own, -across], [-across.T, rest]])

    def outer_inverse(self) -> tuple[Floats, Floats, Floats]:
        """Return the parts of the inverse that answers need.

        Returns:
            (n,) diagonal of the first block's, (n, k - n) between it and the others, and
            (k - n, k - n) of the others.
        """
        assert self.rest is not None
        rest = self.rest.inverse()
        across = self.share @ rest
        return 1 / self.diagonal + (self.share * across).sum(axis=1), -across, rest


class _State(NamedTuple):
    """The model at some parameters.

    Attributes:
        deviance: -2 times the logarithm of the likelihood.
        gradient: (p,) its derivatives.
        fitted: (n,) probabilities of the answers, conditional on the random effects.
    """

    deviance: float
    gradient: Floats
    fitted: Floats


class _Model:
    """The Laplace approximation of the likelihood of some answers.

    Parameters are the fixed effects, then the standard deviations of the groups.

    Args:
        answers: (n,) 0 or 1.
        design: (n, 2) X.
        groups: For each group, the largest first, the (n,) level of each answer, counted from 0.
    """

    def __init__(self, answers: Floats, design: Floats, groups: Sequence[Levels]) -> None:
        self.answers, self.design = answers, design
        counts = [int(codes.max()) + 1 for codes in groups]
        starts = np.cumsum([0, *counts])
        #: (n, groups) index of each answer's random effects.
        self.at = np.column_stack(groups) + starts[:-1]
        self.group = np.repeat(np.arange(len(groups)), counts)
        # A group's block stays diagonal if the eliminated groups are nested in it.
        eliminated = 1
        while eliminated < len(groups) and all(
            len(np.unique(self.at[:, [each, eliminated]], axis=0)) == counts[each]
            for each in range(eliminated)
        ):
            eliminated += 1
        self.eliminated = counts[:eliminated]
        rows, total = np.arange(len(answers)), int(starts[-1])
        self.z = sparse.csr_array(
            (np.ones(self.at.size), (np.repeat(rows, len(groups)), self.at.ravel())),
            shape=(len(answers), total),
        )
        self.effects = np.zeros(total)

    def at_levels(self, values: Floats) -> Floats:
        """Return Z'v, the (levels,) sums of (n,) values over each level's answers."""
        return np.asarray(self.z.T @ values)

    def evaluate(self, parameters: Floats) -> _State:
        """Compute the deviance and its gradient (lme4's objective, with exact derivatives)."""
        fixed, spread = self.design @ parameters[:2], parameters[2:][self.group]
        effects, blocks, fitted, variance = self._effects(fixed, spread)
        self.effects = effects
        linear = fixed + self.z @ (spread * effects)
        deviance = self._penalised(linear, effects) + blocks.log_determinant()
        residual = self.answers - fitted

        # (n, groups): entries of inverse times L z of each answer, at each of its levels.
        leverage = self._leverage(blocks, parameters[2:])
        # Derivative of the determinant by the linear predictor.
        bend = (leverage @ parameters[2:]) * variance * (1 - 2 * fitted)
        through = blocks.solve(spread * self.at_levels(bend))
        total = bend - variance * (self.z @ (spread * through))
        pulled = through * self.at_levels(residual)
        by_level = effects * self.at_levels(total - 2 * residual) + pulled
        by_deviation = np.bincount(self.group, by_level) + 2 * variance @ leverage
        gradient = np.concatenate([self.design.T @ (total - 2 * residual), by_deviation])
        return _State(deviance, gradient, fitted)

    def _effects(self, fixed: Floats, spread: Floats) -> tuple[Floats, _Blocks, Floats, Floats]:
        """Find the most likely random effects by Newton's method, from the last ones found."""
        scaled = self.z * spread
        identity = sparse.eye_array(len(spread), format="csr")
        effects = self.effects
        linear = fixed + scaled @ effects
        value = self._penalised(linear, effects)
        for _ in range(_STEPS):
            fitted = special.expit(linear)
            variance = fitted * (1 - fitted)
            weighted = sparse.diags_array(variance) @ scaled
            blocks = _Blocks((scaled.T @ weighted + identity).tocsr(), self.eliminated)
            slope = scaled.T @ (self.answers - fitted) - effects
            step = blocks.solve(slope)
            if slope @ step < _FOUND_EFFECTS:
                return effects, blocks, fitted, variance
            for _ in range(_STEPS):
                moved = effects + step
                linear = fixed + scaled @ moved
                lower = self._penalised(linear, moved)
                if lower <= value + _ROUNDING * value:
                    break
                step = step / 2
            effects, value = moved, lower
        raise MnemoError("The random effects of the mixed model were not found.")

    def _penalised(self, linear: Floats, effects: Floats) -> float:
        """Return the deviance of the answers, given the effects, plus that of the effects."""
        signed = np.where(self.answers == 1, linear, -linear)
        return float(-2 * special.log_expit(signed).sum() + effects @ effects)

    def _leverage(self, blocks: _Blocks, deviations: Floats) -> Floats:
        own, across, rest = blocks.outer_inverse()
        first, others = self.at[:, 0], self.at[:, 1:] - len(own)
        between = across[first[:, np.newaxis], others]
        within = rest[others[:, :, np.newaxis], others[:, np.newaxis, :]]
        return np.column_stack(
            [
                own[first] * deviations[0] + between @ deviations[1:],
                between * deviations[0] + within @ deviations[1:],
            ]
        )


def _search(model: _Model) -> tuple[Floats, Floats, _State]:
    """Find the parameters of the least deviance.

    Returns:
        The parameters, with a standard deviation of 0 where a group does not differ, their
        covariance, and the model's state there.
    """
    share = model.answers.mean()
    of_fixed = np.full(2, 1 / np.sqrt(len(model.answers) * share * (1 - share)))
    of_groups = 1 / np.sqrt(2 * np.bincount(model.group))
    scales = np.concatenate([of_fixed, of_groups])

    # As the deviance is even in a standard deviation, it always has a stationary point at 0. In the
    # variance it has one there only by chance.
    def parameters_at(point: Floats) -> Floats:
        return np.concatenate([point[:2] * of_fixed, np.sqrt(point[2:] * of_groups)])

    def deviance(point: Floats) -> tuple[float, Floats]:
        parameters = parameters_at(point)
        state = model.evaluate(parameters)
        by_variance = state.gradient[2:] / (2 * parameters[2:])
        return state.deviance, np.append(state.gradient[:2] * of_fixed, by_variance * of_groups)

    start = [special.logit(share) / of_fixed[0], 0.0, *(_FIRST**2 / of_groups)]
    within = [(_NO_DEVIATION**2 / each, _LARGEST**2 / each) for each in of_groups]
    near = optimize.minimize(
        deviance, start, jac=True, method="L-BFGS-B", bounds=[(None, None)] * 2 + within
    )
    parameters = parameters_at(near.x)
    if (parameters[2:] > 0.99 * _LARGEST).any():
        raise MnemoError(
            "The answers within each level of a group are nearly all alike, so that the spread of "
            "the levels is infinite. Collect more answers of each participant or image."
        )
    for _ in range(_STEPS):
        small = np.flatnonzero(parameters[2:] < 1.01 * _NO_DEVIATION) + 2
        parameters[small] = 0.0
        free = np.setdiff1d(np.arange(len(parameters)), small)
        state = model.evaluate(parameters)
        hessian = np.empty((len(free), len(free)))
        for column, which in enumerate(free):
            step = np.zeros(len(parameters))
            step[which] = _DIFFERENCE * scales[which]
            above, below = (model.evaluate(parameters + sign * step) for sign in (1, -1))
            hessian[column] = (above.gradient - below.gradient)[free] / (2 * step[which])
        inverse = np.linalg.inv((hessian + hessian.T) / 2)
        move = inverse @ state.gradient[free]
        parameters[free] -= move
        parameters[2:] = np.abs(parameters[2:])
        if 0 <= state.gradient[free] @ move < _FOUND_PARAMETERS:
            covariance = np.zeros((len(parameters), len(parameters)))
            covariance[np.ix_(free, free)] = 2 * inverse
            return parameters, covariance, state
    raise MnemoError(
        "The fit of the mixed model does not converge. Collect more answers, or leave out a group."
    )
