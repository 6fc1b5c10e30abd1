"""The style of all figures, and saving them.

Figures are drawn without pyplot, which would need a display and has global state. Sizes are in
inches, for a page that is 7 inches wide between its margins. The colours are those of Okabe and Ito
(Wong, Nature Methods 8:441, 2011), which can be distinguished with any colour vision; shapes also
differ in their markers.
"""

from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from mnemo import files

WIDTH = 7.0
SHAPES = ("square", "oval")
BLUE = "#0072B2"
VERMILION = "#D55E00"
GREY = "#595959"
COLOURS = {"square": BLUE, "oval": VERMILION}
MARKERS = {"square": "s", "oval": "o"}
LINES = {"square": "-", "oval": "--"}
#: Colours and markers of the edits, in turn, if several share a panel.
EDITS = (
    (BLUE, "o"),
    (VERMILION, "s"),
    ("#009E73", "D"),
    ("#CC79A7", "^"),
    ("#E69F00", "v"),
    ("black", "P"),
    ("#56B4E9", "X"),
    (GREY, "*"),
)
#: Colours from below 0 over 0 to above 0, all light enough for black numbers.
DIVERGING = LinearSegmentedColormap.from_list("diverging", ["#E8894F", "white", "#5FA8D3"])
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
    "hatch.linewidth": 0.4,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "figure.dpi": 200,
    # Without a fixed salt, an SVG has different ids each time it is written.
    "svg.hashsalt": "mnemo",
}
#: `applied()`, a context or decorator, draws in this style. All else is as Matplotlib has it by
#: default, whatever the user's `matplotlibrc` has.
applied = partial(matplotlib.style.context, STYLE, after_reset=True)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure atomically; the same figure always gives the same bytes.

    Args:
        figure: A figure from a function of this package.
        path: The file to write; its suffix, .svg or .png, determines the format.

    Raises:
        MnemoError: The disk is full.
    """
    kind = Path(path).suffix.removeprefix(".")
    dated = {"Date": None} if kind == "svg" else None
    with files.whole(path) as partial, applied():
        figure.savefig(partial, format=kind, metadata=dated)
