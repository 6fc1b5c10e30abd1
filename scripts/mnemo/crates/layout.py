"""Where things are in a crate."""

#: Version of the layout; incremented when crates of an older one can't be verified.
FORMAT = 1

#: The description of every file, after RO-Crate 1.2.
METADATA = "ro-crate-metadata.json"
#: The study as it was run, without what is private.
CONFIG = "config.yaml"
#: Versions, machine and code that made the results.
ENVIRONMENT = "environment.json"
#: The weights behind the results: names, sha256 and licences.
WEIGHTS = "weights.csv"
#: What the crate does not have, and why.
LEFT_OUT = "left_out.csv"
#: The public tables.
TABLES = "tables"
#: What the models measured of the images, in the folders of the results.
MEASUREMENTS = "measurements"
#: The images, in the folders of the results.
IMAGES = "images"
#: Folders of a set with what models measured of its images, which nothing but the models can give.
MEASURED = ("scores", "features", "embeddings", "image_change")
DIRECTIONS = "directions"
FIGURES = "figures"
ANSWERS = "answers"
