"""What Python users read of a study is what its jobs wrote, wherever the results lie."""

import copy
import pickle
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
import yaml
from PIL import Image
from tests.support.paths import ROOT

from mnemo import Study, images, latents, tables
from mnemo.directions import table as directions
from mnemo.errors import MnemoError
from mnemo.faces import ovals
from mnemo.reading.tables import Tables
from mnemo.results import joined
from mnemo.results.registry import RESULTS
from mnemo.study import folder, sets
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.version import FORMAT

WRITER = tables.Provenance("demo", "any", {}, {})
#: Images of each set, in shards of 3.
COUNTS = {"fit": 5, "eval": 4, "reference": 2, "floor": 4}
#: Alphas of the edits along the two directions of the default study.
ALPHAS = {"memorable": [0, 2, 4], "memorable-same-light": [-1.5, 0, 4]}
NORMAL = np.array([0.6, 0.0, 0.8])


def study_file() -> dict[str, Any]:
    """Return the default study, with few images and alphas."""
    raw = yaml.safe_load((ROOT / "config.yaml").read_text())
    raw["sets"] = {name: {"count": count} for name, count in COUNTS.items()}
    raw["edits"] = [{**edit, "alphas": ALPHAS[edit["name"]]} for edit in raw["edits"]]
    return {**raw, "shard_size": 3, "score_shard_size": 3, "fit_on": {}}


def write_config(config: Config, path: Path) -> None:
    """Write a config as the rule write_config does."""
    path.write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))


def latent(key: str, alpha: float) -> list[float]:
    """Return the latent of an image of these tests."""
    return [float(int(key) % 7), alpha, 1.0]


def shade(key: str, alpha: float) -> int:
    """Return the grey of an image of these tests."""
    return 100 + 10 * (int(key) % 10) + int(2 * alpha)


def write_set(results: Path, config: Config, name: str, edit: str | None, alpha: float) -> None:
    """Write the latents, squares and ovals of a set; no face is found in its second image."""
    base = name.split("/")[0]
    keys = sets.first_keys(config, base, 100)
    for shard, places in sets.cut(len(keys), config.shard_size).items():
        own = [keys[place] for place in places]
        place = {
            "set": [base] * len(own),
            "edit": [edit] * len(own),
            "alpha": [None if edit is None else alpha] * len(own),
            "image": own,
        }
        z = np.array([latent(key, alpha) for key in own], np.float32)
        moved = latents.table(
            {**place, "seed": list(map(int, own)), "class_index": [None] * len(own)}, z=z
        )
        pixels = [np.full((8, 8, 3), shade(key, alpha), np.uint8) for key in own]
        encoded = [images.encode(each, key) for each, key in zip(pixels, own, strict=True)]
        found = [key != keys[1] for key in own]
        faces = {
            "pixels": [each if seen else None for each, seen in zip(encoded, found, strict=True)],
            "status": ["found" if seen else "none" for seen in found],
            "faces": list(map(int, found)),
            "clamped": [False] * len(own),
            **dict.fromkeys(("left", "top", "width", "height", "confidence"), [None] * len(own)),
        }
        for kind, schema, columns in (
            ("latents", latents.LATENTS, moved),
            ("square", images.IMAGES, {**place, "pixels": encoded}),
            ("oval", ovals.OVALS, {**place, **faces}),
        ):
            (results / name / kind).mkdir(parents=True, exist_ok=True)
            tables.write(results / name / kind / f"{shard}.parquet", schema, columns, WRITER)


def write_directions(results: Path, config: Config) -> None:
    """Write the table of directions, one of which holds brightness."""
    rows = [
        directions.row(
            each.model_dump(), "dcgan-faces", None, sign * NORMAL, 1, intercept=0.5, kept=1.0
        )
        for each, sign in zip(config.directions, (1, -1), strict=True)
    ]
    both = {key: [row[key][0] for row in rows] for key in rows[0]}
    schema = joined.schema("directions")
    tables.write(results / "directions.parquet", schema, both, WRITER)


def scores() -> pd.DataFrame:
    """Return scores of the set eval, unedited and along one edit."""
    keys = [f"{1_000_000 + place:07d}" for place in range(COUNTS["eval"])]
    alphas = [None, 0.0, 2.0, 4.0]
    rows = [
        ("eval", None if alpha is None else "memorable", alpha, alpha, key, "resmem", "square")
        for alpha in alphas
        for key in keys
    ]
    columns = ["set", "edit", "alpha", "moved", "image", "assessor", "shape"]
    return pd.DataFrame(rows, columns=columns).assign(
        score=np.linspace(0.5, 0.9, len(rows)).astype(np.float32)
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a small study; tests that change them copy them."""
    results = tmp_path_factory.mktemp("results") / "demo"
    config = Config.model_validate(study_file())
    folder.mark_results(config, results, {})
    write_config(config, results / "config.yaml")
    for name in ("fit", "eval"):
        write_set(results, config, name, None, 0)
    for edit in config.edits:
        for alpha, name in zip(edit.alphas, sets.edited(edit), strict=True):
            write_set(results, config, name, edit.name, alpha)
    write_directions(results, config)
    tables.write(results / "scores.parquet", joined.schema("scores"), scores(), WRITER)
    return results


@pytest.fixture
def study(made: Path) -> Study:
    return Study(made)


@pytest.fixture
def changed(made: Path, tmp_path: Path) -> Path:
    """A copy of the results, to change."""
    return shutil.copytree(made, tmp_path / "demo")


def greys(pictures: Iterable[Image.Image]) -> list[int]:
    """Return the grey of pictures that have one."""
    return [int(np.asarray(picture)[0, 0, 0]) for picture in pictures]


def refused(study: Study, ask: str) -> str:
    """Return the words with which something is refused."""
    with pytest.raises(MnemoError) as told:
        eval(ask, {"study": study})
    return str(told.value)


def test_results_that_were_moved_open_as_before(changed: Path, tmp_path: Path) -> None:
    moved = changed.rename(tmp_path / "somewhere else")
    study = Study(str(moved))
    assert study.config == Config.model_validate(study_file())
    assert len(study.scores) == len(scores())
    assert len(study.images("eval", alpha=2)) == COUNTS["eval"]


def test_a_public_table_is_a_frame_as_pandas_reads_it(study: Study, made: Path) -> None:
    pd.testing.assert_frame_equal(study.scores, pd.read_parquet(made / "scores.parquet"))
    pd.testing.assert_frame_equal(study.table("scores"), study.scores)
    assert len(study.directions) == 2


def test_columns_and_rows_of_a_table_can_be_chosen(study: Study) -> None:
    wanted = scores().query("alpha > 0")[["image", "score"]].reset_index(drop=True)
    for filters in ([("alpha", ">", 0)], pc.field("alpha") > 0):
        found = study.table("scores", columns=["image", "score"], filters=filters)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


def test_an_arrow_table_says_what_its_columns_are(study: Study) -> None:
    for filters in (None, [("alpha", "=", 2)]):
        field = study.arrow("scores", ["alpha"], filters).schema.field("alpha")
        assert b"how far the edit moves" in field.metadata[b"description"]


def test_opening_a_study_reads_no_table(changed: Path) -> None:
    (changed / "scores.parquet").write_text("spoilt")
    study = Study(changed)
    assert "scores" in repr(study)
    with pytest.raises(MnemoError, match=r"scores\.parquet is damaged"):
        _ = study.scores
    assert len(study.directions) == 2


def test_a_table_is_read_anew_so_that_what_a_user_changes_is_not_kept(study: Study) -> None:
    scores = study.scores
    scores["score"] = 0
    assert study.scores["score"].min() > 0


def test_type_checkers_know_every_public_table() -> None:
    assert list(Tables.__annotations__) == list(RESULTS), "list the tables in reading/tables.py"
    assert not {*RESULTS} & {*vars(Study)}


def test_tab_completes_the_tables_that_are_there(study: Study) -> None:
    assert {"scores", "directions", "images", "latents", "config"} <= {*dir(study)}
    assert "slopes" not in dir(study)
    assert hasattr(study, "scores")
    assert not hasattr(study, "slopes")
    with pytest.raises(AttributeError, match="no attribute 'scorse'"):
        getattr(study, "scorse")  # noqa: B009


def test_a_study_can_be_copied_and_sent_to_another_process(study: Study) -> None:
    for other in (copy.deepcopy(study), pickle.loads(pickle.dumps(study))):
        assert other.folder == study.folder
        assert len(other.scores) == len(study.scores)


def test_what_a_study_has_is_listed(study: Study) -> None:
    for text in (repr(study), study._repr_html_()):
        for words in ("demo", "scores", "memorable-same-light of eval at alpha -1.5, 0, 4"):
            assert words in text
        assert re.search(r"not made yet: .*slopes", text)
        assert "fit (5), eval (4)" in text


def test_a_direction_has_its_unit_vector_and_space(study: Study) -> None:
    direction = study.direction("memorable-same-light")
    np.testing.assert_array_equal(direction.normal, -NORMAL)
    assert (direction.space, direction.intercept, direction.hold) == ("z", 0.5, ("brightness",))
    assert (direction.scale, direction.norm, direction.layers) == (1, None, 1)
    with pytest.raises(ValueError, match="read-only"):
        direction.normal[0] = 1


def test_latents_have_their_images_keys(study: Study) -> None:
    found = study.latents("eval")
    assert list(found.index) == ["1000000", "1000001", "1000002", "1000003"]
    for key, row in found.iterrows():
        assert list(row) == latent(str(key), 0)
    direction = study.direction("memorable")
    distances = found @ direction.normal + direction.intercept
    assert distances["1000002"] == pytest.approx(0.6 * (1_000_002 % 7) + 0.8 + 0.5)
    assert (study.latents("eval", "z", alpha=2)[1] == 2).all()


def test_of_several_spaces_one_must_be_named(changed: Path) -> None:
    config = Study(changed).config
    for shard, places in sets.cut(COUNTS["fit"], config.shard_size).items():
        path = changed / "fit" / "latents" / f"{shard}.parquet"
        z = latents.matrix(tables.read(path), "z")
        columns = latents.unedited("fit", tables.read(path)["image"].to_pylist(), seeds=[*places])
        tables.write(path, latents.LATENTS, latents.table(columns, z=z, w=2 * z), WRITER)
    study = Study(changed)
    assert "'z' or 'w'" in refused(study, "study.latents('fit')")
    assert "'w_plus' is not" in refused(study, "study.latents('fit', 'w_plus')")
    pd.testing.assert_frame_equal(study.latents("fit", "w"), 2 * study.latents("fit", "z"))


def test_pictures_are_found_by_place_and_by_key(study: Study) -> None:
    pictures = study.images("fit")
    keys = [f"{seed:07d}" for seed in range(COUNTS["fit"])]
    assert pictures.keys() == keys
    assert greys(pictures) == [shade(key, 0) for key in keys]
    assert dict(zip(keys, greys(pictures), strict=True)) == {
        key: greys([picture])[0] for key, picture in pictures.items()
    }
    assert greys([pictures[-1], pictures["0000003"]]) == [140, 130]
    assert pictures[1:4].keys() == keys[1:4]
    chosen = pictures[pd.Series(["0000004", "0000000"])]
    assert (chosen.keys(), greys(chosen)) == (["0000004", "0000000"], [140, 100])
    assert "0000004" in chosen
    assert "0000001" not in chosen
    with pytest.raises(IndexError):
        pictures[5]


def test_an_edit_need_not_be_named_where_it_alone_has_the_alpha(study: Study) -> None:
    own = [shade(f"{1_000_000 + place}", 2) for place in range(COUNTS["eval"])]
    assert greys(study.images("eval", edit="memorable", alpha=2)) == own
    assert greys(study.images("eval", alpha=2)) == own
    assert study.images("eval", alpha=-1.5).title == (
        "eval, memorable-same-light at alpha -1.5, square"
    )
    assert "several" in refused(study, "study.images('eval', alpha=4)")
    assert study.images("eval", alpha=0).title == study.images("eval").title == "eval, square"


def test_images_without_a_face_have_no_oval(study: Study) -> None:
    assert study.images("eval", alpha=2, shape="oval").keys() == ["1000000", "1000002", "1000003"]


def test_a_picture_is_read_when_it_is_looked_at(changed: Path) -> None:
    pictures = Study(changed).images("fit")
    (changed / "fit" / "square" / "00001.parquet").unlink()
    assert greys(pictures[:3]) == [100, 110, 120]
    with pytest.raises(MnemoError, match=r"00001\.parquet is missing"):
        pictures[3]


def test_a_notebook_shows_the_first_pictures_with_their_keys(study: Study) -> None:
    pictures = study.images("fit")
    drawn = np.asarray(pictures.grid(columns=2))
    assert [int(drawn[top, left, 0]) for top in (0, 30, 60) for left in (0, 14)] == [
        *(shade(key, 0) for key, _ in pictures.items()),
        255,
    ]
    # The key is below the picture.
    assert (drawn[8:24, :8] < 200).any()
    assert "data:image/jpeg;base64," in pictures._repr_html_()
    assert "fit, square: 5 pictures" in pictures._repr_html_()
    assert "1 picture<" in pictures[:1]._repr_html_()
    assert "img" not in pictures[:0]._repr_html_()


def test_of_many_pictures_a_notebook_shows_some_and_says_so(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnemo.reading.pictures.SHOWN", 2)
    assert "5 pictures, the first 2 of them" in study.images("fit")._repr_html_()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ("study.table('scorse')", ["'scorse'", "scores, directions"]),
        ("study.table('layers')", ["asks for no table 'layers'", "scores, directions"]),
        ("study.table('scores', ['scor'])", ["no scor", "image, assessor, shape, score"]),
        ("study.table('scores', filters=[('alfa', '=', 2)])", ["alfa", "edit, alpha"]),
        ("study.table('scores', filters=[('alpha', '=', 'x')])", ["alpha", "string"]),
        ("study.table('scores', filters=[('alpha', '!', 2)])", ["'!'"]),
        ("study.table('scores', filters='alpha')", ["'alpha'"]),
        ("study.direction('memorabel')", ["'memorabel'", "memorable, memorable-same-light"]),
        ("study.images('evil')", ["'evil'", "fit, eval, reference, floor"]),
        ("study.images('eval', alpha=3)", ["alpha=3", "memorable of eval at alpha 0, 2, 4"]),
        ("study.images('eval', edit='memorable')", ["alpha=None", "at alpha 0, 2, 4"]),
        ("study.images('eval', edit='m', alpha=2)", ["edit='m'", "memorable of eval"]),
        ("study.images('fit', edit='memorable', alpha=2)", ["'fit'", "memorable of eval"]),
        ("study.images('eval', shape='round')", ["'round'", "square or oval"]),
        ("study.images('eval')['7']", ["'7'", "from 1000000 to 1000003"]),
        ("study.images('eval')[:0].grid()", ["no pictures"]),
        ("study.latents('eval', 'w')", ["'w'", "'z'"]),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    study: Study, ask: str, words: list[str]
) -> None:
    told = refused(study, ask)
    for word in words:
        assert word in told


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        ("study.slopes", "slopes.parquet"),
        ("study.images('reference')", "reference/square/00000.parquet"),
        ("study.latents('floor')", "floor/latents/00000.parquet"),
    ],
)
def test_of_what_is_not_made_yet_the_command_is_told(
    changed: Path, tmp_path: Path, ask: str, path: str
) -> None:
    moved = changed.rename(tmp_path / "moved")
    told = refused(Study(moved), ask)
    assert f"{moved / path} is not made yet" in told
    command = f"snakemake --cores all results/demo/{path} --configfile {moved / 'config.yaml'}"
    assert told.endswith(command)


def test_a_folder_that_is_no_study_s_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="no such folder"):
        Study(tmp_path / "absent")
    with pytest.raises(MnemoError, match=f"no study.json.*in it are: {made}"):
        Study(made.parent)


def test_results_of_another_layout_are_refused(changed: Path) -> None:
    marker = changed / "study.json"
    marker.write_text(marker.read_text().replace(f'"format": {FORMAT}', '"format": 1'))
    with pytest.raises(MnemoError, match=f"layout 1, and Mnemo .* layout {FORMAT}"):
        Study(changed)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 3'])
def test_a_damaged_mark_is_told(changed: Path, text: str) -> None:
    (changed / "study.json").write_text(text)
    with pytest.raises(MnemoError, match=r"study\.json is damaged"):
        Study(changed)


def test_a_study_that_was_only_planned_is_told(changed: Path) -> None:
    (changed / "config.yaml").unlink()
    with pytest.raises(MnemoError, match=r"snakemake --cores all results/demo/config\.yaml"):
        Study(changed)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sets: {fit: {count: 5, colour: red}}", "sets.fit.colour: Extra inputs"),
        ("study: [", "expected the node content"),
        ("", "Input should be"),
    ],
)
def test_a_config_of_another_version_is_told(changed: Path, text: str, reason: str) -> None:
    (changed / "config.yaml").write_text(text)
    with pytest.raises(MnemoError, match=re.escape(reason)):
        Study(changed)


STUDIES = [ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_of_mnemo_s_opens_as_it_was_run(path: Path, tmp_path: Path) -> None:
    raw = yaml.safe_load(path.read_text())
    if photos := raw.get("photos"):
        photos["count"] = 3
    config = checked(raw)
    results = tmp_path / config.study
    folder.mark_results(config, results, {})
    write_config(config, results / "config.yaml")
    assert Study(results).config == config
