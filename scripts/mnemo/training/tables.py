"""Tables of a training: how its images are split, how it went, and what it predicts."""

import pyarrow as pa

from mnemo import tables

RUN = tables.field(
    "run",
    pa.string(),
    "which training; folds: the mean over those",
    limits="holdout, fold-01, fold-02, …, folds",
)
FILE = tables.field("file", pa.string(), "file name of the image, as in the spreadsheet")
RATES = (
    tables.field("hit_rate", pa.float64(), "hits over presentations of a repeat", limits="0 to 1"),
    tables.field(
        "false_alarm_rate",
        pa.float64(),
        "false alarms over first presentations; null where the database has none",
        limits="0 to 1",
        nullable=True,
    ),
)
SHAPE = tables.field(
    "shape",
    pa.string(),
    "shape of the image; null for a database whose spreadsheet has no shapes",
    limits="square, oval",
    nullable=True,
)
SPLIT = tables.define(
    "Images of a database of memorability, and which part of it each is in",
    FILE,
    tables.field(
        "group",
        pa.string(),
        "which images are in one part together, such as those of one face; null for each alone",
        nullable=True,
    ),
    SHAPE,
    *RATES,
    tables.field("target", pa.float64(), "what an assessor is trained to say of the image"),
    tables.field("split", pa.string(), "part", limits="train, validation, test"),
    tables.field("fold", pa.int64(), "fold of the cross-validation, from 1", nullable=True),
)
CURVES = tables.define(
    "How an assessor's training went, epoch by epoch",
    RUN,
    tables.field("epoch", pa.int64(), "epoch, from 1"),
    tables.field("learning_rate", pa.float64(), "of the epoch"),
    tables.field("train_loss", pa.float64(), "mean loss of the batches trained on"),
    tables.field("validation_loss", pa.float64(), "mean loss of the images for validation"),
    tables.field(
        "validation_spearman",
        pa.float64(),
        "rank correlation of score and target on the images for validation, the mean over their "
        "shapes",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field("chosen", pa.bool_(), "whether the assessor is that of this epoch"),
)
PREDICTIONS = tables.define(
    "What a trained assessor says of images that it was not trained on",
    RUN,
    FILE,
    SHAPE,
    tables.field("target", pa.float64(), "what it should say"),
    tables.field("score", pa.float32(), "what it says"),
)
