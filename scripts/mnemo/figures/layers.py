"""The figures of the layers: their effects side by side, and how each one's scores respond."""

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnemo.figures import parts, style

#: Panels beside each other.
ACROSS = 3


@style.applied()
def draw(effects: pd.DataFrame, confidence: float) -> Figure:
    """Draw the effect of each layer, ranked by the first assessor and shape.

    Args:
        effects: Rows of `layers.LAYER_EFFECTS`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one panel for each assessor, one row for each layer, and both shapes.
    """
    shapes, assessors = parts.shapes(effects), list(effects["assessor"].unique())
    first = effects[(effects["assessor"] == assessors[0]) & (effects["shape"] == shapes[0])]
    ranked = list(first.sort_values("rank", kind="stable")["layer"])
    down = ceil(len(assessors) / ACROSS)
    height = down * (0.55 + 0.2 * len(ranked)) + 0.4
    figure = Figure((style.WIDTH, height), layout="constrained")
    across = min(ACROSS, len(assessors))
    panels = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    aside = 0.3 / max(1, len(shapes) - 1)
    for panel, assessor in zip(panels, assessors, strict=False):
        of_assessor = effects[effects["assessor"] == assessor].set_index("layer")
        for number, shape in enumerate(shapes):
            own = of_assessor[of_assessor["shape"] == shape].loc[ranked]
            y = np.arange(len(ranked)) + (number - (len(shapes) - 1) / 2) * aside
            look: dict[str, Any] = {"marker": style.MARKERS[shape], "colour": style.COLOURS[shape]}
            parts.bars(panel, own, "slope_per_change", y, label=shape, across=True, **look)
        panel.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
        panel.set_title(f"{assessor}, n = {parts.counts(of_assessor['n'])}")
        panel.xaxis.set_major_locator(MaxNLocator(4))
    for panel in panels[len(assessors) :]:
        panel.set_axis_off()
    for panel in panels[: len(assessors)]:
        parts.name_rows(panel, [_named(layer) for layer in ranked])
    figure.supxlabel(
        "change of score per unit of image change (perceptual distance), "
        f"{parts.percent(confidence)} intervals",
        fontsize=8,
    )
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(shapes))
    return figure


@style.applied()
def responses(levels: pd.DataFrame, limits: tuple[float, float], most: float) -> Figure:
    """Draw how one assessor's scores and the image respond to one layer (Figures 9, 16 to 26).

    Args:
        levels: Rows of `layers.LAYERS` of one layer and one assessor.
        limits: Limits of the mean score, the same for all layers.
        most: Upper limit of the image change, the same for all layers.

    Returns:
        A figure with the mean score of each shape at each level, and the image change.
    """
    figure = Figure((3.9, 1.7), layout="constrained")
    score, image = figure.subplots(1, 2, width_ratios=(1.5, 1))
    for shape in parts.shapes(levels):
        own = levels[levels["shape"] == shape].sort_values("level")
        look: dict[str, Any] = {"marker": style.MARKERS[shape], "colour": style.COLOURS[shape]}
        ends = ("low", "high")
        parts.bars(score, own, "mean", own["level"], ends=ends, line="-", label=shape, **look)
    score.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")
    score.set(ylim=limits, title="mean score", xlabel="level")
    score.legend(loc="best", handlelength=1)
    # It is that of the squares, whichever shape is scored.
    own = levels[levels["shape"] == levels["shape"].iloc[0]].sort_values("level")
    parts.bars(image, own, "image_change", own["level"], colour=style.GREY, line="-")
    image.set(ylim=(0, most), title="image change", xlabel="level")
    for panel in (score, image):
        panel.set_xticks(own["level"], [parts.minus(f"{level:g}") for level in own["level"]])
    return figure


def _named(layer: str) -> str:
    """Return a layer's or group's name as text."""
    return f"layer {layer}" if layer.isdigit() else layer
