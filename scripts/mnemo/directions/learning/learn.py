"""Learning a direction along which an assessor's score rises as much as it is asked to."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mnemo.assessors import Preset
from mnemo.directions.learning import checkpoint as checkpoints
from mnemo.directions.learning.objective import Objective
from mnemo.directions.learning.progress import Progress
from mnemo.directions.learning.search import Known, Search
from mnemo.directions.learning.settings import Settings, Space, choose
from mnemo.directions.learning.slope import Slope, measure
from mnemo.directions.learning.state import Best, State
from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)
#: Images of 256 pixels computed at once: on a CPU, as many as PyTorch's fast kernels take.
AT_ONCE = {"cpu": 16, "cuda": 32}


@dataclass(frozen=True)
class Learned:
    """A direction, and how it was learned.

    Attributes:
        space: Its latent space.
        normal: (dim,), or (layers, w_dim) in w_plus: unit vector. (classes, z_dim) by class, each
            row a unit vector.
        scale: Length of the direction, which the paper calls theta: an alpha of 1 in units of the
            score is this distance along the normal. (classes,) by class.
        curve: The columns of the table `LEARNING` but the direction's name: a dictionary for each
            measurement.
        held_out_loss: Its loss on latents on which no step was taken.
        slope: How much the score rises with alpha on latents drawn as a study draws its sets; 1 is
            what was asked for.
        agreement: Cosine of the directions of the best two starts, which saw other latents, the
            mean over classes; None with one start.
        ended: Why each start ended.
        settings: How it was learned.
        weights: sha256 of the tensors of the generator and the assessor.
    """

    space: Space
    normal: NDArray[np.float64]
    scale: float | NDArray[np.float64]
    curve: list[dict[str, Any]]
    held_out_loss: float
    slope: Slope
    agreement: float | None
    ended: list[str]
    settings: Settings
    weights: dict[str, str]

    @property
    def thetas(self) -> NDArray[np.float64]:
        """The normal at its length: what a latent moves by for an alpha of 1."""
        scale = np.asarray(self.scale)
        thetas: NDArray[np.float64] = self.normal * (scale[:, None] if scale.ndim else scale)
        return thetas


def learn(
    generator: Any,
    assessor: Any,
    space: Space = "z",
    steps: int | None = None,
    seed: int = 0,
    preset: Preset = "corrected",
    *,
    known: Known | None = None,
    at_once: int | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: float = 60.0,
    tested: Sequence[int] = (),
    confidence: float = 0.95,
    **changes: Any,
) -> Learned:
    """Learn a direction through a generator and an assessor (GANalyze, section 2).

    Adam minimises the squared difference between the score of a moved latent's image and the seed's
    score plus alpha (equation 1) over the direction alone: generator and assessor are frozen.

    - `faithful` does what the authors' code does: 400,000 latents, four at a time; the norm of a
      latent kept, which the paper does not say; and the score as the assessor clips it, beyond
      which there is no gradient.
    - `corrected` moves latents as edits do, without keeping their norm; uses the unclipped score;
      draws each latent and alpha from the seed and its own index, so that the size of a batch does
      not change them; takes larger batches and steps; ends when the loss on held-out latents falls
      no more; and starts twice, on other latents, to show how far the direction depends on them.
      Of the many directions along which the score rises as it is asked to, it finds the shortest.

    Args:
        generator: The generator.
        assessor: An assessor with a gradient (`assessors.Differentiable`).
        space: The space of the direction: "z", and "w" or "w_plus" of a generator that has them.
        steps: The largest number of steps; None for the preset's.
        seed: Seed of all that is drawn at random.
        preset: How to learn.
        known: Latents whose images' scores are known, to be learned on instead of newly drawn ones:
            their images need not be rendered and scored again. Only for `corrected`.
        at_once: Images computed at once, for the memory that there is; None for the device's
            default. A step of more latents adds up their gradients.
        checkpoint: File in which to keep where learning stands. If it is killed, the same call goes
            on from there. The caller deletes it when it has saved the result. None for no file.
        checkpoint_every: Seconds between two writings of that file.
        tested: Classes that the slope is measured on, in turn; empty for those learned on.
        confidence: Confidence of the slope's interval, 0 to 1.
        changes: Other attributes of `settings.Settings` that differ from the preset's.

    Returns:
        The direction.

    Raises:
        MnemoError: The generator lacks the space or classes, the assessor a gradient; a setting is
            unknown or out of range; the checkpoint is of other settings, and the message says which
            differ; or no direction was found, because the loss was not finite from the start or the
            score does not change with the latent.
    """
    settings = choose(
        preset, space=space, seed=seed, **({} if steps is None else {"steps": steps}), **changes
    )
    device = torch.device(generator.device).type
    at_once = at_once or images_at_once(device, generator.resolution)
    objective = Objective(generator, assessor, settings, at_once)
    search = Search(objective, known)
    conditions = checkpoints.conditions(objective, None if known is None else known.scores)
    state = search.begin()
    kept = None
    if checkpoint is not None:
        kept = checkpoints.Checkpoint(Path(checkpoint), conditions, checkpoint_every)
        if held := kept.read():
            state.restore(held)
    progress = Progress(settings)
    while search.advance(state):
        progress.tell(state)
        if kept:
            kept.keep(state)
    best, *others = sorted(state.found, key=lambda each: each.held_out_loss)
    for number, why in enumerate(state.ended):
        LOGGER.info("start %d ended: %s", number + 1, why)
    return Learned(
        space,
        *_normalised(best),
        curve=_curve(state, best),
        held_out_loss=best.held_out_loss,
        slope=measure(objective, best.thetas, tested, confidence=confidence),
        agreement=_agreement(best, others),
        ended=state.ended,
        settings=settings,
        weights={name: conditions[name] for name in ("generator", "assessor")},
    )


def images_at_once(device: str, resolution: int) -> int:
    """Return how many images are computed at once: fewer where they are large, for the memory.

    Args:
        device: Type of the device, such as "cuda".
        resolution: Height of an image, in pixels.

    Returns:
        At least 1, and never more than of 256 pixels.
    """
    most = AT_ONCE.get(device, AT_ONCE["cpu"])
    return max(1, most * 256**2 // max(resolution, 256) ** 2)


def _normalised(best: Best) -> tuple[NDArray[np.float64], float | NDArray[np.float64]]:
    """Return the unit vectors of directions, and their lengths."""
    thetas = best.thetas.double().cpu().numpy()
    lengths = np.linalg.norm(thetas.reshape(len(thetas), -1), axis=1)
    if not lengths.all():
        raise MnemoError(
            "no direction was learned: the score does not change with the latent, or it is clipped "
            "at every seed. Set clipped to false, or use another assessor"
        )
    units = thetas / lengths.reshape(-1, *[1] * (thetas.ndim - 1))
    return (units[0], float(lengths[0])) if len(units) == 1 else (units, lengths)


def _curve(state: State, best: Best) -> list[dict[str, Any]]:
    """Return the measurements, with which is of the best direction and why each start ended."""
    last = {row["restart"]: row for row in state.curve}
    return [
        {
            **row,
            "ended": state.ended[row["restart"]] if row is last[row["restart"]] else None,
            "chosen": (row["restart"], row["step"]) == (best.restart, best.step),
        }
        for row in state.curve
    ]


def _agreement(best: Best, others: Sequence[Best]) -> float | None:
    """Return the cosine of the best direction with the next best, over classes the mean."""
    if not others:
        return None
    one, other = (each.thetas.flatten(1) for each in (best, others[0]))
    return float(torch.nn.functional.cosine_similarity(one, other).mean())
