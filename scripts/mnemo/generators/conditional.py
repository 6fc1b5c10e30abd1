"""What the class-conditional generators BigGAN and BigGAN-deep share.

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR 2019.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import truncnorm
from torch import Tensor, nn
from tqdm import tqdm

from mnemo import devices
from mnemo.errors import MnemoError
from mnemo.generators import imagenet, inputs, layouts
from mnemo.generators.invertible import Invertible

#: Number of images rendered at once. On a CPU, a batch of four would save 15 % of the time per
#: image with BigGAN and nothing with BigGAN-deep, but a single image would take almost as long as
#: four.
BATCH = {"cpu": 1, "cuda": 8}
#: Added to the variances of batch norms in every published port.
EPSILON = 1e-4
#: Truncated normal numbers lie within this many standard deviations (the paper's section 3.1).
BOUND = 2


class ConditionalGenerator(Invertible):
    """A generator of images of the classes that it was trained on, such as ImageNet's.

    Attributes:
        resolution: Height and width of its images, in pixels.
        classes: Number of classes.
        z_dim: Dimensions of a latent.
    """

    def __init__(
        self, network: nn.Module, *, z_dim: int, classes: int, resolution: int, levels: int
    ):
        """Create a generator from a network with its weights.

        Args:
            network: Maps latents (n, z_dim), class indices (n,) and psi to images
                (n, 3, resolution, resolution) from -1 to 1.
            z_dim: Dimensions of a latent.
            classes: Number of classes.
            resolution: Height and width of the images, in pixels.
            levels: The value that a pixel of 1 is scaled to before its fraction is cut off.
        """
        self.z_dim, self.classes, self.resolution = z_dim, classes, resolution
        self._levels = levels
        self.device = devices.best()
        network.eval().requires_grad_(False)
        self._network = network.to(self.device).to(memory_format=torch.channels_last)

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, in the way of Hugging Face's `truncated_noise_sample`.

        Args:
            seeds: Seeds from 0 to 2**32 - 1; each row depends only on its own seed.
            psi: Truncation, above 0 and at most 1: the scale of the latent, whose numbers are
                normal, truncated at 2 standard deviations.

        Returns:
            (n, z_dim).

        Raises:
            MnemoError: psi or a seed is out of range.
        """
        _check_psi(psi)
        known = inputs.seeds(seeds, inputs.LATENT_SEEDS)
        drawn = np.empty((len(known), self.z_dim), np.float32)
        for row, seed in zip(drawn, known, strict=True):
            state = np.random.RandomState(seed)
            row[:] = truncnorm.rvs(-BOUND, BOUND, size=(1, self.z_dim), random_state=state)
        return drawn * np.float32(psi)

    def render(
        self, latents: NDArray[np.float32], *, classes: Sequence[int | str], psi: float = 1.0
    ) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, z_dim), finite.
            classes: (n,) class of each image: an index, or with 1,000 classes a name from
                `imagenet.names`.
            psi: The truncation with which the latents were drawn, above 0 and at most 1.
                BigGAN-deep chooses the statistics of its batch norms by it; BigGAN has only one
                set.

        Returns:
            (n, resolution, resolution, 3), RGB.

        Raises:
            MnemoError: The latents have another shape or are not finite, psi is out of range, a
                class is unknown, or there is not one class per latent.
        """
        z = torch.from_numpy(inputs.latents("latents", latents))
        indices = self._indices(z, classes, psi)
        images = np.empty((len(z), self.resolution, self.resolution, 3), np.uint8)
        batch = BATCH[self.device.type]
        bar = tqdm(desc="BigGAN", total=len(z), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(z), batch):
                rows = slice(start, min(start + batch, len(z)))
                count = rows.stop - start
                # The last batch is padded, so that an image's bytes do not depend on how many
                # others are rendered with it: PyTorch chooses kernels by the shape of the input.
                filled = F.pad(z[rows], (0, 0, 0, batch - count)).to(self.device)
                labels = F.pad(indices[rows], (0, batch - count)).to(self.device)
                made = self._network(filled, labels, psi)[:count]
                made = made.add_(1).mul_(self._levels / 2).clamp_(0, 255).to(torch.uint8)
                images[rows] = made.permute(0, 2, 3, 1).cpu().numpy()
                bar.update(count)
        return images

    def differentiable(
        self, latents: Tensor, *, classes: Sequence[int | str], psi: float = 1.0
    ) -> Tensor:
        """Compute the image of each latent, with a gradient to the latents.

        Args:
            latents: (n, z_dim).
            classes: As for `render`.
            psi: As for `render`.

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1: what `render` rounds to 8 bits.

        Raises:
            MnemoError: As for `render`.
        """
        indices = self._indices(latents, classes, psi).to(self.device)
        return self._network(latents.to(self.device), indices, psi)  # type: ignore[no-any-return]

    def _indices(self, latents: Tensor, classes: Sequence[int | str], psi: float) -> Tensor:
        """Check the arguments of `render`, and return the index of each image's class."""
        _check_psi(psi)
        inputs.check_rows(latents.shape, self.z_dim)
        if len(classes) != len(latents):
            raise MnemoError(f"{len(latents)} latents need as many classes, not {len(classes)}")
        known = [imagenet.class_index(wanted, self.classes) for wanted in classes]
        return torch.tensor(known, dtype=torch.long)


def _check_psi(psi: float) -> None:
    if not 0 < psi <= 1:
        raise MnemoError(f"psi must be above 0 and at most 1 for BigGAN, but is {psi}")


class Statistics(nn.Module):
    """A batch norm's means and variances, which depend on the truncation.

    There are `bins` sets, for truncations evenly spaced from 0 to 1 inclusive; a single set applies
    to every truncation.
    """

    means: Tensor
    variances: Tensor

    def __init__(self, channels: int, bins: int, epsilon: float):
        super().__init__()
        self.epsilon = epsilon
        self.register_buffer("means", torch.empty(bins, channels))
        self.register_buffer("variances", torch.empty(bins, channels))

    def at(self, psi: float) -> tuple[Tensor, Tensor]:
        """Return the statistics at a truncation, interpolated linearly between the nearest bins.

        Hugging Face's BigGAN-deep swaps the weights of the two bins (`model.py`,
        `BigGANBatchNorm`). Here they are in the right order; at the bins themselves, the result is
        the same.

        Args:
            psi: The truncation, from 0 to 1.

        Returns:
            (channels,) means and standard deviations.
        """
        last = len(self.means) - 1
        low = int(psi * last)
        high, part = min(low + 1, last), psi * last - low
        mean = torch.lerp(self.means[low], self.means[high], part)
        variance = torch.lerp(self.variances[low], self.variances[high], part)
        return mean, (variance + self.epsilon).sqrt()


class BatchNorm(Statistics):
    """Batch norm, followed by a ReLU."""

    def __init__(self, channels: int, bins: int, epsilon: float = EPSILON):
        super().__init__(channels, bins, epsilon)
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor, psi: float) -> Tensor:
        """Normalise (n, channels, height, width); in inference, in place."""
        mean, deviation = self.at(psi)
        scale = self.weight / deviation
        return _affine_relu(x, scale[None], (self.bias - mean * scale)[None], out=x)


class ConditionalBatchNorm(Statistics):
    """Like `BatchNorm`, with a scale and an offset that are linear in the condition."""

    def __init__(self, channels: int, condition: int, bins: int):
        super().__init__(channels, bins, EPSILON)
        self.scale = nn.Linear(condition, channels, bias=False)
        self.offset = nn.Linear(condition, channels, bias=False)

    def forward(
        self, x: Tensor, condition: Tensor, psi: float, out: Tensor | None = None
    ) -> Tensor:
        """Normalise.

        Args:
            x: (n, channels, height, width).
            condition: (n, condition).
            psi: The truncation.
            out: Tensor that receives the result in inference; may be x.

        Returns:
            (n, channels, height, width), at least 0.
        """
        mean, deviation = self.at(psi)
        scale = (1 + self.scale(condition)) / deviation
        return _affine_relu(x, scale, self.offset(condition) - mean * scale, out)


def _affine_relu(x: Tensor, scale: Tensor, shift: Tensor, out: Tensor | None) -> Tensor:
    """Scale and shift each channel in one pass over memory, and rectify in a second.

    Only in inference does `out` receive the result, because overwriting it has no gradient.
    """
    out = out if torch.is_inference_mode_enabled() else None
    return torch.addcmul(shift[:, :, None, None], x, scale[:, :, None, None], out=out).relu_()


class SelfAttention(nn.Module):
    """Attention of every pixel to the image at half its size (Zhang et al., SAGAN, ICML 2019).

    The weight of the residual, gamma, is folded into the convolution `out`.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add the attended features to each pixel of x, (n, channels, height, width)."""
        query = _pixels(self.theta(x))
        key = _pixels(F.max_pool2d(self.phi(x), 2))
        value = _pixels(F.max_pool2d(self.g(x), 2))
        # Kernels that do not store the whole attention map require the same number of channels in
        # all three; the zeros do not change the products.
        wider = (0, value.shape[3] - query.shape[3])
        query, key = F.pad(query, wider), F.pad(key, wider)
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]
        attended: Tensor = self.out(torch.unflatten(seen, 1, x.shape[2:]).permute(0, 3, 1, 2))
        return attended.add_(x)


def _pixels(x: Tensor) -> Tensor:
    """Return (n, channels, height, width) as one head's (n, 1, height * width, channels)."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)[:, None]


def add_enlarged(x: Tensor, small: Tensor) -> Tensor:
    """Add an image, enlarged by nearest neighbour, in place to an image of twice its size.

    Args:
        x: (n, channels, 2 * height, 2 * width).
        small: (n, channels, height, width).

    Returns:
        x.
    """
    fours = torch.unflatten(torch.unflatten(x, 3, (-1, 2)), 2, (-1, 2))
    fours.add_(small[:, :, :, None, :, None])
    return x


def enlarging_convolution(channels: int, made: int) -> nn.ConvTranspose2d:
    """Return a layer that doubles the size and convolves in one step; see `enlarging_kernel`.

    Args:
        channels: Channels of its input.
        made: Channels of its output.

    Returns:
        The layer.
    """
    return nn.ConvTranspose2d(channels, made, 4, stride=2, padding=1)


def enlarging_kernel(weight: Tensor) -> Tensor:
    """Return the kernel that combines nearest-neighbour enlargement with a 3x3 convolution.

    After the enlargement, the nine taps of an output pixel cover only four different input pixels.
    The two linear maps together are one transposed convolution of stride 2, whose kernel is the
    3x3 kernel convolved with a 2x2 kernel of ones: four products instead of nine.

    Args:
        weight: (made, channels, 3, 3), a cross-correlation, as PyTorch stores it.

    Returns:
        (channels, made, 4, 4), the weight of `enlarging_convolution`.

    Raises:
        MnemoError: The weight is not of a 3x3 convolution.
    """
    if weight.shape[2:] != (3, 3):
        raise MnemoError(
            f"a 3x3 convolution's weight has the unexpected shape {tuple(weight.shape)}"
        )
    flipped = weight.flip(2, 3).transpose(0, 1)
    shifts = [(right, 1 - right, down, 1 - down) for right in (0, 1) for down in (0, 1)]
    return torch.stack([F.pad(flipped, shift) for shift in shifts]).sum(0)


class State(ABC):
    """The tensors of a checkpoint, removed one by one as they are used.

    Attributes:
        bias: Suffix of a layer's name that gives the name of its bias.
    """

    bias: str

    def __init__(self, content: Mapping[str, Any]):
        self._left = layouts.from_arrays(content)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """Return a tensor's shape without removing the tensor.

        Args:
            name: Its name in the checkpoint.
            dimensions: The number of dimensions that it must have.

        Returns:
            Its shape.

        Raises:
            MnemoError: The tensor is missing or has another number of dimensions.
        """
        tensor = self._left.get(name)
        if not isinstance(tensor, Tensor):
            raise MnemoError(f"the tensor {name!r} is missing")
        if tensor.ndim != dimensions:
            raise MnemoError(f"{name!r} has {tensor.ndim} dimensions instead of {dimensions}")
        return tuple(tensor.shape)

    def take(self, name: str, *shape: int) -> Tensor:
        """Remove and return a tensor.

        Args:
            name: Its name in the checkpoint.
            shape: The shape that it must have; any if empty.

        Returns:
            The tensor as float32.

        Raises:
            MnemoError: The tensor is missing or has another shape.
        """
        tensor = self._left.pop(name, None)
        if not isinstance(tensor, Tensor):
            raise MnemoError(f"the tensor {name!r} is missing")
        if shape and tuple(tensor.shape) != shape:
            raise MnemoError(f"{name!r} has the shape {tuple(tensor.shape)} instead of {shape}")
        return tensor.float()

    def take_matrix(self, name: str) -> tuple[Tensor, Tensor]:
        """Remove and return a weight, also as the matrix whose spectral norm is defined.

        Args:
            name: Its name in the checkpoint.

        Returns:
            The weight, and a view of it with one row per output.

        Raises:
            MnemoError: The weight is missing or empty, or has fewer than two dimensions.
        """
        weight = self.take(name)
        if weight.ndim < 2 or not weight.numel():
            raise MnemoError(
                f"{name!r} has the shape {tuple(weight.shape)}, which can't be a weight's"
            )
        return weight, weight.flatten(1)

    @abstractmethod
    def normalised(self, name: str) -> Tensor:
        """Remove and return a layer's weight, divided by its spectral norm as in the layout's port.

        Args:
            name: The layer's name in the checkpoint.

        Returns:
            The weight, in its original shape.

        Raises:
            MnemoError: A tensor is missing or has another shape.
        """

    def layer(self, theirs: str, ours: str) -> dict[str, Tensor]:
        """Remove and return a layer's normalised weight and its bias.

        Args:
            theirs: The layer's name in the checkpoint.
            ours: The layer's name in the network.

        Returns:
            Both, by the network's names.

        Raises:
            MnemoError: A tensor is missing or has another shape.
        """
        weight = self.normalised(theirs)
        bias = self.take(f"{theirs}{self.bias}", len(weight))
        return {f"{ours}.weight": weight, f"{ours}.bias": bias}

    def attention(self, theirs: str, gamma: str) -> dict[str, Tensor]:
        """Remove and return the weights of `SelfAttention`.

        Args:
            theirs: Prefix of the layers' names in the checkpoint.
            gamma: Name of the residual's weight in the checkpoint.

        Returns:
            The weights, by the network's names.

        Raises:
            MnemoError: A tensor is missing or has another shape.
        """
        weights = {
            f"attention.{ours}.weight": self.normalised(f"{theirs}{name}")
            for name, ours in {"theta": "theta", "phi": "phi", "g": "g", "o_conv": "out"}.items()
        }
        weights["attention.out.weight"] *= self.take(gamma, 1)
        return weights

    def unused(self, *endings: str) -> tuple[str, ...]:
        """Return the names of the tensors that are left, once all needed ones are removed.

        Args:
            endings: Suffixes of the names that the network does not need.

        Returns:
            The names.

        Raises:
            MnemoError: A tensor with another name is left.
        """
        unknown = [name for name in self._left if not name.endswith(endings)]
        if unknown:
            raise MnemoError(
                f"{len(unknown)} tensors are not part of this architecture: "
                f"{', '.join(unknown[:5])}"
            )
        return tuple(self._left)
