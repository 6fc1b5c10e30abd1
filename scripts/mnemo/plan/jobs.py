"""The jobs of a study whose work grows with it, and what each works on.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import ceil
from typing import NamedTuple

from mnemo.assessors.registry import entry
from mnemo.features.registry import EXTRACTORS
from mnemo.photos.folder import SET
from mnemo.plan import rates
from mnemo.study import experiments, kept, learned, sets
from mnemo.study.compared import Compared
from mnemo.study.config import Config
from mnemo.study.paths import Paths
from mnemo.study.sections.edits import Direction, Edit

#: Images in a resample of an agreement's bootstrap, as `ranks.RESAMPLED` has it.
RESAMPLED = 2000
#: Images of the 10k US Adult Faces Database that have rates.
DATABASE = 2222
#: Fits that one takes whose strength is chosen, in time: most are of shuffled labels, or quick.
FITS_TO_CHOOSE = 8
#: Steps that are tried for each level until one changes the image by the wanted amount.
STEPS_TRIED = 6
#: Images that learning a direction computes at once on a GPU, where the study does not say.
LEARNED_AT_ONCE = 32
#: Images whose features take as much memory as measuring realness does for however many.
MEASURED_AT_ONCE = 50_000


#: Rules that make shards of images.
OF_IMAGES = (
    *("align_photos", "read_reference", *rates.RENDERING),
    *("ovalize_images", "ovalize_kept"),
)


class Workload(NamedTuple):
    """What one job works on.

    Attributes:
        images: Images; of a job that reads several scores of an image, its scores.
        at_once: How many of them it holds in memory at once.
        times: How often it goes over them, against the default study.
        extractor: The extractor, of a job that extracts features or embeds faces.
    """

    images: int
    at_once: int
    times: float = 1
    extractor: str = ""


class Job(NamedTuple):
    """One job of a rule whose work grows with the study.

    Attributes:
        rule: The rule.
        work: What it works on.
        output: Its file in the results folder; where it has several, the first.
        record: Its benchmark file in the folder of benchmarks, and its log in that of logs, without
            their endings.
        passes: Whether its file is deleted once everything that reads it is done.
    """

    rule: str
    work: Workload
    output: str
    record: str
    passes: bool = False


def workload(config: Config, rule: str, wildcards: Mapping[str, str]) -> Workload:
    """Return what a job works on.

    Args:
        config: The study.
        rule: The job's rule.
        wildcards: The job's wildcards.
    """
    if shard := wildcards.get("shard"):
        of_photos = {"align_photos": "originals"}.get(rule, "photos")
        name = wildcards.get("set") or wildcards.get("base") or of_photos
        if rule == "edit_controls":
            name = f"{name}/{sets.CONTROLS}/{wildcards['edit']}"
        elif rule == "read_reference":
            name = SET
        elif rule == "mix_latents":
            name = "fit"
        elif rule == "edit_layers":
            name = sets.layer_set(wildcards["layer"])
        images = sets.scored(config, name, wildcards.get("assessor", ""))
        scored = rule in (
            *("score_images", "measure_factors", "measure_faces", "measure_objects"),
            *("extract_features", "embed_faces", "subtract_scores", "measure_image_change"),
        )
        size = config.score_shard_size if scored else sets.size(config, name)
        count = len(sets.places(shard, images.count, size))
        at_once = {
            "read_reference": 1,
            "score_images": config.shard_size,
            "measure_factors": config.shard_size,
            "measure_faces": config.shard_size,
            "measure_objects": config.shard_size,
            "extract_features": config.shard_size,
            "embed_faces": config.shard_size,
            "measure_image_change": config.shard_size,
            **dict.fromkeys(rates.RENDERING, config.generator.entry.at_once),
        }
        return Workload(
            count,
            min(count, at_once.get(rule, count)),
            _slowness(config, wildcards),
            _extractor(config, rule, wildcards),
        )
    if rule == "invert_photos" and config.photos and config.photos.count:
        inverted = sets.places(wildcards["part"], config.photos.count, config.photos.batch)
        return Workload(len(inverted), len(inverted), config.photos.steps / 1000)
    if rule == "learn_direction":
        return _learning(config, config.named_direction(wildcards["direction"]))
    fit, grid = config.sets.fit.count, config.hyperplanes
    edited = {edit.name: _images(config, edit) for edit in config.edits}
    of_edit = edited.get(wildcards.get("edit", ""), 0)
    shapes = len(config.shapes)
    assessors, scorers = len(config.models), len(config.scorers)
    # Scores of the set fit, and of each edit.
    fitted = shapes * sum(sets.scored(config, "fit", name).count for name in config.scorers)
    scores = {
        edit.name: edited[edit.name] * scorers * len(config.shapes_of(edit))
        for edit in config.edits
    }
    of_scores = scores.get(wildcards.get("edit", ""), 0)
    resampled = config.statistics.resamples / 1000
    match rule, wildcards.get("table"):
        case "fit_hyperplane" | "fit_mixed_hyperplane", _:
            # The rates are those of 56 fits on latents of 100 numbers.
            generator = config.generator.entry
            mixed = generator.layers * generator.w_dim if rule == "fit_mixed_hyperplane" else 0
            larger = (mixed or max(generator.z_dim, generator.w_dim)) / 100
            fits = grid.folds * (grid.repeats + grid.permutations) + 1
            if grid.regularisation == "auto":
                # Each chooses its strength: the true labels try more, and the shuffled ones fewer.
                fits *= FITS_TO_CHOOSE
            fitting = sets.scored(config, "fit", wildcards.get("assessor", "")).count
            return Workload(fitting, ceil(fitting * larger), larger * fits / 56)
        case "derive_controls", _:
            larger = max(config.generator.entry.z_dim, config.generator.entry.w_dim) / 100
            controlled = sets.controlled(config, config.edit(wildcards["edit"]).of)
            return Workload(fit, ceil(fit * larger), larger * controlled / 56)
        case "calibrate_layers", _:
            # About so many steps are tried for each level.
            tried = STEPS_TRIED * len(config.layerwise.levels) if config.layerwise else 0
            rendered = tried * min(sets.CALIBRATED_ON, sets.layered(config))
            return Workload(rendered, config.generator.entry.at_once)
        case "measure_layers", _:
            moved = sum(sets.base(config, name).count for name in sets.layer_sets(config))
            return Workload(moved * scorers * shapes, moved * scorers * shapes)
        case "measure_agreement", _:
            # Each pair is resampled, by so many images at most.
            pairs = assessors * shapes * (assessors * shapes - 1) / 2
            times = resampled * pairs * min(fit, RESAMPLED) / fitted
            return Workload(fitted, fitted, times)
        case "read_ratings", _:
            return Workload(fit, fit)
        case "measure_assessor_validity", _:
            # Each model and shape is resampled once for each of the people's ratings.
            pairs = assessors * shapes * len(config.ratings)
            return Workload(pairs * min(fit, RESAMPLED), fitted, resampled)
        case "export_experiment", _:
            return Workload(experiments.images(config, wildcards["experiment"]), 1)
        case "simulate_answers" | "read_answers" | "measure_people" | "model_answers", _:
            answers = experiments.trials(config, wildcards["experiment"])
            # One model for alpha, and two for each factor.
            models = 2 * len(config.measured_factors) + 1 if rule == "model_answers" else 1
            return Workload(answers, answers, models)
        case "draw_distributions", _:
            return Workload(fitted, fitted)
        case "measure_dose_response", _:
            return Workload(of_scores, of_scores, resampled)
        case "measure_lost_faces", _:
            return Workload(of_scores, of_scores)
        case "draw_dose_response", _:
            return Workload(of_scores // scorers, of_scores // scorers)
        case "draw_catalogue", _:
            return Workload(of_edit, of_edit)
        case "pick_shown", _:
            picked = edited.get(wildcards["set"].split("/")[1], 0)
            return Workload(picked, picked)
        case "measure_drift", _:
            drifting = (fit * shapes + of_scores // scorers) * len(config.attributes)
            return Workload(drifting, drifting)
        case "relate_factors", _:
            # One model for each assessor and factor, and for alpha.
            factors = len(config.measured_factors)
            related = of_scores // scorers * assessors * (factors + 1)
            return Workload(related, of_scores + fit * shapes * factors)
        case "measure_transfer", _:
            moved = sum(scores[edit.name] for edit in config.edits if config.is_plain(edit))
            return Workload(fitted + moved, fitted + moved)
        case "measure_contrasts" | "measure_methods", _:
            compared = fitted + sum(scores.values())
            return Workload(compared, compared)
        case "measure_identity", _:
            # The rates are those of embeddings of 128 numbers.
            larger = EXTRACTORS[config.identity.features].dim / 128 if config.identity else 1
            return Workload(of_edit, ceil(of_edit * larger), larger)
        case "write_database" | "split_database" | "train_assessor" | "measure_training", _:
            return _training(config, rule)
        case "measure_realness", _:
            floor = sets.base(config, config.edit(wildcards["edit"]).of).count
            count = of_edit + floor + config.sets.reference.count
            if config.realness.folder:
                count += of_edit + sets.base(config, SET).count
            return Workload(count, min(count, MEASURED_AT_ONCE))
        case "merge_table", "scores":
            return Workload(fitted + sum(scores.values()), config.score_shard_size)
        case "merge_table" | "show_faces", ("faces" | None):
            return Workload(fit + sum(edited.values()), config.shard_size)
    return Workload(0, 0)


def _learning(config: Config, direction: Direction) -> Workload:
    """Return what learning a direction works on, where no start ends early."""
    settings = learned.settings(config, direction)
    changed = direction.learning
    measured = settings.held_out * (settings.steps // settings.every + 1)
    # A measurement renders and scores once, without a gradient; a step does so as often as four.
    latents = settings.steps * settings.batch + measured // 4
    at_once = (changed.at_once if changed else None) or LEARNED_AT_ONCE
    slowness = _slowness(config, {"assessor": str(direction.assessor)})
    return Workload(latents * settings.restarts, min(settings.batch, at_once), slowness)


def _images(config: Config, edit: Edit) -> int:
    """Return the images of an edit at all its alphas."""
    return sets.base(config, edit.of).count * len(edit.alphas)


def _of_photos(config: Config) -> Iterator[tuple[str, str, dict[str, str]]]:
    """List the jobs that make the sets of a folder of photographs: rule, output, wildcards."""
    photos = config.photos
    if photos is None or photos.count is None or photos.folder is None:
        return
    shards = sets.cut(photos.count, config.shard_size)
    for shard in shards:
        yield "align_photos", f"originals/square/{shard}", {"set": "originals", "shard": shard}
    for part in sets.cut(photos.count, photos.batch):
        yield "invert_photos", f"photos/inverted/{part}", {"part": part}
    for shard in shards:
        yield "gather_inverted", f"photos/latents/{shard}", {"set": "photos", "shard": shard}


def _extractor(config: Config, rule: str, wildcards: Mapping[str, str]) -> str:
    """Return the extractor of a job that extracts features; empty for any other."""
    if rule == "embed_faces" and config.identity:
        return config.identity.features
    return wildcards["features"] if rule == "extract_features" else ""


def _slowness(config: Config, wildcards: Mapping[str, str]) -> float:
    """Return the time that an image takes with a job's assessor, relative to ResMem."""
    name = wildcards.get("assessor", "")
    if config.training and name == config.training.name:
        name = config.training.architecture
    return rates.multiples("assessors").get(name.removesuffix("-us10k"), 1)


def _training(config: Config, rule: str) -> Workload:
    """Return what a job of the training of an assessor works on."""
    training = config.training
    if training is None:
        return Workload(0, 0)
    made = None if training.database else config.sets.train
    # Of a database that is not there yet nothing is known; the 10k US Adult Faces have so many.
    count = made.count * len(training.shapes) if made else DATABASE
    if rule != "train_assessor":
        return Workload(count, 1)
    times = training.epochs * rates.multiples("architectures")[training.architecture]
    # Its larger networks take memory as so many more images would.
    held = count + rates.multiples("memory_of_architectures")[training.architecture]
    return Workload(count, int(held), times)


def of_study(config: Config) -> Iterator[Job]:
    """List the jobs whose work grows with the study, in the order of the diagram.

    Args:
        config: The study.

    Yields:
        All of them, whether they are done or not.
    """

    def job(rule: str, output: str, name: str = "", **wildcards: str) -> Job:
        """Make a job; `{set}` and `{shard}` are filled in."""
        file = f"{output}.parquet".format_map(wildcards)
        record = f"{rule}/{name}".rstrip("/").format_map(wildcards)
        passes = rule in OF_IMAGES and kept.passes(config, file.rsplit("/", 2)[0])
        return Job(rule, workload(config, rule, wildcards), file, record, passes)

    def each(names: Iterable[str], size: int, scorer: str = "") -> Iterator[dict[str, str]]:
        for name in names:
            for shard in sets.cut(sets.scored(config, name, scorer).count, size):
                yield {"set": name, "shard": shard}

    def of_images(rule: str, folder: str, names: Iterable[str]) -> Iterator[Job]:
        """List the jobs that make images, those of other rules that make some that stay."""
        for name in names:
            doing = f"{rule}_{'kept' if name in stay else 'images'}"
            for place in each([name], sets.size(config, name)):
                made = job(doing, f"{{set}}/{folder}/{{shard}}", "{set}/{shard}", **place)
                # Both have the records of the one.
                yield made._replace(record=f"{rule}_images/{name}/{place['shard']}")

    edited = [name for edit in config.edits for name in sets.edited(edit)]
    images, scores, stay = config.shard_size, config.score_shard_size, kept.stay(config)
    trained = ["train"] if config.trained and config.trained.teachers else []
    bases = [*sets.BASES, *trained]
    mixed = ["fit"] if config.sets.fit.mixing else []
    for place in each(sets.imported(config), images):
        yield job("import_latents", "{set}/latents/{shard}", "{set}/{shard}", **place)
    for place in each(mixed, images):
        yield job("mix_latents", "{set}/latents/{shard}", "{shard}", **place)
    shown = experiments.shown(config)
    drawn = [*bases, *dict.fromkeys(name.split("/")[0] for name in shown)]
    given = [*mixed, *sets.imported(config)]
    for place in each([name for name in drawn if name not in given], images):
        yield job("sample_latents", "{set}/latents/{shard}", "{set}/{shard}", **place)
    for rule, output, wildcards in _of_photos(config):
        name = wildcards.get("part") or wildcards["shard"]
        yield job(rule, output, name, **wildcards)
    for place in each([*edited, *(name for name in shown if "/" in name)], images):
        yield job("edit_latents", "{set}/latents/{shard}", "{set}/{shard}", **place)
    controls = sets.control_sets(config)
    for name in controls:
        base, _, of = name.split("/")
        yield job("derive_controls", f"directions/controls/{of}", of, edit=of)
        for place in each([name], images):
            path, record = f"{name}/latents/{{shard}}", f"{base}/{of}/{{shard}}"
            yield job("edit_controls", path, record, base=base, edit=of, shard=place["shard"])
    layers = sets.layer_sets(config)
    if config.layerwise and config.layerwise.step == "image-change":
        for part in config.layers:
            yield job("calibrate_layers", f"layers/steps/{part}", part, layer=part)
    for name in layers:
        part = name.split("/")[-1]
        for place in each([name], images):
            path, record = f"{name}/latents/{{shard}}", f"{part}/{{shard}}"
            yield job("edit_layers", path, record, layer=part, shard=place["shard"])
    photos = ["photos"] if "photos" in config.given else []
    picked = sets.shown_sets(config)
    # Nothing reads the unedited images of the set eval.
    needed = [name for name in bases if name != "eval" or config.images.keep == "all"]
    rendered = [*needed, *photos, *edited, *shown, *controls, *layers, *picked]
    yield from of_images("render", "square", rendered)
    originals = ["originals"] if "originals" in config.given else []
    scored = ["fit", *originals, *edited, *controls, *layers]
    shaped = [name for name in scored if "oval" in sets.shapes(config, name)]
    taught_on = config.trained.shapes if config.trained and trained else ()
    taught_ovals = trained if "oval" in taught_on else []
    also_shown = [name for name in picked if "oval" in sets.shapes(config, name)]
    yield from of_images("ovalize", "oval", [*taught_ovals, *shaped, *also_shown])
    if config.images.keep != "all":
        listed = [name for name in shaped if name not in (*controls, *layers)]
        for place in each(listed, images):
            yield job("list_faces", "{set}/faces/{shard}", "{set}/{shard}", **place)
    taught = config.trained.teachers if config.trained else ()
    scorings = [
        *product(taught, taught_on, ["train"]),
        *(
            (assessor, shape, name)
            for name in scored
            for assessor, shape in product(config.models, sets.shapes(config, name))
        ),
    ]
    for assessor, shape, name in scorings:
        rule = "subtract_scores" if entry(assessor).parts else "score_images"
        path = f"{{set}}/scores/{assessor}/{shape}/{{shard}}"
        record = f"{{set}}/{assessor}/{shape}/{{shard}}"
        for place in each([name], scores, assessor):
            yield job(rule, path, record, assessor=assessor, **place)
    measuring = {
        "measure_factors": config.factors_of("pixels"),
        "measure_faces": config.factors_of("face-landmarks"),
        "measure_objects": config.factors_of("object-mask"),
    }
    for rule, factors in measuring.items():
        for name in scored if factors else ():
            for shape in sets.shapes(config, name):
                path = f"{{set}}/scores/{factors[0]}/{shape}/{{shard}}"
                for place in each([name], scores):
                    yield job(rule, path, f"{{set}}/{shape}/{{shard}}", **place)
    if config.trained:
        if taught:
            work = workload(config, "write_database", {})
            yield Job("write_database", work, "training/database", "write_database")
        yield job("split_database", "training/split")
        for run in config.trained.runs:
            yield job("train_assessor", f"training/{run}/predictions", run)
    photographs = [SET] if config.realness.folder else []
    for place in each(photographs, images):
        yield job("read_reference", "{set}/square/{shard}", "{shard}", **place)
    real = filter(config.measures_realness, config.edits)
    compared = [name for edit in real for name in sets.edited(edit)]
    for place in each(["reference", "floor", *photographs, *compared], scores):
        for extractor in config.realness.extractors:
            path, record = "{set}/features/{features}/{shard}", "{set}/{features}/{shard}"
            yield job("extract_features", path, record, features=extractor, **place)
    embedded = config.identity.features if config.identity else None
    if embedded:
        for place in each(edited, scores):
            path = f"{{set}}/embeddings/{embedded}/{{shard}}"
            yield job("embed_faces", path, f"{{set}}/{embedded}/{{shard}}", **place)
    moved = Compared(config, Paths(config)).moved if config.methods else []
    for place in each([*map(sets.layer_set, config.layers), *moved], scores):
        yield job("measure_image_change", "{set}/image_change/{shard}", "{set}/{shard}", **place)
    for plane in config.grid:
        rule = "fit_mixed_hyperplane" if config.sets.fit.layered else "fit_hyperplane"
        yield job(rule, f"hyperplanes/{plane.name}", plane.name, assessor=plane.assessor)
    for direction in learned.of_study(config):
        name = direction.name
        yield job("learn_direction", f"directions/{name}", name, direction=name)
    for name, ratings in config.ratings.items():
        read = f"{name}/{ratings.shape}"
        yield job("read_ratings", f"ratings/{read}", read, people=name)
    yield job("measure_agreement", "agreement")
    if config.ratings:
        yield job("measure_assessor_validity", "assessor_validity")
    for edit in config.edits:
        responses = f"dose_response/{edit.name}/dose_response"
        yield job("measure_dose_response", responses, edit.name, edit=edit.name)
        if config.loses_ovals(edit):
            yield job("measure_lost_faces", f"lost_faces/{edit.name}", edit.name, edit=edit.name)
        if controls:
            yield job("measure_controls", f"controls/{edit.name}", edit.name, edit=edit.name)
        if config.attributes:
            yield job("measure_drift", f"drift/{edit.name}", edit.name, edit=edit.name)
        if config.measured_factors:
            yield job("relate_factors", f"factors/{edit.name}", edit.name, edit=edit.name)
        if config.measures_realness(edit):
            yield job("measure_realness", f"realness/{edit.name}", edit.name, edit=edit.name)
        if embedded:
            yield job("measure_identity", f"identity/{edit.name}", edit.name, edit=edit.name)
    for name in experiments.answered(config):
        yield Job(
            "export_experiment",
            workload(config, "export_experiment", {"experiment": name}),
            f"experiments/{name}/experiment.json",
            f"export_experiment/{name}",
        )
        answering = ["simulate_answers"] if config.experiments[name].simulated else []
        for rule, table in {
            **dict.fromkeys(answering, "simulated"),
            "read_answers": "trials",
            "measure_people": "human_rates",
            "model_answers": "human_models",
        }.items():
            yield job(rule, f"people/{name}/{table}", name, experiment=name)
    if any(map(config.is_plain, config.edits)):
        yield job("measure_transfer", "transfer")
    if layers:
        yield job("measure_layers", "layers")
    if config.methods:
        yield job("measure_methods", "methods")
    yield job("measure_contrasts", "contrasts")
    yield job("merge_table", "scores", "scores", table="scores")
