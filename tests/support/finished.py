"""Finished studies without images: every public table that a study has, in rows made up."""

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from mnemo import keys, tables
from mnemo.results import joined
from mnemo.results.registry import RESULTS
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.sections.edits import Edit

#: Scored images of the fitting set by shape; faces that MTCNN found there.
SCORED = {"square": 17, "oval": 15}
FOUND = {"found": 13, "several": 3, "none": 2}
DIGEST = "0123456789abcdef" * 4

Row = dict[str, Any]


def write(folder: Path, study: Row, **changes: Mapping[str, Any]) -> Path:
    """Write the tables and the config of a finished study.

    Args:
        folder: Where to write them; it may have those of another study.
        study: The study.
        changes: Columns by the table's name, and the value that each has in all rows.

    Returns:
        The folder.
    """
    config = checked(study)
    folder.mkdir(exist_ok=True)
    made = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    (folder / "config.yaml").write_text(made)
    rows = dict(_rows(config))
    provenance = tables.Provenance(config.study, "merge_table", {"some-weights": DIGEST}, {})
    for name, result in RESULTS.items():
        (folder / f"{name}.parquet").unlink(missing_ok=True)
        if result.wanted(config):
            schema = joined.schema(name)
            filled = [{**row, **changes.get(name, {})} for row in rows.get(name, [{}])]
            columns = {
                field.name: [row.get(field.name, _value(field)) for row in filled]
                for field in schema
            }
            tables.write(folder / f"{name}.parquet", schema, columns, provenance)
    return folder


def _value(field: pa.Field) -> Any:
    if pa.types.is_string(field.type):
        return (field.metadata or {}).get(b"range", b"something").decode().split(", ")[0]
    if pa.types.is_list(field.type):
        return []
    if pa.types.is_boolean(field.type):
        return False
    # The ends of an interval lie around their estimate.
    low, high = field.name.endswith("low"), field.name.endswith("high")
    return 3 if pa.types.is_integer(field.type) else 0.5 + 0.04 * high - 0.04 * low


def _rows(config: Config) -> Iterator[tuple[str, list[Row]]]:
    """Make the rows that say what a study has."""
    generator = config.generator.entry
    layers = {"z": 1, "w": 1, "w_plus": generator.layers}
    yield (
        "scores",
        [
            {"set": "fit", "image": keys.of_seed(seed), "assessor": name, "shape": shape}
            | {"edit": None, "alpha": None, "moved": None}
            for name, shape in product(config.scorers, config.shapes)
            for seed in range(SCORED[shape])
        ],
    )
    yield (
        "faces",
        [{"set": "fit", "status": status} for status, n in FOUND.items() for _ in range(n)],
    )
    yield "photos", [{"status": status} for status in ("found", "several", "none")]
    if config.photos is not None:
        found = {"space": config.space_of_photos, "perceptual_by": config.photos.perceptual}
        yield "inversions", [found | {"converged": each} for each in (True, False)]
    yield (
        "hyperplanes",
        [
            {**plane._asdict(), "layers": layers[plane.space], "validation": config.validation}
            | {"regularisation": 0.25, "cut": 0.8125, "n": SCORED[plane.shape], "base_rate": 0.53}
            | {"permutation_p": 0.01}
            for plane in config.grid
        ],
    )
    yield "directions", [*_directions(config, layers)]
    yield (
        "learning",
        [
            {"direction": each.name, "restart": restart, "images": images}
            for each in config.directions
            if each.method == "learned"
            for restart, images in product(range(2), (0, 640))
        ],
    )
    yield (
        "dose_response",
        [
            _moved(config, edit, alpha) | {"assessor": name, "shape": shape, "n": 9}
            for edit in config.edits
            for name, shape in product(config.changed(edit), config.shapes_of(edit))
            for alpha in edit.alphas
        ],
    )
    formula = "score ~ alpha + (alpha | image)"
    yield "slopes", [{"edit": edit.name, "model": formula} for edit in config.edits]
    controls = ("random", "permuted", "brightness")
    yield "controls", [{"control": each, "n": 5} for each in controls]
    yield (
        "lost_faces",
        [
            {"edit": edit.name, "alpha": alpha, "found": 9 - place, "lost": place}
            for edit in config.edits
            for place, alpha in enumerate(edit.alphas)
        ],
    )
    yield "factors", [{"factor": each} for each in config.measured_factors]
    if config.layerwise is not None:
        levels = [0.0, *config.layerwise.levels]
        by = {"perceptual_by": config.layerwise.perceptual, "n": 4}
        yield "layers", [{"layer": a, "level": b} | by for a, b in product(config.layers, levels)]
    if config.methods is not None:
        by = {"perceptual_by": config.methods.perceptual}
        yield (
            "methods",
            [
                {"edit": edit.name, "at": at, "gain": 0.75, "image_change": 0.0625} | by
                for edit, at in product(config.edits, ("gain", "change"))
            ],
        )
    yield "contrasts", [{"p": p} for p in (0.1, 0.2, 0.3, 0.4, None)]
    yield "findings", [{"holds": each} for each in (True, False, True)]
    yield (
        "realness",
        [
            {"edit": edit.name, "alpha": alpha, "reference": reference, "reference_count": 19}
            | {"features": config.realness.features, "n": 9, "neighbours": 6}
            | {"frechet_infinite": None, "inception_score": None}
            for edit in config.edits
            for alpha, reference in product(edit.alphas, config.realness.references)
        ],
    )
    if config.identity is not None:
        own = {"threshold": config.identity.threshold, "threshold_own": 0.4375}
        yield (
            "identity",
            [
                {"edit": edit.name, "alpha": alpha, "n": 8, "lost": 1} | own
                for edit in config.edits
                for alpha in edit.alphas
            ],
        )
    yield "training", [{"run": "holdout", "shape": each, "n": 21} for each in ("square", "oval")]
    epochs = ((1, False), (2, True), (3, False))
    yield "curves", [{"run": "holdout", "epoch": e, "chosen": chosen} for e, chosen in epochs]
    yield from _people(config)


def _directions(config: Config, layers: Mapping[str, int]) -> Iterator[Row]:
    for each in config.directions:
        made: Row = {"name": each.name, "method": each.method, "space": each.space}
        made |= {"assessor": each.assessor, "shape": each.shape, "threshold": each.threshold}
        made |= {"hold": list(each.hold), "layers": layers[each.space], "estimator": None}
        made |= {"kept": None, "slope": None, "source": None}
        if each.method == "hyperplane":
            made |= {"estimator": each.plane().estimator, "kept": 0.875 if each.hold else 1.0}
        elif each.method == "learned":
            made |= {"slope": 0.96875}
        else:
            made |= {"source": Path(str(each.file)).name}
        yield made


def _moved(config: Config, edit: Edit, alpha: float) -> Row:
    """Say how far an edit moves: farther in the unit of a score, less in some layers."""
    learned = config.direction(edit).method == "learned"
    scale = 8.0 if learned else 0.5 if edit.layers else 1.0
    return {"edit": edit.name, "alpha": alpha, "moved": alpha * scale}


def _people(config: Config) -> Iterator[tuple[str, list[Row]]]:
    rated = product(config.ratings, range(SCORED["square"]))
    yield "ratings", [{"ratings": name, "answers": 23} for name, _ in rated]
    yield "assessor_validity", [{"ratings": name} for name in config.ratings]
    answered = {name: each for name, each in config.experiments.items() if each.answered}
    reasons = [None] * 7 + ["missed vigilance", "false alarms"]
    yield (
        "participants",
        [
            {"experiment": name, "kind": each.kind, "participant": f"p{place // 2}"}
            | {"reason": reason, "excluded": reason is not None}
            | {"simulated": each.simulated is not None}
            for name, each in answered.items()
            for place, reason in enumerate(reasons)
        ],
    )
    yield (
        "human_rates",
        [
            {"experiment": name, "edit": each.edit, "alpha": alpha}
            for name, each in answered.items()
            for alpha in each.alphas or config.edit(each.edit).alphas
        ],
    )
    formula = "correct ~ {} + (1 | participant) + (1 | image)"
    yield (
        "human_models",
        [
            {"experiment": name, "predictor": each, "answers": "all", "n_answers": 321}
            | {"formula": formula.format(each)}
            for name, each in product(answered, ("alpha", *config.measured_factors))
        ],
    )


def balanced(latex: str) -> bool:
    """Return whether each brace and dollar that LaTeX reads is closed."""
    depth, dollars = 0, 0
    bare = latex.replace("\\\\", "").replace("\\{", "").replace("\\}", "").replace("\\$", "")
    for each in bare:
        depth += (each == "{") - (each == "}")
        dollars += each == "$"
        if depth < 0:
            return False
    return depth == 0 and dollars % 2 == 0
