"""Writes StyleGAN2 generators of random weights, in each layout in which users hold them.

Each writer follows the description of its layout (NVlabs/stylegan2, NVlabs/stylegan2-ada-pytorch,
rosinality/stylegan2-pytorch, rosasalberto/StyleGAN2-TensorFlow-2.x), not Mnemo's reader. Run by
itself it writes all of them, at 32 to 256 pixels:

    python tests/data/stylegan2_layouts.py FOLDER
"""

import argparse
import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: What a file's source would do, if it were ever run.
SOURCE = "raise SystemExit('the source in a weights file was executed')"


class Network(NamedTuple):
    """A generator of random weights.

    Attributes:
        channels: At 4, 8, ... pixels.
        z_dim: Width of z.
        w_dim: Width of w.
        mapping_layers: Layers of the mapping network.
        mapping_features: Width between them.
        tensors: By stylegan2-ada-pytorch's names.
    """

    channels: tuple[int, ...]
    z_dim: int
    w_dim: int
    mapping_layers: int
    mapping_features: int
    tensors: dict[str, Array]

    @property
    def sizes(self) -> list[int]:
        """Heights of the blocks, in pixels."""
        return [4 << level for level in range(len(self.channels))]

    @property
    def settings(self) -> dict[str, Any]:
        """What a reader must find, where a file asks for nothing special."""
        return {
            "z_dim": self.z_dim,
            "w_dim": self.w_dim,
            "channels": list(self.channels),
            "mapping_layers": self.mapping_layers,
            "mapping_features": self.mapping_features,
            "learning_rate_multiplier": 0.01,
            "resample_filter": [1, 3, 3, 1],
            "clamp": None,
        }


def widths(resolution: int, base: int = 32768, most: int = 512) -> tuple[int, ...]:
    """Compute the channels of config-f at 4 pixels and up; config-e has a base of 16384."""
    return tuple(min(base >> level, most) for level in range(2, resolution.bit_length()))


def network(
    channels: Sequence[int],
    z_dim: int = 32,
    w_dim: int = 32,
    mapping_layers: int = 8,
    mapping_features: int | None = None,
    seed: int = 0,
) -> Network:
    """Draw a generator whose every tensor is random, of about the size that training gives it."""
    draw = np.random.default_rng(seed)
    tensors: dict[str, Array] = {}

    def put(name: str, *shape: int, mean: float = 0, sd: float = 1) -> None:
        tensors[name] = np.asarray(draw.normal(mean, sd, shape), np.float32)

    features = w_dim if mapping_features is None else mapping_features
    steps = [z_dim, *[features] * (mapping_layers - 1), w_dim]
    put("mapping.w_avg", w_dim, sd=0.3)
    for i in range(mapping_layers):
        put(f"mapping.fc{i}.weight", steps[i + 1], steps[i], sd=100)
        put(f"mapping.fc{i}.bias", steps[i + 1], sd=10)
    put("synthesis.b4.const", channels[0], 4, 4)
    for level, width in enumerate(channels):
        size = 4 << level
        layers = {"conv1": (width, width, 3), "torgb": (3, width, 1)}
        if level:
            layers["conv0"] = (width, channels[level - 1], 3)
        for layer, (out, into, kernel) in layers.items():
            own = f"synthesis.b{size}.{layer}"
            put(f"{own}.weight", out, into, kernel, kernel)
            put(f"{own}.bias", out, sd=0.1)
            put(f"{own}.affine.weight", into, w_dim, sd=0.3)
            put(f"{own}.affine.bias", into, mean=1, sd=0.1)
            if layer != "torgb":
                put(f"{own}.noise_const", size, size)
                put(f"{own}.noise_strength", sd=0.1)
    return Network(tuple(channels), z_dim, w_dim, mapping_layers, features, tensors)


def tensorflow(
    path: Path,
    made: Network,
    version: int = 4,
    kwargs: Mapping[str, Any] | None = None,
    extra: Mapping[str, Array] | None = None,
    drop: str = "",
    stored: Callable[[Any], Any] = lambda networks: networks,
) -> None:
    """Write NVIDIA's TensorFlow pickle: (G, D, Gs), the last of which is the average generator.

    Args:
        path: Where the file goes.
        made: What it holds.
        version: The pickle's version, 2 to 4.
        kwargs: Static kwargs beside the usual ones.
        extra: Variables of Gs beside its own.
        drop: A variable to leave out, with its component's name before it.
        stored: What of (G, D, Gs) the file holds.
    """
    parts: dict[str, dict[str, Array]] = {"mapping": {}, "synthesis": {}}
    for name, value in _tensorflow_variables(made).items():
        parts["mapping" if name.startswith("Dense") else "synthesis"][name] = value
    top = {"lod": np.float32(0), "dlatent_avg": made.tensors["mapping.w_avg"], **(extra or {})}
    static = {
        "num_channels": 3,
        "resolution": made.sizes[-1],
        "label_size": 0,
        "latent_size": made.z_dim,
        "dlatent_size": made.w_dim,
        "mapping_layers": made.mapping_layers,
        "mapping_fmaps": made.mapping_features,
        **(kwargs or {}),
    }

    def build(name: str, function: str, variables: Mapping[str, Any], **components: Any) -> Any:
        prefix = f"{name.removeprefix('G_')}/" if name.startswith("G_") else ""
        kept = [(key, value) for key, value in variables.items() if prefix + key != drop]
        state = {
            "version": version,
            "name": name,
            "static_kwargs": static,
            "components": components,
            "build_module_src": SOURCE,
            "build_func_name": function,
            "variables": kept,
        }
        built = kind()
        built.__dict__.update(state)
        return built

    kind = type("Network", (), {"__module__": "dnnlib.tflib.network"})
    with _known(kind):
        components = {
            part: build(f"G_{part}", f"G_{part}", variables) for part, variables in parts.items()
        }
        networks = (
            # It has no average w, so that no reader takes it for Gs unnoticed.
            build("G", "G_main", {"lod": np.float32(0)}, **components),
            build("D", "D_stylegan2", {"Output/bias": np.zeros(1, np.float32)}),
            build("Gs", "G_main", top, **components),
        )
        path.write_bytes(pickle.dumps(stored(networks), protocol=4))


def pytorch(
    path: Path,
    made: Network,
    clamp: float | None = None,
    taps: Sequence[float] = (1, 3, 3, 1),
    flat: bool = False,
    stored: Callable[[Any], Any] = lambda content: content,
    **attributes: Any,
) -> None:
    """Write the pickle of stylegan2-ada-pytorch: persistent modules, with their source.

    Args:
        path: Where the file goes.
        made: What it holds.
        clamp: What convolutions are clamped to.
        taps: The resampling filter.
        flat: Keep the synthesis network's kwargs among the generator's, as stylegan3 does.
        stored: What of {"G": ..., "D": ..., "G_ema": ...} the file holds.
        attributes: What every module that has such an attribute says instead of the usual.
    """

    def easy(**entries: Any) -> Any:
        return easy_dict(entries)

    def module(
        name: str,
        own: str = "",
        parameters: Sequence[str] = (),
        buffers: Mapping[str, torch.Tensor] | None = None,
        modules: Mapping[str, Any] | None = None,
        kwargs: Any = None,
        **state: Any,
    ) -> Any:
        built = persistent()
        held = {
            key: torch.nn.Parameter(torch.tensor(made.tensors[f"{own}.{key}"]), False)
            for key in parameters
        }
        asked = {key: value for key, value in attributes.items() if key in state}
        built.meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": name,
            "state": {
                "training": False,
                "_parameters": OrderedDict(held),
                "_buffers": OrderedDict(buffers or {}),
                "_non_persistent_buffers_set": set(),
                "_backward_hooks": OrderedDict(),
                "_forward_hooks": OrderedDict(),
                "_modules": OrderedDict(modules or {}),
                **state,
                **asked,
                "_init_args": (),
                "_init_kwargs": kwargs or easy(),
            },
        }
        return built

    def dense(own: str, activation: str, gain: float) -> Any:
        return module(
            "FullyConnectedLayer", own, ("weight", "bias"), activation=activation, bias_gain=gain
        )

    line = torch.tensor(taps, dtype=torch.float32)
    line = line / line.sum()
    square = torch.outer(line, line)
    usual = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8

    def convolution(own: str, size: int, up: bool) -> Any:
        # A convolution that keeps the resolution is not told the filter, and has the usual one.
        held = square if up else torch.outer(usual, usual)
        noise = torch.tensor(made.tensors[f"{own}.noise_const"])
        return module(
            "SynthesisLayer",
            own,
            ("weight", "noise_strength", "bias"),
            {"resample_filter": held, "noise_const": noise},
            {"affine": dense(f"{own}.affine", "linear", 1)},
            resolution=size,
            up=2 if up else 1,
            use_noise=True,
            activation="lrelu",
            conv_clamp=clamp,
        )

    easy_dict = type("EasyDict", (dict,), {"__module__": "dnnlib.util"})
    # pickle looks for the function by its name.
    rebuild = types.FunctionType((lambda meta: meta).__code__, {}, "_reconstruct_persistent_obj")
    rebuild.__qualname__, rebuild.__module__ = rebuild.__name__, "torch_utils.persistence"
    persistent = type("Persistent", (), {"__reduce__": lambda self: (rebuild, (self.meta,), None)})
    with _known(easy_dict, rebuild):
        blocks = {}
        for size in made.sizes:
            own = f"synthesis.b{size}"
            layers = {"conv1": convolution(f"{own}.conv1", size, up=False)}
            if size > 4:
                layers = {"conv0": convolution(f"{own}.conv0", size, up=True), **layers}
            layers["torgb"] = module(
                "ToRGBLayer",
                f"{own}.torgb",
                ("weight", "bias"),
                modules={"affine": dense(f"{own}.torgb.affine", "linear", 1)},
                conv_clamp=clamp,
            )
            blocks[f"b{size}"] = module(
                "SynthesisBlock",
                own,
                () if size > 4 else ("const",),
                {"resample_filter": square},
                layers,
                resolution=size,
                img_channels=3,
                architecture="skip",
            )
        mapping = module(
            "MappingNetwork",
            buffers={"w_avg": torch.tensor(made.tensors["mapping.w_avg"])},
            modules={
                f"fc{i}": dense(f"mapping.fc{i}", "lrelu", 0.01) for i in range(made.mapping_layers)
            },
            z_dim=made.z_dim,
            c_dim=0,
            w_dim=made.w_dim,
            num_layers=made.mapping_layers,
        )
        synthesis = module("SynthesisNetwork", modules=blocks, img_channels=3, w_dim=made.w_dim)
        asked = easy(resample_filter=list(taps), conv_clamp=clamp)
        average = module(
            "Generator",
            modules={"synthesis": synthesis, "mapping": mapping},
            kwargs=easy(z_dim=made.z_dim, **(asked if flat else {"synthesis_kwargs": asked})),
            z_dim=made.z_dim,
            c_dim=0,
            w_dim=made.w_dim,
            img_resolution=made.sizes[-1],
            img_channels=3,
        )
        content = {
            "G": module("Generator"),
            "D": module("Discriminator"),
            "G_ema": average,
            "augment_pipe": None,
            "training_set_kwargs": easy(path="faces.zip"),
        }
        path.write_bytes(pickle.dumps(stored(content)))


def rosinality(
    path: Path,
    made: Network,
    average: bool = True,
    noise: bool = True,
    training: bool = False,
    gain: float = 1,
    extra: Mapping[str, torch.Tensor] | None = None,
    drop: str = "",
) -> None:
    """Write rosinality's checkpoint; without the noise maps it is as ganspace's.

    Args:
        path: Where the file goes.
        made: What it holds.
        average: Whether it has the average w.
        noise: Whether it has noise maps.
        training: Whether it has all else that a training saves.
        gain: What its filters are multiplied with, beside what upsampling needs.
        extra: Tensors beside the generator's own.
        drop: A tensor to leave out.
    """
    line = np.array([1, 3, 3, 1], np.float32) / 8
    kernel = 4 * gain * np.outer(line, line)
    held: dict[str, Array] = {}
    for i in range(made.mapping_layers):
        held[f"style.{i + 1}.weight"] = made.tensors[f"mapping.fc{i}.weight"]
        held[f"style.{i + 1}.bias"] = made.tensors[f"mapping.fc{i}.bias"]
    held["input.input"] = made.tensors["synthesis.b4.const"][None]
    for level, size in enumerate(made.sizes):
        names = {"conv0": f"convs.{2 * level - 2}", "conv1": f"convs.{2 * level - 1}"}
        names["torgb"] = f"to_rgbs.{level - 1}"
        if size == 4:
            names = {"conv1": "conv1", "torgb": "to_rgb1"}
        for layer, name in names.items():
            own = f"synthesis.b{size}.{layer}"
            held[f"{name}.conv.weight"] = made.tensors[f"{own}.weight"][None]
            for part in ("weight", "bias"):
                held[f"{name}.conv.modulation.{part}"] = made.tensors[f"{own}.affine.{part}"]
            bias = made.tensors[f"{own}.bias"]
            if layer == "torgb":
                held[f"{name}.bias"] = bias.reshape(1, -1, 1, 1)
                if level:
                    held[f"{name}.upsample.kernel"] = kernel
                continue
            held[f"{name}.activate.bias"] = bias
            held[f"{name}.noise.weight"] = made.tensors[f"{own}.noise_strength"].reshape(1)
            if layer == "conv0":
                held[f"{name}.conv.blur.kernel"] = kernel
            if noise:
                number = 2 * level - (layer == "conv0")
                held[f"noises.noise_{number}"] = made.tensors[f"{own}.noise_const"][None, None]
    state = OrderedDict((name, torch.tensor(value)) for name, value in held.items() if name != drop)
    state.update(extra or {})
    content: dict[str, Any] = {"g_ema": state}
    if average:
        content["latent_avg"] = torch.tensor(made.tensors["mapping.w_avg"])
    if training:
        few = {"state": {0: {"step": 1, "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.002}]}
        content |= {"g": state, "d": {"final_linear.1.bias": torch.zeros(1)}}
        content |= {"g_optim": few, "d_optim": few, "ada_aug_p": 0.1}
        content["args"] = argparse.Namespace(size=made.sizes[-1], latent=made.w_dim)
    torch.save(content, path)


def rosasalberto(path: Path, made: Network, noise: bool = False, average: bool = False) -> None:
    """Write rosasalberto's dictionary, and its average w to a file of its own beside it.

    Args:
        path: Where the dictionary goes, a `.npy`.
        made: What it holds.
        noise: Whether it has noise maps.
        average: Whether it has the average w too.
    """
    held = {
        name: value
        for name, value in _tensorflow_variables(made).items()
        if noise or not name.startswith("noise")
    }
    held["disc_Output/bias"] = np.zeros(1, np.float32)
    if average:
        held["dlatent_avg"] = made.tensors["mapping.w_avg"]
    np.save(path, np.array(held, dtype=object), allow_pickle=True)
    np.save(path.with_name(f"{path.stem}_dlatent_avg.npy"), made.tensors["mapping.w_avg"])


def _tensorflow_variables(made: Network) -> dict[str, Array]:
    """Name the mapping's and the synthesis network's variables, without the networks' names."""
    tensors = made.tensors
    found: dict[str, Array] = {}
    for i in range(made.mapping_layers):
        found[f"Dense{i}/weight"] = tensors[f"mapping.fc{i}.weight"].T
        found[f"Dense{i}/bias"] = tensors[f"mapping.fc{i}.bias"]
    found["4x4/Const/const"] = tensors["synthesis.b4.const"][None]
    for level, size in enumerate(made.sizes):
        names = {"conv0": "Conv0_up", "conv1": "Conv1", "torgb": "ToRGB"}
        if size == 4:
            names = {"conv1": "Conv", "torgb": "ToRGB"}
        for layer, name in names.items():
            own, name = f"synthesis.b{size}.{layer}", f"{size}x{size}/{name}"
            weight = tensors[f"{own}.weight"].transpose(2, 3, 1, 0)
            found[f"{name}/weight"] = weight[::-1, ::-1] if layer == "conv0" else weight
            found[f"{name}/mod_weight"] = tensors[f"{own}.affine.weight"].T
            found[f"{name}/mod_bias"] = tensors[f"{own}.affine.bias"] - 1
            found[f"{name}/bias"] = tensors[f"{own}.bias"]
            if layer != "torgb":
                found[f"{name}/noise_strength"] = tensors[f"{own}.noise_strength"]
                number = 2 * level - (layer == "conv0")
                found[f"noise{number}"] = tensors[f"{own}.noise_const"][None, None]
    return found


@contextmanager
def _known(*objects: Any) -> Iterator[None]:
    """Let pickle write classes and functions of modules that are not installed."""
    before = dict(sys.modules)
    try:
        for thing in objects:
            parts = thing.__module__.split(".")
            for depth in range(1, len(parts) + 1):
                name = ".".join(parts[:depth])
                sys.modules[name] = types.ModuleType(name)
        for thing in objects:
            setattr(sys.modules[thing.__module__], thing.__name__, thing)
        yield
    finally:
        for name in {thing.__module__.split(".")[0] for thing in objects}:
            for known in [key for key in sys.modules if key.split(".")[0] == name]:
                del sys.modules[known]
        sys.modules.update(before)


def main() -> None:
    """Write every layout at every resolution into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for resolution in (32, 64, 128, 256):
        made = network(widths(resolution, base=2048, most=32))
        tensorflow(folder / f"tensorflow-{resolution}.pkl", made)
        pytorch(folder / f"pytorch-{resolution}.pkl", made)
        rosinality(folder / f"rosinality-{resolution}.pt", made)
        rosinality(folder / f"ganspace-{resolution}.pt", made, noise=False)
        rosasalberto(folder / f"rosasalberto-{resolution}.npy", made)


if __name__ == "__main__":
    main()
