"""What all figures look like, and how they are saved.

They are drawn without pyplot, which would need a display and share its state. Their sizes are in
inches, for a page with 7 inches between its margins. Colours are those of Okabe and Ito (Wong,
Nature Methods 8:441, 2011), told apart with any colour vision; shapes differ in marker too.
"""

from pathlib import Path
from typing import Any

import matplotlib as mpl
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
#: Colour and marker of each edit in turn, where several share a panel.
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
#: From below 0 over 0 to above, all of them light enough for black numbers.
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
    # Without a salt of its own, an SVG has other ids each time it is written.
    "svg.hashsalt": "mnemo",
}


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure whole or not at all, the same bytes for the same figure.

    Args:
        figure: What a function of this package made.
        path: Where it goes; its suffix, .svg or .png, is the format.

    Raises:
        MnemoError: The disk is full.
    """
    kind = Path(path).suffix.removeprefix(".")
    dated = {"Date": None} if kind == "svg" else None
    with files.whole(path) as partial, mpl.rc_context(STYLE):
        figure.savefig(partial, format=kind, metadata=dated)
