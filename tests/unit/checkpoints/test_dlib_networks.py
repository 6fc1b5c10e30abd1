"""dlib's networks are read as layers, and a file that is anything else is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data import dlib_layouts as written

from mnemo.checkpoints import dlib_networks
from mnemo.checkpoints.dlib_networks import Layer
from mnemo.errors import MnemoError

FILTERS = [0.25 * number for number in range(-6, 8)]
LAYERS = (
    written.convolution(2, (1, 2, 3, 4, 5, 6), FILTERS),
    written.affine([2, 3, 4, 5]),
    b"",
    written.plain("relu_"),
    b"",
    written.plain("max_pool_2", 3, 3, 2, 2, 0, 0),
    written.plain("add_prev_"),
    written.plain("avg_pool_2", 0, 0, 1, 1, 0, 0),
    written.dense(2, [6, 7, 8, 9, 10, 11]),
)
FILE = written.network(LAYERS)
#: Where the settings of the first convolution begin.
SETTINGS = FILE.index(b"con_4") + len(b"con_4" + written.tensor(FILTERS))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dlib") / "network.dat"


def read(path: Path, content: bytes) -> list[Layer]:
    path.write_bytes(content)
    return dlib_networks.load(path)


def test_a_network_comes_back_from_its_input_to_its_loss(path: Path) -> None:
    layers = read(path, FILE)
    assert [(layer.kind, layer.settings, layer.weights.tolist()) for layer in layers] == [
        ("input_rgb_image_sized", (1.5, 2.5, 3.5, 8, 9), []),
        ("con_4", (2, 1, 2, 3, 4, 5, 6), FILTERS),
        ("affine_", (0,), [2, 3, 4, 5]),
        (dlib_networks.TAG, (), []),
        ("relu_", (), []),
        (dlib_networks.TAG, (), []),
        ("max_pool_2", (3, 3, 2, 2, 0, 0), []),
        ("add_prev_", (), []),
        ("avg_pool_2", (0, 0, 1, 1, 0, 0), []),
        ("fc_2", (2, 3, 1), [6, 7, 8, 9, 10, 11]),
        ("loss_metric_2", (), []),
    ]
    assert {layer.weights.dtype for layer in layers} == {np.dtype(np.float32)}


def test_dlib_s_network_for_faces_comes_back_whole(weights: Callable[[str], Path]) -> None:
    file = weights("dlib-face")
    layers = dlib_networks.load(file)
    assert [layer.kind for layer in layers].count("con_4") == 29
    sizes = sum(layer.weights.nbytes for layer in layers)
    assert 0 < file.stat().st_size - sizes < 10_000
    assert all(np.isfinite(layer.weights).all() for layer in layers)


def test_a_file_that_is_cut_short_anywhere_is_refused(path: Path) -> None:
    for length in range(len(FILE)):
        with pytest.raises(MnemoError, match=f"{path} is damaged"):
            read(path, FILE[:length])


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.lists(st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), min_size=1))
def test_a_file_with_changed_bytes_is_layers_or_refused(
    path: Path, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(FILE)
    for place, byte in changes:
        content[place] = byte
    try:
        layers = read(path, bytes(content))
    except MnemoError as why:
        assert str(why).startswith(f"{path} is damaged or not a network of dlib's (")  # noqa: PT017
    else:
        assert sum(layer.weights.nbytes for layer in layers) <= len(FILE)


@pytest.mark.parametrize(
    ("place", "changed", "reason"),
    [
        (FILE.index(b"con_4") - 2, written.integer(-5), "ends too early"),
        (FILE.index(b"con_4"), b"con_5", "a layer of the kind 'con_5'"),
        (FILE.index(b"con_4"), b"\xff\0\0\0\0", "a layer of the kind"),
        (SETTINGS, b"\x00", "an integer is too long"),
        (SETTINGS, b"\x09", "an integer is too long"),
        (SETTINGS - 4 * len(FILTERS) - 8, written.integer(-14), r"has the shape \(-14, 1, 1, 1\)"),
        (SETTINGS - 4 * len(FILTERS) - 10, written.integer(7), "the version 7"),
        (len(FILE) - 33, b"2", "the state of a layer"),
    ],
    ids=[
        *("a text that goes back", "an unknown layer", "no text", "no number", "a long number"),
        *("a negative length", "another version", "a state"),
    ],
)
def test_what_is_wrong_is_said(path: Path, place: int, changed: bytes, reason: str) -> None:
    content = FILE[:place] + changed + FILE[place + len(changed) :]
    with pytest.raises(MnemoError, match=reason):
        read(path, content)


def test_a_tensor_larger_than_the_file_takes_no_memory(path: Path) -> None:
    huge = written.integer(2) + written.shape(*[2**62] * 4)
    content = FILE.replace(written.tensor([2, 3, 4, 5]), huge)
    with pytest.raises(MnemoError, match="ends too early"):
        read(path, content)


def test_a_number_beyond_any_other_is_refused(path: Path) -> None:
    for exponent in (2000, 2**62):
        changed = written.integer(1) + written.integer(exponent)
        with pytest.raises(MnemoError, match=f"{path} is damaged"):
            read(path, FILE.replace(written.real(2.5), changed))


def test_a_small_file_can_not_take_long(path: Path) -> None:
    loss = FILE[: FILE.index(b"loss_metric_2") + len(b"loss_metric_2")]
    layers = written.integer(2) * 2_000_000
    content = loss + written.real(0.04) + written.real(0.6) + layers
    with pytest.raises(MnemoError, match="more operations than its size accounts for"):
        read(path, content)


def test_a_file_with_more_after_its_end_is_refused(path: Path) -> None:
    with pytest.raises(MnemoError, match="goes on after its end"):
        read(path, FILE + b"\0")


def test_another_file_of_dlib_s_or_of_others_is_refused(
    path: Path, weights: Callable[[str], Path]
) -> None:
    for name in ("dlib-landmarks", "dcgan-faces"):
        with pytest.raises(MnemoError, match="not a network of dlib's"):
            dlib_networks.load(weights(name))
    for content in (b"", b"<html>", bytes(100)):
        with pytest.raises(MnemoError, match="not a network of dlib's"):
            read(path, content)


def test_a_missing_file_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    for missing in (tmp_path, tmp_path / "none.dat"):
        with pytest.raises(MnemoError, match=f"{missing} is missing: run `snakemake weights`"):
            dlib_networks.load(missing)
