"""What the class-conditional generators, BigGAN and BigGAN-deep, have in common.

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR 2019.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from operator import index
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
from mnemo.generators import imagenet, inputs

#: Images that are rendered at once. On a CPU, four at once would take 15 % less time each with
#: BigGAN, none less with BigGAN-deep, and a single image almost as long as four.
BATCH = {"cpu": 1, "cuda": 8}
#: Added to the variances of batch norms, in every published port.
EPSILON = 1e-4
#: Truncated normal numbers lie within this many standard deviations (the paper's section 3.1).
BOUND = 2


class ConditionalGenerator:
    """A generator of images of ImageNet's classes.

    Attributes:
        resolution: Height and width of its images, in pixels.
        classes: Number of its classes.
        z_dim: Numbers in a latent.
    """

    def __init__(
        self, network: nn.Module, *, z_dim: int, classes: int, resolution: int, levels: int
    ):
        """Take a filled network.

        Args:
            network: It takes latents (n, z_dim), class indices (n,) and psi, and returns images
                (n, 3, resolution, resolution) from -1 to 1.
            z_dim: Numbers in a latent.
            classes: Number of its classes.
            resolution: Height and width of its images, in pixels.
            levels: What a pixel of 1 is scaled to before its fraction is cut off.
        """
        self.z_dim, self.classes, self.resolution = z_dim, classes, resolution
        self._levels = levels
        self._device = devices.best()
        self._network = network.eval().to(self._device).to(memory_format=torch.channels_last)

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed, as Hugging Face's `truncated_noise_sample` draws one.

        Args:
            seeds: Each row depends on its own seed alone; each from 0 to 2**32 - 1.
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
        """Make the image of each latent.

        Args:
            latents: (n, z_dim), finite.
            classes: (n,) class of each image: an index, or a name of `imagenet.names`.
            psi: The truncation that the latents were drawn with, above 0 and at most 1.
                BigGAN-deep chooses its batch norms' statistics by it; BigGAN, which has one set,
                does not.

        Returns:
            (n, resolution, resolution, 3), RGB.

        Raises:
            MnemoError: The latents have another shape or are not finite, psi is out of range, a
                class is unknown, or there isn't one for each latent.
        """
        _check_psi(psi)
        latents = inputs.latents("latents", latents)
        if latents.ndim != 2 or latents.shape[1] != self.z_dim:
            raise MnemoError(f"latents are (n, {self.z_dim}) here, not {latents.shape}")
        if len(classes) != len(latents):
            raise MnemoError(f"{len(latents)} latents need as many classes, not {len(classes)}")
        indices = torch.tensor([self._class(wanted) for wanted in classes], dtype=torch.long)
        z = torch.from_numpy(latents)
        images = np.empty((len(z), self.resolution, self.resolution, 3), np.uint8)
        batch = BATCH[self._device.type]
        bar = tqdm(desc="BigGAN", total=len(z), unit=" images", mininterval=5)
        with torch.inference_mode(), bar:
            for start in range(0, len(z), batch):
                rows = slice(start, min(start + batch, len(z)))
                count = rows.stop - start
                # The last batch is filled up, so that an image's bytes never depend on how many
                # others are rendered beside it: a kernel is chosen by the shape of its input.
                filled = F.pad(z[rows], (0, 0, 0, batch - count)).to(self._device)
                labels = F.pad(indices[rows], (0, batch - count)).to(self._device)
                made = self._network(filled, labels, psi)[:count]
                made = made.add_(1).mul_(self._levels / 2).clamp_(0, 255).to(torch.uint8)
                images[rows] = made.permute(0, 2, 3, 1).cpu().numpy()
                bar.update(count)
        return images

    def _class(self, wanted: int | str) -> int:
        found = imagenet.class_index(wanted) if isinstance(wanted, str) else index(wanted)
        if not 0 <= found < self.classes:
            raise MnemoError(f"no class {wanted!r} here: classes are 0 to {self.classes - 1}")
        return found


def _check_psi(psi: float) -> None:
    if not 0 < psi <= 1:
        raise MnemoError(f"psi is above 0 and at most 1 for BigGAN, not {psi}")


class Statistics(nn.Module):
    """A batch norm's means and variances, which depend on the truncation.

    The `bins` sets of them belong to truncations evenly spaced from 0 to 1, both included; where
    there is one set, it holds for any truncation.
    """

    means: Tensor
    variances: Tensor

    def __init__(self, channels: int, bins: int, epsilon: float):
        super().__init__()
        self.epsilon = epsilon
        self.register_buffer("means", torch.empty(bins, channels))
        self.register_buffer("variances", torch.empty(bins, channels))

    def at(self, psi: float) -> tuple[Tensor, Tensor]:
        """Interpolate linearly between the two bins that a truncation lies between.

        Hugging Face's BigGAN-deep swaps the two bins' weights (`model.py`, `BigGANBatchNorm`);
        these are the right way round, and the same on the bins themselves.

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
    """Batch norm, and the ReLU that always follows."""

    def __init__(self, channels: int, bins: int, epsilon: float = EPSILON):
        super().__init__(channels, bins, epsilon)
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor, psi: float) -> Tensor:
        """Normalise (n, channels, height, width) in place."""
        mean, deviation = self.at(psi)
        scale = self.weight / deviation
        return _affine_relu(x, scale[None], (self.bias - mean * scale)[None], out=x)


class ConditionalBatchNorm(Statistics):
    """As `BatchNorm`, with a scale and an offset that are linear in the condition."""

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
            out: Where the result goes; may be x.

        Returns:
            (n, channels, height, width), at least 0.
        """
        mean, deviation = self.at(psi)
        scale = (1 + self.scale(condition)) / deviation
        return _affine_relu(x, scale, self.offset(condition) - mean * scale, out)


def _affine_relu(x: Tensor, scale: Tensor, shift: Tensor, out: Tensor | None) -> Tensor:
    """Scale and shift each channel in one pass over memory, and rectify in a second."""
    return torch.addcmul(shift[:, :, None, None], x, scale[:, :, None, None], out=out).relu_()


class SelfAttention(nn.Module):
    """Attention of every pixel to the image at half the size (Zhang et al., SAGAN, ICML 2019).

    The residual's weight, gamma, is folded into the convolution `out`.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add to each pixel what it attends to: (n, channels, height, width)."""
        query = _pixels(self.theta(x))
        key = _pixels(F.max_pool2d(self.phi(x), 2))
        value = _pixels(F.max_pool2d(self.g(x), 2))
        # Kernels that don't hold the whole attention map want all three to be equally wide; the
        # zeros change no product.
        wider = (0, value.shape[3] - query.shape[3])
        query, key = F.pad(query, wider), F.pad(key, wider)
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]
        attended: Tensor = self.out(torch.unflatten(seen, 1, x.shape[2:]).permute(0, 3, 1, 2))
        return attended.add_(x)


def _pixels(x: Tensor) -> Tensor:
    """Lay (n, channels, height, width) out for one head: (n, 1, height * width, channels)."""
    return x.permute(0, 2, 3, 1).flatten(1, 2)[:, None]


def add_enlarged(x: Tensor, small: Tensor) -> Tensor:
    """Add an image to one twice as large, in place, as if enlarged by nearest neighbour.

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
    """Make the layer that enlarges twofold and convolves in one; see `enlarging_kernel`.

    Args:
        channels: Channels of its input.
        made: Channels of its output.

    Returns:
        The layer.
    """
    return nn.ConvTranspose2d(channels, made, 4, stride=2, padding=1)


def enlarging_kernel(weight: Tensor) -> Tensor:
    """Fold nearest-neighbour enlargement into the 3x3 convolution that follows it.

    After the enlargement, the nine taps of an output pixel meet only four different input pixels.
    Both linear maps together are one transposed convolution of stride 2, whose kernel is the 3x3
    one convolved with a 2x2 kernel of ones: four products instead of nine.

    Args:
        weight: (made, channels, 3, 3), a cross-correlation's as PyTorch stores it.

    Returns:
        (channels, made, 4, 4), the weight of `enlarging_convolution`.

    Raises:
        MnemoError: The weight is not of a 3x3 convolution.
    """
    if weight.shape[2:] != (3, 3):
        raise MnemoError(f"a 3x3 convolution's weight is {tuple(weight.shape)}")
    flipped = weight.flip(2, 3).transpose(0, 1)
    shifts = [(right, 1 - right, down, 1 - down) for right in (0, 1) for down in (0, 1)]
    return torch.stack([F.pad(flipped, shift) for shift in shifts]).sum(0)


class State(ABC):
    """The tensors of a checkpoint, each of which is taken once.

    Attributes:
        bias: How the name of a layer's bias ends, after the layer's own name.
    """

    bias: str

    def __init__(self, content: Mapping[str, Any]):
        self._left = dict(content)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def shape(self, name: str, dimensions: int) -> tuple[int, ...]:
        """Look at a tensor's shape.

        Args:
            name: Its name in the checkpoint.
            dimensions: How many it must have.

        Returns:
            Its shape.

        Raises:
            MnemoError: It is missing or has another number of dimensions.
        """
        tensor = self._left.get(name)
        if not isinstance(tensor, Tensor):
            raise MnemoError(f"the tensor {name!r} is missing")
        if tensor.ndim != dimensions:
            raise MnemoError(f"{name!r} has {tensor.ndim} dimensions instead of {dimensions}")
        return tuple(tensor.shape)

    def take(self, name: str, *shape: int) -> Tensor:
        """Take a tensor out.

        Args:
            name: Its name in the checkpoint.
            shape: What it must have; any when empty.

        Returns:
            The tensor as float32.

        Raises:
            MnemoError: It is missing, or has another shape.
        """
        tensor = self._left.pop(name, None)
        if not isinstance(tensor, Tensor):
            raise MnemoError(f"the tensor {name!r} is missing")
        if shape and tuple(tensor.shape) != shape:
            raise MnemoError(f"{name!r} is {tuple(tensor.shape)} instead of {shape}")
        return tensor.float()

    def take_matrix(self, name: str) -> tuple[Tensor, Tensor]:
        """Take a weight out, and view it as the matrix that has a spectral norm.

        Args:
            name: Its name in the checkpoint.

        Returns:
            The weight, and a view of it with a row for each output.

        Raises:
            MnemoError: It is missing, empty, or has fewer than two dimensions.
        """
        weight = self.take(name)
        if weight.ndim < 2 or not weight.numel():
            raise MnemoError(f"{name!r} is {tuple(weight.shape)}, which is no weight's shape")
        return weight, weight.flatten(1)

    @abstractmethod
    def normalised(self, name: str) -> Tensor:
        """Take a layer's weight out, divided by its spectral norm as the layout's port does.

        Args:
            name: The layer's name in the checkpoint.

        Returns:
            The weight, in the shape that it has there.

        Raises:
            MnemoError: It is missing or misshapen.
        """

    def layer(self, theirs: str, ours: str) -> dict[str, Tensor]:
        """Take a layer's normalised weight and its bias out.

        Args:
            theirs: Its name in the checkpoint.
            ours: Its name in the network.

        Returns:
            Both, by the network's names.

        Raises:
            MnemoError: One is missing or misshapen.
        """
        weight = self.normalised(theirs)
        bias = self.take(f"{theirs}{self.bias}", len(weight))
        return {f"{ours}.weight": weight, f"{ours}.bias": bias}

    def attention(self, theirs: str, gamma: str) -> dict[str, Tensor]:
        """Take the layers of `SelfAttention` out.

        Args:
            theirs: What their names in the checkpoint begin with.
            gamma: Name of the residual's weight there.

        Returns:
            Their weights, by the network's names.

        Raises:
            MnemoError: One is missing or misshapen.
        """
        weights = {
            f"attention.{ours}.weight": self.normalised(f"{theirs}{name}")
            for name, ours in {"theta": "theta", "phi": "phi", "g": "g", "o_conv": "out"}.items()
        }
        weights["attention.out.weight"] *= self.take(gamma, 1)
        return weights

    def unused(self, *endings: str) -> tuple[str, ...]:
        """Name what is left, once everything needed is taken.

        Args:
            endings: How the names end of tensors that the network does not need.

        Returns:
            Their names.

        Raises:
            MnemoError: Something else is left.
        """
        unknown = [name for name in self._left if not name.endswith(endings)]
        if unknown:
            raise MnemoError(
                f"{len(unknown)} tensors are not of this architecture: {', '.join(unknown[:5])}"
            )
        return tuple(self._left)
