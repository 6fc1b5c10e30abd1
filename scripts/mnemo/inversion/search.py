"""The search for the latents of a batch of images: where it starts, its steps, and its end.

Each image is a row of parameters with its own learning rate, its own progress and its own end, so
that the images of a batch do not influence each other.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import chi
from torch import Tensor

from mnemo.generators import Conditional
from mnemo.generators.conditional import BOUND
from mnemo.inversion import noise as noise_maps
from mnemo.inversion.perceptual import Perceptual
from mnemo.inversion.record import Inversion
from mnemo.inversion.schedules import Schedule
from mnemo.inversion.state import Found, State

Space = Literal["w", "w_plus", "z"]
#: Noise of the synthesis network in an inversion; "optimised" maps belong to one image each.
Noise = Literal["const", "none", "optimised"]

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
class Settings:
    """How to search; the attributes are arguments of `invert.invert`."""

    space: Space
    schedule: Schedule
    steps: int = 1000
    seed: int = 0
    noise: Noise = "const"
    psi: float = 1.0
    early: bool = True


class Search:
    """A search for the latents of one batch of images after another."""

    def __init__(self, generator: Any, settings: Settings, perceptual: Perceptual | None = None):
        """Prepare what all images share.

        Args:
            generator: The generator, on the device that it runs on.
            settings: How to search.
            perceptual: A perceptual distance; None for pixels alone.
        """
        self.generator, self.settings, self.perceptual = generator, settings, perceptual
        self.space, self.steps, self.schedule = settings.space, settings.steps, settings.schedule
        self.starts = STARTS if self.space == "z" else 1
        #: Step after which the best start is kept.
        self.selected_at = max(1, round(SELECTED_AT * self.steps)) if self.starts > 1 else 0
        self.spread = 0.0
        if self.space == "z":
            # Spread out, so that no start is the latent of an image that was drawn from a seed.
            seeds = np.random.SeedSequence(settings.seed).generate_state(STARTS)
            truncated = {"psi": settings.psi} if isinstance(generator, Conditional) else {}
            self.first = torch.from_numpy(generator.sample(seeds.tolist(), **truncated))
        else:
            z = np.random.RandomState(W_SEED).randn(W_SAMPLES, generator.z_dim)
            w = generator.map(z.astype(np.float32))
            mean = w.mean(axis=0, keepdims=True)
            self.spread = float(np.sqrt(((w - mean) ** 2).sum() / W_SAMPLES))
            layers = (1, generator.layers, 1) if self.space == "w_plus" else (1, 1)
            self.first = torch.from_numpy(np.tile(mean, layers))
        self.radius = float(chi.ppf(1 - LONGER, self.first.shape[-1]))

    def aim(self, images: NDArray[np.uint8], classes: Sequence[int] | None) -> None:
        """Take a batch of images to be recovered.

        Args:
            images: (n, height, width, 3).
            classes: (n,), or None for a generator without classes.
        """
        pixels = torch.from_numpy(images).movedim(3, 1).to(self.generator.device)
        self.targets = (pixels / 127.5 - 1).repeat_interleave(self.starts, 0)
        with torch.no_grad():
            self.seen = None if self.perceptual is None else self.perceptual(self.targets)
        self.classes = classes and [each for each in classes for _ in range(self.starts)]

    def begin(self) -> State:
        """Create the state before the first step, with a row for each start of each image."""
        device, rows = self.generator.device, len(self.targets)
        images = rows // self.starts
        draw = torch.Generator().manual_seed(self.settings.seed)
        latents = [row.to(device).clone() for _ in range(images) for row in self.first]
        maps: list[list[Tensor]] = [[] for _ in latents]
        if self.settings.noise == "optimised":
            sizes = self.generator.network.noise_resolutions
            drawn = [torch.randn(1, size, size, generator=draw) for size in sizes]
            maps = [[each.to(device).clone() for each in drawn] for _ in latents]
        groups = [
            {"params": [each.requires_grad_() for each in (latent, *own)]}
            for latent, own in zip(latents, maps, strict=True)
        ]
        return State(
            latents,
            maps,
            torch.optim.Adam(groups, lr=self.schedule.rate),
            draw,
            clock=np.zeros(rows, np.int64),
            losses=np.full((rows, self.steps), np.nan, np.float32),
            measured=[[] for _ in range(rows)],
            settled=np.zeros(rows, bool),
            seconds=np.zeros(rows),
            kept=np.arange(0, rows, self.starts),
        )

    def advance(self, state: State) -> NDArray[np.int64]:
        """Take one step of the rows that have not ended.

        Args:
            state: The state, changed in place.

        Returns:
            The rows that moved; none once all images have ended.
        """
        rows = np.flatnonzero(state.clock < self.steps)
        if len(rows):
            begun = time.perf_counter()
            self.step(state, rows)
            if state.step % EVERY == 0:
                self.measure(state, rows)
            if state.step == self.selected_at:
                self.select(state)
            state.seconds[rows] += (time.perf_counter() - begun) / len(rows)
        return rows

    def left(self, state: State | None, images: int) -> int:
        """Count the steps of rows that are left, if no image ends early.

        Args:
            state: The state of a batch; None for one that has not begun.
            images: Number of its images.

        Returns:
            The steps of all its rows together.
        """
        clock = np.zeros(images * self.starts, np.int64) if state is None else state.clock
        missing = self.selected_at - (state.step if state else 0)
        if missing > 0:
            return missing * len(clock) + images * (self.steps - self.selected_at)
        return int((self.steps - clock).sum())

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
        maps = _layers([state.maps[row] for row in rows])
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
            maps = _layers([state.maps[row] for row in rows])
            pixel, perceptual = self.distances(latents, maps, rows)
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
            if state.settled[row] and self.settings.early:
                state.clock[row] = falling

    def select(self, state: State) -> None:
        """End all starts of each image but the one with the smallest loss.

        Args:
            state: The state, changed in place.
        """
        losses = state.losses[:, state.step - 1].reshape(-1, self.starts)
        state.kept = state.kept + losses.argmin(axis=1)
        state.clock[~np.isin(np.arange(losses.size), state.kept)] = self.steps

    def finish(self, state: State) -> Found:
        """Return what was found, after the last step."""
        rows = state.kept
        return Found(
            latents=torch.stack([state.latents[row].detach() for row in rows]),
            maps=_layers([[each.detach() for each in state.maps[row]] for row in rows]),
            losses=torch.from_numpy(state.losses[rows]),
            settled=torch.from_numpy(state.settled[rows]),
            seconds=torch.from_numpy(state.seconds.reshape(len(rows), -1).sum(axis=1)),
        )

    def record(self, found: Found) -> Inversion:
        """Render the latents that were found for the images aimed at, and measure them.

        Args:
            found: What `finish` returned for these images.

        Returns:
            The latents and their record.
        """
        # Each image is the target of all its starts.
        rows = np.arange(0, len(self.targets), self.starts)
        device = self.generator.device
        latents, maps = found.latents.to(device), [each.to(device) for each in found.maps]
        with torch.inference_mode():
            made = self._images(latents, maps, rows)
            pixel, perceptual = self._distances(made, rows)
        values = latents.cpu().numpy()
        if maps:
            rendered = made.mul(127.5).add(128).clamp(0, 255).to(torch.uint8)
            recovered = rendered.movedim(1, 3).cpu().numpy()
        else:
            recovered = self.generator.render(values, **self._options(rows))
        losses, error = found.losses.numpy(), pixel.cpu().numpy()
        return Inversion(
            latents=values,
            images=recovered,
            losses=losses,
            pixel=error,
            perceptual=perceptual.cpu().numpy() if self.perceptual else None,
            perceptual_by=self.perceptual.name if self.perceptual else None,
            steps=np.isfinite(losses).sum(axis=1),
            converged=found.settled.numpy() | (error < EXACT),
            seconds=found.seconds.numpy(),
            noise=[each.cpu().numpy() for each in maps] if maps else None,
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
            return {"classes": [self.classes[row] for row in rows], "psi": self.settings.psi}
        return {} if self.space == "z" else {"noise": self.settings.noise}

    @torch.no_grad()
    def _constrain(self, latent: Tensor) -> None:
        """Put z back, in place, to where sampled latents lie."""
        if self.space != "z":
            return
        if isinstance(self.generator, Conditional):
            latent.clamp_(-BOUND * self.settings.psi, BOUND * self.settings.psi)
        else:
            latent.mul_((self.radius / latent.norm()).clamp(max=1))


def _layers(maps: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """Return the noise maps of rows, each (1, r, r), as one tensor per layer, (n, 1, r, r)."""
    return [torch.stack(layer) for layer in zip(*maps, strict=True)]
