"""Tables of a person's photographs: what became of each, and what was cut out of it."""

import pyarrow as pa

from mnemo import images, tables

#: What is known of a photograph.
PHOTO = (
    tables.field("photo", pa.string(), "key of the photograph, in whose place no file is named"),
    tables.field(
        "status",
        pa.string(),
        "whether one face was found, several, of which the largest is used, or none; or the face "
        "is too small to be aligned (less than 12 pixels between the eyes), or the photograph is "
        "unreadable. Without faces, when the centre is cut out, found or unreadable",
        limits="found, several, none, small, unreadable",
    ),
    tables.field(
        "reason",
        pa.string(),
        "why the photograph is not used, or what was done to use it; null if nothing is to be said",
        nullable=True,
    ),
    tables.field(
        "faces",
        pa.int64(),
        "number of faces that MTCNN found; null if it was not asked",
        nullable=True,
    ),
    tables.field(
        "width",
        pa.int64(),
        "width of the photograph as shown; null if it is not known",
        unit="pixel",
        nullable=True,
    ),
    tables.field(
        "height",
        pa.int64(),
        "height of the photograph as shown; null if it is not known",
        unit="pixel",
        nullable=True,
    ),
)
PHOTOS = tables.define("Photographs, and whether each could be used", *PHOTO)

#: Height in pixels of the largest thumbnail.
THUMBNAIL = 256
ORIGINAL = tables.field(
    "original",
    images.PIXELS.type,
    f"the whole photograph, upright, at most {THUMBNAIL} pixels high, in the layout of pixels; "
    "null if it is unreadable",
    nullable=True,
)
ALIGNED = images.for_datasets(
    tables.define(
        "What was cut out of each photograph", *tables.PLACE, images.PIXELS, ORIGINAL, *PHOTO
    )
)
