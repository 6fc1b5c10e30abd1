"""Redrawing some images of each set from their seeds, and measuring them again."""

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import assessors, features, images, tables
from mnemo.assessors import Scorer
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.edits.move import move
from mnemo.faces import ovals
from mnemo.features import Extractor
from mnemo.generators import synthesis
from mnemo.verify import tolerances
from mnemo.verify.comparing import DIFFERS, IDENTICAL, WITHIN, worst_first
from mnemo.verify.tolerances import Tolerance

LOGGER = logging.getLogger(__name__)

REDRAWN = tables.define(
    "Images that were redrawn from their seeds, beside what was published; what differs first",
    *tables.PLACE,
    tables.field("quantity", pa.string(), "what is compared", limits="pixels, score, features"),
    tables.field(
        "by", pa.string(), "assessor or feature extractor; null for pixels", nullable=True
    ),
    tables.field("shape", pa.string(), "shape of the image", limits="square, oval"),
    tables.field(
        "published",
        pa.float64(),
        "published score; null for what is no score, or where no face was found",
        nullable=True,
    ),
    tables.field("redrawn", pa.float64(), "the same of the redrawn image", nullable=True),
    tables.field(
        "difference",
        pa.float64(),
        "absolute difference: of scores, of the pixel that differs most in levels of 255, or of "
        "features as a share of their length; null if only one of both is there",
        nullable=True,
    ),
    tables.field("tolerance", pa.string(), "difference that passes"),
    tables.field("verdict", pa.string(), "outcome", limits=f"{IDENTICAL}, {WITHIN}, {DIFFERS}"),
)

Pixels = NDArray[np.uint8]


@dataclass
class Models:
    """The loaded models of a study.

    Attributes:
        generator: The generator.
        scorers: The assessors and visual factors that score images, by name.
        differences: Assessors whose score is a difference, with the two that it is of.
        extractors: The extractors of features, by the folder in which a set has them.
    """

    generator: Any
    scorers: Mapping[str, Scorer]
    differences: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    extractors: Mapping[str, Extractor] = field(default_factory=dict)


def load(
    generator: Any,
    scorers: Mapping[str, Mapping[str, Any]],
    differences: Mapping[str, tuple[str, str]],
    extractors: Mapping[str, Mapping[str, Any]],
) -> Models:
    """Load the models that measure images again.

    Args:
        generator: The loaded generator.
        scorers: The weights (`files`) and `preset` of each assessor.
        differences: As in `Models`.
        extractors: The name and weights (`files`) of each extractor, by the folder in which a set
            has its features.

    Returns:
        The models.

    Raises:
        MnemoError: A file is missing, damaged or another network's.
    """
    return Models(
        generator,
        {
            name: assessors.load(name, *each["files"], preset=each["preset"])
            for name, each in scorers.items()
        },
        differences,
        {
            folder: features.load(each["name"], *each["files"])
            for folder, each in extractors.items()
        },
    )


def unpacked(crate: Crate, folder: Path) -> Path | None:
    """Return where a crate's shards of images are, copying them out of a zip file.

    Args:
        crate: The crate.
        folder: Where to copy them.

    Returns:
        The folder of the shards; None if the crate has no images.

    Raises:
        MnemoError: A shard was changed since it was published.
    """
    shards = crate.below(layout.IMAGES)
    if not shards:
        return None
    if crate.path.is_dir():
        # Their digests are checked already.
        return crate.path / layout.IMAGES
    for name in shards:
        crate.copy(name, folder / name.removeprefix(f"{layout.IMAGES}/"))
    return folder


def redraw(
    models: Models,
    settings: Mapping[str, Any],
    published: Path,
    pictures: Path | None,
    *,
    count: int,
    exact: bool,
) -> list[dict[str, Any]]:
    """Redraw images from random seeds, and compare them with what was published.

    The seeds are drawn anew each time, so that nobody can know which ones are looked at. Each seed
    of an edited set is moved along each of its edits, to one of the alphas.

    Args:
        models: The models.
        settings: As `study.verifying.Verifying.settings` returns them.
        published: Folder of the results with the published measurements, and the directions.
        pictures: Folder with the published shards of images; None if there are none.
        count: Images of each set.
        exact: Whether pixels must be the same, and what networks compute nearly so: the machine and
            the versions are.

    Returns:
        The rows of `REDRAWN`.

    Raises:
        MnemoError: A table is missing or damaged.
    """
    entropy = secrets.randbits(64)
    LOGGER.info("the seeds to redraw are drawn from %d", entropy)
    random = np.random.default_rng(entropy)
    found: list[dict[str, Any]] = []
    for name, base in settings["sets"].items():
        chosen = random.choice(base["count"], min(count, base["count"]), replace=False)
        seeds = sorted(base["first_seed"] + int(place) for place in chosen)
        drawn = synthesis.draw(
            models.generator,
            name,
            seeds,
            base["truncation_psi"],
            cutoff=settings["truncation_cutoff"],
            classes=settings["classes"],
        )
        for place, moved in _versions(name, drawn, settings, published, models, random):
            LOGGER.info("redrawing %d images of %s", len(moved), place)
            pixels = synthesis.render(
                moved,
                models.generator,
                base["truncation_psi"],
                cutoff=settings["truncation_cutoff"],
                noise=settings["noise"],
            )[:, slice(*settings["rows"])]
            measured = _measure(models, settings, published / place, place, moved, pixels)
            compared = _compare(measured, published / place, pictures and pictures / place, exact)
            found += [{**_place(moved, each.pop("row")), **each} for each in compared]
    return found


def _versions(
    name: str,
    drawn: pa.Table,
    settings: Mapping[str, Any],
    published: Path,
    models: Models,
    random: np.random.Generator,
) -> Iterator[tuple[str, pa.Table]]:
    """Yield a set's latents as they are drawn, and moved along each of its edits."""
    yield name, drawn
    for edit, how in settings["edits"].items():
        if how["of"] != name:
            continue
        path = published / "directions" / f"{how['along']}.parquet"
        [direction] = tables.read(path, ["space", "normal", "scale"]).to_pylist()
        alphas = random.choice(how["alphas"], len(drawn))
        for alpha in sorted(set(alphas)):
            moved = move(
                drawn.filter(pa.array(alphas == alpha)),
                direction["scale"] * np.array(direction["normal"]),
                direction["space"],
                edit,
                float(alpha),
                layers=getattr(models.generator, "layers", 1),
                chosen=how["layers"],
            )
            yield f"{name}/{edit}/{float(alpha):g}", moved


@dataclass
class _Measured:
    """What one image, or all of some, are again: by quantity, by whom and shape."""

    images: Sequence[str]
    pixels: dict[str, list[Pixels | None]]
    scores: dict[tuple[str, str], list[float | None]]
    features: dict[str, NDArray[np.float32]]


def _measure(
    models: Models,
    settings: Mapping[str, Any],
    published: Path,
    place: str,
    moved: pa.Table,
    pixels: Pixels,
) -> _Measured:
    """Measure images as the study did, as far as it published what it measured."""
    squares: list[Pixels | None] = list(pixels)
    shaped = {"square": squares}
    shapes = settings["shapes"].get(place, [])
    if "oval" in shapes:
        found = ovals.detect(pixels, settings["detection_height"], settings["preset"])
        shaped["oval"] = [
            ovals.ovalize(image, face, preset=settings["preset"])
            for image, face in zip(pixels, found, strict=True)
        ]
    scores: dict[tuple[str, str], list[float | None]] = {}
    for shape in shapes:
        there = [image for image in shaped[shape] if image is not None]
        for name, scorer in models.scorers.items():
            values = iter(scorer.score(there).tolist() if there else [])
            scores[name, shape] = [
                None if image is None else next(values) for image in shaped[shape]
            ]
        for name, (first, second) in models.differences.items():
            pairs = zip(scores[first, shape], scores[second, shape], strict=True)
            scores[name, shape] = [
                None if one is None or other is None else float(np.float32(one) - np.float32(other))
                for one, other in pairs
            ]
    extracted = {
        name: each.extract(list(pixels))
        for name, each in models.extractors.items()
        if (published / name).is_dir()
    }
    return _Measured(moved["image"].to_pylist(), shaped, scores, extracted)


def _compare(
    measured: _Measured, published: Path, pictures: Path | None, exact: bool
) -> Iterator[dict[str, Any]]:
    """Compare what was measured again with what was published of the same images."""
    for shape, redrawn in measured.pixels.items():
        if pictures is not None and (known := _pictures(pictures / shape, measured.images)):
            for row, image in enumerate(measured.images):
                if image in known:
                    away = _levels(known[image], redrawn[row])
                    given = tolerances.PIXELS
                    yield _row(row, "pixels", None, shape, None, None, away, given, exact)
    for (name, shape), values in measured.scores.items():
        # Some are measured only to be subtracted.
        if (folder := published / "scores" / name / shape).is_dir():
            by_image = _read(folder, measured.images, "score")
            for row, (image, score) in enumerate(zip(measured.images, values, strict=True)):
                yield _score(row, name, shape, by_image.get(image), score, exact)
    for name, vectors in measured.features.items():
        by_image = _read(published / name, measured.images, "features")
        for row, image in enumerate(measured.images):
            away = _distance(by_image.get(image), vectors[row])
            by, given = name.split("/")[-1], tolerances.FEATURES
            yield _row(row, "features", by, "square", None, None, away, given, exact)


def _score(
    row: int, by: str, shape: str, published: float | None, redrawn: float | None, exact: bool
) -> dict[str, Any]:
    if published is None or redrawn is None:
        away = 0.0 if published is redrawn else None
    else:
        away = abs(published - redrawn)
    given = tolerances.SCORES
    scale = max(abs(published or 0), abs(redrawn or 0))
    return _row(row, "score", by, shape, published, redrawn, away, given, exact, scale)


def _row(
    row: int,
    quantity: str,
    by: str | None,
    shape: str,
    published: float | None,
    redrawn: float | None,
    away: float | None,
    tolerance: Tolerance,
    exact: bool,
    scale: float = 0,
) -> dict[str, Any]:
    by_networks = tolerances.EXACT if quantity == "pixels" else tolerances.NEAR
    given = by_networks if exact else tolerance
    passes = away is not None and away <= given.absolute + given.relative * scale
    verdict = IDENTICAL if away == 0 else WITHIN if passes else DIFFERS
    return {
        "row": row,
        "quantity": quantity,
        "by": by,
        "shape": shape,
        "published": published,
        "redrawn": redrawn,
        "difference": away,
        "tolerance": str(given),
        "verdict": verdict,
    }


def _place(moved: pa.Table, row: int) -> dict[str, Any]:
    return {name: moved[name][row].as_py() for name in ("set", "edit", "alpha", "image")}


def _read(folder: Path, wanted: Sequence[str], column: str) -> dict[str, Any]:
    """Read a column of a folder's shards for some images, by image."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.parquet")):
        for part in tables.groups(path, ["image", column]):
            there = pa.compute.is_in(part["image"], pa.array(wanted))
            rows = part.filter(there)
            found |= zip(rows["image"].to_pylist(), rows[column].to_pylist(), strict=True)
    return found


def _pictures(folder: Path, wanted: Sequence[str]) -> dict[str, Pixels]:
    """Read some images of a folder's shards, by key."""
    found: dict[str, Pixels] = {}
    for path in sorted(folder.glob("*.parquet")):
        names = set(tables.read(path, ["image"])["image"].to_pylist()) & set(wanted)
        if names:
            shard, encoded = images.read(path)
            there = shard["image"].to_pylist()
            found |= {name: encoded[row] for row, name in enumerate(there) if name in names}
    return found


def _levels(published: Pixels, redrawn: Pixels | None) -> float | None:
    """Return the largest difference of two images in levels of 255; None if they can't be held."""
    if redrawn is None or published.shape != redrawn.shape:
        return None
    return float(np.abs(published.astype(np.int16) - redrawn.astype(np.int16)).max())


def _distance(published: Sequence[float] | None, redrawn: NDArray[np.float32]) -> float | None:
    """Return the distance of two rows of features, as a share of the length of the first."""
    absent = bool(np.isnan(redrawn).any())
    if published is None or absent:
        return 0.0 if published is None and absent else None
    first, second = np.array(published, np.float64), redrawn.astype(np.float64)
    return float(np.linalg.norm(first - second) / max(float(np.linalg.norm(first)), 1e-12))


def sorted_rows(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows of `REDRAWN` with the largest differences first."""
    # A difference that can't be measured comes last of its verdict.
    by_size = sorted(rows, key=lambda row: (row["difference"] is None, -(row["difference"] or 0)))
    return pd.DataFrame(worst_first(by_size), columns=REDRAWN.names)
