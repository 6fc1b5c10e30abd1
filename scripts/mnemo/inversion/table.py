"""The table of how well each photograph was recovered by inversion."""

import pyarrow as pa

from mnemo import tables

_NETWORK = "; null without such a network"

INVERSIONS = tables.define(
    "How well each photograph was recovered by inversion",
    tables.field("photo", pa.string(), "key of the photograph"),
    tables.field("space", pa.string(), "space of the latent", limits="w, w_plus, z"),
    tables.field(
        "noise",
        pa.string(),
        "noise of the generator's layers: the maps that came with the weights, or none; null for a "
        "generator without noise",
        limits="const, none",
        nullable=True,
    ),
    tables.field("steps", pa.int64(), "number of steps that the search took"),
    tables.field(
        "loss",
        pa.float64(),
        "what the search minimised, as it was before the last step: the sum of mse and perceptual",
        limits="at least 0",
    ),
    tables.field(
        "mse",
        pa.float64(),
        "mean squared error of the recovered image's pixels, before they are rounded to 8 bits",
        unit="squares of pixels from -1 to 1",
        limits="0 to 4",
    ),
    tables.field(
        "perceptual",
        pa.float64(),
        "perceptual distance of the recovered image from the aligned photograph" + _NETWORK,
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "perceptual_by",
        pa.string(),
        "name of the perceptual distance: lpips-vgg16 is LPIPS; resnet152-early stands in for it, "
        "and its numbers can't be compared with LPIPS's" + _NETWORK,
        nullable=True,
    ),
    tables.field(
        "identity_distance",
        pa.float64(),
        "Euclidean distance of the face's embedding in the recovered image from that in the "
        "aligned photograph; null if no face is found in one of them, or without such a network",
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "identity_by",
        pa.string(),
        "name of the face-recognition network" + _NETWORK,
        nullable=True,
    ),
    tables.field(
        "converged",
        pa.bool_(),
        "whether the loss had settled before the steps ran out: it fell by less than 2 % in 150 "
        "steps, or the image is exact up to rounding. If not, more steps could give a better "
        "latent",
    ),
    tables.field(
        "seconds",
        pa.float64(),
        "time that the search took for this photograph, as its share of the batch's; the only "
        "column that differs from run to run",
        unit="second",
        limits="at least 0",
    ),
)
