"""Elements shared by several figures: points with intervals, matrices, lines, densities."""

from collections.abc import Mapping, Sequence
from itertools import cycle, starmap
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnemo import rounding
from mnemo.figures import style

#: Smallest width of a matrix's cell, in inches, for an interval on one line, and for any interval.
WIDE, NARROW = 0.68, 0.36


class Look(NamedTuple):
    """The style of a line and its marks.

    Attributes:
        colour: Colour of line and marks.
        marker: Matplotlib's letter for the marks.
        line: Matplotlib's line style.
        hollow: Whether the marks are outlines.
    """

    colour: str
    marker: str
    line: str = "-"
    hollow: bool = False


def looks(edits: pd.Series) -> dict[str, Look]:
    """Return a style for each edit, with a colour and a marker of its own."""
    return dict(zip(edits.unique(), starmap(Look, cycle(style.EDITS)), strict=False))


def shapes(frame: pd.DataFrame) -> list[str]:
    """Return the shapes in a frame's column `shape`, squares before ovals."""
    present = set(frame["shape"].unique())
    return [shape for shape in style.SHAPES if shape in present]


def counts(numbers: pd.Series) -> str:
    """Return numbers of images as text: one number, or a range if they differ."""
    return " to ".join(f"{number}" for number in sorted({numbers.min(), numbers.max()}))


def minus(text: str) -> str:
    """Return text with its hyphens replaced by true minus signs."""
    return text.replace("-", "\N{MINUS SIGN}")


def percent(confidence: float) -> str:
    """Return a share from 0 to 1 as text in per cent."""
    return f"{100 * confidence:g} %"


def estimated(value: float, low: float, high: float) -> str:
    """Return an estimate and its interval as text."""
    return minus(rounding.interval(value, low, high))


def grid(values: pd.Series) -> NDArray[np.float64]:
    """Return 300 equally spaced points over slightly more than the values' range, for a density."""
    low, high = values.min(), values.max()
    margin = 0.15 * (high - low) or 0.01
    return np.linspace(low - margin, high + margin, 300)


def density(values: NDArray[np.float64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute a density estimate with a Gaussian kernel of Scott's bandwidth.

    Args:
        values: (n,) values.
        where: (points,) positions at which to evaluate the density.

    Returns:
        (points,); 0 if there are fewer than two different values.
    """
    if len(values) < 2 or np.ptp(values) == 0:
        return np.zeros_like(where)
    # Imported here: most figures draw no density, and SciPy takes as long to load as they to draw.
    from scipy.stats import gaussian_kde

    estimated: NDArray[np.float64] = gaussian_kde(values)(where)
    return estimated


def bars(
    panel: Axes,
    frame: pd.DataFrame,
    name: str,
    where: pd.Series | NDArray[Any],
    *,
    ends: tuple[str, str] | None = None,
    label: str = "",
    marker: str = "o",
    colour: str = style.BLUE,
    line: str = "",
    hollow: bool = False,
    across: bool = False,
) -> None:
    """Draw estimates with their intervals.

    Args:
        panel: The axes to draw in.
        frame: The estimates, one per row.
        name: The column of the estimates.
        where: (n,), the position of each estimate on the other axis.
        ends: The columns of the intervals' ends; by default `name` with `_low` and `_high`.
        label: Label in the legend.
        marker: Matplotlib's letter for the marks.
        colour: Colour of marks, line and intervals.
        line: Matplotlib's style of a line between the marks; empty for no line.
        hollow: Whether the marks are outlines.
        across: Whether the intervals are horizontal instead of vertical.
    """
    low, high = ends or (f"{name}_low", f"{name}_high")
    # Each interval is drawn around its own middle. A percentile interval may not contain its
    # estimate, and the distance from the estimate to one end would then be negative.
    middle, half = (frame[low] + frame[high]) / 2, (frame[high] - frame[low]) / 2
    point: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": line, "label": label}
    if hollow:
        point["markerfacecolor"] = "white"
    if across:
        panel.plot(frame[name], where, **point)
        panel.errorbar(middle, where, xerr=half, fmt="none", color=colour)
    else:
        panel.plot(where, frame[name], **point)
        panel.errorbar(where, middle, yerr=half, fmt="none", color=colour)


def name_rows(panel: Axes, names: Sequence[str]) -> None:
    """Write the names of rows from the top, with vertical grid lines."""
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.grid(axis="x", linewidth=0.4, color="#D9D9D9")
    panel.set_axisbelow(True)


def cell_width(rows: Sequence[str], columns: int) -> float:
    """Return the width in inches of a cell of a full-width matrix with the given row names."""
    beside = 0.055 * max(len(line) for row in rows for line in row.split("\n")) + 0.5
    return min(0.9, (style.WIDTH - beside) / columns)


def matrix(
    panel: Axes,
    cells: pd.DataFrame,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    width: float,
    reach: float,
) -> None:
    """Draw estimates as a matrix of cells, coloured by value, each with its number.

    A cell is hatched if its interval contains 0 or is unknown. Narrow cells show no interval.

    Args:
        panel: The axes to draw in.
        cells: One row per cell: `row`, `column`, `value`, `low`, `high`; other cells are blank.
        rows: Names of the rows, from the top.
        columns: Names of the columns, written above the matrix.
        width: Width of a cell, in inches.
        reach: Absolute value, 0 or more, with the strongest colour.
    """
    colours = Normalize(-reach or -1, reach or 1)
    for cell in cells.to_dict("records"):
        value, low, high = cell["value"], cell["low"], cell["high"]
        x, y = columns.index(cell["column"]), rows.index(cell["row"])
        clear = low > 0 or high < 0
        options: dict[str, Any] = {
            "facecolor": "white" if np.isnan(value) else style.DIVERGING(colours(value)),
            "edgecolor": "white" if clear else "#BFBFBF",
            "hatch": "" if clear else "///",
            "linewidth": 0.6,
        }
        panel.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **options))
        text = _cell(value, low, high, width)
        size = 6.5 if width >= WIDE else 5.5
        panel.text(x, y, text, ha="center", va="center", fontsize=size)
    panel.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    panel.set_yticks(range(len(rows)), rows, fontsize=7)
    slanted: dict[str, Any] = {
        "rotation": 45,
        "rotation_mode": "anchor",
        "ha": "left",
        "va": "center",
    }
    panel.set_xticks(range(len(columns)), columns, fontsize=7, **slanted)
    panel.tick_params(length=0, labeltop=True, labelbottom=False, pad=1)
    panel.spines[:].set_visible(False)


def _cell(value: float, low: float, high: float, width: float) -> str:
    """Return an estimate with its interval as text, on as many lines as the cell needs."""
    if np.isnan(value):
        return rounding.number(value)
    if width < NARROW:
        return minus(f"{value:z.2f}".replace("0.", ".", 1))
    estimate, _, interval = estimated(value, low, high).partition(" ")
    return f"{estimate}\n{interval if width >= WIDE else interval.replace(' ', chr(10))}"


def by_distance(frame: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with the distance moved as `alpha`, to draw edits in one panel.

    Their alphas have different units where one moves along a learned direction.

    Args:
        frame: Rows of a public table by alpha.

    Returns:
        The rows.
    """
    return frame.assign(alpha=frame["moved"])


def over_alpha(
    panel: Axes, frame: pd.DataFrame, name: str, drawn_as: Mapping[str, Look], **more: Any
) -> None:
    """Draw estimates over alpha, one line per edit, slightly shifted where alphas coincide.

    Args:
        panel: The axes to draw in.
        frame: The estimates, with the columns `edit` and `alpha`.
        name: The column of the estimates.
        drawn_as: The style of each edit, by its name.
        more: Further arguments of `bars`.
    """
    for edit, own in _aside(frame, drawn_as).items():
        bars(panel, own, name, own["alpha"], **drawn_as[edit]._asdict(), **more)
    ends = frame["alpha"].min(), frame["alpha"].max()
    ticks = MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(*ends)
    panel.set_xticks([tick for tick in ticks if ends[0] <= tick <= ends[1]])
    panel.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":")


def name_lines(
    panel: Axes,
    frame: pd.DataFrame,
    name: str,
    drawn_as: Mapping[str, Look],
    size: tuple[float, float],
) -> None:
    """Write the name of each edit next to the end of its line, without overlap.

    Args:
        panel: The axes that `over_alpha` drew in; its y axis must have its final limits.
        frame: As for `over_alpha`.
        name: As for `over_alpha`.
        drawn_as: As for `over_alpha`.
        size: Approximate width and height of the panel, in inches.
    """
    known = {edit: own.dropna(subset=name) for edit, own in _aside(frame, drawn_as).items()}
    ends = sorted(
        (own[name].iloc[-1], own["alpha"].iloc[-1], edit) for edit, own in known.items() if len(own)
    )
    if not ends:
        return
    bottom, top = panel.get_ylim()
    gap = 0.11 * (top - bottom) / size[1]
    levels = _apart(np.array([value for value, *_ in ends]), gap, bottom + gap / 2, top - gap / 2)
    left, right = panel.get_xlim()
    share = min(0.5, (0.15 + 0.048 * max(len(edit) for *_, edit in ends)) / size[0])
    panel.set_xlim(left, left + (right - left) / (1 - share))
    panel.spines["bottom"].set_bounds(left, right)
    for (value, alpha, edit), level in zip(ends, levels, strict=True):
        colour = drawn_as[edit].colour
        stroke = {"arrowstyle": "-", "color": colour, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 3}
        options: dict[str, Any] = {"va": "center", "fontsize": 6.5, "color": colour}
        options["bbox"] = {"facecolor": "white", "linewidth": 0, "pad": 0.4}
        panel.annotate(edit, (alpha, value), (right, level), arrowprops=stroke, **options)


def _aside(frame: pd.DataFrame, drawn_as: Mapping[str, Look]) -> dict[str, pd.DataFrame]:
    """Return each edit's rows, sorted, with alphas shifted so that intervals do not overlap."""
    step = 0.006 * np.ptp(frame["alpha"])
    moves = {edit: step * (n - (len(drawn_as) - 1) / 2) for n, edit in enumerate(drawn_as)}
    parted = {edit: frame[frame["edit"] == edit].sort_values("alpha") for edit in drawn_as}
    return {edit: own.assign(alpha=own["alpha"] + moves[edit]) for edit, own in parted.items()}


def _apart(values: NDArray[np.float64], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Move sorted values at least a gap apart and, as far as possible, between two limits."""
    steps = gap * np.arange(len(values))
    # The mean of pushing values up and pushing them down keeps names near their lines.
    up = np.maximum.accumulate(values - steps) + steps
    down = np.minimum.accumulate((values - steps)[::-1])[::-1] + steps
    levels = (up + down) / 2
    levels -= max(0.0, levels[-1] - high)
    return np.asarray(levels + max(0.0, low - levels[0]))
