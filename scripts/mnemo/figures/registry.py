"""The figures of the whole study: one entry each, besides the module that draws it.

This module imports nothing heavy, because the Snakefile imports it on machines that have only
Snakemake installed. No digest includes it, so it must not contain anything that jobs compute with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnemo.results.registry import PEOPLE, RESULTS

if TYPE_CHECKING:
    from mnemo.study.config import Config


@dataclass(frozen=True)
class Figure:
    """The properties of a figure that are known without drawing it.

    Attributes:
        tables: The tables that it is drawn from, in the order of `draw`'s arguments.
        category: Its heading in the report.
        title: Its title in the report.
    """

    tables: tuple[str, ...]
    category: str
    title: str

    @property
    def wanted(self) -> Callable[[Config], bool]:
        """Whether a study has the figure: if it has, and shows, the last of the figure's tables."""
        result = RESULTS[self.tables[-1]]
        return lambda study: result.wanted(study) and result.shown(study)


@dataclass(frozen=True)
class Numbers:
    """The paper's figures of one generator's images.

    Attributes:
        strip: The figure of edited images.
        dose_response: The figure, and its panel, of their scores over alpha.
    """

    strip: str
    dose_response: str


#: The paper's figures by the generator's name.
BY_GENERATOR: dict[str, Numbers] = {
    "stylegan1-ffhq": Numbers("Figure 4", "Figure 6"),
    "stylegan2-ffhq": Numbers("Figure 5", "Figure 6"),
    "stylegan2-horse": Numbers("Figure 28", "Figure 32b"),
    "stylegan2-cat": Numbers("Figure 29", "Figure 32a"),
    "stylegan2-car": Numbers("Figure 30", "Figure 32c"),
    "stylegan2-church": Numbers("Figure 31", "Figure 32d"),
    "biggan-deep-512": Numbers("Figure 33", "Figure 35a"),
    "biggan-256": Numbers("Figure 34", "Figure 35b"),
}
#: Those that are the counterparts of any other generator's.
OF_FACES = Numbers("Figure 4", "Figure 6")

#: The figures by the name of their module.
FIGURES: dict[str, Figure] = {
    "agreement": Figure(("agreement",), "1 Scores", "Table 1 as a figure: agreement of ranks"),
    "accuracy": Figure(
        ("hyperplanes",),
        "2 Hyperplanes",
        "Tables 2 and 4 as a figure: accuracy of the hyperplanes",
    ),
    "learning": Figure(("learning",), "2 Hyperplanes", "Learning of the directions"),
    "transfer": Figure(("transfer",), "3 Edits", "Transfer between assessors, as a figure"),
    "lost_faces": Figure(("lost_faces",), "3 Edits", "Faces that the edits lose, as a figure"),
    "drift": Figure(("contrasts", "drift"), "3 Edits", "Figure 27: change of each attribute"),
    "factors": Figure(("factors",), "3 Edits", "Figure 3B of GANalyze: visual factors"),
    "methods": Figure(("methods",), "3 Edits", "Methods at equal effect, as a figure"),
    "layers": Figure(("layer_effects",), "3 Edits", "Layers by effect, as a figure"),
    "identity": Figure(("identity",), "4 Realness", "Identity of the edited faces, as a figure"),
    "human_rates": Figure(
        ("human_rates",), PEOPLE, "Figures 5B and 7 of GANalyze: people's answers at each alpha"
    ),
    "training": Figure(
        ("curves", "predictions", "training"), "5 Models", "Training of the assessor"
    ),
}
