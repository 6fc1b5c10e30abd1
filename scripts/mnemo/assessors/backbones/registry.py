"""The networks that a study can train: one entry each, beside the network's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake. No digest reads it: nothing that a job computes with may stand here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Network:
    """What Mnemo knows of a trainable network without building it.

    Attributes:
        module: Dotted name of its file, which has four functions: `build`, `prepare`,
            `tensors` and `initial`, as `assessors.backbones` calls them.
        description: What it is, for the config's schema.
        initial: Name in the weights catalogue of what training starts from; None where that is
            nothing.
        replaceable: Whether `training.initial` may take the place of these weights.
        whole: Whether the file of a trained one holds all of it; if not, loading it needs `initial`
            too.
        by_preset: Whether the presets make its input of an image in two ways.
        unmirrored: Why training may mirror no image (`training.flip`); empty where it may.
        settings: Settings of a training in place of the paper's.
    """

    module: str
    description: str
    initial: str | None = None
    replaceable: bool = False
    whole: bool = True
    by_preset: bool = False
    unmirrored: str = ""
    settings: Mapping[str, float] = field(default_factory=dict)

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that whoever loads the network imports by name, for a digest."""
        return (self.module,)


def _face(name: str, trained_on: str, initial: str) -> Network:
    return Network(
        module=f"mnemo.assessors.backbones.{name}",
        description=f"trained on {trained_on} to recognise faces, as in the paper",
        initial=initial,
        replaceable=True,
        by_preset=True,
    )


# A student sees no mirrored images: its teacher, ResMem, gives an image and its mirror image scores
# that correlate by no more than 0.6.
NETWORKS: dict[str, Network] = {
    "vgg16": _face("vgg16", "VGGFace", "vgg16-vggface"),
    "resnet50": _face("resnet50", "VGGFace2", "resnet50-vggface2"),
    "senet50": _face("senet50", "VGGFace2", "senet50-vggface2"),
    "resnet152-layer2": Network(
        module="mnemo.assessors.backbones.resnet152_layer2",
        description="ResMem's first layers, with a head that learns",
        initial="resmem",
        whole=False,
        unmirrored="its first layers, which do not learn, see each image once",
        settings={
            "learning_rate": 5e-4,
            "batch_size": 128,
            "weight_decay": 0.01,
            "flip": 0.0,
            "epochs": 40,
        },
    ),
    "resnet10": Network(
        module="mnemo.assessors.backbones.resnet10",
        description="a small network that starts from nothing",
        settings={
            "learning_rate": 1e-3,
            "dropout": 0.2,
            "weight_decay": 0.05,
            "flip": 0.0,
            "epochs": 40,
        },
    ),
}
