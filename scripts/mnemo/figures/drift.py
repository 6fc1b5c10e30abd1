"""The figure of drift: how edits change attributes."""

from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mnemo.figures import parts, style

#: Height of a row of panels of drift.
HEIGHT = 2.1


@mpl.rc_context(style.STYLE)
def draw(drift: pd.DataFrame, confidence: float) -> Figure:
    """Draw how edits change attributes that some of them hold still (Figure 27, in numbers).

    Args:
        drift: Rows of `drift.DRIFT`.
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
