"""The realness figure: how far edited images are from each reference, and how they differ."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from mnemo.figures import parts, style

#: Height of a row of panels, in inches.
ROW = 2.2
#: What each reference is called.
REFERENCES = {"generator": "the reference set", "folder": "photographs", "photos": "photographs"}
#: Which two shares a panel shows, and the look of each.
SHARES: tuple[dict[str, dict[str, Any]], ...] = (
    {
        "precision": {"marker": "s", "colour": style.BLUE},
        "recall": {"marker": "o", "colour": style.VERMILION, "hollow": True},
    },
    {
        "density": {"marker": "s", "colour": style.BLUE},
        "coverage": {"marker": "o", "colour": style.VERMILION, "hollow": True},
    },
)


@style.applied()
def draw(distances: pd.DataFrame, frechet: str, kernel: str, confidence: float) -> Figure:
    """Draw the distance of edited images from each reference, over alpha (Figure 7).

    Args:
        distances: Rows of `realness.REALNESS` of one edit.
        frechet: Name of the Fréchet distance on these features.
        kernel: Name of the kernel distance on these features.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a block of panels for each reference. A block has one column per distance, the
        kernel distance first. Above, the distance itself and the interval of its floor as a grey
        band, where there is one; below, its difference from that at alpha 0. Where a distance has a
        ratio to that at alpha 0, there is a third row. The last has precision and recall, and
        density and coverage. Where there is an Inception Score, it is below all blocks.
    """
    quantities = {"kernel": (kernel, "D", style.VERMILION), "frechet": (frechet, "o", style.BLUE)}
    parted = distances.sort_values("alpha").groupby("reference", sort=False)
    # In the order of the table.
    blocks = {name: parted.get_group(name) for name in distances["reference"].unique()}
    rows = [
        1
        if own["kernel"].isna().all()
        else 4
        if own[[f"{each}_ratio" for each in quantities]].notna().any(axis=None)
        else 3
        for own in blocks.values()
    ]
    # It is of the edited images alone, and the same beside each reference.
    scored = next(iter(blocks.values())).dropna(subset="inception_score")
    heights = [*rows, 1] if len(scored) else rows
    figure = Figure((style.WIDTH, ROW * sum(heights) + 0.2), layout="constrained")
    places = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for place, count, (name, own) in zip(places, rows, blocks.items(), strict=False):
        _block(place, count, own, REFERENCES.get(name, name), quantities)
    if len(scored):
        _inception_score(places[-1], scored)
    n = parts.counts(distances["n"])
    figure.supxlabel(
        f"n = {n} images at each alpha, {parts.percent(confidence)} intervals", fontsize=7
    )
    return figure


def _block(
    place: SubFigure,
    rows: int,
    own: pd.DataFrame,
    reference: str,
    quantities: dict[str, tuple[str, str, str]],
) -> None:
    """Draw the panels of one reference."""
    if own["kernel"].isna().all():
        _say(place.subplots(), f"No distances from {reference}: too few images.")
        return
    n = parts.counts(own["n"])
    panels = place.subplots(rows, 2)
    for column, shares, (name, (called, marker, colour)) in zip(
        panels.T, SHARES, quantities.items(), strict=True
    ):
        look: dict[str, Any] = {"line": "-", "marker": marker, "colour": colour}
        above, below, *ratio, last = column
        _floor(above, own, name)
        parts.bars(above, own, name, own["alpha"], label=f"n = {n}", **look)
        if name == "frechet" and own["frechet_infinite"].notna().any():
            hollow = {**look, "line": ":", "hollow": True, "label": "extrapolated to infinite n"}
            parts.bars(above, own, "frechet_infinite", own["alpha"], **hollow)
        above.set(title=called[0].upper() + called[1:], ylabel=f"distance from {reference}")
        above.legend()
        parts.bars(below, own, f"{name}_difference", own["alpha"], **look)
        below.set_ylabel("difference from alpha 0")
        levels = {above: 0, below: 0, last: 1}
        for panel in ratio:
            if own[f"{name}_ratio"].notna().any():
                parts.bars(panel, own, f"{name}_ratio", own["alpha"], **look)
                panel.set_ylabel("ratio to alpha 0")
                levels[panel] = 1
            else:
                few = name == "frechet" and own["frechet_infinite"].isna().all()
                why = "too few images to extrapolate" if few else "alpha 0 is too near the floor"
                _say(panel, f"No ratio: {why}.")
        if own[list(shares)].isna().all(axis=None):
            del levels[last]
            _say(last, f"No {' and '.join(shares)}: too few images.")
        for share, drawn in shares.items() if last in levels else ():
            parts.bars(last, own, share, own["alpha"], line="-", label=share, **drawn)
            last.set_ylabel(" and ".join(shares))
            last.legend()
        for panel, level in levels.items():
            panel.set_xticks(own["alpha"])
            panel.axhline(level, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
            panel.set_xlabel("alpha" if panel is column[-1] else "")


def _inception_score(place: SubFigure, own: pd.DataFrame) -> None:
    """Draw the Inception Score, and its difference from that at alpha 0."""
    score, difference = place.subplots(1, 2)
    look: dict[str, Any] = {"line": "-", "marker": "o", "colour": style.BLUE}
    _floor(score, own, "inception_score")
    parts.bars(score, own, "inception_score", own["alpha"], label="mean of ten parts", **look)
    hollow = {**look, "line": ":", "hollow": True, "label": "all images as one part"}
    parts.bars(score, own, "inception_score_whole", own["alpha"], **hollow)
    score.set(title="Inception Score", ylabel="score")
    score.legend()
    parts.bars(difference, own, "inception_score_difference", own["alpha"], **look)
    difference.set_ylabel("difference from alpha 0")
    difference.axhline(0, color=style.GREY, linewidth=0.8, linestyle="--", zorder=0)
    for panel in (score, difference):
        panel.set_xticks(own["alpha"])
        panel.set_xlabel("alpha")


def _say(panel: Axes, why: str) -> None:
    """Write why a panel has nothing to show."""
    panel.set_axis_off()
    panel.text(0.5, 0.5, why, transform=panel.transAxes, ha="center", va="center")


def _floor(panel: Axes, own: pd.DataFrame, name: str) -> None:
    """Draw the interval of the floor, which is the same at all alphas, as a grey band."""
    low, high = own[f"{name}_floor_low"].max(), own[f"{name}_floor_high"].max()
    if np.isfinite([low, high]).all():
        panel.axhspan(low, high, color="#D9D9D9", linewidth=0, zorder=0, label="floor")
