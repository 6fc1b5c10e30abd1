"""The drift figure: how edits change attributes."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mnemo.figures import parts, style

#: Height of a row of panels, in inches.
HEIGHT = 2.1


@style.applied()
def draw(contrasts: pd.DataFrame, drift: pd.DataFrame, confidence: float) -> Figure:
    """Draw how edits change attributes, held constant or not (Figure 27, in numbers).

    Args:
        contrasts: Rows of `contrasts.CONTRASTS`; those of the kind `held` are marked where clear.
        drift: Rows of `drift.DRIFT`, with the distances moved.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one panel per attribute and shape and one line per edit over the distance
        moved, solid with filled marks if the edit holds the attribute constant. A star marks where
        its change clearly differs in size from that by an otherwise equal edit, corrected for the
        number of contrasts.
        The left y axes show changes in standard deviations of the attribute, the right ones in its
        own unit.
    """
    deviation = drift["deviation"].where(drift["deviation"] > 0)
    in_deviations = {name: drift[name] / deviation for name in ("change", "low", "high")}
    scaled = drift.assign(**in_deviations)
    drawn = [(name, shape) for name in drift["attribute"].unique() for shape in parts.shapes(drift)]
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure((style.WIDTH, 0.6 + HEIGHT * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    styles = parts.looks(scaled["edit"])
    named = []
    for panel, (attribute, shape) in zip(panels, drawn, strict=False):
        own = scaled[(scaled["attribute"] == attribute) & (scaled["shape"] == shape)]
        held = own.groupby("edit")["held"].first()
        drawn_as = {
            edit: own_style if held[edit] else own_style._replace(line="--", hollow=True)
            for edit, own_style in styles.items()
            # An edit need not be scored in every shape.
            if edit in held.index
        }
        placed = parts.by_distance(own)
        parts.over_alpha(panel, placed, "change", drawn_as, ends=("low", "high"))
        _mark_clear(panel, own, contrasts[contrasts["p_holm"] <= 1 - confidence], drawn_as)
        ends = placed["alpha"].min(), placed["alpha"].max()
        panel.hlines(0, *ends, color=style.GREY, linewidth=0.6, zorder=0)
        panel.set(
            title=f"{attribute}, {shape}, n = {parts.counts(own['n'])}", xlabel="distance moved"
        )
        panel.yaxis.set_tick_params(labelleft=True)
        _other_unit(panel, own["deviation"].iloc[0])
        named.append((panel, placed, drawn_as))
    for panel, own, drawn_as in named:
        parts.name_lines(panel, own, "change", drawn_as, (style.WIDTH / columns - 1, HEIGHT - 0.6))
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    label = f"change in standard deviations ({parts.percent(confidence)} intervals)"
    figure.supylabel(label, fontsize=8)
    mark: dict[str, Any] = {"color": style.GREY, "marker": "o"}
    keys = [
        Line2D([], [], **mark, label="held constant by the edit"),
        Line2D([], [], **mark, label="not held", linestyle="--", markerfacecolor="white"),
        Line2D([], [], color=style.GREY, marker="$*$", linestyle="", label="clear difference"),
    ]
    figure.legend(handles=keys, loc="outside upper right", ncols=3)
    return figure


def _mark_clear(
    panel: Axes, own: pd.DataFrame, clear: pd.DataFrame, drawn_as: Mapping[str, parts.Look]
) -> None:
    """Put a star over the intervals of an edit that clearly holds what an equal one does not."""
    place = {"a": "edit", "assessor": "attribute", "shape": "shape", "alpha": "alpha"}
    held = clear.loc[clear["kind"] == "held", list(place)].rename(columns=place)
    marked = own.merge(held.drop_duplicates(), on=list(place.values()))
    for edit, moved, high in marked[["edit", "moved", "high"]].itertuples(index=False):
        panel.annotate(
            "*",
            (moved, high),
            (0, -1),
            textcoords="offset points",
            ha="center",
            color=drawn_as[edit].colour,
        )


def _other_unit(panel: Axes, deviation: float) -> None:
    """Add a right axis in the attribute's own unit, besides that in standard deviations."""
    if deviation > 0:
        scales = (lambda change: change * deviation, lambda change: change / deviation)
        panel.secondary_yaxis("right", functions=scales).set_ylabel("change of the score")
