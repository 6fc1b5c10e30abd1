"""The learning figure: how the loss fell while directions were learned."""

import textwrap
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from mnemo.figures import style

#: Height of a row of panels, in inches.
HEIGHT = 2.4
#: Characters of a line of a panel's title.
LONGEST = 36


@style.applied()
def draw(learning: pd.DataFrame, confidence: float) -> Figure:
    """Draw how the loss fell while directions were learned (GANalyze, equation 1).

    Args:
        learning: Rows of `directions.learning.table.LEARNING`.
        confidence: Has no effect: nothing here has an interval.

    Returns:
        A figure with a panel for each direction: the loss of the steps, thin, and that on held-out
        latents, by step, in a colour for each start. A circle marks the direction that was kept,
        and the legend says how far each start's held-out loss fell.
    """
    names = learning["direction"].unique()
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    figure = Figure((style.WIDTH, 0.4 + HEIGHT * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        own = learning[learning["direction"] == name]
        for (restart, start), (colour, _) in zip(
            own.groupby("restart"), cycle(style.EDITS), strict=False
        ):
            panel.plot(start["step"], start["loss"], color=colour, linewidth=0.5, alpha=0.6)
            label = f"start {restart + 1}{_fallen(start['held_out_loss'])}"
            panel.plot(start["step"], start["held_out_loss"], color=colour, label=label)
        chosen = own[own["chosen"]]
        mark = {"facecolor": "white", "edgecolor": "black", "zorder": 3, "s": 30}
        panel.scatter(chosen["step"], chosen["held_out_loss"], **mark)
        title = textwrap.fill(name, LONGEST)
        panel.set(title=title, xlabel="step", ylabel="squared error of the score")
        if (own[["loss", "held_out_loss"]] > 0).any(axis=None):
            panel.set_yscale("log")
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            panel.yaxis.set_major_formatter(FuncFormatter(_plain))
            panel.yaxis.set_minor_formatter(NullFormatter())
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        # More starts than colours can't be told apart, and their names would hide the lines.
        if own["restart"].nunique() <= len(style.EDITS):
            panel.legend()
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    keys = [
        Line2D([], [], color=style.GREY, label="held-out latents"),
        Line2D([], [], color=style.GREY, linewidth=0.5, alpha=0.6, label="steps"),
        Line2D(
            [], [], color="black", marker="o", markerfacecolor="white", linestyle="", label="kept"
        ),
    ]
    figure.legend(handles=keys, loc="outside upper right", ncols=3)
    return figure


def _fallen(losses: pd.Series) -> str:
    """Say how far a start's held-out loss fell, and whether it still did at the end."""
    first, last = losses.iloc[0], losses.iloc[-1]
    if not (first > 0 and np.isfinite(last)):
        return ""
    falling = ", still falling" if last < losses.iloc[:-1].min() else ""
    return f": {last / first:.0%} left{falling}"


def _plain(value: float, position: int | None = None) -> str:
    """Write a number in plain decimals."""
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")
