"""A direction is learned: the one that is there, in the way that is asked for, from any point."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import truncnorm
from tests.data import biggan_layouts, stylegan1_layouts
from tests.support.linear import DIM, FEW, Classed, Linear, LinearScorer
from tests.support.networks import small_stylegan2
from torch import Tensor, nn

from mnemo import assessors, directions, generators, tables
from mnemo.assessors import memorability
from mnemo.assessors.network import Clipped, NetworkScorer
from mnemo.assessors.registry import ASSESSORS
from mnemo.directions.learning import slope
from mnemo.directions.learning.objective import Objective
from mnemo.directions.learning.search import Known, Search
from mnemo.directions.learning.settings import choose
from mnemo.directions.learning.state import State
from mnemo.directions.learning.table import LEARNING
from mnemo.errors import MnemoError
from mnemo.study import consistency


def planted(generator: Linear, scorer: LinearScorer) -> NDArray[np.float64]:
    """The only direction along which the score rises."""
    weight = generator.network.weight.double().T @ scorer.weights.double().flatten()
    return (scorer.factor * weight).numpy()


def cosine(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_a_planted_direction_is_recovered_with_its_scale() -> None:
    generator, scorer = Linear(), LinearScorer()
    learned = directions.learn(generator, scorer, steps=400, rate=0.1, seed=3, every=50)
    assert learned.normal.shape == (DIM,)
    assert np.linalg.norm(learned.normal) == pytest.approx(1)
    gradient = planted(generator, scorer)
    assert cosine(learned.normal, gradient) > 0.999
    # Along theta, the score rises by 1 for an alpha of 1.
    assert learned.thetas @ gradient == pytest.approx(1, abs=1e-3)
    assert learned.slope.estimate.value == pytest.approx(1, abs=1e-3)
    assert learned.held_out_loss < 1e-6
    assert learned.agreement == pytest.approx(1, abs=1e-3)


def test_each_class_gets_a_direction_of_its_own() -> None:
    generator, scorer = Classed(), LinearScorer()
    learned = directions.learn(
        generator, scorer, by_class=True, steps=500, rate=0.1, every=50, restarts=1
    )
    assert learned.normal.shape == (3, DIM)
    gradient = planted(generator, scorer)
    # What all classes share keeps each from being the shortest.
    for theta, turn in zip(learned.thetas, generator.tables.double().numpy(), strict=True):
        assert theta @ (turn @ gradient) == pytest.approx(1, abs=0.01)
        assert cosine(theta, turn @ gradient) > 0.8
    assert np.asarray(learned.scale).shape == (3,)
    assert learned.slope.estimate.value == pytest.approx(1, abs=0.01)


def test_the_size_of_parts_and_of_batches_does_not_change_what_is_drawn_or_learned() -> None:
    generator, scorer = Linear(), LinearScorer()
    parts = [
        directions.learn(generator, scorer, at_once=at_once, **{**FEW, "steps": 20}).thetas
        for at_once in (1, 5, 64)
    ]
    for each in parts[1:]:
        np.testing.assert_allclose(each, parts[0], rtol=1e-4)
    small, large = (
        Search(Objective(generator, scorer, choose("corrected", steps=8, batch=batch), 16))
        for batch in (4, 8)
    )
    state = large.begin()
    both = large.batch(state)
    halves = [small.batch(State(*vars(state).values())) for state.step in (0, 1)]  # type: ignore[misc]
    for name in ("latents", "alphas", "scores"):
        joined = torch.cat([getattr(half, name) for half in halves])
        torch.testing.assert_close(joined, getattr(both, name))


@pytest.mark.parametrize("kept", ["norm", "batch_norm"])
def test_faithful_takes_ganalyzes_steps(kept: str) -> None:
    """GANalyze's loop, written from its formulas, with gradients by hand (a linear score)."""
    generator, scorer = Linear(), LinearScorer(factor=0.02)
    steps, batch, rate = 20, 4, 2e-4
    start = "normal" if kept == "batch_norm" else "zeros"
    learned = directions.learn(
        generator, scorer, preset="faithful", steps=steps, kept=kept, start=start, seed=0
    )
    np.random.seed(0)  # noqa: NPY002
    zs = truncnorm.rvs(-2, 2, size=(steps * batch, DIM))
    gradient, bias = (
        planted(generator, scorer),
        float(
            scorer.factor * (generator.network.bias.double() @ scorer.weights.double().flatten())
        ),
    )
    theta = np.zeros(DIM)
    if start == "normal":
        draw = torch.Generator().manual_seed(0)
        theta = torch.randn(1, DIM, generator=draw)[0].double().numpy()
    first, second = np.zeros(DIM), np.zeros(DIM)
    for step in range(steps):
        z = zs[step * batch : (step + 1) * batch]
        alpha = np.random.random(batch) - 0.5  # noqa: NPY002
        there = z + alpha[:, None] * theta
        axis = None if kept == "batch_norm" else 1
        length, new = (np.linalg.norm(each, axis=axis, keepdims=True) for each in (z, there))
        clip = lambda x: np.clip(x, 0, 1)  # noqa: E731
        raw = length * there / new @ gradient + bias
        error = clip(raw) - (clip(z @ gradient + bias) + alpha)
        outer = (2 * error * ((raw >= 0) & (raw <= 1)) / batch)[:, None] * gradient[None]
        # Through the scaling of each latent, or of all together, back to its place.
        along = (outer * there).sum(axis=axis, keepdims=True) / new**2
        back = length / new * (outer - along * there)
        slope = (alpha[:, None] * back).sum(axis=0)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        unbiased = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        theta = theta - rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
    np.testing.assert_allclose(learned.thetas, theta, rtol=2e-3, atol=1e-6)


def test_classes_and_alphas_of_faithful_follow_all_latents() -> None:
    search = Search(Objective(Classed(), LinearScorer(), choose("faithful", steps=5), 16))
    np.random.seed(0)  # noqa: NPY002
    zs = truncnorm.rvs(-2, 2, size=(20, DIM))
    classes = np.random.randint(0, 3, size=20)  # noqa: NPY002
    alphas = [np.random.random(4) - 0.5 for _ in range(5)]  # noqa: NPY002
    for start in (8, 0, 16):
        drawn = search.draws.take(start, 4)
        np.testing.assert_allclose(drawn.z, zs[start : start + 4], rtol=1e-6)
        assert np.array_equal(drawn.classes, classes[start : start + 4])
        np.testing.assert_allclose(drawn.alphas, alphas[start // 4], rtol=1e-5)


@pytest.mark.parametrize("preset", ["faithful", "corrected"])
def test_only_the_classes_that_are_asked_for_are_drawn(preset: Any) -> None:
    every, some = (
        Search(Objective(Classed(), LinearScorer(), choose(preset, steps=50, classes=classes), 16))
        for classes in ((), (2, 0))
    )
    assert set(every.draws.take(0, 200).classes) == {0, 1, 2}
    assert set(some.draws.take(0, 200).classes) == set(some.held_out.classes.tolist()) == {0, 2}


def test_drawn_z_is_normal_within_its_bound() -> None:
    made = Search(Objective(Linear(), LinearScorer(), choose("corrected"), 16))
    drawn = made.draws.take(100, 500)
    assert np.abs(drawn.z).max() <= 2
    assert drawn.z.std() == pytest.approx(truncnorm.std(-2, 2), rel=0.02)
    assert drawn.alphas.min() > -0.5
    assert np.abs(drawn.alphas.mean()) < 0.03
    held = made.held_out.latents.numpy()
    assert not (held[:, None] == drawn.z[None]).all(2).any()


def test_known_scores_need_no_pass() -> None:
    generator, scorer = Linear(), LinearScorer()
    latents = generator.sample(range(50)).astype(np.float32)
    images = generator.differentiable(torch.from_numpy(latents))
    known = Known(latents, scorer.differentiable(images, clipped=False).numpy())
    made = Search(Objective(generator, scorer, choose("corrected", **FEW), 16), known)
    state = made.begin()
    scorer.calls.clear()
    made._step(state)
    assert sum(scorer.calls) == 32  # the moved latents alone
    seen = np.concatenate([made._rows_of_known(start, 10) for start in range(0, 50, 10)])
    assert sorted(seen) == list(range(50))
    learned = directions.learn(generator, scorer, known=known, **FEW)
    assert cosine(learned.normal, planted(generator, scorer)) > 0.999


def test_each_start_sees_other_latents() -> None:
    settings = choose("corrected", steps=2, restarts=2, held_out=8)
    made = Search(Objective(Linear(), LinearScorer(), settings, 64))
    state = made.begin()
    seen = []
    while state.restart < 2:
        seen.append(made.batch(state).latents)
        made.advance(state)
    assert len(torch.cat(seen).unique(dim=0)) == 4 * 32


def test_the_shortest_direction_is_found_where_adams_own_is_longer() -> None:
    generator, scorer = Linear(), LinearScorer()
    shortest, adams = (
        directions.learn(generator, scorer, **FEW, isotropic=isotropic)
        for isotropic in (True, False)
    )
    assert adams.slope.estimate.value == pytest.approx(1, abs=0.01)
    gradient = planted(generator, scorer)
    assert shortest.scale == pytest.approx(1 / np.linalg.norm(gradient), rel=1e-3)
    assert adams.scale > 1.1 * shortest.scale


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_a_killed_learning_goes_on_to_the_same_bits(preset: Any, tmp_path: Path) -> None:
    options: dict[str, Any] = {**FEW, "steps": 60, "preset": preset, "every": 20}
    if preset == "corrected":
        options["restarts"] = 2
    whole = directions.learn(Linear(), LinearScorer(), **options)

    class KilledError(Exception):
        pass

    class Dying(LinearScorer):
        left: int = 130

        def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
            if self.left == 0:
                raise KilledError
            self.left -= 1
            return super().differentiable(images, clipped)

    path = tmp_path / "checkpoint"
    with pytest.raises(KilledError):
        directions.learn(Linear(), Dying(), checkpoint=path, checkpoint_every=0, **options)
    again = LinearScorer()
    resumed = directions.learn(Linear(), again, checkpoint=path, **options)
    assert np.array_equal(resumed.thetas, whole.thetas)
    assert resumed.curve == whole.curve or str(resumed.curve) == str(whole.curve)
    assert resumed.ended == whole.ended
    # It did not begin anew.
    fresh = LinearScorer()
    directions.learn(Linear(), fresh, **options)
    assert len(again.calls) < len(fresh.calls)


def test_a_resume_with_other_settings_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    directions.learn(Linear(), LinearScorer(), checkpoint=path, checkpoint_every=0, **FEW)
    with pytest.raises(MnemoError, match=r"seed was 0 and is 1; rate was 0\.05 and is 0\.1") as why:
        directions.learn(Linear(), LinearScorer(), checkpoint=path, **{**FEW, "rate": 0.1}, seed=1)
    assert "move it away" in str(why.value)
    other = Linear()
    other.network.weight.mul_(1.01)
    with pytest.raises(MnemoError, match="generator"):
        directions.learn(other, _networked(), checkpoint=path, **FEW)


def test_a_damaged_checkpoint_is_told_and_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        directions.learn(Linear(), LinearScorer(), checkpoint=path, **{**FEW, "steps": 5})
    assert "starts anew" in caplog.text


class Exploding(LinearScorer):
    """One whose scores are nan after a number of passes."""

    after: int = 40

    def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
        scores = super().differentiable(images, clipped)
        return scores * torch.nan if len(self.calls) > self.after else scores


def test_a_loss_that_turns_to_nan_ends_with_the_last_good_direction() -> None:
    scorer = Exploding()
    scorer.after = 230
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mnemo.directions.learning.slope.LATENTS", 1)
        learned = directions.learn(Linear(), scorer, **{**FEW, "every": 10})
    (why,) = learned.ended
    assert "the loss was nan in step" in why
    assert np.isfinite(learned.normal).all()
    last = [row for row in learned.curve if np.isfinite(row["held_out_loss"])][-1]
    assert learned.held_out_loss == last["held_out_loss"]


def test_a_loss_that_is_nan_from_the_start_finds_no_direction() -> None:
    scorer = Exploding()
    scorer.after = 0
    with pytest.raises(MnemoError, match="no direction was learned: the loss was nan in step 1"):
        directions.learn(Linear(), scorer, **FEW)


def test_a_loss_that_grows_ends_with_the_best_direction() -> None:
    options = {**FEW, "rate": 50.0, "every": 1, "steps": 50, "patience": 40, "start": "normal"}
    with pytest.raises(MnemoError, match=r"grew from .* by step 1: the learning rate, 50, is too"):
        directions.learn(Linear(), LinearScorer(factor=1.0), **options)


def test_learning_ends_early_when_the_held_out_loss_falls_no_more() -> None:
    learned = directions.learn(Linear(), LinearScorer(), steps=5000, rate=0.1, every=20, restarts=1)
    assert learned.curve[-1]["step"] < 5000
    assert "fell no more after step" in learned.ended[0]
    assert learned.held_out_loss == min(row["held_out_loss"] for row in learned.curve)


def test_a_score_that_does_not_change_is_no_ground_for_a_direction() -> None:
    with pytest.raises(MnemoError, match="the score does not change with the latent"):
        directions.learn(Linear(), LinearScorer(factor=0.0), preset="faithful", steps=3)
    with pytest.raises(MnemoError, match="no direction was learned"):
        directions.learn(Linear(), LinearScorer(factor=0.0), steps=300)


class WithoutGradient:
    def score(self, images: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"space": "w"}, "no space w: a direction through it is learned in z"),
        ({"by_class": True}, "only a generator with classes"),
        ({"momentum": 0.9}, "has no setting momentum"),
        ({"kept": "all"}, "kept must be one of nothing, norm, batch_norm"),
        ({"rate": 0}, "rate must be above 0"),
        ({"alphas": (0.5, -0.5)}, "alphas must rise"),
        ({"preset": "lucky"}, "preset must be one of faithful, corrected"),
    ],
)
def test_what_cannot_be_learned_is_refused_at_once(options: dict[str, Any], why: str) -> None:
    with pytest.raises(MnemoError, match=why):
        directions.learn(Linear(), LinearScorer(), **options)


def test_an_assessor_without_a_gradient_is_answered_with_those_that_have_one() -> None:
    with pytest.raises(MnemoError, match="no gradient flows") as why:
        directions.learn(Linear(), WithoutGradient())
    assert "memnet" in str(why.value)
    assert "age" not in str(why.value).split("These have one:")[1].split(", ")


class Small(nn.Module):
    """A smooth network of random weights."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            self.first = nn.Conv2d(3, 4, 3, stride=2)
            self.last = nn.Linear(4, 1)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.last(torch.tanh(self.first(images)).mean((2, 3)))
        return scores.squeeze(1)


def _networked() -> NetworkScorer:
    return NetworkScorer(Small(), memorability.prepare, "small", memorability.placed)


def _stylegan1(folder: Path) -> Any:
    stylegan1_layouts.write_nvidia(folder / "any.pkl", stylegan1_layouts.variables([8, 6, 4]))
    return generators.load(folder / "any.pkl")


def _biggan(folder: Path, state: Any) -> Any:
    biggan_layouts.write(state, folder / "any.pth")
    return generators.load(folder / "any.pth")


THROUGH: dict[str, tuple[Callable[[Path], Any], Sequence[str]]] = {
    "linear": (lambda _: Linear(), ["z"]),
    "stylegan1": (_stylegan1, ["z", "w", "w_plus"]),
    "stylegan2": (lambda _: small_stylegan2((8, 6, 4)), ["z", "w", "w_plus"]),
    "biggan": (lambda folder: _biggan(folder, biggan_layouts.ganalyze(128, 8, 10)), ["z"]),
    "biggan-deep": (lambda folder: _biggan(folder, biggan_layouts.hugging_face(64, 8, 10)), ["z"]),
}


@pytest.mark.parametrize(
    ("name", "space"), [(name, space) for name, (_, spaces) in THROUGH.items() for space in spaces]
)
def test_the_gradient_of_equation_1_is_that_of_finite_differences(
    name: str, space: Any, tmp_path: Path
) -> None:
    generator, scorer = THROUGH[name][0](tmp_path), _networked()
    classes = name.startswith("biggan")
    settings = choose("corrected", space=space, batch=3, by_class=classes, held_out=2)
    objective = Objective(generator, scorer, settings, at_once=2)
    search = Search(objective)
    batch = search.batch(search.begin())
    for model in (generator, scorer):
        for each in vars(model).values():
            if isinstance(each, nn.Module):
                each.double()
    transformer = objective.transformer().double()
    draw = torch.Generator().manual_seed(0)
    for parameter in transformer.parameters():
        parameter.data.copy_(0.3 * torch.randn(parameter.shape, generator=draw))
    fixed = (batch.latents.double(), batch.alphas.double(), batch.classes)
    targets = batch.scores.double() + batch.alphas.double()
    objective.losses(transformer, *fixed, targets, gradient=True)
    # Along a random direction in the space of all parameters.
    ways = [
        torch.randn(parameter.shape, generator=draw).double()
        for parameter in transformer.parameters()
    ]
    slope = sum(
        float((way * parameter.grad).sum())
        for way, parameter in zip(ways, transformer.parameters(), strict=True)
        if parameter.grad is not None
    )
    ends, step = [], 1e-5
    for sign in (-1, 1):
        for way, parameter in zip(ways, transformer.parameters(), strict=True):
            parameter.data.add_(way, alpha=sign * step)
        ends.append(float(objective.losses(transformer, *fixed, targets).mean()))
        for way, parameter in zip(ways, transformer.parameters(), strict=True):
            parameter.data.sub_(way, alpha=sign * step)
    assert slope != 0
    assert (ends[1] - ends[0]) / (2 * step) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "space"), [("linear", "z"), ("stylegan2", "z"), ("stylegan2", "w"), ("biggan", "z")]
)
def test_the_slope_is_that_of_images_drawn_as_a_study_draws_its_sets(
    name: str, space: Any, tmp_path: Path
) -> None:
    generator, scorer = THROUGH[name][0](tmp_path), _networked()
    settings = choose("corrected", space=space, psi=0.7, alphas=(-0.05, 0.5))
    objective = Objective(generator, scorer, settings, at_once=4)
    theta = torch.randn(1, *objective.shape, generator=torch.Generator().manual_seed(0))
    tested = (3, 1) if name == "biggan" else ()
    measured = slope.measure(objective, theta, tested, latents=6)
    seeds = range(2**32 - 6, 2**32)
    options: dict[str, Any] = {"classes": [3, 1] * 3, "psi": 0.7} if tested else {}
    drawn = generator.sample(seeds, 0.7)
    if space == "w":
        drawn = generator.map(drawn, 0.7)
    ends = []
    for alpha in (-0.05, 0.05):
        there = drawn + alpha * theta.numpy()
        if (name, space) == ("stylegan2", "z"):
            there = generator.map(there, 0.7)
        images = generator.differentiable(torch.from_numpy(there), **options)
        ends.append(scorer.differentiable(images, clipped=False).detach().double().numpy())
    assert measured.estimate.value == pytest.approx(np.mean(ends[1] - ends[0]) / 0.1, rel=1e-3)
    assert measured.alpha == 0.05


def test_sets_leave_the_latents_of_the_slope_alone() -> None:
    assert consistency.SEEDS == 2**32 - slope.LATENTS


def test_a_direction_in_w_plus_has_a_row_for_each_layer() -> None:
    generator = small_stylegan2((8, 6, 4))
    learned = directions.learn(
        generator, _networked(), "w_plus", steps=3, held_out=4, alphas=(-0.01, 0.01)
    )
    assert learned.normal.shape == (generator.layers, generator.w_dim)
    assert np.linalg.norm(learned.normal) == pytest.approx(1)


def test_the_unclipped_score_reaches_the_loss_in_corrected_alone() -> None:
    scorer = NetworkScorer(Clipped(Small()), memorability.prepare, "any", memorability.placed)
    latents, classes = torch.randn(4, DIM), torch.zeros(4)
    low, high = (
        Objective(Linear(), scorer, choose(preset), 16).seed_scores(20 * latents, classes)
        for preset in ("faithful", "corrected")
    )
    assert ((low >= 0) & (low <= 1)).all()
    torch.testing.assert_close(low, high.clamp(0, 1))
    assert not torch.equal(low, high)


def test_the_curve_has_the_tables_columns_and_the_log_says_how_it_goes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnemo.directions.learning.progress.EVERY", 0.0)
    with caplog.at_level(logging.INFO):
        learned = directions.learn(Linear(), LinearScorer(), **FEW)
    columns = {name: [row[name] for row in learned.curve] for name in learned.curve[0]}
    table = tables.conform({"direction": ["d"] * len(learned.curve), **columns}, LEARNING)
    assert table["step"].to_pylist() == [0, 100, 200, 300]
    assert table["images"].to_pylist() == [0, 3200, 6400, 9600]
    assert table["loss"].null_count == 1
    [chosen] = [row for row in learned.curve if row["chosen"]]
    assert chosen["held_out_loss"] == learned.held_out_loss
    assert table["ended"].to_pylist() == [None, None, None, "it took all 300 steps"]
    assert "images/s, at most 0:00:" in caplog.text


def test_faces_of_the_embedded_generator_score_higher_along_what_is_learned(
    weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnemo.directions.learning.slope.LATENTS", 24)
    generator = generators.load(weights("dcgan-faces"))
    student = assessors.load("student", *map(weights, ASSESSORS["student"].weights))
    learned = directions.learn(
        generator, student, psi=0.8, alphas=(-0.2, 0.2), steps=8, rate=0.3, restarts=1, held_out=8
    )
    assert learned.slope.estimate.low > 0.2
    assert learned.curve[-1]["held_out_loss"] < 0.5 * learned.curve[0]["held_out_loss"]
