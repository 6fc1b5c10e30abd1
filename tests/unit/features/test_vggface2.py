"""Features are those of VGGFace2's networks on faces cropped as their authors crop them.

The published weights can't be downloaded by every machine that runs the tests, so these are random
ones in a file of the published layout. That the networks are the published ones is in
`test_backbones` and `test_us10k`.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import dlib
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.data import face_layouts

from mnemo import features
from mnemo.assessors import backbones
from mnemo.assessors.backbones import layouts
from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS
from mnemo.features.vggface2 import cut_out

Pixels = NDArray[np.uint8]
NAMES = {"resnet50-vggface2": "resnet50", "senet50-vggface2": "senet50"}
COUNT = 12


@cache
def layers(architecture: str) -> face_layouts.Layers:
    return face_layouts.layers(architecture)  # type: ignore[arg-type]


@pytest.fixture(scope="module", name="stored")
def write_weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Write the file of an architecture as keras-vggface's releases have it, without their head."""
    folder = tmp_path_factory.mktemp("weights")

    @cache
    def write(architecture: str) -> Path:
        path = folder / f"rcmalli_vggface_tf_{architecture}.h5"
        return face_layouts.write_keras(path, layers(architecture), whole=False)

    return write


@pytest.fixture(scope="module")
def extractor(stored: Callable[[str], Path]) -> features.Extractor:
    return features.load("resnet50-vggface2", stored("resnet50"))


@pytest.fixture(scope="module")
def images(faces_64: Pixels) -> list[Pixels]:
    """Faces of the embedded generator, the last of them enlarged to another shape."""
    wide = Image.fromarray(faces_64[COUNT - 1]).resize((300, 360), Image.Resampling.BICUBIC)
    return [*faces_64[: COUNT - 1], np.asarray(wide)]


@pytest.fixture(scope="module")
def embeddings(extractor: features.Extractor, images: list[Pixels]) -> NDArray[np.float32]:
    return extractor.extract(images)


def cropped_by_hand(image: Pixels, extension: float = 0.3) -> tuple[Image.Image, bool] | None:
    """Crop the largest face of an image, and say whether the extended box leaves the image."""
    height, width = image.shape[:2]
    shown = Image.fromarray(image)
    size = (round(256 * width / height), 256)
    boxes = dlib.get_frontal_face_detector()(
        np.asarray(shown.resize(size, Image.Resampling.BICUBIC))
    )
    if not boxes:
        return None
    box = max(boxes, key=lambda each: each.width() * each.height())
    # From the hairline, as MTCNN's boxes.
    above = 0.25 * box.height()
    x, y = extension / 2 * box.width(), extension / 2 * (box.height() + above)
    extended = (box.left() - x, box.top() - above - y, box.right() + 1 + x, box.bottom() + 1 + y)
    scales = (width / size[0], height / size[1]) * 2
    left, top, right, bottom = (
        round(edge * scale) for edge, scale in zip(extended, scales, strict=True)
    )
    inside = (max(left, 0), max(top, 0), min(right, width), min(bottom, height))
    return shown.crop(inside), inside != (left, top, right, bottom)


def input_by_hand(face: Image.Image) -> NDArray[np.float32]:
    """Bring a face to (3, 224, 224), BGR less the mean: its centre, at a shorter side of 256."""
    larger = 256 / min(face.size)
    width, height = (int(side * larger) for side in face.size)
    resized = face.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - 224) / 2), round((height - 224) / 2)
    centre = np.asarray(resized.crop((left, top, left + 224, top + 224)), np.float32)
    return (centre[..., ::-1] - [91.4953, 103.8827, 131.0912]).transpose(2, 0, 1)


@torch.no_grad()
def computed_by_hand(architecture: str, face: Image.Image) -> NDArray[np.float64]:
    """Compute features with the network as it is trained: its batch norms not folded."""
    published = backbones.module(architecture).NETWORK
    network = published.backbone("keras")
    tensors, _ = layouts.recognition(published.names, face_layouts.cydonia(layers(architecture)))
    network.load_state_dict(tensors)
    found = network.eval()(torch.from_numpy(input_by_hand(face)).float()[np.newaxis])
    return found.numpy().astype(np.float64)[0]


@pytest.mark.parametrize("name", NAMES)
def test_features_are_those_of_the_network_on_a_face_cropped_by_hand(
    name: str, stored: Callable[[str], Path], images: list[Pixels]
) -> None:
    chosen = [images[0], images[1], images[-1]]
    extracted = features.load(name, stored(NAMES[name])).extract(chosen)
    assert extracted.shape == (3, EXTRACTORS[name].dim)
    assert extracted.dtype == np.float32
    for image, row in zip(chosen, extracted, strict=True):
        for extension, same in ((0.3, True), (0.0, False)):
            made = cropped_by_hand(image, extension)
            assert made is not None
            expected = computed_by_hand(NAMES[name], made[0])
            expected /= np.linalg.norm(expected)
            assert np.allclose(row, expected, rtol=0, atol=1e-5) == same


def test_a_face_is_cut_out_in_the_image_s_own_resolution_as_far_as_the_image_goes(
    images: list[Pixels],
) -> None:
    clamped = 0
    for image in images:
        made, found = cropped_by_hand(image), cut_out(image)
        assert (made is None) == (found is None)
        if made is not None and found is not None:
            np.testing.assert_array_equal(found, np.asarray(made[0]))
            clamped += made[1]
    assert clamped > 0


def test_rows_have_length_1_so_that_a_distance_is_a_similarity(
    embeddings: NDArray[np.float32],
) -> None:
    rows = embeddings[np.isfinite(embeddings[:, 0])].astype(float)
    assert len(rows) >= 8
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    apart = np.linalg.norm(rows[:-1] - rows[1:], axis=1)
    similarity = np.sum(rows[:-1] * rows[1:], axis=1)
    np.testing.assert_allclose(apart, np.sqrt(2 - 2 * similarity), rtol=0, atol=1e-5)
    assert apart.min() > 1e-3


def test_a_row_is_nan_exactly_where_dlib_s_detector_finds_no_face(
    extractor: features.Extractor, images: list[Pixels]
) -> None:
    blank = np.full((64, 64, 3), 128, np.uint8)
    noise = np.random.default_rng(0).integers(256, size=(100, 80, 3), dtype=np.uint8)
    extracted = extractor.extract([blank, images[0], noise])
    assert np.isnan(extracted).all(axis=1).tolist() == [True, False, True]
    assert np.isfinite(extracted[1]).all()


def test_neither_the_order_nor_the_other_images_change_a_row(
    extractor: features.Extractor, images: list[Pixels], embeddings: NDArray[np.float32]
) -> None:
    np.testing.assert_allclose(extractor.extract(images[::-1])[::-1], embeddings, rtol=0, atol=1e-6)
    np.testing.assert_allclose(extractor.extract(images[1:2]), embeddings[1:2], rtol=0, atol=1e-6)


def test_no_images_and_no_faces_have_no_features(extractor: features.Extractor) -> None:
    assert extractor.extract([]).shape == (0, 2048)
    assert np.isnan(extractor.extract([np.zeros((64, 64, 3), np.uint8)])).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named_with_how_to_get_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rcmalli.h5"
    with pytest.raises(MnemoError, match=f"{path} is missing.*snakemake weights"):
        features.load(name, path)


def test_another_network_s_file_is_refused(stored: Callable[[str], Path]) -> None:
    path = stored("resnet50")
    with pytest.raises(MnemoError, match=str(path)):
        features.load("senet50-vggface2", path)
