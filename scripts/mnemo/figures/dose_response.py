"""The dose-response figure: how the scores of an edit depend on alpha."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mnemo.figures import parts, style

#: Line style of each control.
CONTROLS = {"random": ":", "permuted": "-.", "brightness": "--"}


@style.applied()
def draw(
    scores: pd.DataFrame,
    means: pd.DataFrame,
    slopes: pd.DataFrame,
    controls: pd.DataFrame | None,
    confidence: float,
) -> Figure:
    """Draw how one assessor's scores of an edit depend on alpha (Figure 6).

    Args:
        scores: Rows of `scores.SCORES` of one edit and one assessor.
        means: Rows of `dose_response.DOSE_RESPONSE` of the same edit and assessor.
        slopes: Rows of `dose_response.SLOPES` of the same edit and assessor.
        controls: Rows of `controls.CONTROLS` of the same edit and assessor; None if the study has
            no controls.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one row per shape: the densities at each alpha, and the means, above the grey
        bands of the controls. Each mean shows its n if the numbers differ, for example because a
        face is not found at every alpha, and is hollow where those found are marked as survivors.
    """
    shapes = parts.shapes(scores)
    figure = Figure((style.WIDTH, 2.6 * len(shapes)), layout="constrained")
    panels = figure.subplots(len(shapes), 2, sharex="col", squeeze=False, width_ratios=(1.1, 1))
    grid = parts.grid(scores["score"])
    for (ridges, line), shape in zip(panels, shapes, strict=True):
        of_shape = scores[scores["shape"] == shape]
        n = parts.counts(of_shape.groupby("alpha").size())
        _ridges(ridges, of_shape, grid, style.COLOURS[shape])
        ridges.set(title=f"{shape}, n = {n} at each alpha", ylabel="alpha")
        own = means[means["shape"] == shape].sort_values("alpha")
        marks: dict[str, Any] = {"marker": style.MARKERS[shape], "colour": style.COLOURS[shape]}
        parts.bars(line, own, "mean", own["alpha"], ends=("low", "high"), line="-", **marks)
        if controls is not None:
            _bands(line, controls[controls["shape"] == shape], own)
        line.set_xticks(own["alpha"])
        line.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
        title = f"{shape}, {parts.percent(confidence)} intervals"
        if own["n"].min() < own["n"].max():
            title += ", n below each mean"
            _count_below(line, own)
        if own["survivors"].any():
            title += "\nhollow: survivors alone"
            _hollow(line, own[own["survivors"]], style.MARKERS[shape], style.COLOURS[shape])
        line.set_title(title)
        line.set_ylabel("mean score")
        fitted = slopes.loc[slopes["shape"] == shape, ["slope", "low", "high", "survivors"]]
        for slope, low, high, survivors in fitted.itertuples(index=False):
            estimate = parts.estimated(slope, low, high)
            of = ", of survivors" if survivors else ""
            text = f"slope of the mixed model{of}\n{estimate} per alpha"
            _note(line, text, low=slope >= 0)
    _equal_spans(panels[:, 1])
    if controls is not None:
        names = [name for name in CONTROLS if name in set(controls["control"])]
        keys = [Line2D([], [], **_line(name), label=f"control: {name}") for name in names]
        figure.legend(handles=keys, loc="outside upper right", ncols=len(keys) or 1)
    panels[-1, 0].set_xlabel("score")
    panels[-1, 1].set_xlabel("alpha")
    return figure


def _bands(panel: Axes, controls: pd.DataFrame, means: pd.DataFrame) -> None:
    """Draw the changes of the controls as grey bands around the mean at alpha 0."""
    start = means.loc[means["alpha"] == 0, "mean"].mean()
    unmoved = pd.DataFrame({"alpha": [0.0], "change": 0.0, "change_low": 0.0, "change_high": 0.0})
    for control, moved in controls.groupby("control"):
        own = pd.concat([moved[unmoved.columns], unmoved]).sort_values("alpha")
        alphas = own["alpha"].to_numpy()
        low, high = (start + own[end].to_numpy() for end in ("change_low", "change_high"))
        panel.fill_between(alphas, low, high, color=style.GREY, alpha=0.25, linewidth=0, zorder=0)
        panel.plot(alphas, start + own["change"], zorder=1, **_line(str(control)))


def _line(control: str) -> dict[str, Any]:
    """Return the style of a control's line."""
    return {"color": style.GREY, "linewidth": 0.8, "linestyle": CONTROLS[control]}


def _hollow(panel: Axes, means: pd.DataFrame, marker: str, colour: str) -> None:
    """Draw some of the means again, as outlines."""
    options: dict[str, Any] = {"color": colour, "markerfacecolor": "white", "zorder": 3}
    panel.plot(means["alpha"], means["mean"], marker, **options)


def _count_below(panel: Axes, means: pd.DataFrame) -> None:
    """Write the number of images below each mean."""
    options: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 6}
    known = means.dropna(subset="mean")
    ends = zip(known["n"], known["alpha"], known["low"].fillna(known["mean"]), strict=True)
    for n, alpha, low in ends:
        panel.annotate(f"{n}", (alpha, low), (0, -3), textcoords="offset points", **options)
    panel.margins(y=0.2)


def _equal_spans(panels: Iterable[Axes]) -> None:
    """Set the y axes of panels to the same length, so that slopes can be compared by eye."""
    ends = np.array([panel.get_ylim() for panel in panels])
    span = np.ptp(ends, axis=1).max()
    for panel, middle in zip(panels, ends.mean(axis=1), strict=True):
        panel.set_ylim(middle - span / 2, middle + span / 2)


def _ridges(panel: Axes, scores: pd.DataFrame, grid: NDArray[np.float64], colour: str) -> None:
    """Draw densities above one another, each with a tick at its mean."""
    groups = [(alpha, own.to_numpy(float)) for alpha, own in scores.groupby("alpha")["score"]]
    densities = [parts.density(values, grid) for _, values in groups]
    tallest = max(density.max() for density in densities) or 1.0
    for level, ((alpha, values), density) in enumerate(zip(groups, densities, strict=True)):
        original = alpha == 0
        ridge = level + 1.5 * density / tallest
        order = len(groups) - level
        fill: dict[str, Any] = {
            "color": style.GREY if original else colour,
            "alpha": 0.35,
            "linewidth": 0,
        }
        panel.fill_between(grid, level, ridge, zorder=order, **fill)
        panel.plot(grid, ridge, color="black" if original else colour, linewidth=0.8, zorder=order)
        panel.vlines(values.mean(), level, level + 0.3, color="black", zorder=order)
    panel.set_yticks(range(len(groups)), [parts.minus(f"{alpha:g}") for alpha, _ in groups])
    panel.set_ylim(-0.15, None)


def _note(panel: Axes, text: str, *, low: bool) -> None:
    """Write text into the corner that a rising or falling line leaves free."""
    y, vertical = (0.04, "bottom") if low else (0.96, "top")
    panel.text(0.98, y, text, transform=panel.transAxes, ha="right", va=vertical, fontsize=7)
