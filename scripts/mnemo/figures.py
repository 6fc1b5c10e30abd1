"""The figures of a study: tables and pictures in, a matplotlib figure out.

They are drawn without pyplot, which would need a display and share its state. Their sizes are in
inches, for a page with 7 inches between its margins. Colours are those of Okabe and Ito (Wong,
Nature Methods 8:441, 2011), told apart with any colour vision; shapes differ in marker too.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import gaussian_kde

from mnemo import files, rounding, tables

WIDTH = 7.0
SHAPES = ("square", "oval")
COLOURS = {"square": "#0072B2", "oval": "#D55E00"}
MARKERS = {"square": "s", "oval": "o"}
LINES = {"square": "-", "oval": "--"}
GREY = "#595959"
#: Edge of a face in a strip.
CELL = 0.75
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "errorbar.capsize": 2,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "figure.dpi": 200,
    # Without a salt of its own, an SVG has other ids each time it is written.
    "svg.hashsalt": "mnemo",
}


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure whole or not at all, the same bytes for the same figure.

    Args:
        figure: What a function of this module made.
        path: Where it goes; its suffix, .svg or .png, is the format.

    Raises:
        MnemoError: The disk is full.
    """
    kind = Path(path).suffix.removeprefix(".")
    dated = {"Date": None} if kind == "svg" else None
    with files.whole(path) as partial, mpl.rc_context(STYLE):
        figure.savefig(partial, format=kind, metadata=dated)


@mpl.rc_context(STYLE)
def distributions(scores: pd.DataFrame) -> Figure:
    """Draw how scores of the unedited images are distributed, oval against square (Figure 3).

    Args:
        scores: Rows of `tables.SCORES` of one set.

    Returns:
        A figure with a panel for each assessor.
    """
    names = list(scores["assessor"].unique())
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = Figure((WIDTH if columns > 1 else WIDTH / 2, 2.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        own = scores[scores["assessor"] == name]
        grid = _grid(own["score"])
        for shape in _shapes(own):
            values = own.loc[own["shape"] == shape, "score"].to_numpy(float)
            density = _density(values, grid)
            label = f"{shape}, n = {len(values)}\nmean {values.mean():.2f}, SD {values.std():.3f}"
            panel.plot(grid, density, color=COLOURS[shape], linestyle=LINES[shape], label=label)
            panel.fill_between(grid, density, color=COLOURS[shape], alpha=0.12, linewidth=0)
        panel.set(title=name, xlabel="score", ylabel="density")
        panel.set_ylim(bottom=0, top=1.5 * panel.get_ylim()[1])
        panel.legend(loc="upper left", borderaxespad=0, handlelength=1.8)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    return figure


@mpl.rc_context(STYLE)
def agreement(pairs: pd.DataFrame, confidence: float) -> Figure:
    """Draw how far assessors and shapes agree on the ranks of the same images (Table 1).

    Args:
        pairs: Rows of `tables.AGREEMENT`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a line for each pair and a mark for each correlation.
    """
    names = [
        f"{row.assessor_a} {row.shape_a} and {row.assessor_b} {row.shape_b}, n = {row.n}"
        for row in pairs.itertuples()
    ]
    figure = Figure((WIDTH, 0.8 + 0.36 * len(names)), layout="constrained")
    panel = figure.subplots()
    marks = (
        ("spearman", "Spearman's rank correlation", "o", "#0072B2"),
        ("kendall", "Kendall's tau-b", "D", "#D55E00"),
    )
    for shift, (name, label, marker, colour) in zip((-0.13, 0.13), marks, strict=True):
        y = np.arange(len(names)) + shift
        _bars(panel, pairs, name, y, label=label, marker=marker, colour=colour, across=True)
    _name_rows(panel, names)
    panel.axvline(0, color=GREY, linewidth=0.6)
    panel.set_xlabel(f"rank correlation ({_percent(confidence)} interval)")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


@mpl.rc_context(STYLE)
def accuracy(hyperplanes: pd.DataFrame, confidence: float) -> Figure:
    """Draw how well hyperplanes separate held-out seeds, against chance (Tables 2 and 4).

    Args:
        hyperplanes: Rows of `tables.HYPERPLANES`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a line for each hyperplane: its accuracy, the share of the larger class, and
        the accuracy with shuffled labels. n counts images fitted on or held out, as the axis says.
    """
    names = [
        f"{row.space}, {row.assessor}, {row.shape}, {row.threshold}, n = {row.n}"
        for row in hyperplanes.itertuples()
    ]
    figure = Figure((WIDTH, 0.8 + 0.24 * len(names)), layout="constrained")
    panel = figure.subplots()
    y = np.arange(len(names))
    label = f"accuracy ({_percent(confidence)} interval)"
    _bars(panel, hyperplanes, "accuracy", y, label=label, across=True)
    chance: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("base_rate", "share of the larger class", {"marker": "|", "s": 60, "color": "black"}),
        ("permuted_accuracy", "shuffled labels", {"marker": "x", "s": 16, "color": "#D55E00"}),
    )
    for name, label, mark in chance:
        panel.scatter(hyperplanes[name], y, label=label, zorder=3, **mark)
    _name_rows(panel, names)
    validated = {
        "cross-validation": "share of the n images on the right side, each when it was held out",
        "holdout": "share on the right side, of the tenth of the n images that was held out",
    }
    panel.set_xlabel("; ".join(validated[name] for name in hyperplanes["validation"].unique()))
    figure.legend(loc="outside upper right", ncols=3)
    return figure


@mpl.rc_context(STYLE)
def dose_response(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame, confidence: float
) -> Figure:
    """Draw how the scores of an edit by one assessor follow alpha (Figure 6).

    Args:
        scores: Rows of `tables.SCORES` of one edit and one assessor.
        means: Rows of `tables.DOSE_RESPONSE` of the same.
        slopes: Rows of `tables.SLOPES` of the same.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a row for each shape: the densities at each alpha, and the means, each with
        its n where these differ, as those of ovals do when a face is not found at every alpha.
    """
    shapes = _shapes(scores)
    figure = Figure((WIDTH, 2.6 * len(shapes)), layout="constrained")
    panels = figure.subplots(len(shapes), 2, sharex="col", squeeze=False, width_ratios=(1.1, 1))
    grid = _grid(scores["score"])
    for (ridges, line), shape in zip(panels, shapes, strict=True):
        of_shape = scores[scores["shape"] == shape]
        n = _counts(of_shape.groupby("alpha").size())
        _ridges(ridges, of_shape, grid, COLOURS[shape])
        ridges.set(title=f"{shape}, n = {n} at each alpha", ylabel="alpha")
        own = means[means["shape"] == shape].sort_values("alpha")
        look: dict[str, Any] = {"marker": MARKERS[shape], "colour": COLOURS[shape]}
        _bars(line, own, "mean", own["alpha"], ends=("low", "high"), line="-", **look)
        line.axvline(0, color=GREY, linewidth=0.6, linestyle=":")
        title = f"{shape}, {_percent(confidence)} intervals"
        if own["n"].min() < own["n"].max():
            title += ", n below each mean"
            _count_below(line, own)
        line.set_title(title)
        line.set_ylabel("mean score")
        fitted = slopes.loc[slopes["shape"] == shape, ["slope", "low", "high"]]
        for slope, low, high in fitted.to_numpy():
            told = _minus(rounding.interval(slope, low, high))
            text = f"slope of the mixed model\n{told} per alpha"
            _note(line, text, low=slope >= 0)
    _equal_spans(panels[:, 1])
    panels[-1, 0].set_xlabel("score")
    panels[-1, 1].set_xlabel("alpha")
    return figure


@mpl.rc_context(STYLE)
def realness(distances: pd.DataFrame, frechet: str, kernel: str, confidence: float) -> Figure:
    """Draw how far edited images are from the reference set, over alpha (Figure 7).

    Args:
        distances: Rows of `tables.REALNESS` of one edit.
        frechet: What the Fréchet distance on these features is called.
        kernel: What the kernel distance on these features is called.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with a column for each distance: above itself, below over that at alpha 0, or a
        note where that at alpha 0 is too near to 0 to divide by.
    """
    own = distances.sort_values("alpha")
    figure = Figure((WIDTH, 4.6), layout="constrained")
    panels = figure.subplots(2, 2)
    quantities = (("frechet", frechet, "o", "#0072B2"), ("kernel", kernel, "D", "#D55E00"))
    for (above, below), (name, called, marker, colour) in zip(panels.T, quantities, strict=True):
        look: dict[str, Any] = {"line": "-", "marker": marker, "colour": colour}
        _bars(above, own, name, own["alpha"], **look)
        above.set(title=called[0].upper() + called[1:], ylabel="distance to the reference set")
        above.axhline(0, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
        if own[f"{name}_ratio"].isna().all():
            below.set_axis_off()
            text = "Not as a ratio: the distance at alpha 0\nis not clearly above 0."
            below.text(0.5, 0.5, text, transform=below.transAxes, ha="center", va="center")
            above.set_xlabel("alpha")
        else:
            _bars(below, own, f"{name}_ratio", own["alpha"], **look)
            below.set(xlabel="alpha", ylabel="ratio to alpha 0")
            below.axhline(1, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
    n = _counts(own["n"])
    figure.supxlabel(f"n = {n} images at each alpha, {_percent(confidence)} intervals", fontsize=7)
    return figure


def gather(paths: Sequence[str | Path], shape: str, wanted: Sequence[str]) -> pd.DataFrame:
    """Gather some images of edited sets for `strip`.

    Args:
        paths: Shards of `tables.IMAGES` or `tables.OVALS` of sets at several alphas.
        shape: The images' shape.
        wanted: Keys of the images wanted.

    Returns:
        A row for each image and alpha: image, alpha, shape, and pixels, (height, width, 3) RGB or
        None where no face was found.
    """
    rows = []
    for path in paths:
        shard = tables.read(path, ["image", "alpha", "pixels"])
        rows += shard.filter(pc.is_in(shard["image"], pa.array(wanted))).to_pylist()
    return pd.DataFrame(
        [{**row, "shape": shape, "pixels": _decoded(row["pixels"])} for row in rows]
    )


@mpl.rc_context(STYLE)
def strip(pictures: pd.DataFrame, scores: pd.DataFrame, quality: str, assessor: str) -> Figure:
    """Draw some faces over alpha, each with its ovals below its squares (Figure 4).

    Args:
        pictures: What `gather` made of squares, of ovals, or of both.
        scores: Rows of `tables.SCORES` of the same edit and one assessor.
        quality: What the assessor should score a face as more of at a larger alpha.
        assessor: Who gave the scores; it is named in the corner.

    Returns:
        A figure with a column for each alpha and a row for each face and shape; each picture's
        score is in its top left corner, and a picture without a face is blank and says so.
    """
    shapes = _shapes(pictures)
    faces = sorted(pictures["image"].unique())
    alphas = sorted(pictures["alpha"].unique())
    keys = ["image", "shape", "alpha"]
    merged = pictures.merge(scores[[*keys, "score"]], on=keys, how="left").to_dict("records")
    cells = {tuple(cell[key] for key in keys): cell for cell in merged}
    left, top, gap = 0.65, 0.67, 0.12
    block = CELL * len(shapes)
    width = left + CELL * len(alphas) + 0.05
    height = top + (block + gap) * len(faces)
    figure = Figure((width, height))
    margins = {"left": left / width, "right": 1 - 0.05 / width, "top": 1 - top / height}
    blocks = figure.add_gridspec(len(faces), 1, **margins, bottom=gap / height, hspace=gap / block)
    for number, face in enumerate(faces):
        grid = blocks[number].subgridspec(len(shapes), len(alphas), wspace=0.02, hspace=0.02)
        for shape, row in zip(shapes, grid.subplots(squeeze=False), strict=True):
            label = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 6}
            row[0].set_ylabel(f"{face}\n{shape}", **label)
            for alpha, panel in zip(alphas, row, strict=True):
                cell = cells[face, shape, alpha]
                _picture(panel, cell["pixels"], cell["score"], original=alpha == 0)
    first = figure.axes[: len(alphas)]
    for alpha, panel in zip(alphas, first, strict=True):
        text = "original" if alpha == 0 else _minus(f"alpha {alpha:+g}")
        panel.set_title(text, loc="center", fontsize=7)
    less = [panel for alpha, panel in zip(alphas, first, strict=True) if alpha < 0]
    more = [panel for alpha, panel in zip(alphas, first, strict=True) if alpha > 0]
    if less:
        _arrow(less[-1], less[0], 0, f"scored less\n{quality}")
    if more:
        _arrow(more[0], more[-1], 1, f"scored more\n{quality}")
    corner: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 6}
    figure.text(0.04 / width, 1 - 0.05 / height, f"scores by\n{_broken(assessor)}", **corner)
    return figure


def _shapes(frame: pd.DataFrame) -> list[str]:
    present = set(frame["shape"].unique())
    return [shape for shape in SHAPES if shape in present]


def _counts(counts: pd.Series) -> str:
    return " to ".join(f"{count}" for count in sorted({counts.min(), counts.max()}))


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g} %"


def _grid(values: pd.Series) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    margin = 0.15 * (high - low) or 0.01
    return np.linspace(low - margin, high + margin, 300)


def _density(values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate a density with a Gaussian kernel of Scott's bandwidth; 0 for a constant."""
    if len(values) < 2 or np.ptp(values) == 0:
        return np.zeros_like(grid)
    density: NDArray[np.float64] = gaussian_kde(values)(grid)
    return density


def _bars(
    panel: Axes,
    frame: pd.DataFrame,
    name: str,
    where: pd.Series | NDArray[Any],
    *,
    ends: tuple[str, str] | None = None,
    label: str = "",
    marker: str = "o",
    colour: str = "#0072B2",
    line: str = "",
    across: bool = False,
) -> None:
    """Draw estimates with their intervals: upright over x, or across, one line each."""
    low, high = ends or (f"{name}_low", f"{name}_high")
    # Each interval is drawn around its own middle: a percentile interval need not contain its
    # estimate, and a length below it or above it would then be negative.
    middle, half = (frame[low] + frame[high]) / 2, (frame[high] - frame[low]) / 2
    point: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": line, "label": label}
    if across:
        panel.plot(frame[name], where, **point)
        panel.errorbar(middle, where, xerr=half, fmt="none", color=colour)
    else:
        panel.plot(where, frame[name], **point)
        panel.errorbar(where, middle, yerr=half, fmt="none", color=colour)
        panel.set_xticks(where)


def _count_below(panel: Axes, means: pd.DataFrame) -> None:
    """Write below each mean of how many images it is."""
    look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 6}
    known = means.dropna(subset="mean")
    ends = zip(known["n"], known["alpha"], known["low"].fillna(known["mean"]), strict=True)
    for n, alpha, low in ends:
        panel.annotate(f"{n}", (alpha, low), (0, -3), textcoords="offset points", **look)
    panel.margins(y=0.2)


def _equal_spans(panels: Iterable[Axes]) -> None:
    """Give panels y axes of one length, so that slopes look as steep as they are."""
    ends = np.array([panel.get_ylim() for panel in panels])
    span = np.ptp(ends, axis=1).max()
    for panel, middle in zip(panels, ends.mean(axis=1), strict=True):
        panel.set_ylim(middle - span / 2, middle + span / 2)


def _ridges(panel: Axes, scores: pd.DataFrame, grid: NDArray[np.float64], colour: str) -> None:
    """Draw one density above the other, with the mean of each as a tick."""
    groups = [(alpha, own.to_numpy(float)) for alpha, own in scores.groupby("alpha")["score"]]
    densities = [_density(values, grid) for _, values in groups]
    tallest = max(density.max() for density in densities) or 1.0
    for level, ((alpha, values), density) in enumerate(zip(groups, densities, strict=True)):
        original = alpha == 0
        ridge = level + 1.5 * density / tallest
        order = len(groups) - level
        fill: dict[str, Any] = {
            "color": GREY if original else colour,
            "alpha": 0.35,
            "linewidth": 0,
        }
        panel.fill_between(grid, level, ridge, zorder=order, **fill)
        panel.plot(grid, ridge, color="black" if original else colour, linewidth=0.8, zorder=order)
        panel.vlines(values.mean(), level, level + 0.3, color="black", zorder=order)
    panel.set_yticks(range(len(groups)), [_minus(f"{alpha:g}") for alpha, _ in groups])
    panel.set_ylim(-0.15, None)


def _name_rows(panel: Axes, names: Sequence[str]) -> None:
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.grid(axis="x", linewidth=0.4, color="#D9D9D9")
    panel.set_axisbelow(True)


def _note(panel: Axes, text: str, *, low: bool) -> None:
    """Write into the corner that a rising or a falling line leaves free."""
    y, vertical = (0.04, "bottom") if low else (0.96, "top")
    panel.text(0.98, y, text, transform=panel.transAxes, ha="right", va=vertical, fontsize=7)


def _decoded(pixels: dict[str, bytes] | None) -> NDArray[np.uint8] | None:
    if pixels is None:
        return None
    with Image.open(BytesIO(pixels["bytes"])) as image:
        return np.asarray(image.convert("RGB"))


def _picture(
    panel: Axes, pixels: NDArray[np.uint8] | None, score: float, *, original: bool
) -> None:
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set(visible=True, color="black" if original else "white", zorder=5)
    where: dict[str, Any] = {"transform": panel.transAxes, "fontsize": 6.5}
    if pixels is None:
        panel.set_facecolor("#F2F2F2")
        panel.text(0.5, 0.5, "no face", ha="center", va="center", color=GREY, **where)
        return
    panel.imshow(pixels, interpolation="lanczos")
    # The picture fills its cell in one direction; the cell keeps its size.
    panel.set_adjustable("datalim")
    box = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1}
    panel.text(0.05, 0.95, f"{score:.2f}", va="top", bbox=box, **where)


def _broken(name: str) -> str:
    return name.replace("-", "-\n")


def _arrow(tail: Axes, tip: Axes, end: int, text: str) -> None:
    """Draw an arrow above a row of panels, to the left (end 0) or to the right (end 1)."""
    level = 1.35
    look = {"arrowstyle": "->", "linewidth": 1}
    ends = (end, level), (1 - end, level)
    tip.annotate("", ends[0], ends[1], tip.transAxes, tail.transAxes, arrowprops=look)
    side = "right" if end else "left"
    tip.text(end, level + 0.05, text, transform=tip.transAxes, ha=side, fontsize=7)
