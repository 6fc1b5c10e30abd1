"""The layouts of StyleGAN1's weights files, and their conversion to the network's own names.

The network's names are listed at the top of `stylegan1`. The names of the other layouts come from
NVlabs/stylegan (training/networks_stylegan.py) for NVIDIA's, harskish/ganspace
(models/stylegan/model.py, from lernapparat's port) for ganspace's, and genforce/interfacegan
(models/stylegan_generator_model.py) for InterFaceGAN's. All three store the weights as trained.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mnemo.errors import MnemoError
from mnemo.generators import layouts
from mnemo.generators.layouts import Entry, Layout, Parts, first, first_of_first, from_last

BLUR = [1, 2, 1]
#: Resolution from which InterFaceGAN stores the convolutions that double it as NVIDIA does.
FUSED_FROM = 128
#: Values that the network requires of NVIDIA's static kwargs, if the file has them.
NEEDS: dict[str, Any] = {
    "mapping_nonlinearity": "lrelu",
    "mapping_lrmul": 0.01,
    "normalize_latents": True,
    "nonlinearity": "lrelu",
    "const_input_layer": True,
    "use_styles": True,
    "use_noise": True,
    "use_wscale": True,
    "use_pixel_norm": False,
    "use_instance_norm": True,
    "fused_scale": "auto",
    "blur_filter": BLUR,
}


class Layer(NamedTuple):
    """A layer of the synthesis network.

    Attributes:
        number: Its number among the layers, from 0, which is also its noise map's number.
        own: Prefix of its tensors' names in the network.
        size: Height and width of its activations, in pixels.
    """

    number: int
    own: str
    size: int

    @property
    def up(self) -> bool:
        """Whether it doubles the resolution."""
        return self.number > 0 and self.number % 2 == 0

    @property
    def name(self) -> str:
        """NVIDIA's name of the layer within its block."""
        if self.number < 2:
            return ("Const", "Conv")[self.number]
        return "Conv0_up" if self.up else "Conv1"


def nvidia(content: Any) -> Parts:
    """Return the parts of the average generator in NVIDIA's pickle, Gs.

    Args:
        content: (G, D, Gs) or Gs alone, each with its own variables and with components, which have
            more.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing, unknown or unusable; the network has not grown to its full
            resolution; or a kwarg differs from the published architecture.
    """
    states = layouts.average_generator(content)
    for state in states:
        _need_full_size(layouts.variables([state]).get("lod", 0.0))
        kwargs = layouts.mapping("static_kwargs", state.get("static_kwargs", {}))
        layouts.need_no_classes("label_size", kwargs.get("label_size", 0))
        for key in NEEDS.keys() & kwargs:
            layouts.need(key, kwargs[key], NEEDS[key])
    found = layouts.variables(states)
    blocks = layouts.blocks(found, r"(\d{1,5})x\1/")
    entries = _nvidia_entries(blocks, layouts.count(found, r"Dense(\d{1,2})/"))
    return _parts(found, entries, r"lod|ToRGB_lod[1-9]/(weight|bias)", ("G", "D"))


def ganspace(content: Any) -> Parts:
    """Return the parts of ganspace's checkpoint, which has neither noise maps nor a mean w.

    Args:
        content: The state dict.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing, unknown or unusable, or a blur differs.
    """
    blocks = layouts.blocks(content, r"g_synthesis\.blocks\.(\d{1,5})x\1\.")
    entries = _ganspace_entries(blocks, layouts.count(content, r"g_mapping\.dense(\d{1,2})\."))
    return _parts(content, entries, r"g_synthesis\..+\.conv0_up\.intermediate\.kernel")


def interfacegan(content: Any) -> Parts:
    """Return the parts of InterFaceGAN's checkpoint.

    Args:
        content: The state dict.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing, unknown or unusable; the network has not grown to its full
            resolution; or a blur differs.
    """
    _need_full_size(content.get("synthesis.lod", 0.0))
    blocks = (layouts.count(content, r"synthesis\.layer(\d{1,2})\.") + 1) // 2
    last = blocks - 1
    entries = _interfacegan_entries(blocks, layouts.count(content, r"mapping\.dense(\d{1,2})\."))
    idle = rf"synthesis\.(lod|layer\d+\.blur\.kernel|output(?!{last}\.)\d\.(conv\.weight|bias))"
    return _parts(content, entries, rf"{idle}|truncation\.truncation")


def _is_nvidia(content: Any) -> bool:
    # StyleGAN2 has mod_weight instead.
    return "4x4/Const/StyleMod/bias" in layouts.synthesis_names(content)


def _is_ganspace(content: Any) -> bool:
    return isinstance(content, Mapping) and "g_synthesis.torgb.weight" in content


def _is_interfacegan(content: Any) -> bool:
    return isinstance(content, Mapping) and "synthesis.layer0.first_layer" in content


LAYOUTS = (
    Layout("NVIDIA's pickle of StyleGAN1", _is_nvidia, nvidia),
    Layout("ganspace's StyleGAN1 checkpoint", _is_ganspace, ganspace),
    Layout("InterFaceGAN's StyleGAN1 checkpoint", _is_interfacegan, interfacegan),
)


def _layers(blocks: int) -> Iterator[Layer]:
    for number in range(2 * blocks):
        size = 4 << number // 2
        name = f"conv{number % 2}" if number else "input"
        yield Layer(number, f"synthesis.b{size}.{name}", size)


def _nvidia_entries(blocks: int, depth: int) -> Iterator[Entry]:
    """Yield the entry of every tensor of the network in NVIDIA's layout.

    In it, dense weights are (in, out), and convolution weights are (height, width, in, out).
    """
    yield Entry("mapping.w_avg", "dlatent_avg")
    for i in range(depth):
        yield Entry(f"mapping.fc{i}.weight", f"Dense{i}/weight", torch.t)
        yield Entry(f"mapping.fc{i}.bias", f"Dense{i}/bias")
    for layer in _layers(blocks):
        own = layer.own
        file = f"{layer.size}x{layer.size}/{layer.name}"
        if layer.number:
            yield Entry(f"{own}.weight", f"{file}/weight", from_last)
        else:
            yield Entry(f"{own}.const", f"{file}/const", first)
        yield Entry(f"{own}.bias", f"{file}/bias")
        yield Entry(f"{own}.noise_const", f"noise{layer.number}", first_of_first)
        yield Entry(f"{own}.noise_strength", f"{file}/Noise/weight")
        yield Entry(f"{own}.affine.weight", f"{file}/StyleMod/weight", torch.t)
        yield Entry(f"{own}.affine.bias", f"{file}/StyleMod/bias")
    yield Entry("synthesis.torgb.weight", "ToRGB_lod0/weight", from_last)
    yield Entry("synthesis.torgb.bias", "ToRGB_lod0/bias")


def _ganspace_entries(blocks: int, depth: int) -> Iterator[Entry]:
    """Yield the entry of every tensor in ganspace's layout, which lacks noise maps and mean w."""
    for i in range(depth):
        yield Entry(f"mapping.fc{i}.weight", f"g_mapping.dense{i}.weight")
        yield Entry(f"mapping.fc{i}.bias", f"g_mapping.dense{i}.bias")
    for layer in _layers(blocks):
        own = layer.own
        block = f"g_synthesis.blocks.{layer.size}x{layer.size}"
        if layer.number:
            yield Entry(f"{own}.weight", f"{block}.{layer.name.lower()}.weight")
            yield Entry(f"{own}.bias", f"{block}.{layer.name.lower()}.bias")
        else:
            yield Entry(f"{own}.const", f"{block}.const", first)
            yield Entry(f"{own}.bias", f"{block}.bias")
        file = f"{block}.epi{layer.number % 2 + 1}"
        yield Entry(f"{own}.noise_strength", f"{file}.top_epi.noise.weight")
        yield Entry(f"{own}.affine.weight", f"{file}.style_mod.lin.weight")
        yield Entry(f"{own}.affine.bias", f"{file}.style_mod.lin.bias")
    yield Entry("synthesis.torgb.weight", "g_synthesis.torgb.weight")
    yield Entry("synthesis.torgb.bias", "g_synthesis.torgb.bias")


def _interfacegan_entries(blocks: int, depth: int) -> Iterator[Entry]:
    """Yield the entry of every tensor of the network in InterFaceGAN's layout."""
    yield Entry("mapping.w_avg", "truncation.w_avg")
    for i in range(depth):
        yield Entry(f"mapping.fc{i}.weight", f"mapping.dense{i}.linear.weight")
        yield Entry(f"mapping.fc{i}.bias", f"mapping.dense{i}.wscale.bias")
    for layer in _layers(blocks):
        own, file = layer.own, f"synthesis.layer{layer.number}"
        if not layer.number:
            yield Entry(f"{own}.const", f"{file}.first_layer", first)
        elif layer.up and layer.size >= FUSED_FROM:
            yield Entry(f"{own}.weight", f"{file}.weight", from_last)
        else:
            yield Entry(f"{own}.weight", f"{file}.conv.weight")
        file = f"{file}.epilogue"
        yield Entry(f"{own}.bias", f"{file}.bias")
        yield Entry(f"{own}.noise_const", f"{file}.apply_noise.noise", first_of_first)
        yield Entry(f"{own}.noise_strength", f"{file}.apply_noise.weight")
        yield Entry(f"{own}.affine.weight", f"{file}.style_mod.dense.linear.weight")
        yield Entry(f"{own}.affine.bias", f"{file}.style_mod.dense.wscale.bias")
    file = f"synthesis.output{blocks - 1}"
    yield Entry("synthesis.torgb.weight", f"{file}.conv.weight")
    yield Entry("synthesis.torgb.bias", f"{file}.bias")


def _parts(
    found: Mapping[str, Any], entries: Iterable[Entry], idle: str, others: Iterable[str] = ()
) -> Parts:
    """Convert a file's tensors to the network's tensors and settings.

    Args:
        found: The file's tensors, by the file's names.
        entries: The tensors that the network needs.
        idle: Pattern of the names that it does not need.
        others: Names of other contents of the file that it does not need.

    Returns:
        The generator's parts.

    Raises:
        MnemoError: A tensor is missing or unknown, or has an unexpected type or shape.
    """
    tensors, unused = layouts.take(found, entries, idle)
    for name in unused:
        if name.endswith("kernel"):
            layouts.check_filter(name, found[name], BLUR)
    return Parts("stylegan1", _settings(tensors), tensors, (*unused, *others))


def _settings(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the arguments of `stylegan1.StyleGAN1`, derived from its tensors."""
    z_dim = tensors["mapping.fc0.weight"].numel() // max(1, tensors["mapping.fc0.bias"].numel())
    depth = layouts.count(tensors, r"mapping\.fc(\d+)\.")
    blocks = layouts.blocks(tensors, r"synthesis\.b(\d+)\.")
    return {
        "mapping": [z_dim, *(tensors[f"mapping.fc{i}.bias"].numel() for i in range(depth))],
        "channels": [tensors[f"synthesis.b{4 << i}.conv1.bias"].numel() for i in range(blocks)],
        "noise": "synthesis.b4.input.noise_const" in tensors,
        "w_avg": "mapping.w_avg" in tensors,
    }


def _need_full_size(lod: Any) -> None:
    if (layouts.tensor("lod", lod) != 0).any():
        raise MnemoError(
            f"its lod is {lod}: its training had not reached the full resolution, at which lod is "
            "0. Use weights whose training had"
        )
