"""How much memory learning a direction takes for each image that is computed at once.

What a gradient needs is what PyTorch keeps between the forward and the backward pass: every tensor
that it saves, each counted once, without the weights. It is the same on every device. The
generators have the published sizes and random weights; the assessor is ResMem, which is a
ResNet-152 and an AlexNet. A step's latents are computed a few at once and their gradients added up,
so that memory bounds the images at once and never the size of a step. Fails where a GPU of 24 GB
can't hold as many as `directions.learn` computes at once. Usage:

    python benchmarks/learning_memory.py
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from tests.data import biggan_layouts, stylegan2_layouts  # noqa: E402
from tests.support.networks import small_stylegan2  # noqa: E402

from mnemo import assessors  # noqa: E402
from mnemo.directions.learning.learn import images_at_once  # noqa: E402
from mnemo.directions.learning.objective import Objective  # noqa: E402
from mnemo.directions.learning.settings import choose  # noqa: E402
from mnemo.generators import biggan, biggan_deep  # noqa: E402

#: Memory of a GPU that researchers have, and the part of it that PyTorch itself leaves, in bytes.
GPU = 24e9 * 0.9


class Saved:
    """What PyTorch keeps for the backward pass.

    Attributes:
        weights: Bytes of each piece of memory that weights take.
        bytes: Those of each that is kept beside.

    Args:
        networks: The networks whose weights they are.
    """

    def __init__(self, networks: list[nn.Module]):
        held = [tensor for network in networks for tensor in network.state_dict().values()]
        storages = [tensor.untyped_storage() for tensor in held]
        self.weights = {storage.data_ptr(): storage.nbytes() for storage in storages}
        self.bytes: dict[int, int] = {}

    def pack(self, tensor: Tensor) -> Tensor:
        """Count a tensor that is kept, once for each piece of memory."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self.weights:
            self.bytes[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()


def modules(thing: Any) -> list[nn.Module]:
    """List the networks of a generator or an assessor."""
    return [value for value in vars(thing).values() if isinstance(value, nn.Module)]


def object_generator(module: Any, state: biggan_layouts.State) -> Any:
    """Build a generator of objects from the state dict of its published layout."""
    [layout] = [each for each in module.LAYOUTS if each.matches(state)]
    parts = layout.parts(state)
    return module.build(parts.settings, parts.tensors, "random weights")


#: Generators, and the space in which GANalyze or its StyleGAN successors learn.
GENERATORS: dict[str, tuple[str, Callable[[], Any]]] = {
    "BigGAN, 256 px": (
        "z",
        lambda: object_generator(biggan, biggan_layouts.ganalyze(256, 96)),
    ),
    "BigGAN-deep, 512 px": (
        "z",
        lambda: object_generator(biggan_deep, biggan_layouts.hugging_face(512, 128)),
    ),
    "StyleGAN2, 1024 px": ("w", lambda: small_stylegan2(stylegan2_layouts.widths(1024))),
}


def needed(generator: Any, assessor: Any, space: str) -> tuple[int, int]:
    """Return the bytes of the weights, and those that a gradient keeps for one image."""
    settings = choose("corrected", space=space, batch=1, held_out=1)
    objective = Objective(generator, assessor, settings, 1)
    networks = [*modules(generator), *modules(assessor)]
    latents = objective.latents(generator.sample([0])).requires_grad_()
    saved = Saved(networks)
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, lambda tensor: tensor):
        score = objective.scores(latents, torch.zeros(1, dtype=torch.long)).sum()
        torch.autograd.grad(score, latents)
    return sum(saved.weights.values()), sum(saved.bytes.values())


def main() -> None:
    """Print what each generator needs, and how many images a GPU of 24 GB computes at once."""
    resmem = ROOT / "resources/weights/resmem.pt"
    if not resmem.is_file():
        sys.exit(f"{resmem} is missing: make it with `snakemake weights`.")
    assessor = assessors.load("resmem", resmem)
    print(f"{'':22}{'weights':>12}{'an image':>12}{'fit in 24 GB':>14}{'at once':>10}")
    enough = True
    for name, (space, build) in GENERATORS.items():
        generator = build()
        weights, image = needed(generator, assessor, space)
        fit, at_once = int((GPU - weights) // image), images_at_once("cuda", generator.resolution)
        print(f"{name:22}{weights / 1e9:9.2f} GB{image / 1e9:9.2f} GB{fit:14}{at_once:10}")
        enough &= fit >= at_once
    print(f"a GPU of 24 GB holds as many as are computed at once: {enough}")
    sys.exit(not enough)


if __name__ == "__main__":
    main()
