"""What the rules share: the study, its sets and shards, and the paths of their files."""

import hashlib

from mnemo import config as study
from mnemo import digests, hashes, jobs, layout, locks, plans, rates, results, weights
from mnemo.assessors import registry as assessors
from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS
from mnemo.generators.registry import GENERATORS
from mnemo.jobs import BASES, edited_sets
from mnemo.shards import cut, within
from snakemake.common import get_appdirs
from snakemake.exceptions import WorkflowError

try:
    settings = study.checked(config)
    results.check_files(settings)
    results.check_results(settings, Path("results", settings.study))
except MnemoError as mistake:
    raise WorkflowError(str(mistake)) from None

EDITS = {edit.name: edit for edit in settings.edits}
GENERATOR = GENERATORS[settings.generator.name]
CONFIG_DIGEST = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
EXTRACTOR = EXTRACTORS[settings.realness.features]
EMBEDDER = EXTRACTORS[settings.identity.features] if settings.identity.features else None
TRAINING = settings.training
#: The assessors that score the study's images, and those whose scores are rates to train on.
SCORING = {*settings.assessors, *(TRAINING.teachers if TRAINING else ())}
DERIVED = sorted(name for name in SCORING if assessors.entry(name).parts)
MEASURED = sorted(
    {*SCORING, *(part for name in DERIVED for part in assessors.entry(name).parts)} - {*DERIVED}
)
#: The modules of the networks that can be trained, which are imported by name.
BACKBONES = [
    f"mnemo.assessors.backbones.{name}"
    for name in ("preparation", "resnet50", "resnet152_layer2", "senet50", "student", "vgg16")
]
#: What training starts from: networks that recognise faces, and ResMem.
INITIAL = {
    "vgg16": "vgg16-vggface",
    "resnet50": "resnet50-vggface2",
    "senet50": "senet50-vggface2",
    "resnet152-layer2": "resmem",
}


def weights_of(assessor):
    """Name the weights of an assessor, the first of them its network's."""
    first, *others = assessors.entry(assessor).weights or (assessor,)
    owned = assessor in settings.assessor_weights or (TRAINING and assessor == TRAINING.name)
    return [own_name(assessor) if owned else first, *others]


def own_name(assessor):
    """Name the weights of an assessor that are not the catalogue's: as it, where that is free."""
    return f"own {assessor}" if assessor in weights.catalogue() else assessor


def weights_behind(assessor):
    """Name the weights behind an assessor's scores; a difference has those of its parts."""
    parts = assessors.entry(assessor).parts
    return (
        [name for part in parts for name in weights_behind(part)]
        if parts
        else [*weights_of(assessor)]
    )


def weights_to_train():
    """Name the weights behind the training: those it starts from, and those that give the rates."""
    initial = [INITIAL[TRAINING.architecture]] if TRAINING.architecture in INITIAL else []
    return [*initial, *(name for teacher in TRAINING.teachers for name in weights_behind(teacher))]


#: Weights files of the user's own, by the name of those whose place they take.
GIVEN = {own_name(name): path for name, path in settings.assessor_weights.items()}
if settings.generator.weights:
    GIVEN[GENERATOR.weights] = settings.generator.weights
if TRAINING and TRAINING.initial:
    GIVEN[INITIAL[TRAINING.architecture]] = TRAINING.initial
#: Weights that this study trains, and their file.
TRAINED = own_name(TRAINING.name) if TRAINING else None
TRAINED_FILE = f"results/{settings.study}/training/holdout/assessor.safetensors"
#: All the weights behind the study's results, and those of them that are the catalogue's.
BEHIND = sorted(
    {
        GENERATOR.weights,
        *EXTRACTOR.weights,
        *(EMBEDDER.weights if EMBEDDER else ()),
        *(name for assessor in settings.assessors for name in weights_behind(assessor)),
        *(weights_to_train() if settings.trained else ()),
    }
)
#: Those of the catalogue, and what a training needs whose assessor scores nothing here.
USED_WEIGHTS = [
    name
    for name in sorted({*BEHIND, *(weights_to_train() if TRAINING else ())})
    if name not in GIVEN and name != TRAINED
]


pathvars:
    results=f"results/{settings.study}",
    logs=f"results/{settings.study}/logs",
    benchmarks=f"results/{settings.study}/benchmarks",


wildcard_constraints:
    base="|".join(settings.sets.given),
    edit="|".join(EDITS),
    alpha=r"-?\d+(\.\d+)?",
    set=rf"({'|'.join(settings.sets.given)})(/({'|'.join(EDITS)})/-?\d+(\.\d+)?)?",
    shard=r"\d{5}\d*",
    features=settings.realness.features,
    file="|".join(entry.file for entry in weights.catalogue().values()),
    assessor="|".join([*MEASURED, *DERIVED]),
    run=r"holdout|fold-\d\d",
    shape="square|oval",
    space="z|w|w_plus",
    threshold="mean|median",


def start():
    """Tidy up after killed jobs, check the weights, and mark the results as this study's."""
    stored, made = hashes.FOLDER, Path("results", settings.study)
    # Here Snakemake holds its lock.
    locks.clear_partials(stored, made)
    try:
        weights.verify_present(USED_WEIGHTS, stored)
        for path in GIVEN.values():
            weights.verify_own(path, stored)
        jobs_to_run = workflow.dag.needrun_jobs()
        fetched = {job.wildcards.file for job in jobs_to_run if job.rule.name == "fetch_weights"}
        known = weights.catalogue()
        wanted = [name for name in USED_WEIGHTS if known[name].file in fetched]
        weights.check_obtainable(wanted, stored)
        results.mark_results(settings, made, locked_weights())
    except MnemoError as mistake:
        raise WorkflowError(str(mistake)) from None


def locked_weights():
    """List the weights without a published sha256 that are there, with that of their first use."""
    return {
        name: sha256
        for name in BEHIND
        if name != TRAINED
        and not hashes.is_one(known := published(name))
        and (sha256 := hashes.locked(Path(known), hashes.FOLDER))
    }


def code_of(script, *modules):
    """Digest a script and the library modules behind it; `modules` it imports by name."""
    return digests.of(Path(workflow.basedir, "scripts"), script, *modules)


def stamp(*names):
    """Say for a table's metadata which study it is of, and which weights it was made with."""
    return {"study": settings.study, "weights": {name: published(name) for name in names}}


def published(name):
    """Tell the sha256 of weights that is published; where there is none, the file's path."""
    if name == TRAINED:
        return TRAINED_FILE
    if name in GIVEN:
        return GIVEN[name]
    entry = weights.catalogue()[name]
    return entry.sha256 or str(hashes.FOLDER / entry.file)


def partitions_file():
    """Find the limits of the cluster's partitions: the user's, or the example."""
    own = Path(get_appdirs().user_config_dir, "slurm", "partitions.yaml")
    return str(own if own.is_file() else Path(workflow.basedir, "profiles/slurm/partitions.yaml"))


def asked(rule):
    """Say how many threads and GPUs a rule asks for, whatever the job."""
    resources = workflow.get_rule(rule).resources
    # Its jobs differ: most assessors compute on a GPU.
    varies = rule == "score_images"
    fixed = resources["gpu"].value if "gpu" in resources and not varies else 0
    return plans.Request(threads=resources["_cores"].value, gpu=1 if varies else fixed)


def cost(wildcards, rulename):
    """Estimate what a job costs."""
    work = jobs.workload(settings, rulename, wildcards)
    estimate = rates.cost(rulename, settings.generator.name, *work)
    without = rulename == "score_images" and not gpu_of_assessor(wildcards)
    return estimate._replace(gpu_seconds=None) if without else estimate


def memory(wildcards, attempt, rulename):
    """Say how much memory a job asks for, in MB: more each time that it is tried."""
    return rates.memory_to_ask(cost(wildcards, rulename), attempt)


def minutes(wildcards, attempt, rulename):
    """Say how much time a job asks for: more each time that it is tried."""
    request = asked(rulename)
    seconds = cost(wildcards, rulename).wall(request.threads, request.gpu)
    return rates.runtime_to_ask(seconds, attempt)


def about_weights(name):
    """Say what a weights file is, whose licence it has, and its sha256 or where it lies."""
    unknown = {"page": "", "citation": "", "sha256": published(name)}
    if name == TRAINED:
        licence = licence_of_training()
        return {"description": "trained by this study", "licence": licence, **unknown}
    if name in GIVEN:
        own = "the user's own file"
        return {"description": own, "licence": "the user's to know", **unknown}
    return {**weights.catalogue()[name].model_dump(), "sha256": published(name)}


def weights_file(name):
    return GIVEN.get(name) or f"<resources>/weights/{weights.catalogue()[name].file}"


GENERATOR_WEIGHTS = weights_file(GENERATOR.weights)

#: The tables of each edit's dose and response, and all the tables that are joined from parts.
DOSE_RESPONSE_TABLES = ["dose_response", "slopes", "local_slopes", "calibration"]
#: The edits that hold something still, and those along a hyperplane's normal as it is.
CONDITIONED = [name for name, edit in EDITS.items() if edit.conditions]
PLAIN = [name for name, edit in EDITS.items() if edit.plain]
MERGED_TABLES = [
    "scores",
    "hyperplanes",
    "realness",
    *DOSE_RESPONSE_TABLES,
    *(["faces"] if "oval" in settings.shapes else []),
    *(["conditions", "drift"] if CONDITIONED else []),
    *(["identity"] if EMBEDDER else []),
    *(["curves", "predictions"] if TRAINING else []),
]
TRAINING_TABLES = ["training", "curves", "predictions"]
#: The public tables of the whole study; a training whose assessor scores nothing has none there.
TABLES = [
    "agreement",
    *(["transfer"] if PLAIN else []),
    *(["training"] if settings.trained else []),
    *(table for table in MERGED_TABLES if settings.trained or table not in TRAINING_TABLES),
]
EXTRACTOR_WEIGHTS = [weights_file(name) for name in EXTRACTOR.weights]


def scored_sets():
    return ["fit", *(name for edit in settings.edits for name in edited_sets(edit))]


def images_of(name):
    return jobs.images_of(settings, name)


def shard_seeds(wildcards):
    """List the seeds of one shard, first and last."""
    seeds = cut(images_of(wildcards.base), settings.shard_size)[wildcards.shard]
    return [seeds.start, seeds.stop]


def shards(folder, names, size=settings.shard_size):
    """List the files of a folder of some sets: latents, square, oval or features/…"""
    return [
        f"<results>/{name}/{folder}/{shard}.parquet"
        for name in names
        for shard in cut(images_of(name), size)
    ]


def covered(folder, wildcards):
    """List the shards of images in a folder that one shard of scores or features covers."""
    images, name = images_of(wildcards.set), wildcards.set
    covers = within(wildcards.shard, images, settings.score_shard_size, settings.shard_size)
    return [f"<results>/{name}/{folder}/{shard}.parquet" for shard in covers]


def images_to_score(wildcards):
    return covered(wildcards.shape, wildcards)


def images_to_extract(wildcards):
    return covered("square", wildcards)


def scores(names, scorers=settings.assessors, shapes=settings.shapes):
    """List the files of some sets' scores."""
    return [
        path
        for assessor in scorers
        for shape in shapes
        for path in shards(f"scores/{assessor}/{shape}", names, settings.score_shard_size)
    ]


def truncation_psi(wildcards):
    """Tell the truncation psi of the set that a job works on."""
    return settings.truncation_psi((wildcards.get("base") or wildcards.set).split("/")[0])


def weights_name(wildcards):
    """Name the weights that a file holds."""
    return next(name for name, entry in weights.catalogue().items() if entry.file == wildcards.file)


def hyperplane_file(space, assessor, shape, threshold):
    return f"<results>/hyperplanes/{space}/{assessor}/{shape}/{threshold}.parquet"


def direction_of_edit(wildcards):
    """Name the file of the hyperplane, or other direction, that an edit moves along."""
    edit = EDITS[wildcards.edit]
    if edit.direction or edit.conditions:
        return f"<results>/directions/{edit.name}.parquet"
    return hyperplane_of_edit(wildcards)


def hyperplane_of_edit(wildcards):
    edit = EDITS[wildcards.edit]
    return hyperplane_file(edit.space, edit.assessor, edit.shape, edit.threshold)


def hyperplanes_held(wildcards):
    """List the hyperplanes of what an edit holds still."""
    edit = EDITS[wildcards.edit]
    return [
        hyperplane_file(edit.space, name, edit.shape, edit.threshold) for name in edit.conditions
    ]


def conditions_of_edit(wildcards):
    return list(EDITS[wildcards.edit].conditions)


def trained_weights(wildcards):
    """Name the file of an assessor that this study trains; none for any other."""
    return [TRAINED_FILE] if TRAINING and wildcards.assessor == TRAINING.name else []


def weights_of_assessor(wildcards):
    """List the weights files of an assessor, but for one that this study trains."""
    return [weights_file(name) for name in weights_of(wildcards.assessor) if name != TRAINED]


def stamp_of_assessor(wildcards):
    return stamp(*weights_behind(wildcards.assessor))


def stamp_of_conditions(wildcards):
    edit = EDITS[wildcards.edit]
    behind = [name for held in edit.conditions for name in weights_behind(held)]
    return stamp(GENERATOR.weights, *weights_behind(edit.assessor), *behind)


def stamp_of_hyperplane(wildcards):
    return stamp(GENERATOR.weights, *weights_behind(wildcards.assessor))


def preset_of_assessor(wildcards):
    """Tell the preset that an assessor scores in; where both are one, a change reruns nothing."""
    known = assessors.entry(wildcards.assessor)
    return "corrected" if known.faithful == known.corrected else settings.preset


def gpu_of_assessor(wildcards):
    return int(assessors.entry(wildcards.assessor).gpu)


def preset_of_ovals(wildcards):
    """Tell the preset of a set's ovals; those to train on are as the database's, whole."""
    return "corrected" if wildcards.set == "train" else settings.preset


def code_of_assessor(wildcards):
    known = assessors.entry(wildcards.assessor)
    owned = trained_weights(wildcards) or wildcards.assessor in settings.assessor_weights
    faces = owned or wildcards.assessor.endswith("-us10k")
    return code_of(
        "score_images", known.module, *([assessors.TRAINED.module, *BACKBONES] if faces else [])
    )


def scores_of_parts(wildcards):
    """List the two shards of scores whose difference is wanted."""
    return [
        f"<results>/{wildcards.set}/scores/{part}/{wildcards.shape}/{wildcards.shard}.parquet"
        for part in assessors.entry(wildcards.assessor).parts
    ]


def scores_to_fit(wildcards):
    return scores(["fit"], [wildcards.assessor], [wildcards.shape])


def scores_of_edit(wildcards):
    return scores(edited_sets(EDITS[wildcards.edit]))


def scores_of_attributes(wildcards):
    """List the scores of an edit, and of the set fit, by the assessors of what edits hold still."""
    return scores([*edited_sets(EDITS[wildcards.edit]), "fit"], settings.attributes)


def embeddings_of_edit(wildcards):
    return shards(f"embeddings/{settings.identity.features}", edited_sets(EDITS[wildcards.edit]))


def database():
    """Name what is to be watched of the database to train on: the one that is made, or a sheet."""
    given = TRAINING.database
    return str(Path(given, layout.SCORES)) if given else "<results>/training/database"


def licence_of_training():
    """Say what binds the use of what is trained: the licences of what it learns from."""
    behind = {about_weights(name)["licence"] for name in weights_to_train()}
    data = [] if TRAINING.teachers else ["that of the database that it was trained on"]
    return "; ".join(sorted(behind) + data)


def results_of_training(wildcards):
    """List what the stage `train` makes."""
    if TRAINING is None:
        raise WorkflowError("this study trains nothing: give it a section `training`")
    tables = [f"<results>/{table}.parquet" for table in TRAINING_TABLES]
    return [*tables, "<results>/figures/training.svg"]


def initial_weights():
    """Name the weights that training starts from; a student has none."""
    name = INITIAL.get(TRAINING.architecture)
    return [weights_file(name)] if name else []


def makes_database():
    """Tell whether an assessor that scores the study's images learns from ovals of its own faces."""
    return bool(settings.trained and settings.trained.teachers)


def preset_of_training():
    """Tell the preset of a training; the students have one preparation for both."""
    return "corrected" if TRAINING.architecture in study.STUDENTS else settings.preset


def folds_of_run(wildcards):
    """Tell of how many folds a training's test is one; the holdout's is of none."""
    return TRAINING.folds if wildcards.run != "holdout" else None


def features_of(names):
    return shards(f"features/{settings.realness.features}", names, settings.score_shard_size)


def features_of_edit(wildcards):
    return features_of(edited_sets(EDITS[wildcards.edit]))


def hyperplane_files():
    return [
        hyperplane_file(space, assessor, shape, threshold)
        for space in settings.hyperplanes.spaces
        for assessor in settings.assessors
        for shape in settings.shapes
        for threshold in settings.hyperplanes.thresholds
    ]


def parts_of_table(wildcards):
    """List the files that a public table joins."""
    match wildcards.table:
        case "scores":
            return scores(scored_sets())
        case "faces":
            return shards("oval", scored_sets())
        case "hyperplanes":
            return hyperplane_files()
        case "realness" | "drift" | "identity":
            return [f"<results>/{wildcards.table}/{edit}.parquet" for edit in EDITS]
        case "conditions":
            return [f"<results>/conditions/{edit}.parquet" for edit in CONDITIONED]
        case "curves" | "predictions":
            return [f"<results>/training/{run}/{wildcards.table}.parquet" for run in TRAINING.runs]
        case table:
            return [f"<results>/dose_response/{edit}/{table}.parquet" for edit in EDITS]


#: Whether there are two sets of scores of the same images to compare.
COMPARABLE = len(settings.assessors) * len(settings.shapes) > 1
#: The tables that the report shows: under which heading, and as what.
SHOWN_TABLES = {
    **({"agreement": ("1 Scores", "Table 1: agreement of ranks")} if COMPARABLE else {}),
    "hyperplanes": ("2 Hyperplanes", "Tables 2 and 4: accuracy of the hyperplanes"),
    "dose_response": ("3 Edits", "Mean score at each alpha"),
    "slopes": ("3 Edits", "Slope over all alphas"),
    "local_slopes": ("3 Edits", "Slopes between neighbouring alphas"),
    "calibration": ("3 Edits", "Alpha for a wanted change"),
    "transfer": ("3 Edits", "Transfer between assessors"),
    "conditions": ("3 Edits", "What the edits hold still"),
    "drift": ("3 Edits", "Change of each attribute"),
    "realness": ("4 Realness", "Distances to the reference set"),
    "identity": ("4 Realness", "Identity of the edited faces"),
    "training": ("5 Models", "Table 3: rank correlation of the trained assessor"),
}
SHOWN_TABLES = {table: shown for table, shown in SHOWN_TABLES.items() if table in TABLES}


def digest_of_captions():
    """Digest the words of the report, so that a change of them makes it again."""
    captions = sorted(Path(workflow.basedir, "rules", "captions").glob("*.rst"))
    words = b"".join(caption.read_bytes() for caption in captions)
    return hashlib.sha256(words).hexdigest()[:12]


def category_of_table(wildcards):
    return SHOWN_TABLES[wildcards.table][0]


def labels_of_table(wildcards):
    return {"result": SHOWN_TABLES[wildcards.table][1]}


def direction_file(wildcards):
    return EDITS[wildcards.edit].direction


def space_of_edit(wildcards):
    return EDITS[wildcards.edit].space


def foreign_of_edit(wildcards):
    return EDITS[wildcards.edit].allow_foreign


def layers_of_edit(wildcards):
    """List the layers that an edit moves; None for all."""
    chosen = EDITS[wildcards.edit].layers
    return None if chosen is None else list(chosen)


def about_edit(name):
    """Say for a caption what an edit does."""
    edit = EDITS[name]
    return {**edit.model_dump(mode="json"), "along": edit.along}


def settings_of_edit(wildcards):
    return about_edit(wildcards.edit)


def quality_of_edit(wildcards):
    return assessors.entry(EDITS[wildcards.edit].assessor).quality


def scores_to_draw(wildcards):
    return scores(edited_sets(EDITS[wildcards.edit]), [wildcards.assessor])


def strip_seeds(wildcards):
    """List the seeds of the faces that a strip shows, first and last: the first of their set."""
    images = settings.sets.eval
    return [images.first_seed, images.first_seed + min(settings.figures.strips, images.count)]


def strip_files(wildcards):
    """List the shards that hold the first faces of an edit by shape, and those of their scores."""
    edit = EDITS[wildcards.edit]
    scored = [f"scores/{edit.assessor}/{shape}" for shape in settings.shapes]
    return {
        **{shape: first_shards([shape], edit, settings.shard_size) for shape in settings.shapes},
        "scores": first_shards(scored, edit, settings.score_shard_size),
    }


def first_shards(folders, edit, size):
    """List the shards of an edit that hold the faces of its strip."""
    shown = list(cut(settings.sets.eval, size))[: -(-settings.figures.strips // size)]
    return [
        f"<results>/{edited}/{folder}/{shard}.parquet"
        for folder in folders
        for edited in edited_sets(edit)
        for shard in shown
    ]


def describe(assessor):
    """Say for a caption what an assessor's score means."""
    if TRAINING and assessor == TRAINING.name:
        target = TRAINING.target.replace("_", " ")
        return f"{target}, predicted by the {TRAINING.architecture} that this study trains"
    return assessors.entry(assessor).description


DESCRIPTIONS = {name: describe(name) for name in settings.assessors}
#: MTCNN makes every oval; its weights come inside its package, so that Mnemo fetches none.
MTCNN = {
    "description": "MTCNN, which finds the faces that are cut out as ovals (package mtcnn 1.0.0)",
    "licence": "MIT",
    "page": "https://github.com/ipazc/mtcnn",
    "citation": "Zhang et al., Joint face detection and alignment using multitask cascaded "
    "convolutional networks, IEEE Signal Processing Letters 2016",
}

#: Whether an image without a face has no oval; in the preset faithful it is left whole.
LOSES_OVALS = "oval" in settings.shapes and settings.preset == "corrected"


def about(*bases):
    """Say for a caption which images a result is about: the generator's, of these sets."""
    return {
        "generator": settings.generator.name,
        "sets": {
            base: {
                "images": getattr(settings.sets, base).count,
                "truncation_psi": settings.truncation_psi(base),
            }
            for base in bases
        },
    }


def about_training():
    """Say for a caption what was trained, on what."""
    if TRAINING is None:
        return {}
    made = settings.sets.train and not TRAINING.database
    return {**(about("train") if made else {}), "training": TRAINING.model_dump(mode="json")}


ABOUT_TABLES = {
    "agreement": {**about("fit"), "assessors": DESCRIPTIONS},
    "hyperplanes": {
        **about("fit"),
        "assessors": DESCRIPTIONS,
        "preset": settings.preset,
        "hyperplanes": settings.hyperplanes.model_dump(mode="json"),
    },
    "realness": {
        **about("eval", "reference"),
        "edits": list(map(about_edit, EDITS)),
        "frechet": EXTRACTOR.frechet,
        "kernel": EXTRACTOR.kernel,
        "groups": settings.realness.groups,
    },
    **{
        table: {
            **about("eval"),
            "assessors": DESCRIPTIONS,
            "edits": list(map(about_edit, EDITS)),
            "loses_ovals": LOSES_OVALS,
        }
        for table in [*DOSE_RESPONSE_TABLES, "transfer", "conditions", "drift", "identity"]
    },
    "training": about_training(),
}


def about_table(wildcards):
    return ABOUT_TABLES[wildcards.table]
