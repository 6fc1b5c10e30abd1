"""Figures of what an edit does to scores."""

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mnemo.figures import parts, style

#: Height of a row of panels of drift.
HEIGHT = 2.1


@mpl.rc_context(style.STYLE)
def dose_response(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame, confidence: float
) -> Figure:
    """Draw how the scores of an edit by one assessor follow alpha (Figure 6).

    Args:
        scores: Rows of `tables.SCORES` of one edit and one assessor.
        means: Rows of `tables.DOSE_RESPONSE` of the same.
        slopes: Rows of `tables.SLOPES` of the same.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a row for each shape: the densities at each alpha, and the means, each with
        its n where these differ, as those of ovals do when a face is not found at every alpha.
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
        look: dict[str, Any] = {"marker": style.MARKERS[shape], "colour": style.COLOURS[shape]}
        parts.bars(line, own, "mean", own["alpha"], ends=("low", "high"), line="-", **look)
        line.set_xticks(own["alpha"])
        line.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
        title = f"{shape}, {parts.percent(confidence)} intervals"
        if own["n"].min() < own["n"].max():
            title += ", n below each mean"
            _count_below(line, own)
        line.set_title(title)
        line.set_ylabel("mean score")
        fitted = slopes.loc[slopes["shape"] == shape, ["slope", "low", "high"]]
        for slope, low, high in fitted.to_numpy():
            told = parts.estimated(slope, low, high)
            text = f"slope of the mixed model\n{told} per alpha"
            _note(line, text, low=slope >= 0)
    _equal_spans(panels[:, 1])
    panels[-1, 0].set_xlabel("score")
    panels[-1, 1].set_xlabel("alpha")
    return figure


@mpl.rc_context(style.STYLE)
def drift(drift: pd.DataFrame, confidence: float) -> Figure:
    """Draw how edits change attributes that some of them hold still (Figure 27, in numbers).

    Args:
        drift: Rows of `tables.DRIFT`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a panel for each attribute and shape, and in it a line for each edit, solid
        and filled where the edit holds the attribute. Changes are in standard deviations of the
        attribute on all y axes to the left, and in its own unit to the right.
    """
    deviation = drift["deviation"].where(drift["deviation"] > 0)
    in_deviations = {name: drift[name] / deviation for name in ("change", "low", "high")}
    scaled = drift.assign(**in_deviations)
    drawn = [(name, shape) for name in drift["attribute"].unique() for shape in parts.shapes(drift)]
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure((style.WIDTH, 0.6 + HEIGHT * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    looks = parts.looks(scaled["edit"])
    named = []
    for panel, (attribute, shape) in zip(panels, drawn, strict=False):
        own = scaled[(scaled["attribute"] == attribute) & (scaled["shape"] == shape)]
        held = own.groupby("edit")["held"].first()
        drawn_as = {
            edit: look if held[edit] else look._replace(line="--", hollow=True)
            for edit, look in looks.items()
        }
        parts.over_alpha(panel, own, "change", drawn_as, ends=("low", "high"))
        ends = own["alpha"].min(), own["alpha"].max()
        panel.hlines(0, *ends, color=style.GREY, linewidth=0.6, zorder=0)
        panel.set(title=f"{attribute}, {shape}, n = {parts.counts(own['n'])}", xlabel="alpha")
        panel.yaxis.set_tick_params(labelleft=True)
        _other_unit(panel, own["deviation"].iloc[0])
        named.append((panel, own, drawn_as))
    for panel, own, drawn_as in named:
        parts.name_lines(panel, own, "change", drawn_as, (style.WIDTH / columns - 1, HEIGHT - 0.6))
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    told = f"change in standard deviations ({parts.percent(confidence)} intervals)"
    figure.supylabel(told, fontsize=8)
    mark: dict[str, Any] = {"color": style.GREY, "marker": "o"}
    keys = [
        Line2D([], [], **mark, label="the edit holds the attribute"),
        Line2D([], [], **mark, label="it does not", linestyle="--", markerfacecolor="white"),
    ]
    figure.legend(handles=keys, loc="outside upper right", ncols=2)
    return figure


def _other_unit(panel: Axes, deviation: float) -> None:
    """Write an axis of the attribute's own unit to the right of that in standard deviations."""
    if deviation > 0:
        scales = (lambda change: change * deviation, lambda change: change / deviation)
        panel.secondary_yaxis("right", functions=scales).set_ylabel("change of the score")


def _count_below(panel: Axes, means: pd.DataFrame) -> None:
    """Write below each mean of how many images it is."""
    look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 6}
    known = means.dropna(subset="mean")
    ends = zip(known["n"], known["alpha"], known["low"].fillna(known["mean"]), strict=True)
    for n, alpha, low in ends:
        panel.annotate(f"{n}", (alpha, low), (0, -3), textcoords="offset points", **look)
    panel.margins(y=0.2)


def _equal_spans(panels: Iterable[Axes]) -> None:
    """Give panels y axes of one length, so that slopes look as steep as they are."""
    ends = np.array([panel.get_ylim() for panel in panels])
    span = np.ptp(ends, axis=1).max()
    for panel, middle in zip(panels, ends.mean(axis=1), strict=True):
        panel.set_ylim(middle - span / 2, middle + span / 2)


def _ridges(panel: Axes, scores: pd.DataFrame, grid: NDArray[np.float64], colour: str) -> None:
    """Draw one density above the other, with the mean of each as a tick."""
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
    """Write into the corner that a rising or a falling line leaves free."""
    y, vertical = (0.04, "bottom") if low else (0.96, "top")
    panel.text(0.98, y, text, transform=panel.transAxes, ha="right", va=vertical, fontsize=7)
