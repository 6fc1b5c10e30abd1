"""Tests of the training of assessors."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save_file

from mnemo import tables
from mnemo.assessors import backbones, cards, trained
from mnemo.assessors.backbones import resnet10
from mnemo.checkpoints import read
from mnemo.errors import MnemoError
from mnemo.training import database, train, trainer
from mnemo.training import tables as training_tables
from mnemo.training.trainer import Settings, Trainer

SCRIPTS = Path(__file__).parents[3] / "scripts"
SETTINGS = Settings(
    architecture="resnet10",
    target="hit_rate",
    epochs=3,
    batch_size=16,
    learning_rate=3e-3,
    dropout=0.2,
)


def draw(folder: Path, count: int = 80) -> pd.DataFrame:
    """Write images whose rate is their brightness, and say how they are split."""
    generator = np.random.default_rng(0)
    levels = generator.uniform(40, 200, count)
    names = [f"face-{number:03d}.png" for number in range(count)]
    for name, level in zip(names, levels, strict=True):
        noise = generator.normal(level, 20, (70, 60, 3)).clip(0, 255)
        Image.fromarray(noise.astype(np.uint8)).save(folder / name)
    rates = 0.4 + levels / 500
    table = pd.DataFrame(
        {"file": names, "hit_rate": rates, "false_alarm_rate": 0.1, "target": rates}
    )
    return database.split(table, seed=42, folds=4)


@pytest.fixture(scope="module", name="folder")
def write_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    draw(folder).to_parquet(folder / "split.parquet")
    return folder


@pytest.fixture(scope="module", name="split")
def read_split(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "split.parquet")


@pytest.fixture(scope="module", name="result")
def train_once(
    folder: Path, split: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> train.Trained:
    checkpoint = tmp_path_factory.mktemp("run") / "checkpoint"
    settings = replace(SETTINGS, epochs=12)
    return train.train(split, folder, settings, "holdout", checkpoint)


def write(path: Path, result: train.Trained) -> bytes:
    trained.save(path, result.network, train.describe(result, "0" * 64, "none", resamples=50))
    return path.read_bytes()


def contiguous(result: train.Trained) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in result.network.state_dict().items()}


def test_a_training_learns_what_the_images_show(tmp_path: Path) -> None:
    # With fewer, the few for validation can take a fluke for the best epoch.
    split = draw(tmp_path, count=240)
    settings = replace(SETTINGS, epochs=12)
    result = train.train(split, tmp_path, settings, "holdout", tmp_path / "checkpoint")
    first, best = result.curves["validation_loss"].iloc[0], result.curves["validation_loss"].min()
    assert best < first / 2
    assert result.predictions["target"].corr(result.predictions["score"], "spearman") > 0.8


def test_predictions_are_of_the_test_images_alone_and_those_of_the_loaded_file(
    result: train.Trained, split: pd.DataFrame, folder: Path, tmp_path: Path
) -> None:
    tables.conform(result.predictions, training_tables.PREDICTIONS)
    test = split[split["split"] == "test"]
    assert result.predictions["file"].tolist() == test["file"].tolist()
    assert result.predictions["target"].tolist() == test["target"].tolist()
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    loaded = trained.load("mine", [path], "faithful")
    scores = loaded.score([np.asarray(Image.open(folder / name)) for name in test["file"]])
    np.testing.assert_allclose(scores, result.predictions["score"], rtol=0, atol=1e-6)


def test_the_best_epoch_is_that_of_the_highest_validation_correlation(
    result: train.Trained, split: pd.DataFrame, folder: Path, tmp_path: Path
) -> None:
    tables.conform(result.curves, training_tables.CURVES)
    curves = result.curves
    best = int(curves["validation_spearman"].idxmax())
    assert curves["chosen"].tolist() == [row == best for row in curves.index]
    # The weights of the epoch are those that a training gives that ends with it.
    short = replace(SETTINGS, epochs=int(curves["epoch"][best]))
    again = train.train(split, folder, short, "holdout", tmp_path / "checkpoint")
    for name, tensor in again.network.state_dict().items():
        assert torch.equal(tensor, result.network.state_dict()[name]), name


def test_training_ends_when_patience_does(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    # Without learning no epoch is better than the first.
    settings = replace(SETTINGS, learning_rate=1e-30, epochs=9, patience=2, dropout=0.0)
    settings = replace(settings, plateau_patience=1)
    curves = frozen(folder, split, settings, tmp_path)
    best = int(curves["epoch"][curves["chosen"]].item())
    assert len(curves) == best + 2 < 9


def test_the_learning_rate_falls_where_the_loss_does_not(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, learning_rate=1e-30, epochs=7, patience=9, plateau_patience=2)
    curves = frozen(folder, split, settings, tmp_path)
    rates, best, bad = [1e-30], np.inf, 0
    for loss in curves["validation_loss"]:
        # Keras's rule.
        best, bad = (loss, 0) if loss < best - 1e-4 else (best, bad + 1)
        rates.append(rates[-1] * 0.2 if bad >= 2 else rates[-1])
        bad = 0 if bad >= 2 else bad
    assert rates[-1] < rates[0]
    np.testing.assert_allclose(curves["learning_rate"], rates[:-1])


def frozen(folder: Path, split: pd.DataFrame, settings: Settings, path: Path) -> pd.DataFrame:
    return train.train(split, folder, settings, "holdout", path / "checkpoint").curves


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {scripts!r})
import pandas as pd, torch
from mnemo.assessors import trained
from mnemo.training import train
torch.set_num_threads(1)
folder, checkpoint, out = map(Path, sys.argv[1:4])
split = pd.read_parquet(folder / "split.parquet")
settings = train.Settings(**{settings!r})
result = train.train(split, folder, settings, "holdout", checkpoint, every=0)
card = train.describe(result, "0" * 64, "none", resamples=50)
trained.save(out, result.network, card)
"""


def test_a_training_that_was_killed_and_goes_on_gives_the_same_file(
    folder: Path, tmp_path: Path
) -> None:
    settings = vars(replace(SETTINGS, epochs=4))
    program = PROGRAM.format(scripts=str(SCRIPTS), settings=settings)

    def start(name: str) -> subprocess.Popen[bytes]:
        checkpoint, out = tmp_path / name, tmp_path / f"{name}.safetensors"
        command = [sys.executable, "-c", program, folder, checkpoint, out]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL)

    assert start("whole").wait() == 0
    generator = np.random.default_rng()
    killed = start("killed")
    while not (tmp_path / "killed").is_file():
        time.sleep(0.01)
        assert killed.poll() is None
    time.sleep(generator.uniform(0, 0.5))
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    stood = read(tmp_path / "killed")["state"]
    assert start("killed").wait() == 0
    one, other = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("whole", "killed"))
    assert one == other, f"killed in step {stood['step']} of epoch {stood['epoch']}"


class Killed(BaseException):
    """What ends a training in a test."""


@pytest.mark.parametrize("step", [1, 3, 4, 5, 9])
def test_a_training_that_stops_at_any_step_goes_on_as_if_it_had_not(
    step: int,
    folder: Path,
    split: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole: bytes,
) -> None:
    take = Trainer._step
    taken: list[int] = []

    def stop(self: Trainer, batch: NDArray[np.intp], number: int) -> None:
        if len(taken) == step:
            raise Killed
        taken.append(number)
        take(self, batch, number)

    checkpoint = tmp_path / "checkpoint"
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", stop)
        with pytest.raises(Killed):
            train.train(split, folder, SETTINGS, "holdout", checkpoint, every=0)
    torch.rand(7)
    result = train.train(split, folder, SETTINGS, "holdout", checkpoint, every=0)
    assert write(tmp_path / "resumed.safetensors", result) == whole
    assert result.curves["epoch"].tolist() == [1, 2, 3]


@pytest.fixture(scope="module", name="whole")
def train_whole(
    folder: Path, split: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    path = tmp_path_factory.mktemp("whole")
    result = train.train(split, folder, SETTINGS, "holdout", path / "checkpoint")
    return write(path / "assessor.safetensors", result)


def test_a_training_leaves_the_callers_random_numbers_alone(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    train.train(split, folder, replace(SETTINGS, epochs=1), "holdout", tmp_path / "checkpoint")
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("change", ["settings", "target", "pixel", "damage"])
def test_a_checkpoint_of_another_training_is_not_gone_on_from(
    change: str,
    folder: Path,
    split: pd.DataFrame,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    checkpoint = tmp_path / "checkpoint"
    one = replace(SETTINGS, epochs=1)
    train.train(split, folder, one, "holdout", checkpoint, every=0)
    match change:
        case "settings":
            one = replace(one, dropout=0.1)
        case "target":
            split = split.assign(target=split["target"] + 1e-9)
        case "pixel":
            for name in split["file"]:
                (tmp_path / name).write_bytes((folder / name).read_bytes())
            folder = tmp_path
            image = np.array(Image.open(folder / split["file"][0]))
            image[30, 30] = 255 - image[30, 30]
            Image.fromarray(image).save(folder / split["file"][0])
        case "damage":
            checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with caplog.at_level("INFO"):
        train.train(split, folder, one, "holdout", checkpoint)
    assert "starts anew" in caplog.text
    assert "goes on" not in caplog.text


def test_a_training_that_was_done_is_not_done_again(
    folder: Path, split: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = replace(SETTINGS, epochs=1)
    first = train.train(split, folder, one, "holdout", tmp_path / "checkpoint", every=0)
    with caplog.at_level("INFO"):
        again = train.train(split, folder, one, "holdout", tmp_path / "checkpoint")
    assert "goes on from step 0 of epoch 2" in caplog.text
    assert again.predictions.equals(first.predictions)


def test_the_rank_correlation_of_an_epoch_is_the_mean_over_shapes() -> None:
    scores, targets = np.random.default_rng(0).random((2, 30), np.float32)
    shapes = np.repeat(["square", "oval"], [12, 18])
    # Squares score higher, which ranks no square.
    scores[:12] += 5
    targets[:12] += 5
    ranked = [
        pd.Series(scores[rows]).corr(pd.Series(targets[rows]), "spearman")
        for rows in (slice(12), slice(12, None))
    ]
    assert trainer.correlated(scores, targets, shapes) == pytest.approx(np.mean(ranked))
    assert trainer.correlated(scores, targets, np.full(30, "")) > 0.6 > np.mean(ranked)
    scores[:12] = 1
    assert trainer.correlated(scores, targets, shapes) is None


def test_shapes_are_validated_and_tested_apart(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    place = split.groupby("split").cumcount()
    shaped = split.assign(shape=np.where(place % 2, "oval", "square"))
    one = replace(SETTINGS, epochs=1)
    result = train.train(shaped, folder, one, "holdout", tmp_path / "checkpoint")
    alone = train.train(split, folder, one, "holdout", tmp_path / "alone")
    ranks = [made.curves["validation_spearman"].item() for made in (result, alone)]
    assert ranks[0] != ranks[1]
    predictions = result.predictions
    assert predictions["shape"].tolist() == shaped.loc[shaped["split"] == "test", "shape"].tolist()
    assert predictions["score"].tolist() == alone.predictions["score"].tolist()
    tested = train.describe(result, "0" * 64, "none", resamples=50).tested
    assert [each.shape for each in tested] == ["oval", "square"]
    for each in tested:
        rows = predictions[predictions["shape"] == each.shape]
        assert each.images == len(rows)
        assert each.spearman == pytest.approx(rows["target"].corr(rows["score"], "spearman"))


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0, 1)), min_size=1, max_size=20))
def test_the_loss_is_the_mean_distance_of_score_and_target(
    pairs: list[tuple[float, float]],
) -> None:
    scores, targets = np.float32(pairs).T
    expected = np.mean(
        [np.sqrt(np.sum((one - other) ** 2)) for one, other in zip(scores, targets, strict=True)]
    )
    assert trainer.loss(torch.tensor(scores), torch.tensor(targets)).item() == pytest.approx(
        expected, abs=1e-6
    )


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.5, 1.0])
def test_each_image_is_mirrored_as_often_as_told(probability: float) -> None:
    epochs = np.array([trainer.flipped(42, epoch, 50, probability) for epoch in range(1, 2001)])
    error = np.sqrt(probability * (1 - probability) / 2000)
    assert np.abs(epochs.mean(axis=0) - probability).max() <= 4.5 * error
    # Neither an image nor an epoch follows another.
    if 0 < probability < 1:
        assert np.abs(np.corrcoef(epochs.T) - np.eye(50)).max() < 0.12
        assert np.abs(np.corrcoef(epochs[:50]) - np.eye(50)).max() < 0.75


def test_mirrored_images_are_what_the_network_sees(
    folder: Path, split: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NDArray[np.uint8]] = []
    prepare = resnet10.prepare_image

    def look(image: NDArray[np.uint8]) -> torch.Tensor:
        seen.append(image.copy())
        return prepare(image)

    monkeypatch.setattr(resnet10, "prepare_image", look)
    one = replace(SETTINGS, epochs=1, flip=1.0)
    train.train(split, folder, one, "holdout", tmp_path / "checkpoint")
    files = [np.asarray(Image.open(folder / name).resize(resnet10.SIZE)) for name in split["file"]]
    plain = {image.tobytes(): name for image, name in zip(files, split["file"], strict=True)}
    mirrored = {
        image[:, ::-1].tobytes(): name for image, name in zip(files, split["file"], strict=True)
    }
    part = split.set_index("file")["split"]
    assert sorted(
        mirrored[image.tobytes()] for image in seen if image.tobytes() in mirrored
    ) == sorted(part.index[part == "train"])
    assert {part[plain[image.tobytes()]] for image in seen if image.tobytes() in plain} == {
        "validation",
        "test",
    }


def test_a_loss_that_is_not_finite_is_an_error_that_says_what_to_do(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    split = split.assign(target=split["target"] * 1e30)
    with pytest.raises(
        MnemoError, match=r"loss is (inf|nan) in step \d+ of epoch \d.*learning_rate"
    ):
        train.train(
            split, folder, replace(SETTINGS, learning_rate=1e30), "holdout", tmp_path / "checkpoint"
        )


def test_scores_that_never_differ_are_an_error(
    folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    black = Image.new("RGB", (64, 64))
    for name in split["file"]:
        black.save(tmp_path / name)
    with pytest.raises(MnemoError, match="holdout: the network gives all images .* the same score"):
        train.train(split, tmp_path, SETTINGS, "holdout", tmp_path / "checkpoint")


def test_an_image_that_is_gone_is_named(folder: Path, split: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"face-000\.png can't be read"):
        train.train(split, tmp_path, SETTINGS, "holdout", tmp_path / "checkpoint")


@pytest.mark.parametrize(("architecture", "initial"), [("resnet10", True), ("resnet50", False)])
def test_what_training_starts_from_must_fit_the_architecture(
    architecture: str, initial: bool, folder: Path, split: pd.DataFrame, tmp_path: Path
) -> None:
    path = folder / "split.parquet" if initial else None
    settings = replace(SETTINGS, architecture=architecture)
    with pytest.raises(MnemoError, match=f"{architecture} starts from"):
        train.train(split, folder, settings, "holdout", tmp_path / "checkpoint", path)


def test_the_card_says_what_was_trained_on_what_and_how_well(
    result: train.Trained, split: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    told = trained.card(path)
    learned = split[split["split"] == "train"]["target"]
    expected = result.predictions["target"].corr(result.predictions["score"], "spearman")
    assert told.architecture == "resnet10"
    assert told.settings["learning_rate"] == 3e-3
    assert told.images == {"train": 64, "validation": 8, "test": 8}
    assert (told.low, told.high) == pytest.approx((learned.min(), learned.max()), abs=1e-6)
    (tested,) = told.tested
    assert (tested.shape, tested.images) == (None, 8)
    assert tested.spearman == pytest.approx(expected)
    assert tested.spearman == 1 or (
        tested.spearman_low <= tested.spearman <= tested.spearman_high  # type: ignore[operator]
    )
    assert told.epoch == result.curves["epoch"][result.curves["chosen"]].item()
    assert json.loads(trained.text(told)) == told.model_dump(mode="json")


def test_a_correlation_that_is_undefined_is_missing_in_the_card(
    result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    alike = result.predictions.assign(score=0.5)
    write(path, replace(result, predictions=alike))
    (tested,) = trained.card(path).tested
    assert (tested.spearman, tested.spearman_low, tested.spearman_high) == (None, None, None)


def test_equal_content_is_written_as_equal_bytes(result: train.Trained, tmp_path: Path) -> None:
    assert write(tmp_path / "one", result) == write(tmp_path / "other", result)


@pytest.mark.parametrize("architecture", ["resnet10", "resnet152-layer2", "resnet50"])
def test_scores_are_not_rounded_where_layers_compute_in_bfloat16(
    architecture: str,
) -> None:
    network = backbones.build(architecture, "keras").eval()
    image = np.random.default_rng(0).integers(0, 256, (70, 60, 3), np.uint8)
    inputs = backbones.prepare(architecture, "corrected")(image)[None]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert network(inputs).dtype == torch.float32


def test_a_file_without_a_card_is_refused(result: train.Trained, tmp_path: Path) -> None:
    path = tmp_path / "assessor.safetensors"
    save_file(contiguous(result), path)
    with pytest.raises(MnemoError, match="has no card"):
        trained.load("mine", [path], "corrected")


def test_a_card_of_another_version_is_refused(result: train.Trained, tmp_path: Path) -> None:
    path = tmp_path / "assessor.safetensors"
    save_file(contiguous(result), path, {"mnemo.card": '{"architecture": "resnet10"}'})
    with pytest.raises(MnemoError, match=r"card .*can't read \(mnemo, layout"):
        trained.load("mine", [path], "corrected")


def test_a_card_of_before_there_were_shapes_is_read(result: train.Trained, tmp_path: Path) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    now = trained.card(path)
    (tested,) = now.tested
    before = {**now.model_dump(mode="json"), **tested.model_dump()}
    for name in ("tested", "shape"):
        del before[name]
    before["images"] = now.images
    save_file(contiguous(result), path, {"mnemo.card": json.dumps(before)})
    assert trained.card(path) == now
    assert (
        len(trained.load("mine", [path], "corrected").score([np.zeros((9, 9, 3), np.uint8)])) == 1
    )


def test_a_card_of_a_network_that_is_not_known_is_refused(
    result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    other = {**trained.card(path).model_dump(mode="json"), "architecture": "resnet18"}
    save_file(contiguous(result), path, {"mnemo.card": json.dumps(other)})
    with pytest.raises(MnemoError, match=r"can't read \(architecture\): train again"):
        trained.load("mine", [path], "corrected")


def test_the_network_of_a_file_is_read_without_pytorch(
    result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    assert cards.architecture(path) == "resnet10"
    save_file(contiguous(result), path)
    assert cards.architecture(path) is None
    for content in (b"", b"\x09", b"\xff" * 20, path.read_bytes()[:50]):
        path.write_bytes(content)
        assert cards.architecture(path) is None
    code = "import sys, mnemo.assessors.cards; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SCRIPTS)


@pytest.mark.parametrize("change", ["missing", "left over", "not finite"])
def test_a_file_of_another_network_than_its_card_says_is_refused(
    change: str, result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    state = contiguous(result)
    match change:
        case "missing":
            del state["head.bias"]
        case "left over":
            state["tail.bias"] = torch.zeros(1)
        case "not finite":
            state["head.bias"] = torch.full((1,), torch.nan)
    save_file(state, path, {"mnemo.card": trained.text(trained.card(path))})
    with pytest.raises(MnemoError, match="holds"):
        trained.load("mine", [path], "corrected")


def test_a_gradient_flows_from_the_score_to_the_image(
    result: train.Trained, tmp_path: Path
) -> None:
    path = tmp_path / "assessor.safetensors"
    write(path, result)
    loaded = trained.load("mine", [path], "corrected")
    images = torch.full((2, 3, 64, 64), 100.0, requires_grad=True)
    loaded.network(images).sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_a_photograph_that_lies_on_its_side_is_learned_upright(tmp_path: Path) -> None:
    upright = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(upright).save(tmp_path / "a.png")
    Image.fromarray(np.ascontiguousarray(np.rot90(upright))).save(tmp_path / "b.png", exif=exif)
    kept = train._decoded(
        tmp_path, pd.Series(["a.png", "b.png"]), lambda image: image.transpose(2, 0, 1)
    )
    np.testing.assert_array_equal(kept, [upright, upright])
