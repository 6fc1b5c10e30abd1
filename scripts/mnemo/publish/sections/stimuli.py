"""Stimuli and generator: what was rendered, from which seeds, and what was cut out of it."""

from collections.abc import Iterator

import pandas as pd

from mnemo.generators.registry import Entry
from mnemo.publish import words
from mnemo.publish.finished import ORIGINAL, Finished
from mnemo.publish.text import cite, code
from mnemo.publish.words import ALPHA, GANALYZE, PSI, TIMES, counted, listing, number


def sentences(study: Finished) -> Iterator[str]:
    """Write the paragraph of a study."""
    methods = {each["method"] for each in study.config("directions")}
    followed = [f"{ORIGINAL} (the original study, in its preprint)"] * bool(methods - {"learned"})
    followed += [GANALYZE] * ("learned" in methods)
    how = (
        "with the corrections named below"
        if study.corrected
        else "as their authors' code has them where it differs from the papers"
    )
    yield (
        f"The methods were those of {listing(followed)}, {how} (Mnemo's preset "
        f"{code(study.config('preset'))})."
    )
    generator = _sizes(study)
    yield _rendered(study, generator)
    yield _drawn(study, generator)
    spaces = {each["space"] for each in study.config("directions")}
    if "w_plus" in spaces | set(study.config("hyperplanes.spaces")):
        # A truncation of some layers alone makes them differ.
        same = "" if study.config("generator.truncation_cutoff") else "; a drawn image has the same"
        yield f"The space w+ has a w for each of the {generator.layers} layers{same}."
    yield _sets(study)
    if study.config("sets.fit").get("mixing"):
        yield (
            "In the fitting set, each layer of an image had a w of a seed of its own (style mixing "
            f"{cite('karras2019')}), so that a hyperplane could differ between layers."
        )
    if generator.w_dim:
        yield {
            "const": "The noise maps were those that came with the weights, the same in every "
            f"image, so that an image at {ALPHA} = 0 was the unedited one to the byte; the code of "
            f"{study.original} draws them anew in each pass.",
            "random": f"Noise maps were drawn anew for each image and each {ALPHA}.",
        }[study.config("generator.noise")]
    if study.config("images.format") == "jpeg":
        yield "Images were stored as JPEG of quality 95, which changes scores a little."
    if study.ovals:
        yield from _ovals(study)
    if study.config("photos", None) is not None:
        yield from _photographs(study)


def seeds(study: Finished, base: str) -> str:
    """Say which seeds a set is of, and with which psi if not the generator's.

    Args:
        study: The study.
        base: The set.

    Returns:
        Words such as `seeds 0 to 199`.
    """
    given = study.config(f"sets.{base}")
    first, own = given["first_seed"], given.get("truncation_psi")
    differs = own not in (None, study.config("generator.truncation_psi"))
    psi = f", {PSI} = {number(own)}" if differs else ""
    return f"seeds {first:,} to {first + given['count'] - 1:,}{psi}"


def of_seeds(study: Finished, base: str, one: str = "image") -> str:
    """Say how many images a set has, and of which seeds.

    Args:
        study: The study.
        base: The set.
        one: What one image is called.

    Returns:
        Words such as `200 images (seeds 0 to 199)`.
    """
    return f"{counted(study.config(f'sets.{base}.count'), one)} ({seeds(study, base)})"


def _sizes(study: Finished) -> Entry:
    name, architecture = study.config("generator.name"), study.config("generator.architecture")
    keys = ("resolution", "z_dim", "w_dim", "class_count")
    own = {key: study.config(f"generator.{key}") for key in keys}
    return words.sizes(name, architecture, **own)


def _rendered(study: Finished, generator: Entry) -> str:
    architecture = study.config("generator.architecture")
    first, end = study.config("generator.rows") or (0, generator.resolution)
    # A generator of the user's own always has weights of their own.
    own = study.config("generator.weights") is not None and architecture is None
    return (
        f"Images of {generator.resolution:,} {TIMES} {end - first:,} pixels were rendered by "
        f"{words.generator(generator.name, architecture)}{', with weights of our own' * own}."
    )


def _drawn(study: Finished, generator: Entry) -> str:
    psi = f"{PSI} = {number(study.config('generator.truncation_psi'))}"
    drawn = f"Each image's z of {generator.z_dim} dimensions was drawn, by a seed of its own, from"
    if generator.class_count:
        return (
            f"{drawn} a normal distribution truncated at two standard deviations and multiplied by "
            f"the truncation {psi}; {_classes(study, generator)} took turns."
        )
    if generator.w_dim:
        cutoff = study.config("generator.truncation_cutoff")
        where = f"in the first {counted(cutoff, 'layer')}" if cutoff else "in all layers"
        return (
            f"{drawn} a standard normal distribution, and its w was truncated towards the mean w "
            f"with {psi} {where}."
        )
    return (
        f"{drawn} a standard normal distribution and multiplied by the truncation {psi}, since "
        "this generator has no w."
    )


def _classes(study: Finished, generator: Entry) -> str:
    random, named = (
        study.config("generator.random_classes", None),
        study.config("generator.classes"),
    )
    if random:
        return f"{random:,} of the {generator.class_count:,} classes, chosen at random,"
    if len(named) == 1:
        return f"the class {code(str(named[0]))} alone was drawn, and no classes"
    if named:
        return f"the classes {listing(code(str(each)) for each in named)}"
    return f"all {generator.class_count:,} classes"


def _sets(study: Finished) -> str:
    fit = study.config("sets.fit")
    of_fit = (
        f"{counted(fit['count'], 'image')} whose seeds or latents were given"
        if fit.get("latents")
        else of_seeds(study, "fit")
    )
    edited = {each["of"] for each in study.config("edits")}
    others = [
        f"an {words.SETS[base]} of {of_seeds(study, base)}"
        if base == "eval"
        else f"the {words.SETS[base]} of {of_seeds(study, base)}"
        for base in ("eval", "reference")
        if base in edited
    ]
    moved = f"; {listing(others)} {'were' if len(others) > 1 else 'was'} edited" if others else ""
    return f"Directions were found on a fitting set of {of_fit}{moved}."


def _ovals(study: Finished) -> Iterator[str]:
    also = " also" if "square" in study.config("shapes") else ""
    chosen = (
        "Of several faces, the largest was taken, with a margin kept within the image; the code of "
        f"{study.original} takes the first, and the whole image where it finds none."
        if study.corrected
        else "As in the authors' code, the first face was taken, and the whole image where there "
        "was none."
    )
    yield (
        f"Faces were{also} cut out as ovals on white, like those of the 10k US Adult Faces "
        f"{cite('bainbridge2013')}: MTCNN {cite('zhang2016')} looked for them at a height of "
        f"{study.config('ovals.detection_height'):,} pixels."
    )
    yield chosen
    counts = study.counted("faces", ["set", "status"])
    fit = counts[counts["set"] == "fit"].set_index("status")["n"]
    none = int(fit.get("none", 0))
    without = ", which had no oval" if study.corrected and none else ""
    yield (
        f"It found no face in {none:,} of {counted(int(fit.sum()), 'image')} of the fitting set"
        f"{without}, and several in {int(fit.get('several', 0)):,}."
    )


def _photographs(study: Finished) -> Iterator[str]:
    if not study.photographs:
        yield f"The latents of {counted(study.config('photos.count'), 'photograph')} were given."
        return
    why = {
        "none": "no face was found",
        "small": "the face was too small to be aligned",
        "unreadable": "the file could not be read",
    }
    found = study.table("photos", ["status"])["status"].value_counts()
    bad = [f"; in {found[status]:,} {said}" for status, said in why.items() if status in found]
    inverted = study.table("inversions", ["space", "perceptual_by", "converged"])
    yield (
        f"Of {counted(found.sum(), 'photograph')}, {len(inverted):,} "
        f"{'was' if len(inverted) == 1 else 'were'} used{''.join(bad)}."
    )
    if study.config("photos.alignment") == "ffhq":
        yield (
            f"Their faces were found by MTCNN {cite('zhang2016')} and aligned by 68 landmarks "
            f"{cite('king2009', 'kazemi2014')}, as in FFHQ {cite('karras2019')}."
        )
    else:
        yield "Their middle was cut out."
    if inverted.empty:
        return
    space, by = inverted["space"].iloc[0], inverted["perceptual_by"].iloc[0]
    perceptual = "" if pd.isna(by) else f" and {words.PERCEPTUAL[by]}"
    like = {
        "w": f", as in StyleGAN2's projector {cite('karras2020')}",
        "w_plus": f", as in Image2StyleGAN {cite('abdal2019')}",
    }
    yield (
        f"Adam {cite('kingma2015')} then moved a latent in {words.SPACES[space]}, by at most "
        f"{counted(study.config('photos.steps'), 'step')}, until its image was like the "
        f"photograph by the squared error of the pixels{perceptual}{like.get(space, '')}; "
        f"{inverted['converged'].sum():,} of {len(inverted):,} searches converged."
    )
