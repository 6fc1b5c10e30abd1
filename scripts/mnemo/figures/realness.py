"""The realness figure: the distance of edited images from the reference set."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnemo.figures import parts, style

#: Height of a row of panels, in inches.
ROW = 2.2


@style.applied()
def draw(distances: pd.DataFrame, frechet: str, kernel: str, confidence: float) -> Figure:
    """Draw the distance of edited images from the reference set, over alpha (Figure 7).

    Args:
        distances: Rows of `realness.REALNESS` of one edit.
        frechet: Name of the Fréchet distance on these features.
        kernel: Name of the kernel distance on these features.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one column per distance, the kernel distance first. Above, the distance itself
        and the interval of its floor as a grey band; below, its difference from that at alpha 0.
        Where a distance has a ratio to that at alpha 0, there is a third row.
    """
    own = distances.sort_values("alpha")
    n = parts.counts(own["n"])
    quantities = {"kernel": (kernel, "D", style.VERMILION), "frechet": (frechet, "o", style.BLUE)}
    ratios = {name: own[f"{name}_ratio"].notna().any() for name in quantities}
    rows = 3 if any(ratios.values()) else 2
    figure = Figure((style.WIDTH, ROW * rows + 0.2), layout="constrained")
    panels = figure.subplots(rows, 2)
    for column, (name, (called, marker, colour)) in zip(panels.T, quantities.items(), strict=True):
        look: dict[str, Any] = {"line": "-", "marker": marker, "colour": colour}
        above, below, *last = column
        _floor(above, own, name)
        parts.bars(above, own, name, own["alpha"], label=f"n = {n}", **look)
        if name == "frechet" and own["frechet_infinite"].notna().any():
            hollow = {**look, "line": ":", "hollow": True, "label": "extrapolated to infinite n"}
            parts.bars(above, own, "frechet_infinite", own["alpha"], **hollow)
        above.set(title=called[0].upper() + called[1:], ylabel="distance from the reference set")
        above.legend()
        parts.bars(below, own, f"{name}_difference", own["alpha"], **look)
        below.set_ylabel("difference from alpha 0")
        levels = {above: 0, below: 0}
        for panel in last:
            if ratios[name]:
                parts.bars(panel, own, f"{name}_ratio", own["alpha"], **look)
                panel.set_ylabel("ratio to alpha 0")
                levels[panel] = 1
            else:
                panel.set_axis_off()
                few = name == "frechet" and own["frechet_infinite"].isna().all()
                why = "too few images to extrapolate" if few else "alpha 0 is too near the floor"
                where = {"transform": panel.transAxes, "ha": "center", "va": "center"}
                panel.text(0.5, 0.5, f"No ratio: {why}.", **where)
        for panel, level in levels.items():
            panel.set_xticks(own["alpha"])
            panel.axhline(level, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
        [*levels][-1].set_xlabel("alpha")
    figure.supxlabel(
        f"n = {n} images at each alpha, {parts.percent(confidence)} intervals", fontsize=7
    )
    return figure


def _floor(panel: Axes, own: pd.DataFrame, name: str) -> None:
    """Draw the interval of the floor, which is the same at all alphas, as a grey band."""
    low, high = own[f"{name}_floor_low"].max(), own[f"{name}_floor_high"].max()
    if np.isfinite([low, high]).all():
        panel.axhspan(low, high, color="#D9D9D9", linewidth=0, zorder=0, label="floor")
