"""Each photograph becomes one row, used or not, and nothing personal but the picture is kept."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image
from sklearn.datasets import load_sample_images
from tests.support import portraits
from tests.support.paths import SCRIPTS

from mnemo import images, tables
from mnemo.errors import MnemoError
from mnemo.faces import alignment
from mnemo.photos import private, table
from mnemo.photos.align import align, some

Pixels = NDArray[np.uint8]
#: What the file's name and its metadata say, and results and logs must not.
SECRETS = ("grandmother", "Lisbon", "Canon", "private note")


@pytest.fixture(scope="module")
def hopper() -> Image.Image:
    with Image.open(portraits.hopper()) as image:
        return image.convert("RGB")


@pytest.fixture(scope="module")
def predictor(weights: Callable[[str], Path]) -> alignment.Landmarks:
    return alignment.Landmarks(weights("dlib-landmarks-68"))


def saved(image: Image.Image, path: Path) -> Path:
    image.save(path)
    return path


def test_a_portrait_is_aligned(predictor: alignment.Landmarks) -> None:
    found = align(portraits.hopper(), predictor, 64)
    assert (found.status, found.reason, found.faces) == ("found", None, 1)
    assert (found.photo.width, found.photo.height) == (512, 600)
    assert found.pixels.shape == (64, 64, 3)


def test_a_portrait_held_on_its_side_is_aligned_as_it_is_upright(
    hopper: Image.Image, predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "side.png"
    hopper.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    upright = saved(hopper, tmp_path / "upright.png")
    one, other = (align(each, predictor, 64) for each in (path, upright))
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.status, one.photo.width, one.photo.height) == ("found", 512, 600)


def test_of_several_faces_the_largest_is_aligned_and_that_is_said(
    hopper: Image.Image, predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    pair = Image.new("RGB", (812, 600), (90, 120, 160))
    pair.paste(hopper.resize((256, 300), Image.Resampling.LANCZOS), (0, 150))
    pair.paste(hopper, (300, 0))
    found = align(saved(pair, tmp_path / "pair.png"), predictor, 64)
    alone = align(saved(hopper, tmp_path / "alone.png"), predictor, 64)
    assert (found.status, found.faces) == ("several", 2)
    assert found.reason == "2 faces are found, of which the largest is used"
    # dlib may draw its box a little differently in another photograph.
    assert np.abs(found.pixels.astype(int) - alone.pixels).mean() < 12


def test_a_photograph_without_a_face_says_how_small_a_face_was_looked_for(
    predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    temple = Image.fromarray(load_sample_images().images[0])
    found = align(saved(temple, tmp_path / "temple.png"), predictor, 64, detection_height=214)
    assert (found.status, found.faces, found.pixels) == ("none", 0, None)
    assert found.reason == "no face of 40 pixels or more is found"


def test_a_face_too_small_to_be_aligned_is_reported(
    hopper: Image.Image, predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    small = hopper.resize((51, 60), Image.Resampling.LANCZOS)
    found = align(saved(small, tmp_path / "small.png"), predictor, 64)
    assert (found.status, found.faces, found.pixels) == ("small", 1, None)
    assert found.reason == "the eyes are 9 pixels apart, and 12 are needed"


@pytest.mark.parametrize("size", [(1, 1), (20, 4000), (4000, 20)])
def test_a_photograph_too_small_for_a_face_is_reported(
    size: tuple[int, int], predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    found = align(saved(Image.new("RGB", size), tmp_path / "tiny.png"), predictor, 64)
    assert (found.status, found.faces, found.pixels) == ("small", None, None)
    assert found.reason == f"it has {size[0]} x {size[1]} pixels"


@pytest.mark.parametrize("size", [(6000, 30), (30, 6000)])
def test_a_strip_is_a_photograph_too(
    size: tuple[int, int], predictor: alignment.Landmarks, tmp_path: Path
) -> None:
    found = align(saved(Image.new("RGB", size), tmp_path / "strip.png"), predictor, 64)
    assert (found.status, found.faces) == ("none", 0)


def test_without_landmarks_the_centre_is_cut_out(tmp_path: Path) -> None:
    temple = load_sample_images().images[0]
    path = saved(Image.fromarray(temple), tmp_path / "temple.png")
    found = align(path, None, 64)
    assert (found.status, found.reason, found.faces) == ("found", None, None)
    np.testing.assert_array_equal(found.pixels, alignment.centre(temple, 64, 64))
    path.write_bytes(path.read_bytes()[:1000])
    assert align(path, None, 64).status == "unreadable"


@pytest.fixture(scope="module")
def personal(
    hopper: Image.Image, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Path], list[str]]:
    """Photographs whose files say who, where and when, and their keys."""
    folder = tmp_path_factory.mktemp("grandmother-in-Lisbon")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Canon"
    exif[ExifTags.Base.ImageDescription] = "grandmother"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef], place[ExifTags.GPS.GPSLatitude] = "N", (38.0, 42.0, 27.0)
    place[ExifTags.GPS.GPSAreaInformation] = b"Lisbon"
    first, second, third = (folder / f"grandmother {k}.jpg" for k in (1, 2, 3))
    hopper.save(first, exif=exif, comment=b"private note", xmp=b"<x:xmpmeta>Lisbon</x:xmpmeta>")
    assert all(secret.encode() in first.read_bytes() for secret in SECRETS)
    second.write_bytes(first.read_bytes()[:9000])
    third.write_text("Dear grandmother")
    return [first, second, third], [f"photo-0000{k}" for k in (1, 2, 3)]


@pytest.fixture
def own_logs() -> Iterator[None]:
    """Undo what a script sets for the logs of its whole process."""
    root = logging.getLogger()
    before, hook = (root.handlers[:], root.level), sys.excepthook
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = before
    logging.captureWarnings(False)
    sys.excepthook = hook


@pytest.mark.usefixtures("own_logs")
@pytest.mark.parametrize(
    ("how", "format"), [("ffhq", "webp"), ("centre", "png"), ("centre", "jpeg")]
)
def test_the_script_writes_a_row_for_each_photograph_and_nothing_personal(
    how: str,
    format: str,
    personal: tuple[list[Path], list[str]],
    weights: Callable[[str], Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    paths, keys = personal
    private.write(tmp_path / "photos.csv", [str(path).lstrip("/") for path in paths])
    params = {
        "folder": "/",
        "listing": "",
        "alone": False,
        "private": str(tmp_path / "photos.csv"),
        "images": keys,
        "rows": (0, 64),
        "alignment": how,
        "resolution": 64,
        "detection_height": 256,
        "format": format,
        "code": "",
        "stamp": {"study": "photos", "weights": {}},
    }
    landmarks = [str(weights("dlib-landmarks-68"))] if how == "ffhq" else []
    job = SimpleNamespace(
        input=SimpleNamespace(landmarks=landmarks),
        output=SimpleNamespace(aligned=str(tmp_path / "aligned.parquet")),
        params=type("Params", (SimpleNamespace,), {"items": lambda self: params.items()})(**params),
        log=[str(tmp_path / "log.txt")],
        rule="align_photos",
    )
    exec((SCRIPTS / "align_photos.py").read_text(), {"snakemake": job})

    rows = tables.read(job.output.aligned)
    assert rows.schema.names == table.ALIGNED.names
    columns = rows.to_pydict()
    assert columns["image"] == columns["photo"] == keys
    assert columns["status"] == ["found", "unreadable", "unreadable"]
    assert columns["set"] == ["originals"] * 3
    assert columns["edit"] == columns["alpha"] == [None] * 3
    assert columns["faces"] == [1 if how == "ffhq" else None, None, None]
    assert (columns["width"], columns["height"]) == ([512, None, None], [600, None, None])
    assert [pixels is None for pixels in columns["pixels"]] == [False, True, True]
    assert [pixels is None for pixels in columns["original"]] == [False, True, True]

    for column, size in (("pixels", (64, 64)), ("original", (218, 256))):
        content = columns[column][0]["bytes"]
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == size
            assert not image.getexif()
            assert not {"exif", "xmp", "comment", "icc_profile"} & {*image.info}
        assert not [secret for secret in SECRETS if secret.encode() in content]
        columns[column] = [value and value["path"] for value in columns[column]]
    said = [
        json.dumps(columns),
        json.dumps(tables.metadata(job.output.aligned)),
        Path(job.log[0]).read_text(),
        *capfd.readouterr(),
    ]
    for secret in (*SECRETS, *(path.name for path in paths)):
        assert not [text for text in said if secret in text]
    assert "photo-00002: unreadable; the file is damaged or cut short" in said[2]

    shard, pixels = images.read(job.output.aligned)
    assert shard["image"].to_pylist() == keys[:1]
    assert pixels[0].shape == (64, 64, 3)
    features = json.loads(pq.read_schema(job.output.aligned).metadata[b"huggingface"])
    kinds = features["info"]["features"]
    assert kinds["pixels"] == kinds["original"] == {"_type": "Image"}


def test_photographs_none_of_which_can_be_used_stop_the_study() -> None:
    row = {"pixels": [None], "photo": ["photo-00001"], "status": ["none"], "reason": ["no face"]}
    with pytest.raises(MnemoError, match="can be used:\n  photo-00001: none"):
        list(some(iter([row] * 12)))
    assert len(list(some(iter([row, {**row, "pixels": [{"bytes": b""}]}])))) == 2
