"""The figures of the whole study: one entry each, beside the module that draws it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake. No digest reads it: nothing that a job computes with may stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnemo.results.registry import RESULTS

if TYPE_CHECKING:
    from mnemo.study.config import Config


@dataclass(frozen=True)
class Figure:
    """What Mnemo knows of a figure without drawing it.

    Attributes:
        tables: The tables that it is drawn from, in the order in which `draw` takes them.
        category: Its heading in the report.
        title: Its name in the report.
    """

    tables: tuple[str, ...]
    category: str
    title: str

    @property
    def wanted(self) -> Callable[[Config], bool]:
        """Whether a study has the figure: where it has, and shows, the last of its tables."""
        result = RESULTS[self.tables[-1]]
        return lambda study: result.wanted(study) and result.shown(study)


#: The figures by the name of their module.
FIGURES: dict[str, Figure] = {
    "agreement": Figure(("agreement",), "1 Scores", "Table 1 as a figure: agreement of ranks"),
    "accuracy": Figure(
        ("hyperplanes",),
        "2 Hyperplanes",
        "Tables 2 and 4 as a figure: accuracy of the hyperplanes",
    ),
    "transfer": Figure(("transfer",), "3 Edits", "Transfer between assessors, as a figure"),
    "drift": Figure(("drift",), "3 Edits", "Figure 27: change of each attribute"),
    "identity": Figure(("identity",), "4 Realness", "Identity of the edited faces, as a figure"),
    "training": Figure(
        ("curves", "predictions", "training"), "5 Models", "Training of the assessor"
    ),
}
