"""Edits and controls: what was moved, how far, and what that is held against."""

from collections.abc import Iterator

import pandas as pd

from mnemo.publish import words
from mnemo.publish.finished import Finished
from mnemo.publish.text import cite, code
from mnemo.publish.words import ALPHA, counted, listing, number, numbers, percent

_CONTROLS = {
    "random": "a random direction, another for each image",
    "permuted": "the normal of a hyperplane fitted to permuted scores, another for each image",
    "brightness": "the normal of the hyperplane of brightness",
}


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    response = study.table("dose_response", ["edit", "shape", "alpha", "moved", "n", "survivors"])
    yield (
        f"An edit moved latents, as they were after truncation, by {ALPHA} along the unit vector "
        f"of a direction; {ALPHA} = 0 is the unedited image."
    )
    for edit in study.config("edits"):
        rows = response[response["edit"] == edit["name"]]
        unedited = rows[rows["alpha"] == 0].groupby("shape")["n"].max().sort_index(ascending=False)
        scored = listing(counted(n, str(shape)) for shape, n in unedited.items())
        steps = rows[["alpha", "moved"]].drop_duplicates().sort_values("alpha")
        apart = (steps["moved"] - steps["alpha"]).abs().max() > 1e-9
        distances = f" (distances of {numbers(steps['moved'])})" * bool(apart)
        alone = f", in {_layers(edit['layers'])} alone" if edit["layers"] else ""
        yield (
            f"The edit {code(edit['name'])} moved the {words.SETS[edit['of']]} ({scored}) along "
            f"{code(edit['along'])} by {ALPHA} = {numbers(steps['alpha'])}{distances}{alone}."
        )
    if tiled := _tiled(study):
        yield (
            f"In w+, {ALPHA} is the distance in all {tiled} layers together, as in "
            f"{study.original}."
        )
    if study.loses_ovals:
        yield from _lost(study, response)
    if study.has("controls"):
        controls = study.table("controls", ["control", "n"])
        kinds = [said for kind, said in _CONTROLS.items() if kind in set(controls["control"])]
        yield (
            f"As controls, the first {counted(controls['n'].max(), 'image')} of each edited set "
            f"were moved as far along other unit vectors: {listing(kinds, '; and ', '; ')}."
        )
    if study.has("layers"):
        yield _layerwise(study)
    if study.has("methods"):
        yield from _compared(study)


def _layers(layers: list[int]) -> str:
    return f"{'layer' if len(layers) == 1 else 'layers'} {listing(map(str, layers))}"


def _tiled(study: Finished) -> int:
    """Return how many layers an edit in w_plus moves together; 0 if there is no such edit."""
    made = study.table("directions", ["name", "space", "layers"])
    moved = [edit["along"] for edit in study.config("edits") if not edit["layers"]]
    layers = made.loc[(made["space"] == "w_plus") & made["name"].isin(moved), "layers"]
    return max(layers, default=0)


def _lost(study: Finished, response: pd.DataFrame) -> Iterator[str]:
    """Say how many faces edits lost."""
    lost = study.table("lost_faces", ["edit", "alpha", "found", "lost", "oval_weighted"])
    worst = lost.sort_values("lost", ascending=False).head(1).to_dict("records")
    if not worst or not worst[0]["lost"]:
        yield "Edits lost none of the faces that MTCNN found in the unedited images."
        return
    most = worst[0]
    weighted = (
        "; the response of all was estimated from the others, weighted by the inverse of their "
        f"probability of being found {cite('kang2007')}"
        if lost["oval_weighted"].notna().any()
        else ""
    )
    yield (
        f"Edits lost at most {most['lost']:,} of the "
        f"{counted(most['found'] + most['lost'], 'face')} that MTCNN found in the unedited images "
        f"({code(most['edit'])}, {ALPHA} = {number(most['alpha'])}){weighted}."
    )
    if response["survivors"].any():
        yield (
            f"Where less than {percent(study.config('ovals.least_found'))} were left, responses of "
            "ovals are reported as those of survivors."
        )


def _layerwise(study: Finished) -> str:
    given = study.config("layerwise")
    rows = study.table("layers", ["layer", "level", "n", "perceptual_by"])
    rows = rows[rows["level"] != 0]
    by, size = words.PERCEPTUAL[rows["perceptual_by"].iloc[0]], number(given["size"])
    step = {
        "norm": f"steps of {size} in w for each level, with the image's change measured by {by}",
        "image-change": f"steps that change the image by {size} for each level, by {by}",
    }[given["step"]]
    return (
        f"In {counted(rows['n'].max(), 'image')}, {counted(rows['layer'].nunique(), 'layer')} or "
        f"groups of layers were also moved, each alone, along their parts of "
        f"{code(given['direction'])}, at the levels {numbers(sorted(rows['level'].unique()))} and "
        f"in {step}; {study.original} has other steps for each layer."
    )


def _compared(study: Finished) -> Iterator[str]:
    rows = study.table("methods", ["edit", "at", "gain", "image_change", "perceptual_by"])
    gain = rows.loc[rows["at"] == "gain", "gain"].dropna().unique()
    change = rows.loc[rows["at"] == "change", "image_change"].dropna().unique()
    equal = [f"a mean gain of {number(each)} standard deviations of the score" for each in gain]
    equal += [
        f"a mean change of the image of {number(each)} by "
        f"{words.PERCEPTUAL[rows['perceptual_by'].iloc[0]]}"
        for each in change
    ]
    if equal:
        yield (
            f"Of these edits, {rows['edit'].nunique():,} were also compared at equal effect: at "
            f"{listing(equal)}."
        )
