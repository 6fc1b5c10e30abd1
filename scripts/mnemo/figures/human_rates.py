"""The figure of people's rates over alpha: hits, and correct choices (GANalyze, 5B and 7)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnemo.figures import parts, style
from mnemo.figures.parts import Look

#: Height of a panel, in inches.
HEIGHT = 2.8
#: What each measure that is drawn is called, and its look.
MEASURES = {
    "hit_rate": ("hits", Look(style.BLUE, "o")),
    "false_alarm_rate": ("false alarms", Look(style.VERMILION, "s", "--", hollow=True)),
    "correct": ("correct", Look(style.BLUE, "D")),
}
#: Share of choices that are correct by chance.
CHANCE = 0.5


@style.applied()
def draw(human_rates: pd.DataFrame, confidence: float) -> Figure:
    """Draw how often people recognise images, and tell them from photographs, over alpha.

    Args:
        human_rates: Rows of `rates.HUMAN_RATES`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one panel per experiment and edit: of a memory game the hit rate and the
        false-alarm rate (GANalyze, Figure 7), of a forced choice the proportion correct with the
        level of chance (Figure 5B). Where any answer is simulated, the figure says so above all
        panels, and across each panel that it concerns.
    """
    drawn = human_rates[human_rates["measure"].isin(MEASURES)]
    panelled = list(drawn.groupby(["experiment", "edit"], sort=False))
    if not panelled:
        figure = Figure((style.WIDTH, 1), layout="constrained")
        figure.suptitle("No series of a participant counts.")
        return figure
    columns = min(2, len(panelled))
    rows = -(-len(panelled) // columns)
    simulated = bool(drawn["simulated"].any())
    figure = Figure((style.WIDTH, HEIGHT * rows + 0.4 * simulated + 0.2), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, ((experiment, edit), own) in zip(panels, panelled, strict=False):
        answers = f"each mark: {_counts(own['n_answers'])} answers"
        people = f"of {_counts(own['n_participants'])} participants"
        panel.set_title(f"{experiment}, {edit}\n{answers}\n{people}")
        # Panels of one kind have one scale, to be compared.
        alike = drawn[drawn["measure"].isin(own["measure"])]
        rates = alike[["rate", "rate_low", "rate_high"]]
        ends = float(np.nanmin(rates)), float(np.nanmax(rates))
        _draw(panel, own, ends, (style.WIDTH / columns - 0.8, HEIGHT - 0.9))
    for panel in panels[len(panelled) :]:
        panel.set_axis_off()
    if simulated:
        loud: dict[str, Any] = {"fontsize": 15, "fontweight": "bold", "color": style.VERMILION}
        figure.suptitle("SIMULATED ANSWERS, not people's", **loud)
    figure.supxlabel(f"alpha ({parts.percent(confidence)} intervals)", fontsize=8)
    return figure


def _draw(
    panel: Axes, own: pd.DataFrame, ends: tuple[float, float], size: tuple[float, float]
) -> None:
    """Draw the rates of one experiment and edit.

    Args:
        panel: The axes to draw in.
        own: Their rows.
        ends: The lowest and highest rate that the scale has.
        size: Approximate width and height of the panel, in inches.
    """
    looks = {MEASURES[name][0]: MEASURES[name][1] for name in own["measure"].unique()}
    # The elements of all figures over alpha tell lines apart by the column `edit`.
    named = own.assign(edit=own["measure"].map({name: each[0] for name, each in MEASURES.items()}))
    parts.over_alpha(panel, named, "rate", looks)
    low, high = ends
    if "correct" in looks:
        alphas = panel.get_xlim()
        panel.set_xlim(alphas)
        panel.hlines(CHANCE, *alphas, color="black", linewidth=0.8, linestyle="--", zorder=0)
        low, high = min(low, CHANCE) - 0.03, max(high, CHANCE)
        panel.set_ylabel(f"proportion correct\n(dashed: {CHANCE:g}, by chance)")
    else:
        low = 0
        panel.set_ylabel("share taken for repeats")
    panel.set_ylim(max(-0.02, low - 0.02), min(1.02, high + 0.05))
    parts.name_lines(panel, named, "rate", looks, size)
    if own["simulated"].any():
        across: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 15, "fontsize": 30}
        across |= {"color": style.GREY, "alpha": 0.25, "zorder": 0}
        panel.text(0.45, 0.5, "simulated", transform=panel.transAxes, **across)


def _counts(numbers: pd.Series) -> str:
    """Return numbers as text with their thousands apart: one number, or a range."""
    return " to ".join(f"{number:,}" for number in sorted({numbers.min(), numbers.max()}))
