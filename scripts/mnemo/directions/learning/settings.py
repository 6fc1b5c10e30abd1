"""How a direction is learned: GANalyze's settings, and those of each preset."""

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, Literal, get_args

from mnemo.assessors import Preset
from mnemo.errors import MnemoError
from mnemo.generators import Noise

Space = Literal["z", "w", "w_plus"]
#: What a moved latent keeps: nothing; its own length; or the length of the whole batch.
Kept = Literal["nothing", "norm", "batch_norm"]
#: What a direction starts from.
Start = Literal["zeros", "normal"]
#: Latents that GANalyze draws (section 2.2).
LATENTS = 400_000


@dataclass(frozen=True)
class Settings:
    """How to learn a direction; the defaults are GANalyze's (section 2.2, and its code).

    Attributes:
        space: The latent space.
        preset: `faithful` draws latents, classes and alphas in the order of the authors' code;
            `corrected` draws each from the seed and its own index.
        seed: Seed of all that is drawn at random.
        steps: Largest number of steps.
        batch: Latents in a step.
        rate: Adam's learning rate.
        alphas: Smallest and largest alpha, in units of the score; uniform between them.
        bound: Normal numbers of z beyond this many standard deviations are not drawn.
        psi: Truncation: factor of z, or psi of the truncation in w.
        noise: Noise of a generator with w.
        kept: What moving a latent keeps. The authors' code scales a moved z back to its length in
            TensorFlow, and the batch to its length in PyTorch; the paper's equation 2 does not.
        start: What the direction starts from: zeros as in the authors' TensorFlow, or normal
            numbers as in their PyTorch.
        clipped: Whether the loss has the score as the assessor clips it.
        classes: Indices of the classes that are drawn, all alike; empty for all of the generator's.
        by_class: Whether each class has a direction of its own.
        isotropic: Whether one step size holds for all numbers of a direction, so that the shortest
            is found (`descent.IsotropicAdam`), or each has its own, as in Adam.
        restarts: How often the search starts, each time on other latents. The result is the best on
            held-out latents.
        held_out: Number of latents on which the loss is measured and no step is taken.
        every: Steps between two such measurements.
        patience: Measurements without a smaller held-out loss after which the search ends, at the
            direction with the smallest; 0 takes all steps, and the last direction.
    """

    space: Space = "z"
    preset: Preset = "faithful"
    seed: int = 0
    steps: int = LATENTS // 4
    batch: int = 4
    rate: float = 2e-4
    alphas: tuple[float, float] = (-0.5, 0.5)
    bound: float = 2.0
    psi: float = 1.0
    noise: Noise = "const"
    kept: Kept = "norm"
    start: Start = "zeros"
    clipped: bool = True
    isotropic: bool = False
    classes: tuple[int, ...] = ()
    by_class: bool = False
    restarts: int = 1
    held_out: int = 64
    every: int = 1000
    patience: int = 0


PRESETS: dict[Preset, Settings] = {
    "faithful": Settings(),
    "corrected": Settings(
        preset="corrected",
        steps=LATENTS // 32,
        batch=32,
        rate=0.2,
        kept="nothing",
        clipped=False,
        isotropic=True,
        restarts=2,
        held_out=128,
        every=10,
        patience=5,
    ),
}


def choose(preset: Preset, **changes: Any) -> Settings:
    """Return the settings of a preset with some changes.

    Args:
        preset: The preset.
        changes: Attributes of `Settings`.

    Returns:
        The settings.

    Raises:
        MnemoError: There is no such preset or setting, or a value is out of range.
    """
    if preset not in PRESETS:
        raise MnemoError(f"preset must be one of {', '.join(PRESETS)}, but is {preset!r}")
    names = [field.name for field in fields(Settings)]
    if unknown := [name for name in changes if name not in names or name == "preset"]:
        raise MnemoError(
            f"learning a direction has no setting {', '.join(unknown)}; it has {', '.join(names)}"
        )
    made = replace(PRESETS[preset], **changes)
    for name, choices in (("kept", Kept), ("start", Start), ("noise", Noise), ("space", Space)):
        if getattr(made, name) not in get_args(choices):
            allowed = ", ".join(get_args(choices))
            raise MnemoError(f"{name} must be one of {allowed}, but is {getattr(made, name)!r}")
    for name in ("steps", "batch", "rate", "bound", "restarts", "held_out", "every"):
        if not getattr(made, name) > 0:
            raise MnemoError(f"{name} must be above 0, but is {getattr(made, name)}")
    low, high = made.alphas
    if not (low < high and isfinite(high - low)):
        raise MnemoError(f"alphas must rise from the first to the second, but are {low} and {high}")
    if made.patience < 0:
        raise MnemoError(f"patience must be at least 0, but is {made.patience}")
    return made
