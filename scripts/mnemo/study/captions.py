"""The captions of the report: templates, filled in with what a study is."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mnemo.statistics.counts import extrapolated
from mnemo.study import experiments, learned, reference, sets
from mnemo.study.config import Config
from mnemo.study.models import Models
from mnemo.study.sections.edits import Edit


class Captions:
    """The finished words of a study's captions, in reStructuredText.

    Args:
        config: The study.
        models: Its models.
        folder: The folder of the templates.
    """

    def __init__(self, config: Config, models: Models, folder: str | Path):
        self.config = config
        self.models = models
        loader = FileSystemLoader(folder)
        self._templates = Environment(
            loader=loader,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    @cached_property
    def _study(self) -> dict[str, Any]:
        """What every template may use."""
        config = self.config
        training = config.training
        return {
            "study": config,
            "generator": config.generator.name,
            "sets": {name: self._images(name) for name in config.given},
            "moved": self._images(config.edits[0].of),
            "assessors": {name: self.models.describe(name) for name in config.assessors},
            "attributes": {name: self.models.describe(name) for name in config.attributes},
            "factors": {name: self.models.describe(name) for name in config.measured_factors},
            "edits": [self._edit(edit) for edit in config.edits],
            "cut": [edit.name for edit in config.edits if "oval" in config.shapes_of(edit)],
            "confidence": f"{100 * config.statistics.confidence:g}",
            "loses_ovals": any(map(config.loses_ovals, config.edits)),
            "frechet": self.models.extractor.frechet,
            "kernel": self.models.extractor.kernel,
            "dim": self.models.extractor.dim,
            "extrapolated": extrapolated(self.models.extractor.dim),
            "photos": config.photos,
            "space_of_photos": config.space_of_photos,
            "photographs": reference.count(config),
            "learned": [
                {"direction": each, "settings": learned.settings(config, each)}
                for each in learned.of_study(config)
            ],
            "experiments": [self._experiment(name) for name in config.experiments],
            "training": training,
            "target": training.target.replace("_", " ") if training else "",
        }

    def _images(self, base: str) -> dict[str, Any]:
        images = sets.base(self.config, base).count
        psi = self.config.truncation_psi(base)
        return {"name": base, "images": images, "truncation_psi": psi}

    def _edit(self, edit: Edit) -> dict[str, Any]:
        direction = self.config.direction(edit)
        along = direction.words
        if edit.layers is not None:
            layers = ", ".join(map(str, edit.layers))
            less = "less" if direction.method == "learned" else "less than alpha"
            along += f", in the layers {layers} alone, by {less} (*moved* in the tables)"
        return {
            "name": edit.name,
            "of": edit.of,
            "space": direction.space,
            "along": along,
            "borrowed": direction.method == "file",
        }

    def _experiment(self, name: str) -> dict[str, Any]:
        own = self.config.experiments[name]
        return {
            "name": name,
            "kind": own.kind,
            "edit": own.edit,
            "of": self.config.edit(own.edit).of,
            "alphas": experiments.alphas(self.config, own),
            "design": replace(own.design, **own.limits),
            "answered": own.answered,
            "simulated": own.simulated,
        }

    def _write(self, template: str, **more: Any) -> str:
        return self._templates.get_template(f"{template}.rst").render({**self._study, **more})

    def of(self, name: str) -> str:
        """Write the caption of a figure or page of the whole study."""
        return self._write(name)

    def of_figure(self, wildcards: Any) -> str:
        """Write the caption of a figure of the whole study."""
        return self._write(wildcards.figure)

    def of_table(self, wildcards: Any) -> str:
        """Write the caption of a table's page."""
        return self._write(f"tables/{wildcards.table}", table=wildcards.table)

    def of_strip(self, wildcards: Any) -> str:
        """Write the caption of the strip of an edit."""
        edit = self.config.edit(wildcards.edit)
        shown = min(self.config.figures.strips, sets.base(self.config, edit.of).count)
        return self._of_edit("strip", edit, shown=shown, assessor=self.config.shown(edit))

    def of_catalogue(self, wildcards: Any) -> str:
        """Write the caption of the catalogue of an edit."""
        edit = self.config.edit(wildcards.edit)
        ranked, shown = sets.base(self.config, edit.of).count, self.config.figures.catalogue
        own = {"assessor": self.config.shown(edit), "ranked": ranked, "shown": shown}
        return self._of_edit("catalogue", edit, **own)

    def of_properties(self, edits: Sequence[Edit]) -> str:
        """Write the caption of the page of several edits of one set side by side."""
        shown = min(self.config.figures.strips, sets.base(self.config, edits[0].of).count)
        own = {"moved": self._images(edits[0].of), "edits": list(map(self._edit, edits))}
        return self._write("properties", **own, shown=shown)

    def of_photos(self, wildcards: Any) -> str:
        """Write the caption of the figure of an edit of photographs."""
        edit = self.config.edit(wildcards.edit)
        shown = min(self.config.figures.strips, sets.base(self.config, edit.of).count)
        return self._of_edit("photos", edit, shown=shown, assessor=self.config.shown(edit))

    def of_dose_response(self, wildcards: Any) -> str:
        """Write the caption of the figure of an edit's dose and response."""
        edit = self.config.edit(wildcards.edit)
        return self._of_edit("dose_response", edit, assessor=wildcards.assessor)

    def of_realness(self, wildcards: Any) -> str:
        """Write the caption of the figure of an edit's realness."""
        return self._of_edit("realness", self.config.edit(wildcards.edit))

    def _of_edit(self, template: str, edit: Edit, **more: Any) -> str:
        own = {
            "edit": self._edit(edit),
            "moved": self._images(edit.of),
            "loses_ovals": self.config.loses_ovals(edit),
        }
        return self._write(template, **own, **more)
