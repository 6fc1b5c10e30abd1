"""The search for a direction: its starts, its steps, and when it ends."""

from math import isfinite
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Adam, Optimizer

from mnemo.directions.learning.descent import IsotropicAdam
from mnemo.directions.learning.draws import HELD_OUT, Draws, Indexed, InOrder
from mnemo.directions.learning.objective import Objective
from mnemo.directions.learning.state import Best, State
from mnemo.directions.learning.transformer import Transformer
from mnemo.errors import MnemoError

#: A held-out loss this many times that of the start has grown: the steps are too large.
GROWN = 4.0


class Known(NamedTuple):
    """Latents whose images' scores are known.

    Attributes:
        latents: (n, *shape) in the space of the direction, truncated.
        scores: (n,), as the loss has them.
        classes: (n,) index of the class of each; None for a generator without classes.
    """

    latents: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64] | None = None


class Batch(NamedTuple):
    """What a step or a measurement sees.

    Attributes:
        latents: (n, *shape).
        alphas: (n,), in units of the score.
        classes: (n,), on the CPU.
        scores: (n,), of the seeds.
    """

    latents: Tensor
    alphas: Tensor
    classes: Tensor
    scores: Tensor


class Search:
    """A search for one direction from one start after another.

    Args:
        objective: What it minimises.
        known: Latents with known scores; None to draw new ones.

    Raises:
        MnemoError: Known scores come with a preset or in a shape that they do not fit.
    """

    def __init__(self, objective: Objective, known: Known | None = None):
        self.objective, self.known = objective, known
        self.settings = settings = objective.settings
        sizes = (objective.generator.z_dim, objective.classes)
        in_order = settings.preset == "faithful"
        self.draws: Draws = (InOrder if in_order else Indexed)(settings, *sizes)
        if known is not None:
            shapes = (known.latents.shape, known.scores.shape)
            n = len(known.scores)
            if in_order or shapes != ((n, *objective.shape), (n,)) or not n:
                raise MnemoError(
                    "known scores are for the preset corrected, with latents of the shape (n, "
                    f"{', '.join(map(str, objective.shape))}) and n scores, not {shapes[0]} and "
                    f"{shapes[1]}"
                )
        held = Indexed(settings, *sizes, HELD_OUT).take(0, settings.held_out)
        latents, classes = objective.latents(held.z), torch.from_numpy(held.classes)
        alphas = torch.from_numpy(held.alphas).to(objective.device)
        scores = objective.seed_scores(latents, classes)
        self.held_out = Batch(latents, alphas, classes, scores)

    def begin(self) -> State:
        """Create the state before the first step of the first start."""
        return State(*self._start(0))

    def _start(self, restart: int) -> tuple[Transformer, Optimizer]:
        """Create a direction to start from, and its optimizer.

        Args:
            restart: Number of the start, from 0.
        """
        transformer = self.objective.transformer()
        if self.settings.start == "normal":
            draw = torch.Generator().manual_seed(self.settings.seed + restart)
            for parameter in transformer.parameters():
                parameter.data.copy_(torch.randn(parameter.shape, generator=draw))
        kind = IsotropicAdam if self.settings.isotropic else Adam
        return transformer, kind(transformer.parameters(), lr=self.settings.rate)

    def advance(self, state: State) -> bool:
        """Take one step, measure the held-out loss if it is time to, and end a start.

        Args:
            state: The state, changed in place.

        Returns:
            Whether there are further steps.
        """
        if state.restart == self.settings.restarts:
            return False
        if state.step == 0:
            self._measure(state)
        loss = self._step(state)
        state.loss_sum, state.since = state.loss_sum + loss, state.since + 1
        state.step += 1
        finished = state.step == self.settings.steps
        why = "" if isfinite(loss) else f"the loss was {loss} in step {state.step}"
        if not why and (finished or state.step % self.settings.every == 0):
            why = self._measure(state)
        if finished and not why:
            why = f"it took all {state.step:,} steps"
        if why:
            self._end(state, why)
        return state.restart < self.settings.restarts

    def batch(self, state: State) -> Batch:
        """Return what the next step sees; seeds are scored unless their scores are known.

        Args:
            state: The state.

        Returns:
            The batch.
        """
        size, device = self.settings.batch, self.objective.device
        start = (state.restart * self.settings.steps + state.step) * size
        drawn = self.draws.take(start, size)
        alphas = torch.from_numpy(drawn.alphas).to(device)
        if self.known is not None:
            chosen = self._rows_of_known(start, size)
            latents = torch.from_numpy(self.known.latents[chosen]).to(device)
            known = self.known.classes
            classes = torch.from_numpy(drawn.classes if known is None else known[chosen])
            scores = torch.from_numpy(self.known.scores[chosen]).to(device)
            return Batch(latents, alphas, classes, scores)
        latents, classes = self.objective.latents(drawn.z), torch.from_numpy(drawn.classes)
        return Batch(latents, alphas, classes, self.objective.seed_scores(latents, classes))

    def _rows_of_known(self, start: int, count: int) -> NDArray[np.int64]:
        """Return rows of the known latents: each once, in an order of its own, then all again."""
        assert self.known is not None
        n = len(self.known.scores)
        epochs, places = np.divmod(np.arange(start, start + count), n)
        orders = {
            epoch: np.random.default_rng((self.settings.seed, epoch)).permutation(n)
            for epoch in np.unique(epochs)
        }
        return np.array(
            [orders[epoch][place] for epoch, place in zip(epochs, places, strict=True)], np.int64
        )

    def _step(self, state: State) -> float:
        """Move the direction once, and return the loss before."""
        batch = self.batch(state)
        state.optimizer.zero_grad()
        targets = batch.scores + batch.alphas
        losses = self.objective.losses(
            state.transformer, batch.latents, batch.alphas, batch.classes, targets, gradient=True
        )
        state.optimizer.step()
        return float(losses.mean())

    def _measure(self, state: State) -> str:
        """Measure the held-out loss, and return why the start ends, if it does."""
        held = self.held_out
        targets = held.scores + held.alphas
        losses = self.objective.losses(
            state.transformer, held.latents, held.alphas, held.classes, targets
        )
        loss, thetas = float(losses.mean()), state.transformer.directions().detach().clone()
        state.curve.append(
            {
                "restart": state.restart,
                "step": state.step,
                "images": state.step * self.settings.batch,
                "loss": state.loss_sum / state.since if state.since else np.nan,
                "held_out_loss": loss if isfinite(loss) else np.nan,
                "length": mean_length(thetas),
            }
        )
        state.loss_sum, state.since = 0.0, 0
        first = next(row for row in state.curve if row["restart"] == state.restart)
        if not isfinite(loss):
            return f"the held-out loss was {loss} after step {state.step}"
        if loss > GROWN * first["held_out_loss"]:
            return (
                f"the held-out loss grew from {first['held_out_loss']:.3g} to {loss:.3g} by step "
                f"{state.step}: the learning rate, {self.settings.rate:g}, is too large"
            )
        patience = self.settings.patience
        if state.kept is None or not patience or loss < state.kept.held_out_loss:
            state.kept, state.worse = Best(thetas, loss, state.restart, state.step), 0
            return ""
        state.worse += 1
        if state.worse < patience:
            return ""
        return (
            f"the held-out loss fell no more after step {state.kept.step}, at "
            f"{state.kept.held_out_loss:.3g}"
        )

    def _end(self, state: State, why: str) -> None:
        """End a start, and begin the next."""
        state.ended.append(why)
        # What a start began with is not learned.
        if state.kept is not None and state.kept.step:
            state.found.append(state.kept)
        restart = state.restart + 1
        if restart == self.settings.restarts and not state.found:
            raise MnemoError(
                f"no direction was learned: {'; '.join(state.ended)}. If the score hardly changes "
                "with the latent, use another assessor; if it grows without bounds, a smaller rate"
            )
        state.transformer, state.optimizer = self._start(restart)
        state.restart, state.step, state.kept, state.worse = restart, 0, None, 0
        state.loss_sum, state.since = 0.0, 0


def mean_length(thetas: Tensor) -> float:
    """Return the mean length of directions, (n, *shape)."""
    return float(thetas.detach().flatten(1).norm(dim=1).mean())
