"""Lay out the layers by their effect, each with faces and the means at its levels."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, tables
from mnemo.edits.rows import alike, units
from mnemo.report import layers, pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
along = units(np.array(direction["normal"]), direction["space"], params.layers)
levels, effects = (
    frame[frame["assessor"] == params.assessor]
    for frame in (tables.read(path).to_pandas() for path in (inputs.layers, inputs.effects))
)
scores = tables.frame(inputs.scores, ["edit", "image", "alpha", "score"])
scores = scores[scores["image"].isin(params.images)]


def of(part: str, level: dict[float, float]) -> tuple[layers.Faces, dict[tuple[str, float], float]]:
    """Read the faces of one set and their scores, by key and level."""
    paths = [path for path in inputs.images if f"/layers/{part}/" in path]
    own = scores[scores["edit"] == part]
    places = zip(own["image"], own["alpha"].map(level), strict=True)
    return layers.gather(paths, params.images, level), dict(zip(places, own["score"], strict=True))


originals, unedited = of("original", {0.0: 0.0})
cards = []
for part, chosen in params.parts.items():
    own = levels[levels["layer"] == part]
    steps = dict(own.dropna(subset="step")[["step", "level"]].itertuples(index=False))
    faces, scored = of(part, steps)
    effect = effects[effects["layer"] == part]
    cards.append(
        layers.Card(part, chosen, own, effect, {**faces, **originals}, {**scored, **unedited})
    )
page = layers.page(cards, params.images, params.assessor, params.confidence, alike=alike(along))
pages.save(page, snakemake.output.page)
