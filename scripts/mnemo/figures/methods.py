"""The figure of methods: what every edit does at equal gain, and at equal image change."""

import textwrap
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mnemo.figures import parts, style


class Column(NamedTuple):
    """A column of panels.

    Attributes:
        estimate: What it shows, a column of the table.
        title: Its title.
        origin: Where a line marks that nothing happens; None for no line.
        given: At which of the two it is given, and the same for all edits.
    """

    estimate: str
    title: str
    origin: float | None = 0.0
    given: str = ""


COLUMNS = (
    Column("gain", "gain\n(SD)", given="gain"),
    Column("confirmed_gain", "confirmed\nshare of it"),
    Column("improvement_ratio", "images\nimproved", 0.5),
    Column("image_change", "image\nchange", given="change"),
    Column("identity_distance", "identity\ndistance"),
    Column("attribute_dependency", "attributes\n(SD)"),
    Column("kernel_difference", "kernel\ndifference"),
)
#: What is equal, its label, and the colour and marker of its marks.
AT = {
    "gain": ("at equal gain", style.BLUE, "o"),
    "change": ("at equal image change", style.VERMILION, "s"),
}
#: Half the distance between the two marks of an edit, in rows.
ASIDE = 0.17
#: Characters of a line of names, beyond which it would take the panels' width.
LONGEST = 31
#: Height of a line of names, and of what is between two rows, in inches.
LINE, BETWEEN = 0.12, 0.06


@style.applied()
def draw(methods: pd.DataFrame, confidence: float) -> Figure:
    """Draw what every edit does at equal gain and at equal image change, by each assessor.

    Args:
        methods: Rows of `methods.METHODS`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a block of panels for each assessor, of the first shape: one row for each
        edit, one column for each estimate that the study has.
    """
    shape = parts.shapes(methods)[0]
    shown = methods[methods["shape"] == shape]
    measured = [each for each in COLUMNS if shown[each.estimate].notna().any()]
    columns = measured or [COLUMNS[0]]
    blocks = {str(name): own for name, own in shown.groupby("assessor", sort=False)}
    heights = [_height(own) for own in blocks.values()]
    figure = Figure((style.WIDTH, 0.9 + sum(0.6 + height for height in heights)))
    figure.set_layout_engine("constrained", h_pad=0.05, w_pad=0.02)
    grid = figure.subplots(
        len(blocks), len(columns), squeeze=False, sharex="col", height_ratios=heights
    )
    for panels, (assessor, own) in zip(grid, blocks.items(), strict=True):
        _block(panels, own, columns)
        count = f"n = {parts.counts(own['n'])}".replace(" ", "\N{NO-BREAK SPACE}")
        about = textwrap.fill(f"scored by {assessor}, {count}", LONGEST)
        beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
        panels[0].annotate(about, (0, 1), (-4, 4), **beside, ha="right", weight="bold")
    for panel, column in zip(grid[0], columns, strict=True):
        panel.set_title(column.title, loc="center", pad=8, fontsize=7)
    keys = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=label)
        for label, colour, marker in AT.values()
    ]
    figure.legend(handles=keys, loc="outside upper right", ncols=2)
    finders = shown["found_with"].unique()
    found = f"; all directions found with {finders[0]}" if _alike(shown["found_with"]) else ""
    label = (
        f"{shape} images, with {parts.percent(confidence)} intervals{found}\n"
        "a coloured line is the gain or image change that is equal; \N{EN DASH}: no value"
    )
    figure.supxlabel(label, fontsize=7)
    return figure


def _block(panels: Any, own: pd.DataFrame, columns: list[Column]) -> None:
    """Draw the panels of one assessor."""
    named = _names(own)
    place, names = {edit: row for row, edit in enumerate(named)}, list(named.values())
    for panel, column in zip(panels, columns, strict=True):
        for row in range(0, len(names), 2):
            panel.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", linewidth=0, zorder=0)
        if column.origin is not None:
            panel.axvline(column.origin, color=style.GREY, linewidth=0.6, linestyle=":")
        for aside, (at, (label, colour, marker)) in zip((-ASIDE, ASIDE), AT.items(), strict=True):
            rows = own[own["at"] == at]
            where = rows["edit"].map(place).to_numpy() + aside
            if column.given == at:
                for given in rows[column.estimate].dropna().unique():
                    panel.axvline(given, color=colour, linewidth=0.8, alpha=0.6)
                continue
            look: dict[str, Any] = {"colour": colour, "marker": marker, "label": label}
            parts.bars(panel, rows, column.estimate, where, across=True, **look)
            reached = rows["alpha"].notna()
            if column.given:
                _say(panel, "not reached", where[~reached], colour, 5.5)
            _say(panel, "\N{EN DASH}", where[reached & rows[column.estimate].isna()], style.GREY, 8)
        parts.name_rows(panel, names)
        panel.tick_params(axis="y", length=0, labelsize=7)
        panel.tick_params(axis="x", labelsize=6.5)
        panel.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], min_n_ticks=2))
        panel.margins(x=0.1)
        if panel is not panels[0]:
            panel.set_yticklabels([])
            panel.spines["left"].set_visible(False)


def _alike(found_with: "pd.Series[str]") -> bool:
    """Return whether all directions were found with the same assessor."""
    return found_with.nunique(dropna=False) == 1 and bool(found_with.notna().all())


def _names(own: pd.DataFrame) -> dict[str, str]:
    """Name the edits of one assessor, in lines that leave room for the panels.

    The method is named where it says more, and the assessor where directions differ in it.
    """
    edits = own.drop_duplicates("edit")
    alike = _alike(edits["found_with"])
    names = {}
    for edit, method, found_with in zip(
        edits["edit"], edits["method"], edits["found_with"], strict=True
    ):
        said = [] if method == edit else [method]
        said += [] if alike or pd.isna(found_with) else [f"found with {found_with}"]
        lines = filter(None, (edit, ", ".join(said)))
        names[edit] = "\n".join(textwrap.fill(line, LONGEST) for line in lines)
    return names


def _height(own: pd.DataFrame) -> float:
    """Return the height of the panels of one assessor, in inches, whose rows are equally high.

    A row has two marks, so it takes the height of two lines.
    """
    names = _names(own).values()
    return len(names) * (BETWEEN + LINE * max(2, *(1 + name.count("\n") for name in names)))


def _say(panel: Axes, text: str, where: "np.ndarray[Any, Any]", colour: str, size: float) -> None:
    """Say in some rows why they have no mark."""
    for y in where:
        said: dict[str, Any] = {"color": colour, "fontsize": size, "ha": "center", "va": "center"}
        panel.annotate(text, (0.5, y), xycoords=("axes fraction", "data"), **said)
