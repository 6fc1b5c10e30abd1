"""The networks that can be trained: one entry each (provisional)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """What Mnemo knows of a trainable network without loading it."""

    modules: tuple[str, ...]
    initial: str | None = None
    by_preset: bool = False


_B = "mnemo.assessors.backbones."
NETWORKS = {
    "vgg16": Network((_B + "preparation", _B + "vgg16"), "vgg16-vggface", True),
    "resnet50": Network((_B + "preparation", _B + "resnet50"), "resnet50-vggface2", True),
    "senet50": Network((_B + "preparation", _B + "senet50"), "senet50-vggface2", True),
    "resnet152-layer2": Network((_B + "resnet152_layer2",), "resmem"),
    "student": Network((_B + "student",)),
}
