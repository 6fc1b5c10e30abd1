"""What GANalyze's training leaves is read, and what is written its code reads."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.support.linear import FEW, Linear, LinearScorer
from torch import nn

from mnemo import directions, interop
from mnemo.directions.learning import card
from mnemo.errors import MnemoError
from mnemo.interop import ganalyze

OPTIONS = {
    "gpu_id": 0,
    "num_samples": 400000,
    "checkpoint_resume": 0,
    "train_alpha_a": -0.5,
    "train_alpha_b": 0.5,
    "generator": ["biggan256", "None"],
    "assessor": "emonet",
    "transformer": ["OneDirection", "None"],
    "version": "45d4139",
}


class OneDirection(nn.Module):
    """The module of its code whose state such a file is."""

    def __init__(self, dim_z: int):
        super().__init__()
        self.w = nn.Parameter(torch.randn(1, dim_z))


class ClassDependent(nn.Module):
    def __init__(self, dim_z: int, vocab_size: int):
        super().__init__()
        self.NN_output = nn.Linear(vocab_size, dim_z)


@pytest.mark.parametrize("shape", [(140,), (1, 140)])
def test_a_direction_is_what_its_code_loads(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model_400000.pth"
    theta = 12 * np.random.default_rng(0).normal(size=140)
    ganalyze.write_model(path, theta.reshape(shape))
    module = OneDirection(140)
    module.load_state_dict(torch.load(path))
    np.testing.assert_allclose(module.w[0].detach(), theta, rtol=1e-6)
    np.testing.assert_allclose(ganalyze.read_model(path), theta, rtol=1e-6)
    read = interop.read_direction(path, z_dim=140, w_dim=None, layers=1)
    np.testing.assert_allclose(read.norm * read.rows[0], theta, rtol=1e-6)


def test_directions_by_class_are_what_its_code_loads(tmp_path: Path) -> None:
    path = tmp_path / "pytorch_model_400000.pth"
    thetas = np.random.default_rng(0).normal(size=(5, 7))
    ganalyze.write_model(path, thetas)
    module = ClassDependent(7, 5)
    module.load_state_dict(torch.load(path))
    np.testing.assert_allclose(module.NN_output(torch.eye(5)).detach(), thetas, atol=1e-6)
    np.testing.assert_allclose(ganalyze.read_model(path), thetas, atol=1e-6)
    torch.save(ClassDependent(7, 5).state_dict(), path)
    assert ganalyze.read_model(path).shape == (5, 7)


@pytest.mark.parametrize("state", [{"w": torch.zeros(2, 3)}, {"v": torch.zeros(1, 3)}, {}])
def test_a_file_that_is_no_model_is_refused(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "any.pth")
    with pytest.raises(MnemoError, match="no model of GANalyze"):
        ganalyze.read_model(tmp_path / "any.pth")


def test_directions_of_layers_have_no_place_in_its_files(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="directions are in z"):
        ganalyze.write_model(tmp_path / "any.pth", np.zeros((2, 3, 4)))


def test_options_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "opts.json"
    path.write_text(json.dumps(OPTIONS))
    assert ganalyze.read_options(path) == OPTIONS
    ganalyze.write_options(path, OPTIONS)
    assert json.loads(path.read_text()) == OPTIONS
    path.write_text(json.dumps({"assessor": "emonet"}))
    with pytest.raises(MnemoError, match="lacks num_samples, train_alpha_a"):
        ganalyze.read_options(path)
    with pytest.raises(MnemoError, match="lack num_samples"):
        ganalyze.write_options(path, {})
    path.write_text("[")
    with pytest.raises(MnemoError, match="can't be read as GANalyze's options"):
        ganalyze.read_options(path)


def test_losses_of_both_its_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "losses.txt"
    tensor = "tensor({}, device='cuda:0', grad_fn=<MseLossBackward>)"
    steps = {0: "0.0823", 4: "1.2e-05", 8: "nan"}
    path.write_text(
        "".join(
            f"{start},{name},{tensor.format(value)}\n"
            for start, value in steps.items()
            for name in ("mse_loss", "overall_loss")
        )
    )
    read = ganalyze.read_losses(path)
    assert read["images"].tolist() == [0, 4, 8]
    np.testing.assert_array_equal(read["loss"], [0.0823, 1.2e-5, np.nan])
    ganalyze.write_losses(path, [(0, 0.0823), (4, 1.2e-5)])
    assert path.read_text() == "0,overall_loss,0.0823\n4,overall_loss,1.2e-05\n"
    assert ganalyze.read_losses(path)["loss"].tolist() == [0.0823, 1.2e-5]
    path.write_text("0,overall_loss,0.1\nnothing\n")
    with pytest.raises(MnemoError, match="line 2, is no loss of GANalyze"):
        ganalyze.read_losses(path)


def test_a_learned_direction_goes_out_and_comes_back_with_a_card(tmp_path: Path) -> None:
    learned = directions.learn(Linear(), LinearScorer(), **FEW)
    ganalyze.write_model(tmp_path / "any.pth", learned.thetas)
    np.testing.assert_allclose(ganalyze.read_model(tmp_path / "any.pth"), learned.thetas, rtol=1e-6)
    described = json.loads(card.text(card.card(learned, generator="toy", generator_sha256=None)))
    assert described["settings"]["alphas"] == [-0.5, 0.5]
    assert described["slope"]["value"] == pytest.approx(1, abs=1e-3)
    assert described["scale"] == learned.scale
    assert described["generator"] == "toy"
    assert len(described["weights"]["generator"]) == 64
