"""What must hold between the sections of a study.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.registry import ASSESSORS, entry
from mnemo.directions.planes import LOGISTIC
from mnemo.errors import MnemoError
from mnemo.generators.imagenet import class_index
from mnemo.study import experiments, learned, rated
from mnemo.study.sections.layerwise import GROUPS, span
from mnemo.study.sections.measures import OWN
from mnemo.training.layout import LEAST, ROWS

#: Pictures that a page has room for, at the smallest size that it shows them at.
PICTURES = 1400
#: NumPy's RandomState takes no seed from 2**32 on; the slopes of learned directions take the last
#: ones (`directions.learning.slope.LATENTS`).
SEEDS = 2**32 - 200

Sections = dict[str, Any]
Mistakes = Iterator[tuple[str, Any, str]]


def _shards_nest(sections: Sections) -> Mistakes:
    size, score_size = sections["shard_size"], sections["score_shard_size"]
    if score_size % size:
        yield "score_shard_size", score_size, f"must be a multiple of shard_size, {size}"


def _sets_apart(sections: Sections) -> Mistakes:
    ranges = {
        name: (images.first_seed, images.first_seed + images.count)
        for name, images in sections["sets"].given.items()
        if not (name == "fit" and images.latents)
    }
    for name, (start, stop) in ranges.items():
        if stop > SEEDS:
            yield f"sets.{name}", stop - 1, f"its last seed must be below {SEEDS}"
        for other, (begin, end) in ranges.items():
            if name < other and start < end and begin < stop:
                allowed = f"shares seeds with {other}: give either another first_seed"
                yield f"sets.{name}", f"seeds {start} to {stop - 1}", allowed


def _floor_alike(sections: Sections) -> Mistakes:
    images, default = sections["sets"], sections["generator"].truncation_psi
    floor = images.floor
    counts = _counts(sections)
    moved = {edit.of: counts[edit.of] for edit in sections["edits"] if edit.of in counts}
    for name, count in moved.items():
        if floor.count is not None and floor.count < count:
            allowed = f"must be at least the {count} of the set {name}, which an edit moves"
            yield "sets.floor.count", floor.count, allowed
    psi = images.reference.truncation_psi
    psi = default if psi is None else psi
    if floor.truncation_psi not in (None, psi):
        allowed = f"must be that of the set reference, {psi:g}, whose distribution it shows"
        yield "sets.floor.truncation_psi", floor.truncation_psi, allowed


def _enough_to_split(sections: Sections) -> Mistakes:
    count, folds = sections["sets"].fit.count, sections["hyperplanes"].folds
    if count < 10 * folds:
        yield "sets.fit.count", count, f"{folds} folds need at least {10 * folds} images"


def _enough_to_jackknife(sections: Sections) -> Mistakes:
    # An edit of fewer photographs than that has no distances of realness.
    moved = {edit.of for edit in sections["edits"]} - {"photos"}
    for name in sorted({"reference", *moved}):
        count, groups = getattr(sections["sets"], name).count, sections["realness"].groups
        if count < 2 * groups:
            allowed = f"realness.groups {groups} needs {2 * groups} images: take more, or lower it"
            yield f"sets.{name}.count", count, allowed


def _spaces_exist(sections: Sections) -> Mistakes:
    known = sections["generator"].entry.spaces
    for index, space in enumerate(sections["hyperplanes"].spaces):
        if space not in known:
            yield (
                f"hyperplanes.spaces.{index}",
                space,
                f"the generator {sections['generator'].name} has {', '.join(known)}",
            )


def _generator_can(sections: Sections) -> Mistakes:
    settings = sections["generator"]
    generator = settings.entry
    layered = "w" in generator.spaces
    lacks = f"the generator {settings.name} has no"
    if (cutoff := settings.truncation_cutoff) is not None:
        allowed = f"must be below its {generator.layers} layers" if layered else f"{lacks} layers"
        if cutoff >= generator.layers:
            yield "generator.truncation_cutoff", cutoff, allowed
    if settings.rows and not settings.rows[0] < settings.rows[1] <= generator.resolution:
        allowed = f"must be a first row and a later one, from 0 to {generator.resolution}"
        yield "generator.rows", list(settings.rows), allowed
    if settings.noise == "random" and not layered:
        yield "generator.noise", settings.noise, f"{lacks} noise"
    if (count := settings.random_classes) is not None:
        known = generator.class_count
        if settings.classes:
            yield "generator.random_classes", count, "is in place of classes: leave out one of them"
        elif count > known:
            allowed = f"must be at most its {known} classes" if known else f"{lacks} classes"
            yield "generator.random_classes", count, allowed
    found: list[int] = []
    for index, name in enumerate(settings.classes):
        path = f"generator.classes.{index}"
        if not generator.class_count:
            yield path, name, f"{lacks} classes"
            continue
        try:
            found.append(class_index(name, generator.class_count))
        except MnemoError as why:
            yield path, name, str(why)
        else:
            if found[-1] in found[:-1]:
                yield path, name, f"given twice: it is class {found[-1]}"


def _psi_of_classes(sections: Sections) -> Mistakes:
    settings = sections["generator"]
    if not settings.entry.class_count:
        return
    of_sets = {
        f"sets.{name}.truncation_psi": images.truncation_psi
        for name, images in sections["sets"].given.items()
    }
    for path, psi in {"generator.truncation_psi": settings.truncation_psi, **of_sets}.items():
        if psi is not None and not 0 < psi <= 1:
            yield path, psi, f"of {settings.name} must be above 0 and at most 1"


def _layers_alike(sections: Sections) -> Mistakes:
    cutoff = sections["generator"].truncation_cutoff
    spaces = sections["hyperplanes"].spaces
    if cutoff is not None and "w_plus" in spaces:
        allowed = "tiles one w over all layers, which differ with a truncation cutoff; fit in w"
        yield f"hyperplanes.spaces.{spaces.index('w_plus')}", "w_plus", allowed


def _mixing_possible(sections: Sections) -> Mistakes:
    fit = sections["sets"].fit
    if not fit.layered:
        return
    mixed = "a set fit with mixing" if fit.mixing else "a set fit of latents in w_plus"
    for index, space in enumerate(sections["hyperplanes"].spaces):
        if space != "w_plus":
            yield f"hyperplanes.spaces.{index}", space, f"{mixed} has w_plus alone"
    for index, estimator in enumerate(sections["hyperplanes"].estimators):
        if estimator != LOGISTIC:
            allowed = f"can't be fitted on {mixed}, whose latents have thousands of dimensions"
            yield f"hyperplanes.estimators.{index}", estimator, allowed
    if sections["controls"] is not None:
        allowed = f"must be null: the controls' hyperplanes can't be fitted on {mixed}"
        yield "controls", {"count": sections["controls"].count}, allowed
    for index, edit in enumerate(sections["edits"]):
        if edit.of == "fit":
            yield f"edits.{index}.of", "fit", f"can't be {mixed}; edit the set eval"


def _fit_possible(sections: Sections) -> Mistakes:
    own, settings = sections["sets"].fit, sections["generator"]
    if own.latents is None:
        if own.space is not None:
            yield (
                "sets.fit.space",
                own.space,
                "is that of a file: give sets.fit.latents too",
            )
        return
    if own.space is not None and own.space not in settings.entry.spaces:
        known = ", ".join(settings.entry.spaces)
        yield "sets.fit.space", own.space, f"the generator {settings.name} has {known}"
    if own.mixing:
        yield "sets.fit.latents", own.latents, "can't be mixed: leave out sets.fit.mixing"
    if settings.noise == "random":
        allowed = "must be const: latents of a file have no seeds to draw noise from (sets.fit)"
        yield "generator.noise", settings.noise, allowed
    if settings.entry.class_count and len(settings.class_indices) != 1:
        allowed = "must be one class, that of the file's images (sets.fit.latents)"
        yield "generator.classes", list(settings.classes), allowed


def _fit_in_spaces(sections: Sections) -> Mistakes:
    own, spaces = sections["sets"].fit, sections["hyperplanes"].spaces
    # Latents in z are mapped to w; those in w are in no z.
    if own.latents is not None and own.space == "w" and "z" in spaces:
        allowed = "the latents of sets.fit are in w, and have no z"
        yield f"hyperplanes.spaces.{spaces.index('z')}", "z", allowed


def _directions_possible(sections: Sections) -> Mistakes:
    generator = sections["generator"].name
    spaces = sections["generator"].entry.spaces
    names = [direction.name for direction in sections["directions"]]
    for index, direction in enumerate(sections["directions"]):
        path = f"directions.{index}"
        if direction.name in names[:index]:
            yield f"{path}.name", direction.name, "given twice"
        if direction.space not in spaces:
            allowed = f"the generator {generator} has {', '.join(spaces)}"
            yield f"{path}.space", direction.space, allowed
        needed = {
            "hyperplane": ("assessor", "shape", "threshold"),
            "file": ("file",),
            "learned": ("assessor",),
        }
        for method, keys in needed.items():
            for key in keys:
                value = getattr(direction, key)
                if method == direction.method and value is None:
                    yield f"{path}.{key}", None, f"must be given: the method is {method}"
                # Whose scores a file's direction was found with may be known.
                elif method != direction.method and value is not None and key != "assessor":
                    allowed = f"belongs to the method {method}, and this is {direction.method}"
                    yield f"{path}.{key}", value, allowed
        for key, method, absent in (
            ("estimator", "hyperplane", None),
            ("component", "file", None),
            ("allow_foreign", "file", False),
            ("preset", "learned", None),
            ("learning", "learned", None),
        ):
            if (value := getattr(direction, key)) is not absent and direction.method != method:
                allowed = f"belongs to the method {method}, and this is {direction.method}"
                given = value.model_dump(exclude_none=True) if key == "learning" else value
                yield f"{path}.{key}", given, allowed


def _directions_in_grid(sections: Sections) -> Mistakes:
    grid = {
        "space": sections["hyperplanes"].spaces,
        "assessor": sections["assessors"],
        "shape": sections["shapes"],
        "threshold": sections["hyperplanes"].thresholds,
        "estimator": sections["hyperplanes"].estimators,
    }
    for index, direction in enumerate(sections["directions"]):
        for axis, values in grid.items():
            value = getattr(direction, axis)
            if axis == "estimator":
                value = direction.plane().estimator
            if direction.method == "hyperplane" and value is not None and value not in values:
                allowed = f"no hyperplane is fitted for it; the study fits {', '.join(values)}"
                if value in sections["factors"]:
                    allowed = (
                        "is a factor; list it under assessors too, to move along its direction"
                    )
                yield f"directions.{index}.{axis}", value, allowed


def _held_possible(sections: Sections) -> Mistakes:
    known = [*rated.models(sections), *sections["factors"]]
    for index, direction in enumerate(sections["directions"]):
        for place, name in enumerate(direction.hold):
            path = f"directions.{index}.hold.{place}"
            if direction.method != "hyperplane":
                allowed = f"projects a hyperplane's normal, and this is {direction.method}"
                yield path, name, allowed
            elif name == direction.assessor:
                yield path, name, "is what the direction changes"
            elif name in sections["ratings"]:
                yield path, name, "has rated no edits, in which it could be held constant"
            elif name not in known:
                yield path, name, f"the study's assessors and factors are {', '.join(known)}"


def _edits_possible(sections: Sections) -> Mistakes:
    generator = sections["generator"].entry
    directions = {direction.name: direction for direction in sections["directions"]}
    names = [edit.name for edit in sections["edits"]]
    for index, edit in enumerate(sections["edits"]):
        path = f"edits.{index}"
        if edit.name in names[:index]:
            yield f"{path}.name", edit.name, "given twice"
        if edit.along not in directions:
            allowed = f"the study's directions are {', '.join(directions)}"
            yield f"{path}.along", edit.along, allowed
            continue
        if edit.layers is None:
            continue
        if directions[edit.along].space == "z":
            yield f"{path}.layers", list(edit.layers), "z has no layers; edit in w or w_plus"
        elif not edit.layers or max(edit.layers) >= generator.layers:
            allowed = f"must be some of 0 to {generator.layers - 1}"
            yield f"{path}.layers", list(edit.layers), allowed


def _layers_possible(sections: Sections) -> Mistakes:
    own = sections["layerwise"]
    if own is None:
        return
    generator = sections["generator"]
    directions = {direction.name: direction for direction in sections["directions"]}
    layers, images = generator.entry.layers, sections["sets"].eval
    if own.count > images.count:
        allowed = f"the set eval has {images.count} images: take fewer, or enlarge the set"
        yield "layerwise.count", own.count, allowed
    elif own.count < 2:
        yield "layerwise.count", own.count, "an interval needs at least 2 images"
    if own.step == "image-change" and generator.noise == "random":
        allowed = "needs generator.noise const: noise drawn anew changes images by itself"
        yield "layerwise.step", own.step, allowed
    if "w" not in generator.entry.spaces:
        yield "layerwise.layers", own.layers, f"the generator {generator.name} has no layers"
        return
    if own.direction not in directions:
        allowed = f"the study's directions are {', '.join(directions)}"
        yield "layerwise.direction", own.direction, allowed
    elif directions[own.direction].space == "z":
        allowed = "moves in z, which has no layers; name a direction in w or w_plus"
        yield "layerwise.direction", own.direction, allowed
    seen: dict[tuple[int, ...], str] = {}
    for index, part in enumerate(own.layers if isinstance(own.layers, tuple) else ()):
        path, moved = f"layerwise.layers.{index}", span(part, layers)
        lacks = f"the generator {generator.name} has the layers 0 to {layers - 1}"
        if not moved or (part not in GROUPS and moved[-1] < int(part.split("-")[-1])):
            yield path, part, lacks
        elif moved in seen:
            yield path, part, f"moves the same layers as {seen[moved]}"
        seen.setdefault(moved, part)


def _methods_possible(sections: Sections) -> Mistakes:
    own = sections["methods"]
    if own is None:
        return
    given = own.model_dump()
    compared = [edit for edit in sections["edits"] if edit.of != "photos" and max(edit.alphas) > 0]
    if len(compared) < 2:
        allowed = "compares edits of generated images that have positive alphas: give at least two"
        yield "methods", given, f"{allowed}, and the study has {len(compared)}"
    if sections["generator"].noise == "random":
        allowed = "needs generator.noise const: noise drawn anew changes images by itself"
        yield "methods", given, allowed
    directions = {direction.name: direction for direction in sections["directions"]}
    known = {entry(name).quality for name in rated.models(sections)}
    ratings = sections["ratings"]
    for edit in compared:
        found_with = directions[edit.along].assessor if edit.along in directions else None
        quality = entry(found_with).quality if found_with else "memorable"
        if found_with in ratings:
            quality = ratings[found_with].entry.quality
        if quality not in known:
            allowed = f"no assessor of the study scores how {quality} an image is, which the edit"
            yield "methods", given, f"{allowed} {edit.name} changes"


def _catalogues_fit(sections: Sections) -> Mistakes:
    shown, counts = 3 * sections["figures"].catalogue, _counts(sections)
    for edit in sections["edits"]:
        images, columns = min(shown, counts.get(edit.of, 0)), len(edit.alphas)
        if edit.of != "photos" and images * columns > PICTURES:
            allowed = (
                f"{images} images at the {columns} alphas of the edit {edit.name} are more than "
                f"the {PICTURES:,} pictures that its page has room for"
            )
            yield "figures.catalogue", sections["figures"].catalogue, allowed


def _edits_scored(sections: Sections) -> Mistakes:
    for index, edit in enumerate(sections["edits"]):
        if edit.assessor and edit.assessor not in (known := rated.models(sections)):
            why = "people have rated no edits; " if edit.assessor in sections["ratings"] else ""
            allowed = f"{why}the study's assessors are {', '.join(known)}"
            yield f"edits.{index}.assessor", edit.assessor, allowed
        for place, shape in enumerate(edit.shapes or ()):
            if shape not in sections["shapes"]:
                allowed = f"the study's shapes are {', '.join(sections['shapes'])}"
                yield f"edits.{index}.shapes.{place}", shape, allowed


def _counts(sections: Sections) -> dict[str, int]:
    """Return the images of each set that edits can move, as far as they are known."""
    images, photos = sections["sets"], sections["photos"]
    counts = {name: each.count for name, each in images.given.items()}
    if photos is not None and photos.count is not None:
        counts["photos"] = photos.count
    return counts


def _photos_possible(sections: Sections) -> Mistakes:
    photos, settings, size = sections["photos"], sections["generator"], sections["shard_size"]
    if photos is None:
        return
    generator = settings.entry
    spaces = generator.spaces
    if photos.folder and generator.w_dim:
        # Inversion in z is for generators without w.
        spaces = tuple(space for space in spaces if space != "z")
    if photos.space is not None and photos.space not in spaces:
        yield "photos.space", photos.space, f"with {settings.name} must be {' or '.join(spaces)}"
    if generator.class_count and len(settings.class_indices) != 1:
        allowed = "must be one class, that of the photographs (photos)"
        yield "generator.classes", list(settings.classes), allowed
    if settings.noise == "random":
        allowed = "must be const: a photograph has no seed to draw noise from (photos)"
        yield "generator.noise", settings.noise, allowed
    if size % photos.batch:
        yield "photos.batch", photos.batch, f"shard_size, {size}, must be a multiple of it"


def _photos_moved(sections: Sections) -> Mistakes:
    photos, generator = sections["photos"], sections["generator"].entry
    spaces = {direction.name: direction.space for direction in sections["directions"]}
    for index, edit in enumerate(sections["edits"]):
        if edit.of != "photos":
            continue
        if photos is None:
            yield f"edits.{index}.of", "photos", "the study has none: give it a section photos"
            continue
        held = photos.space or generator.spaces[-1]
        space = spaces.get(edit.along, held)
        if space == "z" and held != "z":
            allowed = f"moves in z, and the photographs' latents are in {held}"
            yield f"edits.{index}.along", edit.along, allowed


def _parts_of_fit(sections: Sections) -> Mistakes:
    size, fit, folds = sections["shard_size"], sections["sets"].fit, sections["hyperplanes"].folds
    for name, count in sections["fit_on"].items():
        path = f"fit_on.{name}"
        if name not in sections["assessors"]:
            allowed = f"the study's assessors are {', '.join(sections['assessors'])}"
            yield path, count, allowed
        elif name in sections["ratings"]:
            yield path, count, "is people's ratings: all that their file has are fitted on"
        elif entry(name).parts:
            yield path, count, "is a difference: give its parts' images"
        elif entry(name).factor:
            yield path, count, "is a visual factor, measured in all images at once"
        elif count > fit.count:
            yield path, count, f"the set fit has {fit.count} images"
        elif count % size and count != fit.count:
            yield path, count, f"must be a multiple of shard_size, {size}"
        elif count < 10 * folds:
            yield path, count, f"{folds} folds need at least {10 * folds} images"
    for name in sections["assessors"]:
        counts = {sections["fit_on"].get(part, fit.count) for part in entry(name).parts or ()}
        if len(counts) > 1:
            yield "fit_on", dict(sections["fit_on"]), f"{name} needs as many images of each part"


def _assessors_exist(sections: Sections) -> Mistakes:
    training, own = sections["training"], sections["assessor_weights"]
    trained = [training.name] if training else []
    known = [*ASSESSORS, *(name for name in (*own, *trained) if name not in ASSESSORS)]
    ratings = sections["ratings"]
    named = {f"assessors.{index}": name for index, name in enumerate(sections["assessors"])}
    for key in ("hit_rate", "false_alarm_rate") if training else ():
        if (name := getattr(training, key)) in training.teachers:
            named[f"training.{key}"] = name
    for path, name in named.items():
        if name in ratings and path.startswith("training."):
            yield path, name, "is people's ratings, which images to train on have none of"
        elif name not in [*known, *ratings]:
            yield path, name, f"no assessor is called so; known: {', '.join([*known, *ratings])}"
    for name, file in own.items():
        path = f"assessor_weights.{name}"
        if name in trained:
            yield path, file, "is trained by this study"
        elif name not in named.values():
            yield path, file, f"the study's assessors are {', '.join(sections['assessors'])}"
        elif entry(name).parts:
            yield path, file, "is a difference, and has no weights"
        elif entry(name).factor:
            yield path, file, "is a visual factor, and takes no weights of your own"


def _training_possible(sections: Sections) -> Mistakes:
    training = sections["training"]
    if training is None:
        return
    network = NETWORKS[training.architecture]
    if training.name in ASSESSORS and entry(training.name).architecture != training.architecture:
        allowed = f"is Mnemo's, and no {training.architecture} to be trained; give it another"
        yield "training.name", training.name, allowed
    if training.initial and not network.replaceable:
        start = f"{network.initial}'s weights" if network.initial else "nothing"
        yield "training.initial", training.initial, f"a {training.architecture} starts from {start}"
    if training.flip and network.unmirrored:
        yield "training.flip", training.flip, f"must be 0: {network.unmirrored}"
    if training.target == "true_hit_rate" and training.false_alarm_rate is None:
        allowed = "must be given: the target is hit rate minus false-alarm rate (training.target)"
        yield "training.false_alarm_rate", None, allowed
    for key in ("hit_rate", "false_alarm_rate"):
        name = getattr(training, key)
        if name not in training.teachers:
            continue
        if name == training.name:
            yield f"training.{key}", name, "is what is trained"
        elif entry(name).factor:
            yield f"training.{key}", name, "is a visual factor, and no rate"
        elif name in ASSESSORS and (entry(name).low, entry(name).high) != (0, 1):
            yield f"training.{key}", name, "must score from 0 to 1, as rates are"
    if training.database:
        return
    images = sections["sets"].train
    if images is None:
        allowed = "must be given, or training.database: there is nothing to train on"
        yield "sets.train", None, allowed
    elif images.count < LEAST:
        yield "sets.train.count", images.count, f"training needs at least {LEAST} images"
    elif images.count > (most := ROWS // len(training.shapes)):
        allowed = f"the spreadsheet of the faces to train on has room for {most:,} of them"
        yield "sets.train.count", images.count, allowed
    elif training.folds and images.count < 10 * training.folds:
        allowed = f"{images.count} images are too few for so many: at least 10 for each"
        yield "training.folds", training.folds, allowed


def _parts_scored(sections: Sections) -> Mistakes:
    for index, name in enumerate(sections["assessors"]):
        absent = [
            needed for needed in entry(name).parts or () if needed not in sections["assessors"]
        ]
        if absent:
            yield f"assessors.{index}", name, f"needs {' and '.join(absent)} in the list too"


def _reference_known(sections: Sections) -> Mistakes:
    reference, photos = sections["realness"].reference, sections["photos"]
    if reference == OWN and not (photos and photos.folder):
        allowed = f"the study has no folder photos.folder; a folder called so is ./{OWN}"
        yield "realness.reference", reference, allowed


def _calibrated_scored(sections: Sections) -> Mistakes:
    known = rated.models(sections)
    for name, changes in sections["calibration"].in_units.items():
        if name not in known:
            why = "people have rated no edits; " if name in sections["ratings"] else ""
            allowed = f"{why}the study's assessors are {', '.join(known)}"
            yield f"calibration.in_units.{name}", list(changes), allowed


#: What must hold between sections, each with the sections that it reads.
_ACROSS: tuple[tuple[tuple[str, ...], Callable[[Sections], Mistakes]], ...] = (
    (("shard_size", "score_shard_size"), _shards_nest),
    (("sets",), _sets_apart),
    (("sets", "generator", "edits", "photos"), _floor_alike),
    (("sets", "hyperplanes"), _enough_to_split),
    (("sets", "realness", "edits"), _enough_to_jackknife),
    (("generator", "hyperplanes"), _spaces_exist),
    (("generator",), _generator_can),
    (("generator", "sets"), _psi_of_classes),
    (("generator", "hyperplanes"), _layers_alike),
    (("sets", "hyperplanes", "controls", "edits"), _mixing_possible),
    (("sets", "generator"), _fit_possible),
    (("sets", "hyperplanes"), _fit_in_spaces),
    (("generator", "directions"), _directions_possible),
    (("directions", "hyperplanes", "assessors", "shapes"), _directions_in_grid),
    (("directions", "ratings", "shapes"), rated.in_shapes),
    (("directions", "generator", "assessors", "ratings", "preset"), learned.impossible),
    (("directions", "edits", "preset"), learned.beyond),
    (("directions", "assessors", "ratings", "factors"), _held_possible),
    (("generator", "directions", "edits"), _edits_possible),
    (("layerwise", "generator", "directions", "sets"), _layers_possible),
    (("methods", "generator", "edits", "directions", "assessors", "ratings"), _methods_possible),
    (("edits", "figures", "sets", "photos"), _catalogues_fit),
    (("edits", "assessors", "ratings", "shapes"), _edits_scored),
    (("photos", "generator", "shard_size"), _photos_possible),
    (("photos", "generator", "edits", "directions"), _photos_moved),
    (("fit_on", "shard_size", "sets", "assessors", "ratings", "hyperplanes"), _parts_of_fit),
    (("assessors", "ratings", "assessor_weights", "training"), _assessors_exist),
    (("assessors", "ratings", "assessor_weights", "training"), rated.impossible),
    (("sets", "training"), _training_possible),
    (("assessors",), _parts_scored),
    (("realness", "photos"), _reference_known),
    (("assessors", "ratings", "calibration"), _calibrated_scored),
    (("experiments", "edits", "sets", "assessors", "ratings"), experiments.impossible),
)


def mistakes(sections: Sections) -> Mistakes:
    """Find what does not hold between sections.

    Args:
        sections: The sections of a study that could be read, by name.

    Yields:
        For each mistake its path, the value given, and what is allowed.
    """
    for needed, check in _ACROSS:
        if all(name in sections for name in needed):
            yield from check(sections)
