"""What the rules' params are, from the wildcards of a job.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mnemo.assessors import registry as assessors
from mnemo.directions.planes import LOGISTIC
from mnemo.figures.registry import BY_GENERATOR, FIGURES, OF_FACES, Numbers
from mnemo.photos import folder
from mnemo.photos.folder import SET
from mnemo.results.registry import PEOPLE, RESULTS
from mnemo.study import contrasts, learned, sets
from mnemo.study.config import Config
from mnemo.study.sections.base import Section
from mnemo.study.sections.edits import Direction, Edit


class Params:
    """The params of one study's jobs.

    Args:
        config: The study.
    """

    def __init__(self, config: Config):
        self.config = config

    def truncation_psi(self, wildcards: Any) -> float:
        """Return the truncation psi of the set that a job works on."""
        name = wildcards.get("base") or wildcards.set
        return self.config.truncation_psi(name.split("/")[0])

    def places_of_photographs(self, wildcards: Any) -> list[int]:
        """Return the places of a shard's photographs in their folder: the first, and the end."""
        places = sets.of_shard(self.config, SET, wildcards.shard)
        return [places.start, places.stop]

    def digest_of_photographs(self, wildcards: Any) -> str:
        """Digest a shard's photographs, which are no input: their names are private."""
        start, stop = self.places_of_photographs(wildcards)
        return folder.digest(folder.pictures(str(self.config.realness.folder))[start:stop])

    @property
    def size_of_images(self) -> tuple[int, int]:
        """The width and height of the study's images in pixels."""
        first, end = self.config.generator.kept_rows
        return self.config.generator.entry.resolution, end - first

    def perceptual(self, wildcards: Any) -> str:
        """Return the perceptual distance by which an edited set is compared."""
        return sets.perceptual(self.config, wildcards.set)

    def layers(self, wildcards: Any) -> list[int] | None:
        """Return the layers that an edit moves; None for all."""
        chosen = self.config.edit(wildcards.edit).layers
        return None if chosen is None else list(chosen)

    def space(self, wildcards: Any) -> str:
        """Return the space that an edit moves in."""
        return self.config.direction(self.config.edit(wildcards.edit)).space

    @property
    def class_of_photos(self) -> int | None:
        """The class of a study's photographs, for a generator that needs one."""
        classes = self.config.generator.class_indices
        return classes[0] if classes else None

    def moves(self, wildcards: Any) -> list[float]:
        """Return the alphas of an edit but for 0."""
        return [alpha for alpha in self.config.edit(wildcards.edit).alphas if alpha]

    def controls(self, wildcards: Any) -> list[tuple[str, float]]:
        """Return the controls and alphas of an edit's set of controls."""
        return sets.controls(self.config, self.config.edit(wildcards.edit))

    def shapes(self, wildcards: Any) -> list[str]:
        """Return the shapes of an edit's images that are scored."""
        return list(self.config.shapes_of(self.config.edit(wildcards.edit)))

    def first_shape(self, wildcards: Any) -> str:
        """Return the first of the shapes of an edit's images that are scored."""
        return self.shapes(wildcards)[0]

    def assessor(self, wildcards: Any) -> str:
        """Return the assessor whose scores an edit's strip shows."""
        return self.config.shown(self.config.edit(wildcards.edit))

    def quality(self, wildcards: Any) -> str:
        """Return the quality that an edit should increase; none if its direction is borrowed."""
        return str(self.on_page(self.config.edit(wildcards.edit))["quality"])

    def edit_on_page(self, wildcards: Any) -> dict[str, Any]:
        """Return what the catalogue of an edit says of it."""
        return self.on_page(self.config.edit(wildcards.edit))

    def on_page(self, edit: Edit) -> dict[str, Any]:
        """Return what a page of pictures says of an edit, as in `catalogue.Edit`."""
        borrowed = self.config.direction(edit).method == "file"
        assessor = self.config.shown(edit)
        return {
            "name": edit.name,
            "alphas": list(edit.alphas),
            "assessor": assessor,
            "quality": "" if borrowed else self._quality(edit),
        }

    def _quality(self, edit: Edit) -> str:
        """Return the quality that an edit should increase: that of the scores that are shown.

        Along a direction that was found with people's ratings, it is that of these.
        """
        own = self.config.direction(edit).assessor
        rated = own if own in self.config.ratings else None
        return self.config.about(rated or self.config.shown(edit)).quality

    def held(self, wildcards: Any) -> list[str]:
        """Return the attributes that an edit holds constant."""
        return list(self.config.direction(self.config.edit(wildcards.edit)).hold)

    @property
    def sources_of_factors(self) -> dict[str, str]:
        """What each visual factor is measured from, by its name."""
        return {name: assessors.entry(name).factor for name in self.config.measured_factors}

    def estimator(self, wildcards: Any) -> str:
        """Return what a hyperplane is fitted with."""
        return wildcards.by.removeprefix("-") or LOGISTIC

    def direction(self, wildcards: Any) -> dict[str, Any]:
        """Return what the study says of a direction."""
        return _described(self.config.named_direction(wildcards.direction))

    def settings_of_learning(self, wildcards: Any) -> dict[str, Any]:
        """Return how a direction is learned."""
        return asdict(learned.settings(self.config, self._learned(wildcards)))

    def at_once_of_learning(self, wildcards: Any) -> int | None:
        """Return how many images are computed at once while a direction is learned."""
        changed = self._learned(wildcards).learning
        return changed.at_once if changed else None

    def _learned(self, wildcards: Any) -> Direction:
        return self.config.named_direction(wildcards.direction)

    def edits_of_table(self, wildcards: Any) -> list[dict[str, Any]]:
        """Return how each edit moves, if a table's rows are about edits at some alpha."""
        return self.moves_of_edits if RESULTS[wildcards.table].by_alpha else []

    @property
    def moves_of_edits(self) -> list[dict[str, Any]]:
        """How each edit moves: along which direction, and in which layers."""
        return [
            {
                "edit": edit.name,
                "along": edit.along,
                "layers": None if edit.layers is None else list(edit.layers),
            }
            for edit in self.config.edits
        ]

    def wanted_changes(self, wildcards: Any) -> list[dict[str, Any]]:
        """Return the changes of score that an edit is calibrated for, by assessor.

        A unit of None stands for standard deviations of the assessor's scores of the set fit.
        """
        calibration = self.config.calibration
        own = self.config.judge(self.config.direction(self.config.edit(wildcards.edit)))
        in_units = [
            {
                "assessor": name,
                "changes": list(changes),
                "unit": assessors.entry(name).unit or "score",
            }
            for name, changes in calibration.in_units.items()
        ]
        return [{"assessor": own, "changes": list(calibration.changes), "unit": None}, *in_units]

    def attributes(self, wildcards: Any) -> list[str]:
        """Return the attributes that a direction is compared with."""
        return list(self.config.attributes_of(self.config.named_direction(wildcards.direction)))

    @property
    def plain(self) -> list[dict[str, Any]]:
        """The hyperplanes of the edits that move all layers along a normal as it is."""
        return [
            {"edit": edit.name, **_described(self.config.direction(edit))}
            for edit in self.config.edits
            if self.config.is_plain(edit)
        ]

    def of_ratings(self, key: str) -> Callable[[Any], Any]:
        """Return a function of wildcards that looks a setting of people's ratings up."""

        def look_up(wildcards: Any) -> Any:
            given = getattr(self.config.ratings[wildcards.people], key)
            return given.model_dump() if isinstance(given, Section) else given

        return look_up

    @property
    def least_rated(self) -> int:
        """Fewest rated images of which hyperplanes can be fitted, as of the whole set fit."""
        return 10 * self.config.hyperplanes.folds

    @property
    def contrasts(self) -> dict[str, Any]:
        """The pairs that are compared on the same images, and the units of the scores."""
        planes = contrasts.hyperplanes(self.config)
        return {
            "edits": contrasts.edits(self.config),
            "assessors": contrasts.assessors(self.config),
            "hyperplanes": [(a.name, b.name) for a, b in planes],
            "units": contrasts.units(self.config),
        }

    @property
    def sets_of_controls(self) -> dict[str, str]:
        """The edit that each edit's set of controls is called by; none if there are no controls."""
        edits = self.config.edits if self.config.controls else ()
        return {edit.name: sets.control_set(self.config, edit).split("/")[-1] for edit in edits}

    @property
    def findings(self) -> dict[str, Any]:
        """What the study's findings are about, and how their tables were measured."""
        config = self.config
        made = [config.direction(edit) for edit in config.edits]
        planes = [
            each.plane(assessor).name
            for each in made
            if each.method == "hyperplane"
            for assessor in (each.assessor, *each.hold)
        ]
        by_folds = config.validation == "cross-validation"
        return {
            "hyperplanes": list(dict.fromkeys(planes)),
            "edits": {edit.name: config.changed(edit) for edit in config.edits},
            "folds": config.hyperplanes.folds if by_folds else None,
            "groups": config.realness.groups,
            "learned": [
                edit.name for edit in config.edits if config.direction(edit).method == "learned"
            ],
        }

    @property
    def reproduction(self) -> dict[str, Any]:
        """What the study is, as far as that decides whether it can be compared with the paper."""
        config, training = self.config, self.config.training
        return {
            "generator": config.generator.name,
            "truncation_psi": {name: config.truncation_psi(name) for name in ("fit", "eval")},
            "rows": list(config.generator.rows) if config.generator.rows else None,
            "preset": config.preset,
            "fit": config.sets.fit.count,
            "fit_on": dict(config.fit_on),
            "assessors": list(config.models),
            "own_weights": list(config.assessor_weights),
            "shapes": list(config.shapes),
            "spaces": list(config.hyperplanes.spaces),
            "thresholds": list(config.hyperplanes.thresholds),
            "estimators": list(config.hyperplanes.estimators),
            "regularisation": config.hyperplanes.regularisation,
            "features": config.realness.features,
            "edits": [self._moved(edit) for edit in config.edits],
            "training": training
            and {
                "architecture": training.architecture,
                "target": training.target,
                "made_of": "" if training.database else f"scores by {training.hit_rate}",
            },
            "layerwise": self._found_layers_with,
            "photos": config.photos is not None,
        }

    @property
    def _found_layers_with(self) -> str | None:
        """The assessor that the direction of the edits of layers was found with, if there are any.

        As for an edit, it is the study's first for a direction from a file that names none.
        """
        layerwise = self.config.layerwise
        if layerwise is None:
            return None
        return self._found_with(self.config.named_direction(layerwise.direction))

    def _found_with(self, direction: Direction) -> str:
        """Return the assessor that a direction was found with, people's ratings among them."""
        own = direction.assessor
        return own if own in self.config.ratings else self.config.judge(direction)

    def _moved(self, edit: Edit) -> dict[str, Any]:
        """Return what an edit moves along, and how far."""
        direction = self.config.direction(edit)
        return {
            "name": edit.name,
            "of": edit.of,
            "space": direction.space,
            "assessor": direction.assessor,
            "shape": direction.shape,
            "threshold": direction.threshold,
            "estimator": _described(direction).get("estimator"),
            "learned": direction.method == "learned",
            "hold": list(direction.hold),
            "layers": None if edit.layers is None else list(edit.layers),
            "alphas": list(edit.alphas),
            "found_with": self._found_with(direction),
        }

    def folds(self, wildcards: Any) -> int | None:
        """Return the number of folds that a training's test belongs to; None for the holdout."""
        training = self.config.training
        return training.folds if training and wildcards.run != "holdout" else None

    def category_of_figure(self, wildcards: Any) -> str:
        """Return the report's heading of a figure."""
        return FIGURES[wildcards.figure].category

    def labels_of_figure(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of a figure."""
        own = FIGURES[wildcards.figure]
        return self.labels(own.title, own.category)

    def labels_of_strip(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of the strip of an edit."""
        return self.labels(f"{self._numbers.strip}: images of the edit {wildcards.edit}")

    def labels_of_dose_response(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of the figure of an edit's dose and response."""
        about = f"scores by {wildcards.assessor} of the edit {wildcards.edit}"
        return self.labels(f"{self._numbers.dose_response}: {about}")

    @property
    def _numbers(self) -> Numbers:
        """The paper's figures of images like the study's."""
        return BY_GENERATOR.get(self.config.generator.name, OF_FACES)

    def category_of_table(self, wildcards: Any) -> str:
        """Return the report's heading of a table."""
        return RESULTS[wildcards.table].category

    def labels_of_table(self, wildcards: Any) -> dict[str, str]:
        """Return the report's labels of a table."""
        own = RESULTS[wildcards.table]
        return self.labels(own.title, own.category)

    def labels(self, title: str, category: str = "") -> dict[str, str]:
        """Return the report's labels of a result, which say if it may rest on simulated answers.

        Those to experiments are what the results on people rest on; where ratings are simulated,
        any result may.
        """
        config = self.config
        simulated = any(each.simulated for each in config.ratings.values()) or (
            category == PEOPLE and any(each.simulated for each in config.experiments.values())
        )
        return {"result": f"SIMULATED ANSWERS. {title}" if simulated else title}


def _described(direction: Direction) -> dict[str, Any]:
    """Return what the study says of a direction.

    A key that was added later is left out where it is not used, so that no finished job runs again.
    """
    said = direction.model_dump(mode="json")
    if direction.method == "hyperplane":
        said["estimator"] = direction.plane().estimator
    return {key: value for key, value in said.items() if key != "component" or value is not None}
