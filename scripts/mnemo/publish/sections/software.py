"""Software and reproducibility: programs, seeds and digests."""

from collections.abc import Iterator, Mapping

from mnemo import hashes
from mnemo.publish.finished import Finished
from mnemo.publish.text import cite, code
from mnemo.publish.words import listing

#: Digits of a sha256 that tell files apart; the tables' metadata have all.
DIGITS = 12


def sentences(study: Finished, versions: Mapping[str, str]) -> Iterator[str]:
    """Write the paragraph of a study."""
    used = {
        "snakemake": ("Snakemake", cite("molder2021"), True),
        "numpy": ("NumPy", cite("harris2020"), True),
        "scipy": ("SciPy", cite("virtanen2020"), True),
        "pandas": ("pandas", cite("mckinney2010"), True),
        "pyarrow": ("Apache Arrow", cite("arrow"), True),
        "scikit-learn": ("scikit-learn", cite("pedregosa2011"), True),
        "statsmodels": ("statsmodels", cite("seabold2010"), True),
        "torch": ("PyTorch", cite("paszke2019"), True),
        "dlib-bin": ("dlib", cite("king2009"), study.has("identity") or study.photographs),
    }
    programs = [
        " ".join(filter(None, [name, versions.get(package), cited]))
        for package, (name, cited, is_used) in used.items()
        if is_used
    ]
    python = f", in Python {versions['python']}" if "python" in versions else ""
    yield (
        f"The study {code(study.config('study'))} was run by Mnemo {listing(study.versions)} "
        f"{cite('mnemo')}{python}, with {listing(programs)}."
    )
    yield (
        "All that was random came from seeds: those of the images above, and those of "
        f"{listing(_seeds(study))}."
    )
    digests = [f"{code(digest[:DIGITS])} ({code(name)})" for name, digest in study.weights.items()]
    if digests:
        yield f"The SHA-256 of the weights files begin with {listing(digests)}."
    config = hashes.of(study.folder / "config.yaml")[:DIGITS]
    yield (
        f"Every setting is in {code('config.yaml')} (SHA-256 {code(config)}); each table records "
        "the settings, weights and version that it was made with."
    )


def _seeds(study: Finished) -> Iterator[str]:
    """List the seeds beside those of images."""
    yield f"folds, permutations and resamples ({study.config('statistics.seed')})"
    for direction in study.config("directions"):
        if direction["method"] == "learned":
            seed = (direction.get("learning") or {}).get("seed") or 0
            yield f"the learning of {code(direction['name'])} ({seed})"
    if study.photographs:
        yield f"inversions ({study.config('photos.seed')})"
    if study.trained:
        yield f"the training ({study.config('training.seed')})"
    for name, given in study.experiments.items():
        simulated = given.get("simulated")
        answers = f"; of the simulated answers {simulated['seed']}" if simulated else ""
        yield f"the experiment {code(name)} ({given['seed']}{answers})"
