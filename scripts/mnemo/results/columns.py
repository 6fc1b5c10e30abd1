"""Columns shared by the tables of several results."""

import pyarrow as pa

from mnemo import tables
from mnemo.scores import ASSESSOR, SHAPE

EDITED = [tables.field("edit", pa.string(), "name of the edit"), ASSESSOR, SHAPE]
ALPHA = tables.field(
    "alpha",
    pa.float64(),
    "how far the edit moves along its unit direction: a distance if all layers move; along a "
    "learned direction, how much the score of its assessor should rise",
    unit="length in the latent space of the edit; along a learned direction that of the score",
)
PERCEPTUAL_BY = tables.field(
    "perceptual_by",
    pa.string(),
    "the perceptual distance: lpips-vgg16 is LPIPS; resnet152-early is not, and its numbers can't "
    "be compared with LPIPS's",
    limits="resnet152-early, lpips-vgg16",
)
SLOPE = (
    tables.field(
        "slope", pa.float64(), "change of score", unit="score per unit of alpha", nullable=True
    ),
    tables.field("low", pa.float64(), "lower end of the interval of the slope", nullable=True),
    tables.field("high", pa.float64(), "upper end of the interval of the slope", nullable=True),
)
SLOPE_FIT = (
    tables.field(
        "low_fit",
        pa.float64(),
        "lower end of the interval of the expected slope along directions that are fitted on other "
        "sets of as many images, to first order in the direction's change and for a response that "
        "is linear around alpha 0; wider than it need be for scores that latents hardly predict "
        "and for responses that saturate, and covers 74 to 95 % in place of 95 % where the "
        "variances of latents are very unequal, as in w they may be; null along a direction "
        "from a file, for an edit of some layers, and where the images are fewer than twice the "
        "dimensions of a latent",
        nullable=True,
    ),
    tables.field("high_fit", pa.float64(), "upper end of the same interval", nullable=True),
)
