"""The perceptual distances: their names in a study, and the weights that each needs.

This module imports nothing heavy, because the Snakefile imports it on machines that have only
Snakemake installed.
"""

#: Names of the weights in the catalogue, by the distance; in the order of the arguments of the
#: functions in `perceptual`.
PERCEPTUAL: dict[str, tuple[str, ...]] = {
    "resnet152-early": ("resmem",),
    "lpips-vgg16": ("vgg16-imagenet", "lpips-vgg16"),
}
