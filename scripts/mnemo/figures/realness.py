"""The realness figure: the distance of edited images from the reference set."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mnemo.figures import parts, style


@style.applied()
def draw(distances: pd.DataFrame, frechet: str, kernel: str, confidence: float) -> Figure:
    """Draw the distance of edited images from the reference set, over alpha (Figure 7).

    Args:
        distances: Rows of `realness.REALNESS` of one edit.
        frechet: Name of the Fréchet distance on these features.
        kernel: Name of the kernel distance on these features.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one column per distance: above, the distance itself; below, its ratio to that
        at alpha 0, or a note if the latter is too close to 0.
    """
    own = distances.sort_values("alpha")
    figure = Figure((style.WIDTH, 4.6), layout="constrained")
    panels = figure.subplots(2, 2)
    quantities = (("frechet", frechet, "o", style.BLUE), ("kernel", kernel, "D", style.VERMILION))
    for (above, below), (name, called, marker, colour) in zip(panels.T, quantities, strict=True):
        options: dict[str, Any] = {"line": "-", "marker": marker, "colour": colour}
        parts.bars(above, own, name, own["alpha"], **options)
        above.set_xticks(own["alpha"])
        above.set(title=called[0].upper() + called[1:], ylabel="distance from the reference set")
        above.axhline(0, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
        if own[f"{name}_ratio"].isna().all():
            below.set_axis_off()
            text = "No ratio: the distance at alpha 0\nis not clearly above 0."
            below.text(0.5, 0.5, text, transform=below.transAxes, ha="center", va="center")
            above.set_xlabel("alpha")
        else:
            parts.bars(below, own, f"{name}_ratio", own["alpha"], **options)
            below.set_xticks(own["alpha"])
            below.set(xlabel="alpha", ylabel="ratio to alpha 0")
            below.axhline(1, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
    n = parts.counts(own["n"])
    figure.supxlabel(
        f"n = {n} images at each alpha, {parts.percent(confidence)} intervals", fontsize=7
    )
    return figure
