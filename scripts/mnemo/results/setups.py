"""Setups: whether a study is what the paper's was, and what it lacks of that.

A study is described by `Params.reproduction`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mnemo.directions.planes import LOGISTIC
from mnemo.results.published import Item

Study = Mapping[str, Any]
#: How to get what a study lacks, by what it lacks.
_REMEDIES = {
    "assessor": "add {} to assessors; docs/assessors.md says how to get it",
    "space": "add {} to hyperplanes.spaces",
    "threshold": "add {} to hyperplanes.thresholds",
    "estimator": "add {} to hyperplanes.estimators",
    "shape": "add {} to shapes",
    "features": "set realness.features to {}",
}
_OF_PHOTOS = "give the study a folder of `photos`, and an edit of them"
_OF_LAYERS = "give the study a section `layerwise` with a direction found with {}"


def differences(item: Item, study: Study) -> list[str]:
    """Say in what a study's setup differs from that of an item, so that it can't be compared.

    Args:
        item: The item; its `setup` may have the generator, the truncation psi, the preset, the
            number of images to `fit` on, the `rows` that are kept, and what a `training` is on.
        study: The study.

    Returns:
        What differs, in words; nothing if the study's setup is the item's.
    """
    setup = item.setup
    said = []
    training = study["training"]
    if "training" in setup and training and training["made_of"] and _trains(item, study):
        said.append(f"trained on {training['made_of']}, not on the 10k US Adult Faces Database")
    wanted, own = setup.get("generator"), study["generator"]
    if wanted and wanted != own:
        said.append(f"generator {own} in place of {wanted}")
    else:
        said += _in_particular(item, study)
    if said and item.assessor and item.assessor not in study["assessors"]:
        said.append(f"assessor {assessor_of(item, study)} in place of {item.assessor}")
    return said


def _in_particular(item: Item, study: Study) -> Iterator[str]:
    """Say in what a setup differs beside the generator."""
    setup = item.setup
    psi = setup.get("truncation_psi")
    others = sorted({each for each in study["truncation_psi"].values() if each != psi})
    if psi is not None and others:
        yield f"truncation psi {', '.join(map(str, others))} in place of {psi}"
    if "rows" in setup and study["rows"] != setup["rows"]:
        first, end = setup["rows"]
        yield f"not only rows {first} to {end} of the images (generator.rows)"
    edit = edit_of(item, study)
    if edit is not None and edit["estimator"] not in (None, LOGISTIC):
        yield f"a hyperplane fitted by {edit['estimator']} in place of {LOGISTIC}"
    if edit is not None and edit.get("learned"):
        yield "a learned direction in place of a hyperplane's normal"
    if (item.table == "hyperplanes" or edit is not None) and study["regularisation"] != 1:
        yield f"regularisation {study['regularisation']} in place of 1"
    fit = study["fit_on"].get(item.assessor, study["fit"])
    if "fit" in setup and fit != setup["fit"]:
        yield f"{fit:,} images to fit on in place of {setup['fit']:,}"
    if "preset" in setup and study["preset"] != setup["preset"]:
        yield (
            f"preset {study['preset']} in place of {setup['preset']}, which "
            "`--config preset=faithful study=NAME` runs under another name"
        )


def lacking(item: Item, study: Study, *, other: bool = False) -> list[str]:
    """Say what a study lacks for an item, and how to get it.

    Args:
        item: The item.
        study: The study.
        other: Whether the study's setup is another one, so that this does not matter.

    Returns:
        What is missing, in words.
    """
    if other:
        return []
    if item.setup.get("photos") and not study["photos"]:
        return [_OF_PHOTOS]
    if "training" in item.setup and not _trains(item, study):
        row = item.row
        return [
            "train it on your copy of the 10k US Adult Faces Database, with studies/us10k.yaml",
            f"`architecture: {row['architecture']}` and `target: {row['target']}`",
        ]
    wanted = [(key, item.row[key]) for key in _REMEDIES if key in item.row and key != "assessor"]
    if item.assessor:
        wanted.append(("assessor", item.assessor))
    if item.table == "agreement":
        wanted += [("shape", "square"), ("shape", "oval")]
    given = {
        "assessor": study["assessors"],
        "space": study["spaces"],
        "threshold": study["thresholds"],
        "estimator": study["estimators"],
        "shape": study["shapes"],
        "features": [study["features"]],
    }
    said = [_REMEDIES[key].format(value) for key, value in wanted if value not in given[key]]
    if item.table == "layer_effects" and study["layerwise"] != item.assessor:
        said.append(_OF_LAYERS.format(item.assessor))
    edit = edit_of(item, study)
    if item.edit is not None and not said:
        if edit is None or _matching(item.edit, edit) < len(item.edit):
            said.append(f"add an edit {_described(item.edit)}")
        elif isinstance(alpha := item.row.get("alpha"), int) and alpha not in edit["alphas"]:
            said.append(f"add {alpha} to the alphas of the edit {edit['name']}")
    return said


def _described(edit: Mapping[str, Any]) -> str:
    """Describe an edit that a study lacks."""
    plane = [str(edit[key]) for key in ("space", "assessor", "shape", "threshold") if key in edit]
    words = [f"along the hyperplane {'/'.join(plane)}"] if plane else []
    if edit["of"] != "eval":
        words.append(f"of the set {edit['of']}")
    if edit.get("hold"):
        words.append(f"that holds {', '.join(edit['hold'])} constant")
    return " ".join(words)


def _trains(item: Item, study: Study) -> bool:
    """Return whether a study trains the network of an item for its target."""
    training = study["training"] or {}
    return all(training.get(key) == item.row[key] for key in ("architecture", "target"))


def assessor_of(item: Item, study: Study) -> str:
    """Return the assessor whose scores are compared with an item.

    Args:
        item: The item.
        study: The study.

    Returns:
        The item's; if the study has it not, the one that the edit's direction was found with.
    """
    if item.assessor in study["assessors"]:
        return str(item.assessor)
    return str((edit_of(item, study) or study["edits"][0])["found_with"])


def _matching(wanted: Mapping[str, Any], edit: Mapping[str, Any]) -> int:
    """Count in how much an edit is as wanted: `hold` needs to hold at least what is wanted."""
    return sum(
        (set(value) <= set(edit["hold"]) and bool(value) == bool(edit["hold"]))
        if key == "hold"
        else edit[key] == value
        for key, value in wanted.items()
    )


def edit_of(item: Item, study: Study) -> Mapping[str, Any] | None:
    """Return the edit that is compared with an item.

    Args:
        item: The item.
        study: The study.

    Returns:
        The study's edit of the same set that is most like the item's, along a hyperplane of the
        paper's estimator if there are several, and along a learned direction only if there is no
        other; None if there is none, or the item is about none.
    """
    if item.edit is None:
        return None
    wanted = item.edit
    alike = [edit for edit in study["edits"] if edit["of"] == wanted["of"]]
    return max(
        alike,
        key=lambda edit: (
            not edit.get("learned"),
            _matching(wanted, edit),
            edit["estimator"] in (None, LOGISTIC),
        ),
        default=None,
    )
