"""What a direction is learned by: the score of a moved latent's image (GANalyze, equation 1)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnemo.assessors import Differentiable
from mnemo.assessors.registry import ASSESSORS
from mnemo.directions.learning.settings import Settings
from mnemo.directions.learning.transformer import ClassDependent, OneDirection, Transformer, moved
from mnemo.errors import MnemoError
from mnemo.generators import Conditional, Mapped


class Objective:
    """A frozen generator and assessor, and the loss of a direction through them.

    Attributes:
        shape: Shape of a latent in the space.
        classes: Number of the generator's classes; 0 for none.
        device: Where both compute.

    Args:
        generator: The generator.
        assessor: The assessor.
        settings: The settings.
        at_once: Images computed at once. It changes the memory that is needed, and results by no
            more than rounding.

    Raises:
        MnemoError: The generator lacks the space or classes, or the assessor a gradient.
    """

    def __init__(self, generator: Any, assessor: Any, settings: Settings, at_once: int):
        self.generator, self.assessor = generator, assessor
        self.settings, self.at_once = settings, at_once
        space, mapped = settings.space, isinstance(generator, Mapped)
        if space != "z" and not mapped:
            raise MnemoError(
                f"this generator has no space {space}: a direction through it is learned in z"
            )
        if not isinstance(assessor, Differentiable):
            having = ", ".join(
                name for name, entry in ASSESSORS.items() if entry.differentiable and entry.module
            )
            raise MnemoError(
                "no direction can be learned with this assessor, because no gradient flows from "
                f"its score to the image. These have one: {having}; and those that Mnemo trained"
            )
        self.classes = generator.classes if isinstance(generator, Conditional) else 0
        if settings.by_class and not (self.classes and space == "z"):
            raise MnemoError("only a generator with classes has directions by class, in z")
        if settings.kept != "nothing" and space != "z":
            raise MnemoError(
                f"the length of a latent means something in z alone: in {space}, set kept to "
                "'nothing'"
            )
        self.shape: tuple[int, ...] = (generator.z_dim,)
        if space != "z":
            layers = (generator.layers,) if space == "w_plus" else ()
            self.shape = (*layers, generator.w_dim)
        self.device = torch.device(generator.device)

    def transformer(self) -> Transformer:
        """Create what is learned, with zeros."""
        made = (
            ClassDependent(self.generator.z_dim, self.classes)
            if self.settings.by_class
            else OneDirection(self.shape)
        )
        return made.to(self.device)

    def latents(self, z: NDArray[np.float32]) -> Tensor:
        """Convert drawn z, (n, z_dim), to latents of the space, truncated, (n, *shape)."""
        mapped = isinstance(self.generator, Mapped)
        return self._in_space(z if mapped else z * np.float32(self.settings.psi))

    def sampled(self, seeds: Sequence[int]) -> Tensor:
        """Draw the latent of each seed, (n, *shape), as a study draws those of its sets."""
        return self._in_space(self.generator.sample(seeds, self.settings.psi))

    def _in_space(self, z: NDArray[np.float32]) -> Tensor:
        if self.settings.space == "z":
            return torch.from_numpy(z).to(self.device)
        w = torch.from_numpy(self.generator.map(z, self.settings.psi)).to(self.device)
        return w if self.settings.space == "w" else w[:, None].repeat(1, *self.shape[:1], 1)

    def scores(self, latents: Tensor, classes: Tensor) -> Tensor:
        """Score latents' images, with a gradient.

        Args:
            latents: (n, *shape).
            classes: (n,); ignored by a generator without classes.

        Returns:
            (n,).
        """
        psi, options = self.settings.psi, {}
        if self.classes:
            options = {"classes": classes.tolist(), "psi": psi}
        elif isinstance(self.generator, Mapped):
            options = {"noise": self.settings.noise}
            if self.settings.space == "z":
                mapping = self.generator.network.mapping  # type: ignore[attr-defined]
                latents = torch.lerp(mapping.w_avg, mapping(latents), psi)
        images = self.generator.differentiable(latents, **options)
        scores: Tensor = self.assessor.differentiable(images, self.settings.clipped)
        return scores

    def seed_scores(self, latents: Tensor, classes: Tensor) -> Tensor:
        """Score latents' images, (n,), without a gradient."""
        with torch.no_grad():
            parts = [self.scores(latents[rows], classes[rows]) for rows in self._rows(len(latents))]
        return torch.cat(parts)

    def losses(
        self,
        transformer: Transformer,
        latents: Tensor,
        alphas: Tensor,
        classes: Tensor,
        targets: Tensor,
        gradient: bool = False,
    ) -> Tensor:
        """Compute each latent's squared error (GANalyze, equation 1).

        Args:
            transformer: The direction.
            latents: (n, *shape).
            alphas: (n,), in units of the score.
            classes: (n,).
            targets: (n,), the score of each latent's image plus its alpha.
            gradient: Whether to add the gradient of their mean to that of the direction.

        Returns:
            (n,), without a gradient.
        """
        with torch.set_grad_enabled(gradient):
            there = moved(latents, alphas, transformer(classes), self.settings.kept)
        # Images are computed and differentiated in parts, and the direction after all of them.
        leaf = there.detach().requires_grad_(gradient)
        parts = []
        for rows in self._rows(len(latents)):
            with torch.set_grad_enabled(gradient):
                errors = (self.scores(leaf[rows], classes[rows]) - targets[rows]).square()
                if gradient:
                    (errors.sum() / len(latents)).backward()  # type: ignore[no-untyped-call]
            parts.append(errors.detach())
        if gradient:
            there.backward(leaf.grad)  # type: ignore[no-untyped-call]
        return torch.cat(parts)

    def _rows(self, count: int) -> Iterator[slice]:
        for start in range(0, count, self.at_once):
            yield slice(start, start + self.at_once)
