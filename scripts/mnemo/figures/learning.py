"""The learning figure: how the loss fell while directions were learned."""

import textwrap
from itertools import cycle

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

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
        latents, by step, in a colour for each start. A circle marks the direction that was kept.
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
            label = f"start {restart + 1}"
            panel.plot(start["step"], start["held_out_loss"], color=colour, label=label)
        chosen = own[own["chosen"]]
        mark = {"facecolor": "white", "edgecolor": "black", "zorder": 3, "s": 30}
        panel.scatter(chosen["step"], chosen["held_out_loss"], **mark)
        title = textwrap.fill(name, LONGEST)
        panel.set(title=title, xlabel="step", ylabel="squared error of the score")
        if (own[["loss", "held_out_loss"]] > 0).any(axis=None):
            panel.set_yscale("log")
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
