"""Write StyleGAN1s with random weights in each layout, from the layout's description.

NVIDIA's variables are described in NVlabs/stylegan (training/networks_stylegan.py), and its pickle
there too (dnnlib/tflib/network.py); how ganspace and InterFaceGAN hold the same variables, in
harskish/ganspace (models/stylegan/model.py) and genforce/interfacegan
(models/stylegan_generator_model.py).
"""

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

Variables = dict[str, NDArray[np.float32]]


def variables(channels: Sequence[int], width: int = 16, depth: int = 8, seed: int = 0) -> Variables:
    """Draw NVIDIA's variables: own ones of Gs, then of its components `mapping` and `synthesis`.

    Args:
        channels: Channels of the activations at 4, 8, 16, ... pixels.
        width: That of z and of w.
        depth: Layers of the mapping network.
        seed: Of all values.

    Returns:
        The variables, by name; a component's name stands before those of its own.
    """
    random = np.random.default_rng(seed)

    def normal(*shape: int, scale: float = 1.0) -> NDArray[np.float32]:
        return (scale * random.standard_normal(shape)).astype(np.float32)

    made = {"lod": np.float32(0), "dlatent_avg": normal(width, scale=0.3)}
    for i in range(depth):
        made[f"mapping/Dense{i}/weight"] = normal(width, width, scale=100)
        made[f"mapping/Dense{i}/bias"] = normal(width, scale=20)
    made["synthesis/lod"] = np.float32(0)
    for layer in range(2 * len(channels)):
        size = 4 << layer // 2
        made[f"synthesis/noise{layer}"] = normal(1, 1, size, size)
    before = channels[0]
    for block, after in enumerate(channels):
        size = 4 << block
        for name in ("Conv0_up", "Conv1") if block else ("Const", "Conv"):
            layer = f"synthesis/{size}x{size}/{name}"
            if name == "Const":
                made[f"{layer}/const"] = normal(1, after, 4, 4)
            else:
                made[f"{layer}/weight"] = normal(3, 3, before, after)
            made[f"{layer}/Noise/weight"] = normal(after, scale=0.3)
            made[f"{layer}/bias"] = normal(after, scale=0.3)
            made[f"{layer}/StyleMod/weight"] = normal(width, 2 * after, scale=0.7)
            made[f"{layer}/StyleMod/bias"] = normal(2 * after, scale=0.3)
            before = after
        torgb = f"synthesis/ToRGB_lod{len(channels) - 1 - block}"
        made[f"{torgb}/weight"] = normal(1, 1, after, 3, scale=0.3)
        made[f"{torgb}/bias"] = normal(3, scale=0.1)
    return made


def write_nvidia(
    path: Path,
    made: Variables,
    version: int = 3,
    static_kwargs: dict[str, Any] | None = None,
    stored: Callable[[Any], Any] = lambda networks: networks,
) -> Path:
    """Write NVIDIA's TensorFlow pickle: a tuple of the networks G, D and Gs.

    Args:
        path: Where it goes.
        made: `variables`.
        version: That of the networks' states: 2, 3 or 4.
        static_kwargs: Arguments that the networks were made with.
        stored: What of (G, D, Gs) the file holds.

    Returns:
        The path.
    """
    with _network_class() as network_class:

        def network(name: str, components: dict[str, Any], own: Variables) -> Any:
            made = network_class.__new__(network_class)
            made.__dict__ = {
                "version": version,
                "name": name,
                "static_kwargs": {"num_channels": 3, "label_size": 0, **(static_kwargs or {})},
                "components": components,
                "build_module_src": "raise RuntimeError('a network built from source')",
                "build_func_name": name,
                "variables": list(own.items()),
            }
            return made

        parts = {
            part: network(f"G_{part}", {}, _below(made, f"{part}/"))
            for part in ("mapping", "synthesis")
        }
        own = {name: value for name, value in made.items() if "/" not in name}
        discriminator = network("D", {}, {"lod": np.float32(0)})
        tuple_of_three = (network("G", parts, own), discriminator, network("Gs", parts, own))
        path.write_bytes(pickle.dumps(stored(tuple_of_three), protocol=4))
    return path


def write_ganspace(path: Path, made: Variables) -> Path:
    """Write ganspace's state dict, which has trainable variables and the blurs' kernels.

    Args:
        path: Where it goes.
        made: `variables`.

    Returns:
        The path.
    """
    state = {}
    for name, value in _below(made, "mapping/").items():
        dense, kind = name.split("/")
        state[f"g_mapping.{dense.lower()}.{kind}"] = _torch(value)
    epilogues = {"Const": "epi1", "Conv": "epi2", "Conv0_up": "epi1", "Conv1": "epi2"}
    for name, value in _below(made, "synthesis/").items():
        size, _, rest = name.partition("/")
        if "x" not in size:
            if size == "ToRGB_lod0":
                state[f"g_synthesis.torgb.{rest}"] = _torch(value)
            continue
        layer, _, rest = rest.partition("/")
        block = f"g_synthesis.blocks.{size}"
        epilogue = f"{block}.{epilogues[layer]}"
        kind, _, last = rest.partition("/")
        if kind == "Noise":
            key = f"{epilogue}.top_epi.noise.weight"
        elif kind == "StyleMod":
            key = f"{epilogue}.style_mod.lin.{last}"
        elif layer == "Const":
            key = f"{block}.{kind}"
        else:
            key = f"{block}.{layer.lower()}.{kind}"
        state[key] = torch.from_numpy(value) if kind == "const" else _torch(value)
        if layer == "Conv0_up":
            blur = np.outer([1, 2, 1], [1, 2, 1]) / 16
            kernel = torch.tensor(blur, dtype=torch.float32).view(1, 1, 3, 3)
            state[f"{block}.conv0_up.intermediate.kernel"] = kernel
    torch.save(state, path)
    return path


def write_interfacegan(path: Path, made: Variables) -> Path:
    """Write the state dict that InterFaceGAN converts NVIDIA's pickle to.

    Args:
        path: Where it goes.
        made: `variables`.

    Returns:
        The path.
    """
    state = {"truncation.w_avg": torch.from_numpy(made["dlatent_avg"])}
    for name, value in _below(made, "mapping/").items():
        dense, kind = name.split("/")
        module = "linear" if kind == "weight" else "wscale"
        state[f"mapping.{dense.lower()}.{module}.{kind}"] = _torch(value)
    synthesis = _below(made, "synthesis/")
    blocks = sum(name.endswith("/Conv0_up/bias") for name in synthesis) + 1
    for name, value in synthesis.items():
        size, _, rest = name.partition("/")
        if size == "lod":
            state["synthesis.lod"] = torch.tensor(value)
        elif size.startswith("noise"):
            layer = f"synthesis.layer{size.removeprefix('noise')}"
            state[f"{layer}.epilogue.apply_noise.noise"] = torch.from_numpy(value)
        elif size.startswith("ToRGB"):
            output = f"synthesis.output{blocks - 1 - int(size.removeprefix('ToRGB_lod'))}"
            state[f"{output}.{'conv.weight' if rest == 'weight' else 'bias'}"] = _torch(value)
        else:
            pixels = int(size.split("x")[0])
            kind, _, rest = rest.partition("/")
            number = 2 * (pixels.bit_length() - 3) + (kind in {"Conv", "Conv1"})
            layer = f"synthesis.layer{number}"
            if rest == "const":
                state[f"{layer}.first_layer"] = torch.from_numpy(value)
            elif rest == "weight" and kind == "Conv0_up" and pixels >= 128:
                state[f"{layer}.weight"] = torch.from_numpy(value)
            elif rest == "weight":
                state[f"{layer}.conv.weight"] = _torch(value)
            elif rest == "Noise/weight":
                state[f"{layer}.epilogue.apply_noise.weight"] = torch.from_numpy(value)
            elif rest == "bias":
                state[f"{layer}.epilogue.bias"] = torch.from_numpy(value)
            else:
                module = "linear" if rest == "StyleMod/weight" else "wscale"
                end = f"{module}.{rest.removeprefix('StyleMod/')}"
                state[f"{layer}.epilogue.style_mod.dense.{end}"] = _torch(value)
            if rest == "weight" and kind == "Conv0_up":
                blur = torch.tensor(np.outer([1, 2, 1], [1, 2, 1]) / 16, dtype=torch.float32)
                state[f"{layer}.blur.kernel"] = blur.repeat(value.shape[-1], 1, 1, 1)
    torch.save(state, path)
    return path


def _below(made: Variables, prefix: str) -> Variables:
    return {
        name.removeprefix(prefix): value for name, value in made.items() if name.startswith(prefix)
    }


def _torch(value: NDArray[np.float32]) -> torch.Tensor:
    """Put a tensor's dimensions in PyTorch's order."""
    order = {1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}[value.ndim]
    return torch.from_numpy(value.transpose(order).copy())


@contextmanager
def _network_class() -> Iterator[Any]:
    """Stand in for NVIDIA's class, which a pickle names by its module."""
    names = ("dnnlib", "dnnlib.tflib", "dnnlib.tflib.network")
    modules = {name: ModuleType(name) for name in names}
    made = type("Network", (), {"__module__": names[-1]})
    modules[names[-1]].Network = made  # type: ignore[attr-defined]
    with patch.dict(sys.modules, modules):
        yield made
