"""Inversion by optimisation: in w, with one w per layer (w_plus), or in z.

Each image is a row of parameters with its own learning rate, its own progress and its own end, so
that the images of a batch do not influence each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import chi
from torch import Tensor
from tqdm import tqdm

from mnemo.errors import MnemoError
from mnemo.generators import Conditional, Mapped
from mnemo.generators.conditional import BOUND
from mnemo.inversion import noise as noise_maps
from mnemo.inversion.perceptual import Perceptual
from mnemo.inversion.schedules import PROJECTOR, W_PLUS, Schedule, Z

Space = Literal["w", "w_plus", "z"]
#: Noise of the synthesis network in an inversion; "optimised" maps belong to one image each.
Noise = Literal["const", "none", "optimised"]

SCHEDULES: dict[Space, Schedule] = {"w": PROJECTOR, "w_plus": W_PLUS, "z": Z}
#: Latents whose mean and spread in w NVIDIA's projector uses, and their seed.
W_SAMPLES, W_SEED = 10_000, 123
#: Number of starts in z, and progress at which the best of them is kept.
STARTS, SELECTED_AT = 4, 0.1
#: Share of standard normal vectors that are longer than an inverted z may be.
LONGER = 0.001
#: Steps between two measurements of an image without added noise; its loss has settled once, in the
#: last `PATIENCE` measurements, it fell by less than the share `FALL`.
EVERY, PATIENCE, FALL = 25, 6, 0.02
#: Mean squared error of pixels below which an image is exact: 1.5 times that of rounding to 8 bits,
#: which is a twelfth of a level squared.
EXACT = 1.5 * (1 / 127.5) ** 2 / 12


@dataclass(frozen=True)
class Inversion:
    """Latents found for images, and a record of how they were found.

    Attributes:
        latents: (n, w_dim) in w, (n, layers, w_dim) in w_plus, (n, z_dim) in z.
        images: (n, height, width, 3), the images that the latents render, with `noise` if there is
            any, else with the noise that was asked for.
        losses: (n, steps), what was minimised in each step; nan once an image had ended.
        pixel: (n,), mean squared error of the pixels, from -1 to 1, at the end.
        perceptual: (n,), perceptual distance at the end; None without one.
        perceptual_by: Name of the perceptual distance; None without one.
        steps: (n,), number of steps that each image took.
        converged: (n,), whether an image's loss had settled before its steps ran out. If not, more
            steps could give a better latent.
        noise: The optimised noise map of each layer, (n, 1, r, r), for `differentiable`; None if
            the noise was not optimised.
    """

    latents: NDArray[np.float32]
    images: NDArray[np.uint8]
    losses: NDArray[np.float32]
    pixel: NDArray[np.float32]
    perceptual: NDArray[np.float32] | None
    perceptual_by: str | None
    steps: NDArray[np.int64]
    converged: NDArray[np.bool_]
    noise: list[NDArray[np.float32]] | None = None


@dataclass
class State:
    """All that changes from step to step.

    A row is one start of one image: the only one, unless there are several starts in z.

    Attributes:
        latents: Each row's latent.
        maps: Each row's noise maps; empty unless the noise is optimised.
        optimizer: Adam, with a group of parameters for each row.
        draw: The source of the noise that is added to latents.
        clock: (rows,), each row's progress through the schedule, in steps.
        losses: (rows, steps), as in `Inversion`.
        measured: Each row's losses without added noise, one for each measurement.
        settled: (rows,), whether the loss had settled before the steps ran out.
        kept: (images,), the row of each image's best start.
        step: Number of steps done.
    """

    latents: list[Tensor]
    maps: list[list[Tensor]]
    optimizer: torch.optim.Adam
    draw: torch.Generator
    clock: NDArray[np.int64]
    losses: NDArray[np.float32]
    measured: list[list[float]]
    settled: NDArray[np.bool_]
    kept: NDArray[np.int64]
    step: int = 0


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

    Returns:
        The latents and the record.

    Raises:
        MnemoError: The generator has no such space or noise, the images have another shape, there
            is not one class for each image, or an argument is out of range.
    """
    space = space or ("w" if isinstance(generator, Mapped) else "z")
    _check(generator, images, space, steps, noise, classes, batch)
    labels = None if classes is None else list(classes)
    schedule = schedule or SCHEDULES[space]
    search = Search(generator, space, steps, seed, noise, psi, perceptual, schedule, early)
    parts = []
    with tqdm(desc="inversion", total=len(images) * steps, unit=" steps", mininterval=5) as bar:
        for start in range(0, len(images), batch):
            rows = slice(start, start + batch)
            parts.append(search.run(images[rows], labels and labels[rows], bar))
    return _joined(parts, perceptual)


class Search:
    """One inversion's settings, and what all its images share."""

    def __init__(
        self,
        generator: Any,
        space: Space,
        steps: int,
        seed: int,
        noise: Noise,
        psi: float,
        perceptual: Perceptual | None,
        schedule: Schedule,
        early: bool,
    ):
        """Prepare an inversion; the arguments are those of `invert`."""
        self.generator, self.space, self.steps, self.seed = generator, space, steps, seed
        self.noise, self.psi, self.perceptual = noise, psi, perceptual
        self.schedule, self.early = schedule, early
        self.starts = STARTS if space == "z" else 1
        self.spread = 0.0
        if space == "z":
            # Spread out, so that no start is the latent of an image that was drawn from a seed.
            seeds = np.random.SeedSequence(seed).generate_state(STARTS)
            truncated = {"psi": psi} if isinstance(generator, Conditional) else {}
            self.first = torch.from_numpy(generator.sample(seeds.tolist(), **truncated))
        else:
            z = np.random.RandomState(W_SEED).randn(W_SAMPLES, generator.z_dim)
            w = generator.map(z.astype(np.float32))
            mean = w.mean(axis=0, keepdims=True)
            self.spread = float(np.sqrt(((w - mean) ** 2).sum() / W_SAMPLES))
            layers = (1, generator.layers, 1) if space == "w_plus" else (1, 1)
            self.first = torch.from_numpy(np.tile(mean, layers))
        self.radius = float(chi.ppf(1 - LONGER, self.first.shape[-1]))

    def begin(self, images: NDArray[np.uint8], classes: Sequence[int] | None) -> State:
        """Take a batch of images to be recovered, and create the state before the first step.

        Args:
            images: (n, height, width, 3).
            classes: (n,), or None for a generator without classes.

        Returns:
            The state, with a row for each start of each image.
        """
        device = self.generator.device
        pixels = torch.from_numpy(images).movedim(3, 1).to(device)
        self.targets = (pixels / 127.5 - 1).repeat_interleave(self.starts, 0)
        with torch.no_grad():
            self.seen = None if self.perceptual is None else self.perceptual(self.targets)
        self.classes = classes and [each for each in classes for _ in range(self.starts)]
        draw = torch.Generator().manual_seed(self.seed)
        latents = [row.to(device).clone() for _ in images for row in self.first]
        maps: list[list[Tensor]] = [[] for _ in latents]
        if self.noise == "optimised":
            sizes = self.generator.network.noise_resolutions
            drawn = [torch.randn(1, size, size, generator=draw) for size in sizes]
            maps = [[each.to(device).clone() for each in drawn] for _ in latents]
        groups = [
            {"params": [each.requires_grad_() for each in (latent, *own)]}
            for latent, own in zip(latents, maps, strict=True)
        ]
        rows = len(latents)
        return State(
            latents,
            maps,
            torch.optim.Adam(groups, lr=self.schedule.rate),
            draw,
            clock=np.zeros(rows, np.int64),
            losses=np.full((rows, self.steps), np.nan, np.float32),
            measured=[[] for _ in range(rows)],
            settled=np.zeros(rows, bool),
            kept=np.arange(0, rows, self.starts),
        )

    def run(
        self, images: NDArray[np.uint8], classes: Sequence[int] | None, bar: "tqdm[Any]"
    ) -> Inversion:
        """Invert a batch of images.

        Args:
            images: (n, height, width, 3).
            classes: (n,), or None for a generator without classes.
            bar: The progress bar, in steps of images.

        Returns:
            Their latents, and the record.
        """
        state = self.begin(images, classes)
        while len(rows := np.flatnonzero(state.clock < self.steps)):
            self.step(state, rows)
            if state.step % EVERY == 0:
                self.measure(state, rows)
            if self.starts > 1 and state.step == max(1, round(SELECTED_AT * self.steps)):
                self.select(state)
            bar.update(int(np.isin(state.kept, rows).sum()))
        bar.total = (bar.total or 0) - int(np.isnan(state.losses[state.kept]).sum())
        return self.finish(state)

    def step(self, state: State, rows: NDArray[np.int64]) -> None:
        """Move the latents of some rows once.

        Args:
            state: The state, changed in place.
            rows: The rows that have not ended.
        """
        progress = state.clock[rows] / self.steps
        for row, done in zip(rows, progress, strict=True):
            state.optimizer.param_groups[row]["lr"] = self.schedule.rate_at(done)
        latents = torch.stack([state.latents[row] for row in rows])
        if self.schedule.noise:
            # All images get the same noise, so that it does not depend on their number.
            drawn = torch.randn(latents.shape[1:], generator=state.draw).to(latents.device)
            scales = [self.spread * self.schedule.noise_at(done) for done in progress]
            scale = latents.new_tensor(scales).view(-1, *[1] * drawn.ndim)
            latents = latents + scale * drawn
        maps = self._maps(state, rows)
        pixel, perceptual = self.distances(latents, maps, rows)
        loss = pixel + perceptual
        if maps:
            loss = loss + noise_maps.WEIGHT * noise_maps.autocorrelation(maps)
        state.optimizer.zero_grad()
        loss.sum().backward()  # type: ignore[no-untyped-call]
        # Adam passes over the rows that have ended, because they have no gradient.
        state.optimizer.step()
        for row in rows:
            self._constrain(state.latents[row])
            noise_maps.normalise(state.maps[row])
        state.losses[rows, state.step] = loss.detach().cpu().numpy()
        state.clock[rows] += 1
        state.step += 1

    def measure(self, state: State, rows: NDArray[np.int64]) -> None:
        """Measure rows without added noise, and move on those whose loss has settled.

        Args:
            state: The state, changed in place.
            rows: The rows that have not ended.
        """
        with torch.inference_mode():
            latents = torch.stack([state.latents[row] for row in rows])
            pixel, perceptual = self.distances(latents, self._maps(state, rows), rows)
        falling = round(self.steps * (1 - self.schedule.rampdown))
        losses = (pixel + perceptual).tolist()
        for row, loss, error in zip(rows, losses, pixel.tolist(), strict=True):
            known = state.measured[row]
            known.append(loss)
            if state.settled[row] or state.clock[row] >= falling:
                continue
            flat = len(known) > PATIENCE and (
                min(known[-PATIENCE:]) > (1 - FALL) * min(known[:-PATIENCE])
            )
            state.settled[row] = flat or error < EXACT
            if state.settled[row] and self.early:
                state.clock[row] = falling

    def select(self, state: State) -> None:
        """End all starts of each image but the one with the smallest loss.

        Args:
            state: The state, changed in place.
        """
        losses = state.losses[:, state.step - 1].reshape(-1, self.starts)
        state.kept = state.kept + losses.argmin(axis=1)
        state.clock[~np.isin(np.arange(losses.size), state.kept)] = self.steps

    def finish(self, state: State) -> Inversion:
        """Render the latents that were found, and measure them.

        Args:
            state: The state after the last step.

        Returns:
            The batch's latents and record.
        """
        rows = state.kept
        with torch.inference_mode():
            latents = torch.stack([state.latents[row] for row in rows])
            maps = self._maps(state, rows)
            made = self._images(latents, maps, rows)
            pixel, perceptual = self._distances(made, rows)
        found = latents.detach().cpu().numpy()
        if maps:
            rendered = made.mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
            recovered = rendered.movedim(1, 3).cpu().numpy()
        else:
            recovered = self.generator.render(found, **self._options(rows))
        exact = pixel.cpu().numpy() < EXACT
        return Inversion(
            latents=found,
            images=recovered,
            losses=state.losses[rows],
            pixel=pixel.cpu().numpy(),
            perceptual=perceptual.cpu().numpy() if self.perceptual else None,
            perceptual_by=self.perceptual.name if self.perceptual else None,
            steps=np.isfinite(state.losses[rows]).sum(axis=1),
            converged=state.settled[rows] | exact,
            noise=[each.detach().cpu().numpy() for each in maps] if maps else None,
        )

    def distances(
        self, latents: Tensor, maps: Sequence[Tensor], rows: NDArray[np.int64]
    ) -> tuple[Tensor, Tensor]:
        """Compute how far latents' images are from the images to be recovered.

        Args:
            latents: (n, ...).
            maps: Each layer's noise maps, (n, 1, r, r); empty unless they are optimised.
            rows: (n,), the rows that they belong to.

        Returns:
            (n,) mean squared error of the pixels, and (n,) perceptual distance: 0 without one.
        """
        return self._distances(self._images(latents, maps, rows), rows)

    def _distances(self, made: Tensor, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        targets = self.targets[rows]
        # `render` cuts off what is beyond black or white, so there it is no error.
        beyond = ((targets >= 1) & (made > 1)) | ((targets <= -1) & (made < -1))
        made = torch.where(beyond, targets, made)
        pixel = (made - targets).square().mean(dim=(1, 2, 3))
        if self.perceptual is None or self.seen is None:
            return pixel, torch.zeros_like(pixel)
        return pixel, (self.perceptual(made) - self.seen[rows]).square().sum(1)

    def _images(self, latents: Tensor, maps: Sequence[Tensor], rows: NDArray[np.int64]) -> Tensor:
        options = self._options(rows)
        if maps:
            options["noise"] = maps
        return self.generator.differentiable(latents, **options)  # type: ignore[no-any-return]

    def _options(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """Return what a generator needs to render besides latents."""
        if self.classes is not None:
            return {"classes": [self.classes[row] for row in rows], "psi": self.psi}
        return {} if self.space == "z" else {"noise": self.noise}

    def _maps(self, state: State, rows: NDArray[np.int64]) -> list[Tensor]:
        """Return each layer's noise maps of some rows, (n, 1, r, r)."""
        own = [state.maps[row] for row in rows]
        return [torch.stack(layer) for layer in zip(*own, strict=True)]

    @torch.no_grad()
    def _constrain(self, latent: Tensor) -> None:
        """Put z back, in place, to where sampled latents lie."""
        if self.space != "z":
            return
        if isinstance(self.generator, Conditional):
            latent.clamp_(-BOUND * self.psi, BOUND * self.psi)
        else:
            latent.mul_((self.radius / latent.norm()).clamp(max=1))


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


def _joined(parts: Sequence[Inversion], perceptual: Perceptual | None) -> Inversion:
    """Join the records of batches."""

    def join(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    noise = None
    if parts[0].noise is not None:
        layers = zip(*(part.noise or [] for part in parts), strict=True)
        noise = [np.concatenate(layer) for layer in layers]
    names = ("latents", "images", "losses", "pixel", "perceptual", "steps", "converged")
    return Inversion(
        **{name: join(name) for name in names},
        perceptual_by=perceptual.name if perceptual else None,
        noise=noise,
    )
