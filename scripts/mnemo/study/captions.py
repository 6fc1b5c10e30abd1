"""The captions of the report: templates, filled in with what a study is."""

from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mnemo.statistics.counts import extrapolated
from mnemo.study import reference, sets
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
            along += f", in the layers {layers} alone, by less than alpha (*moved* in the tables)"
        return {
            "name": edit.name,
            "of": edit.of,
            "space": direction.space,
            "along": along,
            "borrowed": direction.method == "file",
        }

    def _write(self, template: str, **more: Any) -> str:
        return self._templates.get_template(f"{template}.rst").render(**self._study, **more)

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
        return self._templates.get_template(f"{template}.rst").render(
            **{**self._study, **own, **more}
        )
