"""Object size is the share of the mask that torchvision's Mask R-CNN gives of the main object."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.data import scene_layouts as layouts
from tests.data.scene_layouts import State
from torchvision.models.detection import MaskRCNN_ResNet50_FPN_Weights, maskrcnn_resnet50_fpn
from torchvision.transforms.functional import to_tensor

from mnemo import assessors
from mnemo.assessors import object_size
from mnemo.assessors.object_size import ObjectSizeScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]
COCO = MaskRCNN_ResNet50_FPN_Weights.COCO_V1


@pytest.fixture(scope="module")
def state() -> State:
    return layouts.mask_rcnn()


@pytest.fixture(scope="module")
def path(state: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file where torchvision looks for its own."""
    path = tmp_path_factory.mktemp("torch") / "hub" / "checkpoints" / Path(COCO.url).name
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def scorer(path: Path) -> ObjectSizeScorer:
    return assessors.load("object-size", path)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """Strips of photographs: the network enlarges an image until one of its sides is long."""
    china, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    return [china[200:230], flower[:, 300:320], flower[100:110, :200]]


@pytest.fixture(scope="module")
def scores(scorer: ObjectSizeScorer, images: list[Pixels]) -> NDArray[np.float32]:
    return scorer.score(images)


def test_scores_are_the_main_masks_of_torchvisions_own_network(
    path: Path,
    images: list[Pixels],
    scores: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(path.parents[2]))
    # Of its usual 100 instances, the last 90 would only take time.
    network = maskrcnn_resnet50_fpn(weights=COCO, box_detections_per_img=10).eval()
    expected = []
    with torch.no_grad():
        for image in images:
            (found,) = network([to_tensor(Image.fromarray(image))])
            assert len(found["scores"]) > 1
            best = found["scores"].argmax()
            assert found["scores"][best] > 0.5
            expected.append((found["masks"][best] > 0.5).double().mean().item())
    assert np.min(expected) > 0.001
    assert scores.dtype == np.float32
    # Rounding may turn a pixel or two.
    pixels = [image.shape[0] * image.shape[1] for image in images]
    assert (np.abs(scores - expected) <= 2 / np.array(pixels)).all()


def test_a_score_does_not_depend_on_the_other_images(
    scorer: ObjectSizeScorer, images: list[Pixels], scores: NDArray[np.float32]
) -> None:
    np.testing.assert_array_equal(scorer.score(images[1:2]), scores[1:2])


def test_an_image_without_an_object_scores_0(tmp_path: Path, images: list[Pixels]) -> None:
    path = tmp_path / "finds_none.pth"
    torch.save(layouts.mask_rcnn(found=False), path)
    scores = assessors.load("object-size", path).score(images[:1])
    path.unlink()
    assert scores.tolist() == [0]


def test_no_images_have_no_scores(scorer: ObjectSizeScorer) -> None:
    assert scorer.score([]).shape == (0,)


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[int, int, int, int, int, int]:
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    top, left = draw(st.integers(0, height)), draw(st.integers(0, width))
    return height, width, top, draw(st.integers(top, height)), left, draw(st.integers(left, width))


@given(rectangles(), st.floats(0.51, 1), st.floats(0, 0.49), st.integers(0, 3))
def test_the_share_is_that_of_the_first_instances_pixels(
    rectangle: tuple[int, int, int, int, int, int], inside: float, outside: float, others: int
) -> None:
    height, width, top, bottom, left, right = rectangle
    masks = torch.ones(1 + others, 1, height, width)
    masks[0] = outside
    masks[0, 0, top:bottom, left:right] = inside
    expected = (bottom - top) * (right - left) / (height * width)
    assert object_size.covered(masks) == pytest.approx(expected, abs=1e-6)


def test_no_instance_covers_nothing() -> None:
    assert object_size.covered(torch.ones(0, 1, 5, 7)) == 0


def without(state: State) -> None:
    del state["backbone.fpn.layer_blocks.2.bias"]


def with_more(state: State) -> None:
    state["roi_heads.keypoint_head.0.weight"] = torch.zeros(1)


def of_fewer_categories(state: State) -> None:
    state["roi_heads.box_predictor.cls_score.bias"] = torch.zeros(21)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without, "Missing.*fpn.layer_blocks.2.0.bias"),
        (with_more, "Unexpected.*keypoint_head.0.weight"),
        (of_fewer_categories, "size mismatch.*cls_score.bias"),
    ],
)
def test_a_tensor_missing_left_over_or_misshapen_is_named(
    state: State, tmp_path: Path, change: Callable[[State], None], named: str
) -> None:
    changed = {name: tensor.half() for name, tensor in state.items()}
    change(changed)
    broken = tmp_path / "broken.pth"
    torch.save(changed, broken)
    with pytest.raises(MnemoError, match=rf"(?s){broken}.*{named}"):
        assessors.load("object-size", broken)
    broken.unlink()
