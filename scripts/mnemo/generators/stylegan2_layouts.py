"""The layouts of StyleGAN2's weights files, and their conversion to the network's own names.

The network's names are those of stylegan2-ada-pytorch's state dict. The correspondence of the other
layouts comes from that repository's `legacy.py` (NVIDIA's TensorFlow names), rosinality's
`convert_weight.py` and rosasalberto's `weights_map.py`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch
from torch import Tensor

from mnemo.checkpoints import Record
from mnemo.errors import MnemoError
from mnemo.generators import layouts
from mnemo.generators.layouts import Entry, Layout, Parts, first, first_of_first, from_last

#: Settings of every published StyleGAN2, used if the file does not record them.
FILTER = [1, 3, 3, 1]
LEARNING_RATE_MULTIPLIER = 0.01
#: Limits on the work that a file can cause; a generator of 1024 pixels has about 60 modules.
MOST_MODULES, MOST_TAPS = 1000, 64

#: Values that the network requires of a TensorFlow generator's static kwargs, if the file has them.
TENSORFLOW_NEEDS = {
    "architecture": "skip",
    "nonlinearity": "lrelu",
    "mapping_nonlinearity": "lrelu",
    "normalize_latents": True,
    "use_noise": True,
    "mapping_func": "G_mapping",
    "synthesis_func": "G_synthesis_stylegan2",
}
#: Kwargs that the tensors' shapes also determine, with the setting that each must agree with.
TENSORFLOW_SHAPES = {
    "resolution": "resolution",
    "latent_size": "z_dim",
    "dlatent_size": "w_dim",
    "mapping_layers": "mapping_layers",
    "mapping_fmaps": "mapping_features",
}
#: Values of those kwargs if the file does not have them.
TENSORFLOW_DEFAULTS = {
    "resolution": 1024,
    "latent_size": 512,
    "dlatent_size": 512,
    "mapping_layers": 8,
}
#: Kwargs that become settings.
TENSORFLOW_READ = {"resample_kernel", "mapping_lrmul", "conv_clamp"}
#: Kwargs that are ignored: channel widths, which the shapes determine, as they do the height and
#: width of images in programs for images that are not square; training; precision; and defaults of
#: truncation and noise, which the user chooses here.
TENSORFLOW_IDLE = {
    *("num_channels", "resolution_w", "resolution_h", "init_res", "label_size"),
    *("fmap_base", "fmap_decay", "fmap_min", "fmap_max", "label_fmaps", "conditioning"),
    *("truncation_psi", "truncation_cutoff", "truncation_psi_val", "truncation_cutoff_val"),
    *("style_mixing_prob", "dlatent_avg_beta", "w_avg_beta", "randomize_noise"),
    *("dtype", "num_fp16_res", "fused_modconv", "structure"),
}

#: Values that the network requires of a PyTorch pickle's modules, if they have them.
PYTORCH_NEEDS = {"architecture": "skip", "use_noise": True}
#: The clamp with which stylegan2-ada-pytorch and stylegan3 train, which no state dict records.
PYTORCH_CLAMP = 256


class Convolution(NamedTuple):
    """A modulated 3x3 convolution of the synthesis network, with noise.

    Attributes:
        own: Prefix of its tensors' names in the network.
        size: Height and width of its output, in pixels.
        number: Its number among the convolutions, from 0, which is also its noise map's number.
        up: Whether it doubles the resolution.
    """

    own: str
    size: int
    number: int
    up: bool


def tensorflow(content: Any) -> Parts:
    """Return the parts of the average generator in NVIDIA's TensorFlow pickle, Gs.

    Args:
        content: (G, D, Gs) or Gs alone, each with its own variables and with components, which have
            more.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown, or a kwarg differs from the published
            architecture.
    """
    states = layouts.average_generator(content)
    layouts.need("version", states[0].get("version"), 2, 3, 4)
    kwargs = layouts.mapping("static_kwargs", states[0].get("static_kwargs"))
    layouts.need_no_classes("label_size", kwargs.get("label_size", 0))
    known = TENSORFLOW_NEEDS.keys() | TENSORFLOW_SHAPES.keys() | TENSORFLOW_IDLE | TENSORFLOW_READ
    for key, value in kwargs.items():
        if key not in known:
            raise MnemoError(f"{key} is {value!r}, but StyleGAN2 has no such setting")
        if key in TENSORFLOW_NEEDS:
            layouts.need(key, value, TENSORFLOW_NEEDS[key])
    found = layouts.variables(states)
    tensors, unused = layouts.take(found, _tensorflow_entries(*_tensorflow_sizes(found)), "lod")
    settings = _settings(
        tensors,
        multiplier=kwargs.get("mapping_lrmul", LEARNING_RATE_MULTIPLIER),
        taps=kwargs.get("resample_kernel", FILTER),
        clamp=kwargs.get("conv_clamp"),
    )
    _agree({**TENSORFLOW_DEFAULTS, **kwargs}, TENSORFLOW_SHAPES, settings)
    return Parts("stylegan2", settings, tensors, (*unused, "G", "D"))


def pytorch(content: Any) -> Parts:
    """Return the parts of `G_ema` in a file of stylegan2-ada-pytorch or stylegan3's StyleGAN2.

    Each module's settings are read from the module itself, because the two repositories have
    different defaults: one clamps convolutions to 256 by default, the other does not clamp them.

    Args:
        content: {"G_ema": tree of persistent modules, ...}, or that tree itself, as PTI stores it.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown; the generator is a StyleGAN3; or a module
            differs from the published architecture.
    """
    networks = content if isinstance(content, dict) else {"G_ema": content}
    modules = _modules(networks["G_ema"])
    found: dict[str, Any] = {}
    for path, module in modules.items():
        if module.kind.endswith(".SynthesisInput"):
            raise MnemoError(f"its {path} is a SynthesisInput: it is a StyleGAN3, not a StyleGAN2")
        layouts.need_no_classes(f"{path}.c_dim".lstrip("."), module.state.get("c_dim", 0))
        for key, needed in PYTORCH_NEEDS.items():
            if key in module.state:
                layouts.need(f"{path}.{key}".lstrip("."), module.state[key], needed)
        activation = "linear" if path.endswith(".affine") else "lrelu"
        layouts.need(f"{path}.activation", module.state.get("activation", activation), activation)
        for kind in ("_parameters", "_buffers"):
            held = layouts.mapping(f"{path}.{kind}", module.state.get(kind))
            found |= {f"{path}.{name}": value for name, value in held.items() if value is not None}
    tensors, unused = _take_pytorch(found)
    asked = layouts.mapping("_init_kwargs", networks["G_ema"].state.get("_init_kwargs"))
    # stylegan2-ada stores the synthesis network's kwargs separately; stylegan3 stores them among
    # the generator's.
    asked = {**asked, **layouts.mapping("synthesis_kwargs", asked.get("synthesis_kwargs", {}))}
    settings = _settings(
        tensors,
        multiplier=_shared(modules, r"mapping\.fc\d+", "bias_gain"),
        taps=asked.get("resample_filter", FILTER),
        clamp=_shared(modules, r"synthesis\.b\d+\.(conv[01]|torgb)", "conv_clamp"),
    )
    _check_filters(found, unused, settings)
    _agree(modules[""].state, {"img_resolution": "resolution", "z_dim": "z_dim"}, settings)
    _agree(modules["mapping"].state, {"num_layers": "mapping_layers"}, settings)
    others = (str(key) for key in networks if key != "G_ema")
    return Parts("stylegan2", settings, tensors, (*unused, *others))


def state_dict(content: Any) -> Parts:
    """Return the parts of the state dict of a generator of stylegan2-ada-pytorch.

    It lacks the modules' settings. The filter is among its tensors; the learning rate multiplier
    and the clamp are assumed to be those that both repositories train with.

    Args:
        content: {name: tensor}.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown, the generator takes classes, or the filters
            differ from each other.
    """
    if "mapping.embed.weight" in content:
        layouts.need_no_classes("mapping.embed.weight", "present")
    tensors, unused = _take_pytorch(content)
    used = [layouts.tensor(name, content[name]) for name in unused if _filters(name)]
    taps: Any = FILTER
    if used:
        taps = used[0] if used[0].ndim == 1 else used[0].sum(dim=0)
    settings = _settings(tensors, LEARNING_RATE_MULTIPLIER, taps, PYTORCH_CLAMP)
    _check_filters(content, unused, settings)
    return Parts("stylegan2", settings, tensors, unused)


def rosinality(content: Any) -> Parts:
    """Return the parts of rosinality's checkpoint, or of ganspace's, which has the same names.

    Checkpoints saved during training have no mean w. Early ones, and ganspace's, have no noise
    maps.

    Args:
        content: {"g_ema": state dict, "latent_avg": mean w, ...}, or the state dict itself with the
            mean w among its tensors. The mean w may be tiled over the layers, as in files of pSp.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown, or a filter differs from the published one.
    """
    state = content.get("g_ema", content)
    found = {name: value for name, value in state.items() if name != "latent_avg"}
    # There is no to_rgbs at 4 pixels, and the first layer of style only normalises.
    blocks = 1 + layouts.count(found, r"to_rgbs\.(\d{1,2})\.")
    entries = list(_rosinality_entries(blocks, layouts.count(found, r"style\.(\d{1,3})\.") - 1))
    if (mean := content.get("latent_avg")) is not None:
        entries.append(Entry("mapping.w_avg", "latent_avg", _row))
        found["latent_avg"] = mean
    filters = r"(convs\.\d+\.conv\.blur|to_rgbs\.\d+\.upsample)\.kernel"
    tensors, unused = layouts.take(found, entries, filters)
    for name in unused:
        layouts.check_filter(name, found[name], FILTER, gain=4)
    settings = _settings(tensors, LEARNING_RATE_MULTIPLIER, FILTER, clamp=None)
    # rosinality's z is not larger than w. A converted generator with classes takes the embedding of
    # a class too, which the conversion leaves out.
    beyond = max(0, settings["z_dim"] - settings["w_dim"])
    layouts.need_no_classes("the excess of the columns of style.1.weight over w", beyond)
    others = () if state is content else content.keys() - {"g_ema", "latent_avg"}
    return Parts("stylegan2", settings, tensors, (*unused, *map(str, others)))


def rosasalberto(content: Any) -> Parts:
    """Return the parts of rosasalberto's dictionary, which has TensorFlow's variable names.

    The names lack the networks' names. Noise maps may be missing. The mean w is published in a
    separate file.

    Args:
        content: {name: array}.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown.
    """
    # The discriminator's names begin with disc_.
    entries = _tensorflow_entries(*_tensorflow_sizes(content))
    tensors, unused = layouts.take(content, entries, r"lod|disc_.+")
    settings = _settings(tensors, LEARNING_RATE_MULTIPLIER, FILTER, clamp=None)
    return Parts("stylegan2", settings, tensors, unused)


def _is_tensorflow(content: Any) -> bool:
    # StyleGAN1 has StyleMod/weight instead.
    return any(name.endswith("/mod_weight") for name in layouts.synthesis_names(content))


def _is_pytorch(content: Any) -> bool:
    if isinstance(content, dict):
        return _is_module(content.get("G_ema"))
    below = content.state.get("_modules") if _is_module(content) else None
    return isinstance(below, dict) and "synthesis" in below


def _is_state_dict(content: Any) -> bool:
    return isinstance(content, dict) and "synthesis.b4.const" in content


def _is_module(value: Any) -> TypeGuard[Record]:
    persistent = isinstance(value, Record) and value.kind.startswith("torch_utils.persistence.")
    return persistent and isinstance(value.state, dict)


def _is_rosinality(content: Any) -> bool:
    state = content.get("g_ema", content) if isinstance(content, dict) else None
    return isinstance(state, dict) and any(str(name).startswith("to_rgbs.") for name in state)


def _is_rosasalberto(content: Any) -> bool:
    return isinstance(content, dict) and any(
        re.fullmatch(r"\d+x\d+/.+/mod_weight", str(name)) for name in content
    )


LAYOUTS = (
    Layout("NVIDIA's TensorFlow pickle of StyleGAN2", _is_tensorflow, tensorflow),
    Layout("the PyTorch pickle of stylegan2-ada and stylegan3", _is_pytorch, pytorch),
    Layout("the state dict of stylegan2-ada-pytorch", _is_state_dict, state_dict),
    Layout(
        "rosinality's and ganspace's StyleGAN2 checkpoint",
        _is_rosinality,
        rosinality,
        around=("latent_avg",),
    ),
    Layout(
        "rosasalberto's StyleGAN2 dictionary",
        _is_rosasalberto,
        rosasalberto,
        beside={"dlatent_avg": "{stem}_dlatent_avg.npy"},
    ),
)


def _convolutions(blocks: int) -> Iterator[Convolution]:
    yield Convolution("synthesis.b4.conv1", 4, 0, up=False)
    for block in range(1, blocks):
        size = 4 << block
        yield Convolution(f"synthesis.b{size}.conv0", size, 2 * block - 1, up=True)
        yield Convolution(f"synthesis.b{size}.conv1", size, 2 * block, up=False)


def _take_pytorch(found: Mapping[str, Any]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Take the network's tensors from stylegan2-ada-pytorch's, which have the same names."""
    blocks = layouts.blocks(found, r"synthesis\.b(\d{1,5})\.")
    named = _tensorflow_entries(blocks, layouts.count(found, r"mapping\.fc(\d{1,3})\."))
    entries = [Entry(entry.own, entry.own) for entry in named]
    if "mapping.w_avg" not in found:
        entries = [entry for entry in entries if entry.own != "mapping.w_avg"]
    return layouts.take(found, entries, r"synthesis\.b\d+\.(conv[01]\.)?resample_filter")


def _check_filters(
    found: Mapping[str, Any], names: Iterable[str], settings: Mapping[str, Any]
) -> None:
    """Check that the resampling filters among stylegan2-ada-pytorch's tensors are the setting's."""
    for name in names:
        if _filters(name):
            layouts.check_filter(name, found[name], settings["resample_filter"])


def _filters(name: str) -> bool:
    # A convolution that keeps the resolution also has a filter, but does not use it.
    return name.endswith(".resample_filter") and not name.endswith(".conv1.resample_filter")


def _tensorflow_sizes(names: Iterable[Any]) -> tuple[int, int]:
    """Count the blocks and the mapping network's layers."""
    return layouts.blocks(names, r"(\d{1,5})x\1/"), layouts.count(names, r"Dense(\d{1,3})/")


def _tensorflow_entries(blocks: int, depth: int) -> Iterator[Entry]:
    """Yield the entry of every tensor of the network in TensorFlow's layout.

    In it, dense weights are (in, out), and convolution weights are (height, width, in, out),
    rotated by 180 degrees if the convolution up-samples. The bias of a style does not include the 1
    that is added to it.
    """
    yield Entry("mapping.w_avg", "dlatent_avg")
    for i in range(depth):
        yield Entry(f"mapping.fc{i}.weight", f"Dense{i}/weight", torch.t)
        yield Entry(f"mapping.fc{i}.bias", f"Dense{i}/bias")
    yield Entry("synthesis.b4.const", "4x4/Const/const", first)
    for own, size, number, up in _convolutions(blocks):
        file = f"{size}x{size}/{'Conv0_up' if up else 'Conv1' if number else 'Conv'}"
        yield Entry(f"{own}.weight", f"{file}/weight", _turned_from_last if up else from_last)
        yield Entry(f"{own}.noise_strength", f"{file}/noise_strength")
        yield Entry(f"{own}.noise_const", f"noise{number}", first_of_first)
        yield from _tensorflow_style(own, file)
        if not up:
            own, file = f"synthesis.b{size}.torgb", f"{size}x{size}/ToRGB"
            yield Entry(f"{own}.weight", f"{file}/weight", from_last)
            yield from _tensorflow_style(own, file)


def _tensorflow_style(own: str, file: str) -> Iterator[Entry]:
    yield Entry(f"{own}.bias", f"{file}/bias")
    yield Entry(f"{own}.affine.weight", f"{file}/mod_weight", torch.t)
    yield Entry(f"{own}.affine.bias", f"{file}/mod_bias", _plus_one)


def _rosinality_entries(blocks: int, depth: int) -> Iterator[Entry]:
    """Yield the entry of every tensor of the network except the mean w in rosinality's layout."""
    for i in range(depth):
        yield Entry(f"mapping.fc{i}.weight", f"style.{i + 1}.weight")
        yield Entry(f"mapping.fc{i}.bias", f"style.{i + 1}.bias")
    yield Entry("synthesis.b4.const", "input.input", first)
    for own, size, number, up in _convolutions(blocks):
        file = f"convs.{number - 1}" if number else "conv1"
        yield Entry(f"{own}.weight", f"{file}.conv.weight", first)
        yield Entry(f"{own}.noise_strength", f"{file}.noise.weight", _only)
        yield Entry(f"{own}.noise_const", f"noises.noise_{number}", first_of_first)
        yield Entry(f"{own}.bias", f"{file}.activate.bias")
        yield Entry(f"{own}.affine.weight", f"{file}.conv.modulation.weight")
        yield Entry(f"{own}.affine.bias", f"{file}.conv.modulation.bias")
        if not up:
            own = f"synthesis.b{size}.torgb"
            file = f"to_rgbs.{number // 2 - 1}" if number else "to_rgb1"
            yield Entry(f"{own}.weight", f"{file}.conv.weight", first)
            yield Entry(f"{own}.bias", f"{file}.bias", torch.flatten)
            yield Entry(f"{own}.affine.weight", f"{file}.conv.modulation.weight")
            yield Entry(f"{own}.affine.bias", f"{file}.conv.modulation.bias")


def _only(tensor: Tensor) -> Tensor:
    return tensor.reshape(())


def _row(tensor: Tensor) -> Tensor:
    """Return a mean w (w_dim,) that may be tiled over the layers, (layers, w_dim)."""
    if tensor.ndim > 1 and not torch.equal(tensor, tensor[:1].expand_as(tensor)):
        raise MnemoError("latent_avg differs between the layers, but is the mean of one w for all")
    return tensor[:1].flatten() if tensor.ndim > 1 else tensor.flatten()


def _plus_one(tensor: Tensor) -> Tensor:
    return tensor + 1


def _turned_from_last(tensor: Tensor) -> Tensor:
    return from_last(tensor).flip(2, 3)


def _modules(root: Record) -> dict[str, Record]:
    """Return all modules of a tree by path; the root's path is empty."""
    found: dict[str, Record] = {}
    rest = [("", root)]
    while rest:
        path, module = rest.pop()
        if not _is_module(module):
            raise MnemoError(f"its {path or 'G_ema'} is not a module")
        if len(found) == MOST_MODULES:
            raise MnemoError(f"it has more than {MOST_MODULES} modules")
        found[path] = module
        below = layouts.mapping(f"{path}._modules", module.state.get("_modules"))
        rest += [(f"{path}.{name}".lstrip("."), inner) for name, inner in below.items()]
    return found


def _shared(modules: Mapping[str, Record], pattern: str, key: str) -> Any:
    """Return the setting that all modules whose paths match a pattern must share."""
    values = {
        f"{path}.{key}": module.state.get(key, "not stated")
        for path, module in modules.items()
        if re.fullmatch(pattern, path)
    }
    shared = next(iter(values.values()))
    for name, value in values.items():
        layouts.need(name, value, shared)
    return shared


def _settings(
    tensors: Mapping[str, Tensor], multiplier: Any, taps: Any, clamp: Any
) -> dict[str, Any]:
    """Return a network's settings, from its tensors' shapes and from the file's own settings."""

    def shape(name: str, dimensions: int) -> Sequence[int]:
        if tensors[name].ndim != dimensions:
            raise MnemoError(f"{name} has the unexpected shape {tuple(tensors[name].shape)}")
        return tensors[name].shape

    depth = layouts.count(tensors, r"mapping\.fc(\d+)\.")
    sizes = [4 << block for block in range(layouts.blocks(tensors, r"synthesis\.b(\d+)\."))]
    return {
        "z_dim": shape("mapping.fc0.weight", 2)[1],
        "w_dim": shape(f"mapping.fc{depth - 1}.weight", 2)[0],
        "channels": [shape(f"synthesis.b{size}.conv1.weight", 4)[0] for size in sizes],
        "mapping_layers": depth,
        "mapping_features": shape("mapping.fc0.weight", 2)[0],
        "learning_rate_multiplier": _number("the learning rate multiplier", multiplier),
        "resample_filter": _filter(taps),
        "clamp": None if clamp is None else _number("the clamp", clamp),
        "noise": "synthesis.b4.conv1.noise_const" in tensors,
        "w_avg": "mapping.w_avg" in tensors,
    }


def _agree(asked: Mapping[str, Any], names: Mapping[str, str], settings: Mapping[str, Any]) -> None:
    """Check that a file's settings agree with its tensors' shapes.

    Args:
        asked: The file's settings.
        names: For each key of `asked` to check, the key of `settings` that it must agree with.
        settings: The settings that the shapes determine.
    """
    shown = {**settings, "resolution": 2 << len(settings["channels"])}
    for key, setting in names.items():
        if asked.get(key) is not None:
            layouts.need(key, asked[key], shown[setting])


def _number(key: str, value: Any) -> float:
    numeric = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not numeric or not 0 < value < float("inf"):
        raise MnemoError(f"{key} is {value!r}, not a number above 0")
    return float(value)


def _filter(taps: Any) -> list[float]:
    """Read a filter that is applied along the rows and then along the columns."""
    if isinstance(taps, np.ndarray | Tensor):
        taps = taps.tolist()
    if not isinstance(taps, list | tuple) or not 0 < len(taps) <= MOST_TAPS:
        raise MnemoError(f"the resampling filter is {taps!r}, not a list such as {FILTER}")
    return [_number("a tap of the resampling filter", tap) for tap in taps]
