"""The identity figure: whether edited faces still show the same persons."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mnemo.figures import parts, style

#: What is drawn beside each edit's own line, in its colour: Matplotlib's style of the line.
IMPOSTORS: Literal["--"] = "--"
GAINED: Literal[":"] = ":"


@style.applied()
def draw(identity: pd.DataFrame, confidence: float) -> Figure:
    """Draw whether edited faces still show the same persons, over alpha.

    Args:
        identity: Rows of `identity.IDENTITY`, with the distances moved.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one colour per edit in three panels: the mean distance of the embeddings, with
        the threshold; the share of faces whose distance is below it, down to that which counts lost
        faces as refused, with the share of impostors; and the numbers of faces that are no longer
        found, and of those found only now. Without a threshold, the first two have the generator's
        own in its place, or, of too few faces for that, the second the share of faces that are
        nearest to their own.
    """
    identity = parts.by_distance(identity)
    drawn_as = parts.looks(identity["edit"])
    heights = (2.2, 2.2, 1.6)
    figure = Figure((style.WIDTH, sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(3, height_ratios=heights)
    distance, accepted, lost = panels
    parts.over_alpha(distance, identity, "distance", drawn_as)
    level, text, share, words = _judged(identity)
    for threshold in identity[level].dropna().round(3).unique():
        _level(distance, identity, threshold, f"{text} {threshold:g}")
    # Without a single face there is neither a distance nor an own threshold.
    highest = max(0.1, *identity[["distance", "distance_high", level]].max().dropna())
    distance.set_ylim(-0.04, 1.15 * highest)
    distance.set_ylabel("mean distance of the\nembedding from that at alpha 0")
    parts.over_alpha(accepted, identity, share, drawn_as)
    accepted.set(ylim=(-0.04, 1.04), ylabel=f"share of faces\n{words}")
    if share == "accepted":
        parts.over_alpha(accepted, identity, "impostor", _beside(drawn_as, IMPOSTORS))
        for edit, own in identity.sort_values("alpha").groupby("edit", sort=False):
            edges = own["alpha"], own["accepted_bound"], own["accepted"]
            accepted.fill_between(*edges, color=drawn_as[str(edit)].colour, alpha=0.15, linewidth=0)
        _explain(accepted, IMPOSTORS, "share of impostors: line to beat")
    counted = identity.assign(low=np.nan, high=np.nan)
    parts.over_alpha(lost, counted, "lost", drawn_as, ends=("low", "high"))
    parts.over_alpha(lost, counted, "gained", _beside(drawn_as, GAINED), ends=("low", "high"))
    most = max(*identity["lost"], *identity["gained"], 5)
    lost.set_ylim(-0.05 * most, 1.1 * most)
    lost.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    found = parts.counts(identity["n"] + identity["lost"])
    lost.set_ylabel(f"faces lost\nof {found}")
    _explain(lost, GAINED, "faces gained")
    lost.set_xlabel(f"distance moved ({parts.percent(confidence)} intervals)")
    for panel, name, height in zip(panels, ("distance", share, "lost"), heights, strict=True):
        parts.name_lines(panel, identity, name, drawn_as, (style.WIDTH - 0.8, height - 0.3))
    return figure


class _Judged(NamedTuple):
    """By what an edited face counts as its own person's.

    Attributes:
        level: Column of the threshold.
        text: What the threshold is called.
        share: Column of the share of faces that count so.
        words: Which faces these are.
    """

    level: str
    text: str
    share: str
    words: str


def _judged(identity: pd.DataFrame) -> _Judged:
    """Choose the threshold and the share that a table has."""
    if identity["threshold"].notna().any():
        return _Judged("threshold", "threshold", "accepted", "below the threshold")
    own = _Judged(
        "threshold_own",
        "generator's threshold",
        "accepted_own",
        "below the generator's threshold",
    )
    if identity["threshold_own"].notna().all():
        return own
    return own._replace(share="rank_one", words="nearest to their own")


def _beside(drawn_as: Mapping[str, parts.Look], line: str) -> dict[str, parts.Look]:
    """Return each edit's style for a second line of it."""
    return {edit: look._replace(line=line, hollow=True) for edit, look in drawn_as.items()}


def _explain(panel: Axes, line: Literal["--", ":"], text: str) -> None:
    """Name a style of line above the panel, of whichever edit."""
    sample = Line2D([], [], color=style.GREY, linestyle=line, marker="o", markerfacecolor="white")
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
    panel.legend([sample], [text], borderaxespad=0, **place)


def _level(panel: Axes, identity: pd.DataFrame, level: float, text: str) -> None:
    """Draw a level over all alphas, with its text at alpha 0, where faces are unedited."""
    ends = identity["alpha"].min(), identity["alpha"].max()
    panel.hlines(level, *ends, color="black", linewidth=0.8, linestyle="--", zorder=0)
    offset: dict[str, Any] = {"textcoords": "offset points", "fontsize": 6.5}
    panel.annotate(text, (0, level), (3, 3), **offset)
