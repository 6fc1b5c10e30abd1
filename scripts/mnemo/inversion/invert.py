"""Inversion by optimisation: in w, with one w per layer (w_plus), or in z."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from mnemo.errors import MnemoError
from mnemo.generators import Conditional, Mapped
from mnemo.inversion import checkpoint as checkpoints
from mnemo.inversion.perceptual import Perceptual
from mnemo.inversion.progress import Progress
from mnemo.inversion.record import Inversion as Inversion
from mnemo.inversion.record import joined
from mnemo.inversion.schedules import PROJECTOR, W_PLUS, Schedule, Z
from mnemo.inversion.search import Noise, Search, Settings, Space

SCHEDULES: dict[Space, Schedule] = {"w": PROJECTOR, "w_plus": W_PLUS, "z": Z}


def invert(
    generator: Any,
    images: NDArray[np.uint8],
    space: Space | None = None,
    steps: int = 1000,
    seed: int = 0,
    *,
    noise: Noise = "const",
    classes: Sequence[int] | None = None,
    psi: float = 1.0,
    perceptual: Perceptual | None = None,
    schedule: Schedule | None = None,
    early: bool = True,
    batch: int = 8,
    checkpoint: str | Path | None = None,
    every: float = 60.0,
) -> Inversion:
    """Find latents whose images are the most like given ones.

    The loss is the mean squared error of the pixels, from -1 to 1, plus the perceptual distance, if
    there is one. Adam minimises it, with betas of 0.9 and 0.999:

    - In "w", as NVIDIA's projector (Karras et al. 2020, appendix D) from the mean w, with ramps of
      the learning rate and of the noise that is added to w. Unlike in the projector, the noise maps
      of the layers are those that came with the weights, unless they are asked to be optimised: the
      projector renders its result with the former although its latent fits only the latter.
    - In "w_plus", as Image2StyleGAN (Abdal et al. 2019), one w per layer from the mean w, but with
      ten times its learning rate and the projector's ramps: with `schedules.IMAGE2STYLEGAN`, as in
      the paper, it takes several times as many steps.
    - In "z", from several starts, of which the best is kept after a tenth of the steps (Bora et
      al., Compressed sensing using generative models, 2017). After each step, z is put back to
      where sampled latents lie: into the ball that holds all but one in 1,000 standard normal
      vectors (compare Menon et al., PULSE, 2020, which uses the sphere near which they lie), or for
      a BigGAN to within two standard deviations (Lipton & Tripathi, Precise recovery of latent
      vectors from generative adversarial networks, 2017).

    Images do not influence each other: the result of one is the same in any batch, up to rounding.

    Args:
        generator: The generator, on the device that it runs on.
        images: (n, height, width, 3), RGB, of the generator's resolution.
        space: The space to search; None for w, or for z of a generator without w.
        steps: The largest number of steps.
        seed: Seed of all that is drawn at random.
        noise: Noise of a generator with w: the maps that came with the weights ("const"), none
            ("none"), or maps of each image's own, optimised with its latent ("optimised").
        classes: (n,) class of each image, for a generator that needs it.
        psi: Truncation of such a generator.
        perceptual: A perceptual distance (`mnemo.inversion.perceptual`); None for pixels alone.
        schedule: The learning rate and the added noise; None for those of the space.
        early: Whether an image whose loss has settled goes to the end of its schedule at once,
            where the learning rate falls to 0.
        batch: Number of images inverted at once.
        checkpoint: File in which to keep where the inversion stands. If it is killed, the same call
            goes on from there. One of other images, settings or weights is left alone until it is
            overwritten. The caller deletes it when it has saved the result. None for no file.
        every: Seconds between two writings of that file.

    Returns:
        The latents and the record.

    Raises:
        MnemoError: The generator has no such space or noise, the images have another shape, there
            is not one class for each image, or an argument is out of range.
    """
    space = space or ("w" if isinstance(generator, Mapped) else "z")
    _check(generator, images, space, steps, noise, classes, batch)
    labels = None if classes is None else list(classes)
    settings = Settings(space, schedule or SCHEDULES[space], steps, seed, noise, psi, early)
    search = Search(generator, settings, perceptual)
    kept = None
    if checkpoint is not None:
        own = checkpoints.fingerprint(search, images, labels, batch)
        kept = checkpoints.Checkpoint(Path(checkpoint), own, every)
    found, held = kept.read() if kept else ([], None)
    parts = []
    with Progress() as progress:
        for number, start in enumerate(range(0, len(images), batch)):
            rows = slice(start, start + batch)
            count = len(images[rows])
            waiting = search.left(None, len(images) - start - count)
            named = f"images {start + 1} to {start + count} of {len(images)}"
            search.aim(images[rows], labels and labels[rows])
            if number == len(found):
                state = search.begin()
                if held:
                    state.restore(held)
                    held = None
                while len(moved := search.advance(state)):
                    moving = int((state.clock[state.kept] < steps).sum())
                    left = search.left(state, count) + waiting
                    progress.tell(named, state, moved, moving, left)
                    if kept:
                        kept.keep(found, state)
                found.append(search.finish(state))
            parts.append(search.record(found[number]))
    return joined(parts)


def _check(
    generator: Any,
    images: NDArray[np.uint8],
    space: str,
    steps: int,
    noise: str,
    classes: Sequence[int] | None,
    batch: int,
) -> None:
    """Check the arguments of `invert`."""
    spaces = ("w", "w_plus") if isinstance(generator, Mapped) else ("z",)
    if space not in spaces:
        raise MnemoError(
            f"this generator's images are inverted in {' or '.join(spaces)}, not in {space!r}"
        )
    size = generator.resolution
    if images.ndim != 4 or images.shape[1:] != (size, size, 3) or images.dtype != np.uint8:
        raise MnemoError(
            f"images must have the shape (n, {size}, {size}, 3) and numbers from 0 to 255 (uint8), "
            f"but have {images.shape} and {images.dtype}"
        )
    if not len(images) or steps < 1 or batch < 1:
        raise MnemoError(
            f"at least one image, step and image at once are needed, not {len(images)}, {steps} "
            f"and {batch}"
        )
    if noise not in get_args(Noise):
        raise MnemoError(f"noise must be one of {', '.join(get_args(Noise))}, but is {noise!r}")
    if noise != "const" and space == "z":
        raise MnemoError(f"this generator has no noise, so that it can't be {noise!r}")
    needed = isinstance(generator, Conditional)
    if needed != (classes is not None) or (classes is not None and len(classes) != len(images)):
        raise MnemoError(
            f"this generator needs {f'{len(images)} classes' if needed else 'no classes'}, not "
            f"{'none' if classes is None else len(classes)}"
        )
