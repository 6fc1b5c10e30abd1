"""Measurements are of the images that the crate's study has, and its weights the publishers'."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support import crates

from mnemo import tables
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError
from mnemo.scores import SCORES
from mnemo.verify import restoring, weights

PATH = "eval/memorable/2/scores/resmem/square/00000.parquet"
SEEDS = {"eval": (100, 3)}


def scores(path: Path, **changed: object) -> None:
    columns = {
        "set": ["eval"] * 3,
        "edit": ["memorable"] * 3,
        "alpha": [2.0] * 3,
        "image": ["0000100", "0000101", "0000102"],
        "assessor": ["resmem"] * 3,
        "shape": ["square"] * 3,
        "score": [0.7, 0.8, 0.9],
    }
    path.parent.mkdir(parents=True)
    made = tables.Provenance("tiny", "score_images", {}, {})
    tables.write(path, SCORES, {**columns, **changed}, made)


def check(folder: Path, restored: Mapping[str, str]) -> None:
    restoring.check_places(folder, restored, SEEDS)


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"image": ["0000100", "0000101", "0000103"]}, 2),
        ({"image": ["0000100", "0000100", "0000102"]}, 1),
        ({"alpha": [2.0, 2.5, 2.0]}, 1),
        ({"edit": [None, "memorable", "memorable"]}, 0),
        ({"set": ["eval", "fit", "eval"]}, 1),
    ],
)
def test_a_row_of_another_image_is_named(
    tmp_path: Path, changed: dict[str, object], row: int
) -> None:
    scores(tmp_path / PATH, **changed)
    with pytest.raises(MnemoError, match=f"row {row} of measurements/{PATH}"):
        check(tmp_path, {PATH: f"{layout.MEASUREMENTS}/{PATH}"})


def test_rows_of_the_study_pass(tmp_path: Path) -> None:
    scores(tmp_path / PATH)
    check(tmp_path, {PATH: f"{layout.MEASUREMENTS}/{PATH}"})


def test_every_file_is_checked_whether_it_is_restored_or_not(tmp_path: Path) -> None:
    folder = crates.make(tmp_path / "crate", {"a": "a", "b": "b"})
    (folder / "b").write_text("c")
    with pytest.raises(MnemoError, match="b of .* is not the file that was published"):
        restoring.restore(Crate(folder), {"a": "a"}, tmp_path / "results")


def crate_with_weights(folder: Path, sha256: str) -> Crate:
    row = f"name,sha256\ndcgan-faces,{sha256}\n"
    return Crate(crates.make(folder, {layout.WEIGHTS: row}))


def test_the_weights_of_the_catalogue_pass(tmp_path: Path) -> None:
    weights.check(crate_with_weights(tmp_path, "a" * 64), {"dcgan-faces": "a" * 64})


@pytest.mark.parametrize(
    ("known", "said"),
    [({"dcgan-faces": "b" * 64}, "publisher's file has b"), ({"resmem": "b" * 64}, "no resmem")],
)
def test_other_weights_than_the_catalogue_has_are_refused(
    tmp_path: Path, known: dict[str, str], said: str
) -> None:
    with pytest.raises(MnemoError, match=said):
        weights.check(crate_with_weights(tmp_path, "a" * 64), known)


def test_a_value_of_a_table_can_be_changed_for_a_test(tmp_path: Path) -> None:
    scores(tmp_path / PATH)
    crates.change_table(tmp_path / PATH, lambda table: crates.put(table, "score", 1, 0.1))
    changed = tables.read(tmp_path / PATH)
    assert changed["score"].to_pylist() == pytest.approx([0.7, 0.1, 0.9])
    assert changed.schema.equals(pa.schema(SCORES), check_metadata=False)
