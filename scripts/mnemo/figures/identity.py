"""The identity figure: whether edited faces still show the same persons."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mnemo.figures import parts, style


@style.applied()
def draw(identity: pd.DataFrame, confidence: float) -> Figure:
    """Draw whether edited faces still show the same persons, over alpha.

    Args:
        identity: Rows of `identity.IDENTITY`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one line per edit in three panels: the mean distance of the embeddings, with
        the network's threshold; the share of faces whose distance is below it, with that share for
        pairs of different faces; and the number of faces that are no longer found.
    """
    drawn_as = parts.looks(identity["edit"])
    heights = (2.2, 1.9, 1.4)
    figure = Figure((style.WIDTH, sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(3, height_ratios=heights)
    distance, accepted, lost = panels
    parts.over_alpha(distance, identity, "distance", drawn_as)
    (threshold,) = identity["threshold"].unique()
    _level(distance, identity, threshold, f"threshold {threshold:g}")
    distance.set_ylim(
        -0.04, 1.15 * max(threshold, identity[["distance", "distance_high"]].max(axis=None))
    )
    distance.set_ylabel("mean distance of the\nembedding from that at alpha 0")
    parts.over_alpha(accepted, identity, "accepted", drawn_as)
    # The unedited images are the same for every edit.
    chance = identity["chance"].max()
    if not np.isnan(chance):
        _level(accepted, identity, chance, f"two different unedited faces: {chance:.2f}")
    accepted.set(ylim=(-0.04, 1.04), ylabel="share of faces\nbelow the threshold")
    parts.over_alpha(
        lost, identity.assign(low=np.nan, high=np.nan), "lost", drawn_as, ends=("low", "high")
    )
    most = max(identity["lost"].max(), 5)
    lost.set_ylim(-0.05 * most, 1.1 * most)
    lost.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    found = parts.counts(identity["n"] + identity["lost"])
    lost.set_ylabel(f"faces lost\nof {found}")
    lost.set_xlabel(f"alpha ({parts.percent(confidence)} intervals)")
    for panel, name, height in zip(panels, ("distance", "accepted", "lost"), heights, strict=True):
        parts.name_lines(panel, identity, name, drawn_as, (style.WIDTH - 0.8, height - 0.3))
    return figure


def _level(panel: Axes, identity: pd.DataFrame, level: float, text: str) -> None:
    """Draw a level over all alphas, with its text at alpha 0, where faces are unedited."""
    ends = identity["alpha"].min(), identity["alpha"].max()
    panel.hlines(level, *ends, color="black", linewidth=0.8, linestyle="--", zorder=0)
    offset: dict[str, Any] = {"textcoords": "offset points", "fontsize": 6.5}
    panel.annotate(text, (0, level), (3, 3), **offset)
