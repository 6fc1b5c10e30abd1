"""The training of a network: its steps and epochs, and its checkpoints for exact resumption.

What is random in a step (order, mirroring, dropout) is drawn from the seed, the epoch and the step
alone. So a checkpoint needs no state of a random number generator, and a training that was killed
and goes on gives the weights of one that was not: on the CPU, with as many threads, to the byte.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor, nn

from mnemo import checkpoints, devices, files
from mnemo.assessors import Preset
from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)
# By how much the loss must fall, as in Keras's ReduceLROnPlateau, with which the paper's authors
# trained.
_FALL = 1e-4


@dataclass(frozen=True)
class Settings:
    """How to train; the defaults are those of the paper and its authors' code (FaceMem).

    Attributes:
        architecture: The network.
        target: What is trained for: hit_rate, or true_hit_rate, hit rate minus false-alarm rate.
        epochs: Epochs at most.
        batch_size: Images in a batch.
        learning_rate: Of Adam, at the start.
        patience: Epochs without a better rank correlation on the images for validation, the mean
            over their shapes, after which the training ends.
        plateau_patience: Epochs without a lower validation loss, after which the learning rate
            falls.
        plateau_factor: What it is multiplied by then.
        flip: Probability with which an image is mirrored, 0 to 1.
        dropout: Probability with which the network's head ignores an input, 0 to 1.
        weight_decay: Decoupled weight decay.
        seed: Seed of the training and of a fold's images for validation.
        preset: How a face-recognition network's input is made of an image.
    """

    architecture: str
    target: str
    epochs: int = 50
    batch_size: int = 64
    learning_rate: float = 1e-4
    patience: int = 10
    plateau_patience: int = 3
    plateau_factor: float = 0.2
    flip: float = 0.5
    dropout: float = 0.5
    weight_decay: float = 0.0
    seed: int = 42
    preset: Preset = "corrected"


@dataclass
class State:
    """Where a training stands, but for its network, optimizer and scheduler.

    Attributes:
        epoch: The epoch that runs, from 1.
        step: Its steps that are done.
        loss: Their losses, each times its images.
        history: Rows of the curves of the epochs that are done.
        best: Weights of the best of them.
    """

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)

    def chosen(self) -> int | None:
        """Find the best epoch so far, the first of equals; None where no epoch's scores differ."""
        ranked = [row for row in self.history if row["validation_spearman"] is not None]
        return max(ranked, key=lambda row: row["validation_spearman"], default={}).get("epoch")


def flipped(seed: int, epoch: int, count: int, probability: float) -> NDArray[np.bool_]:
    """Draw which images are mirrored in an epoch.

    Args:
        seed: Seed of the training.
        epoch: From 1.
        count: Images of the split; each one's draw is its own, in whatever batch it is.
        probability: Of being mirrored.

    Returns:
        (count,).
    """
    drawn: NDArray[np.bool_] = np.random.default_rng((seed, epoch, 1)).random(count) < probability
    return drawn


def loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Average the Euclidean distance of score and target (paper 1, A.3; FaceMem, sentrain.py).

    Args:
        scores: (n,).
        targets: (n,).

    Returns:
        The mean absolute error, in float32.
    """
    return (scores.float() - targets).abs().mean()


def correlated(
    scores: NDArray[np.float32], targets: NDArray[np.float32], shapes: NDArray[np.str_]
) -> float | None:
    """Average Spearman's rank correlation of scores and targets over the shapes of the images.

    Of all images together it would be high where one shape scores higher than the other, however
    the images of each are ranked.

    Args:
        scores: (n,).
        targets: (n,).
        shapes: (n,).

    Returns:
        The mean; None where all scores of a shape are the same, which have no ranks.
    """
    each = []
    for shape in np.unique(shapes):
        alike = shapes == shape
        if np.ptp(scores[alike]) == 0:
            return None
        each.append(stats.spearmanr(scores[alike], targets[alike]).statistic)
    return float(np.mean(each))


class Trainer:
    """A network in training: its steps, its epochs, and its checkpoints.

    Attributes:
        state: Where it stands.
        saved: When its last checkpoint was written, in seconds of the monotonic clock.

    Args:
        network: What is trained.
        stored: What is kept of each image, and prepared when it is its turn: (n, height, width, 3),
            RGB; or, without mirroring, what fixed layers make of it, (n, channels, rows, columns).
        targets: (n,).
        prepare: Makes the network's input of what is stored of an image.
        settings: How to train.
        shapes: (n,), the shape of each image; all the same where they have none.
    """

    def __init__(
        self,
        network: nn.Module,
        stored: NDArray[Any],
        targets: Tensor,
        prepare: Callable[[NDArray[Any]], Tensor],
        settings: Settings,
        shapes: NDArray[np.str_],
    ):
        self.device = devices.best()
        self.network = network.to(  # type: ignore[call-overload]
            self.device, memory_format=torch.channels_last
        )
        self.stored = stored
        self.targets = targets
        self.prepare = prepare
        self.settings = settings
        self.shapes = shapes
        self.mixed = self.device.type == "cuda" and torch.cuda.is_bf16_supported(
            including_emulation=False
        )
        # Without weight decay it is Adam.
        self.optimizer = torch.optim.AdamW(
            network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        # Its patience is the epochs that it bears, Keras's those after which it acts.
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer,
            factor=settings.plateau_factor,
            patience=settings.plateau_patience - 1,
            threshold=_FALL,
            threshold_mode="abs",
            eps=0.0,
        )
        self.state = State()
        self.saved = time.monotonic()

    def epochs(self, training: NDArray[np.intp], validation: NDArray[np.intp]) -> Iterator[None]:
        """Train until the last epoch, or until patience ends; yields after each step."""
        state, settings = self.state, self.settings
        while state.epoch <= settings.epochs and not self._stale():
            batches = self._batches(training)
            for step in range(state.step, len(batches)):
                self._step(batches[step], step)
                state.step = step + 1
                if state.step < len(batches):
                    yield
            self._end(len(training), validation)
            yield

    def _stale(self) -> bool:
        done = self.state.epoch - 1
        return done - (self.state.chosen() or 0) >= self.settings.patience

    def _batches(self, training: NDArray[np.intp]) -> list[NDArray[np.intp]]:
        drawn = np.random.default_rng((self.settings.seed, self.state.epoch, 0))
        order = drawn.permutation(training)
        size = self.settings.batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _step(self, batch: NDArray[np.intp], step: int) -> None:
        seed, epoch = self.settings.seed, self.state.epoch
        torch.manual_seed(int(np.random.SeedSequence((seed, epoch, step)).generate_state(1)[0]))
        mirrored = flipped(seed, epoch, len(self.stored), self.settings.flip)
        images = [self.stored[row, :, ::-1] if mirrored[row] else self.stored[row] for row in batch]
        self.network.train()
        error = loss(self._scores(images), self.targets[batch].to(self.device))
        value = error.item()
        if not np.isfinite(value):
            raise MnemoError(
                f"the loss is {value} in step {step + 1} of epoch {epoch}: lower "
                f"`training.learning_rate`, which is {self.settings.learning_rate:g}"
            )
        self.optimizer.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.state.loss += value * len(batch)

    def _scores(self, images: list[NDArray[Any]]) -> Tensor:
        inputs = torch.stack([self.prepare(np.ascontiguousarray(image)) for image in images])
        inputs = inputs.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed):
            scores: Tensor = self.network(inputs)
        return scores

    def _end(self, count: int, validation: NDArray[np.intp]) -> None:
        """End an epoch: validate, note how it went, and keep the weights if they are the best."""
        state = self.state
        self.network.eval()
        with torch.inference_mode():
            scores = torch.cat(
                [
                    self._scores(list(self.stored[validation[start : start + 64]])).float().cpu()
                    for start in range(0, len(validation), 64)
                ]
            )
        targets = self.targets[validation]
        rated = float(loss(scores, targets))
        row = {
            "epoch": state.epoch,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_loss": state.loss / count,
            "validation_loss": rated,
            "validation_spearman": correlated(
                scores.numpy(), targets.numpy(), self.shapes[validation]
            ),
        }
        state.history.append(row)
        if state.chosen() == state.epoch:
            state.best = {
                name: tensor.detach().cpu().clone()
                for name, tensor in self.network.state_dict().items()
            }
        LOGGER.info(
            "epoch %(epoch)d: learning rate %(learning_rate).1e, loss %(train_loss).4f, in "
            "validation %(validation_loss).4f, rank correlation %(validation_spearman)s",
            row,
        )
        self.scheduler.step(rated)
        state.epoch, state.step, state.loss = state.epoch + 1, 0, 0.0

    def save(self, path: Path, fingerprint: str) -> None:
        """Write a checkpoint, whole or not at all."""
        content = {
            "fingerprint": fingerprint,
            "state": vars(self.state),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
        }
        with files.whole(path) as partial:
            torch.save(content, partial)
        self.saved = time.monotonic()

    def resume(self, path: Path, fingerprint: str) -> None:
        """Go on from a checkpoint if there is one of this very training."""
        if not path.is_file():
            return
        try:
            content = cast(dict[str, Any], checkpoints.read(path))
            if content.get("fingerprint") != fingerprint:
                raise MnemoError(f"{path} is of other images or settings")
        except MnemoError as why:
            LOGGER.warning("starts anew: %s", why)
            return
        self.state = State(**content["state"])
        self.network.load_state_dict(content["network"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.scheduler.load_state_dict(content["scheduler"])
        LOGGER.info("goes on from step %d of epoch %d", self.state.step, self.state.epoch)
