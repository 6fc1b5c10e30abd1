"""The joined tables have the distance that the latent moves beside each alpha."""

from pathlib import Path

import numpy as np
import pytest

from mnemo import tables
from mnemo.directions import table as directions
from mnemo.results import joined, schemas
from mnemo.results.registry import RESULTS
from mnemo.study.paths import DOSE_RESPONSE, MEASURED_WHOLE

WRITER = tables.Provenance("demo", "measure", {}, {})


@pytest.mark.parametrize("name", [name for name in RESULTS if name not in MEASURED_WHOLE])
def test_a_table_with_alphas_of_edits_has_the_distances_moved(name: str) -> None:
    part = schemas.of(name).names
    added = [moved for alpha, moved in joined.MOVED.items() if alpha in part and "edit" in part]
    schema = joined.schema(name)
    assert [column for column in schema.names if column not in part] == added
    assert [column for column in schema.names if column not in added] == part
    for alpha, moved in joined.MOVED.items():
        if moved in added:
            assert schema.field(moved).nullable == schema.field(alpha).nullable


@pytest.mark.parametrize("name", DOSE_RESPONSE)
def test_the_ends_of_an_interval_stay_beside_their_estimate(name: str) -> None:
    names, part = joined.schema(name).names, schemas.of(name).names
    for end in ("low", "high"):
        if end in part:
            before = part[part.index(end) - 1]
            assert names[names.index(end) - 1] == before


def write_direction(
    path: Path, name: str, space: str, normal: np.ndarray, layers: int, scale: float = 1
) -> Path:
    keys = dict.fromkeys(("assessor", "shape", "threshold"))
    said = {"name": name, "method": "file", "space": space, "hold": [], **keys}
    row = directions.row(said, "stylegan2-ffhq", None, normal, layers, scale=scale)
    tables.write(path, directions.DIRECTIONS, row, WRITER)
    return path


def test_the_parts_of_a_table_are_joined_with_the_distances_of_their_edits(tmp_path: Path) -> None:
    tiled, alone = np.full(18 * 4, 1 / np.sqrt(18 * 4)), np.full(4, 0.5)
    along = [
        write_direction(tmp_path / "tiled.parquet", "tiled", "w_plus", tiled, 18),
        write_direction(tmp_path / "alone.parquet", "alone", "w", alone, 1),
        write_direction(tmp_path / "learned.parquet", "learned", "w", alone, 1, scale=30),
    ]
    edits = [
        {"edit": "whole", "along": "tiled", "layers": None},
        {"edit": "layer-2", "along": "tiled", "layers": [2]},
        {"edit": "coarse", "along": "alone", "layers": [0, 1]},
        {"edit": "learned", "along": "learned", "layers": None},
    ]
    shares = joined.shares(along, edits, 18)
    paths = []
    for edit in shares:
        columns = {
            "edit": [edit] * 2,
            "assessor": ["resmem"] * 2,
            "shape": ["square"] * 2,
            "change": [-0.5, 0.5],
            "unit": ["standard deviation"] * 2,
            "score_change": [-0.1, 0.1],
            "alpha": [-60.0, None],
            "low": [-62.0, None],
            "high": [None, None],
        }
        paths.append(tmp_path / f"{edit}.part.parquet")
        tables.write(paths[-1], schemas.of("calibration"), columns, WRITER)
    schema = joined.schema("calibration")
    tables.write_parts(
        tmp_path / "whole.parquet", schema, joined.parts(paths, "calibration", shares), WRITER
    )
    found = tables.read(tmp_path / "whole.parquet")
    assert found.schema.names == schema.names
    expected = [-60, None, -60 / np.sqrt(18), None, -60 * np.sqrt(2 / 18), None]
    expected += [-60 * 30, None]
    for moved, distance in zip(found["moved"].to_pylist(), expected, strict=True):
        assert moved is None if distance is None else moved == pytest.approx(distance)


def test_unedited_images_have_not_moved_and_an_edit_that_nobody_knows_is_a_mistake(
    tmp_path: Path,
) -> None:
    columns = {
        "set": ["fit", "eval"],
        "edit": [None, "memorable"],
        "alpha": [None, 4.0],
        "image": ["0000000", "1000000"],
        "assessor": ["resmem"] * 2,
        "shape": ["square"] * 2,
        "score": np.array([0.5, 0.6], np.float32),
    }
    tables.write(tmp_path / "part.parquet", schemas.of("scores"), columns, WRITER)
    paths = [tmp_path / "part.parquet"]
    [part] = joined.parts(paths, "scores", {"memorable": 0.5})
    assert part["moved"].to_pylist() == [None, 2.0]
    with pytest.raises(KeyError, match="memorable"):
        list(joined.parts(paths, "scores", {}))
