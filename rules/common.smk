"""What the rules share: the study, what it asks for, and what its jobs cost."""

import hashlib
import json
from dataclasses import asdict
from functools import cache

from mnemo import driver, hashes, host, locks
from mnemo.errors import MnemoError
from mnemo.figures.registry import FIGURES
from mnemo.plan import jobs, plans, progress, rates
from mnemo.results.registry import RESULTS
from mnemo.photos.folder import SET as REFERENCE_FOLDER
from mnemo.study import digests, experiments, folder, kept, learned, photographs, reference, sets
from mnemo.study import verifying as crates
from mnemo.study.captions import Captions
from mnemo.study.compared import Compared
from mnemo.study.layerwise import Layers
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.pages import Pages
from mnemo.study.params import Params
from mnemo.study.paths import DOSE_RESPONSE, Paths
from mnemo.study.people import People
from mnemo.study.publishing import Publishing
from mnemo.study.verifying import PUBLISHED, REDRAWN, TABLES, Verifying
from mnemo.study.shown import Shown
from mnemo.weights import catalogue
from snakemake.common import get_appdirs
from snakemake.exceptions import WorkflowError
from snakemake.io import flag

try:
    #: What another study has published, which is to be verified; None otherwise.
    crate = crates.opened(config, workflow.overwrite_configfiles)
    if crate:
        study, results = crates.study(crate), crates.home(crate)
    else:
        study = checked(photographs.counted(config))
        results = Path("results", study.study)
        folder.check_files(study)
        reference.check(study)
    folder.check_results(study, results)
    taken = None if crate else photographs.of_study(study, results)
except MnemoError as mistake:
    raise WorkflowError(str(mistake)) from None

models = Models(study)
paths = Paths(study)
pages = Pages(study, paths)
shown = Shown(study, paths)
people = People(study, paths)
params = Params(study)
publishing = Publishing(study, paths)
captions = Captions(study, models, home / "rules" / "captions")
bases = [
    name
    for name in study.given
    if name not in experiments.SETS and (name != "train" or study.trained)
]
#: The digest of a table of the whole study, which depends neither on who publishes it, nor on where
#: the user's files are, nor on the images that stay.
config_digest = hashlib.sha256(json.dumps(publishing.public).encode()).hexdigest()
#: Photographs in the figure of how they are recovered, the first ones that can be used.
SHOWN_PHOTOS = 24
#: A wildcard that nothing matches.
nothing = ["(?!)"]


pathvars:
    results=str(results),
    logs=str(results / "logs"),
    benchmarks=str(results / "benchmarks"),


try:
    host.check_paths(workflow, results=str(results), resources=resources)
except MnemoError as mistake:
    raise WorkflowError(str(mistake)) from None


wildcard_constraints:
    base="|".join(study.given),
    edit="|".join(edit.name for edit in study.edits),
    direction="|".join(direction.name for direction in study.directions),
    alpha=r"-?\d+(\.\d+)?",
    set=(
        rf"({'|'.join(study.given)})"
        rf"(/({'|'.join(edit.name for edit in study.edits)})/-?\d+(\.\d+)?"
        rf"|/{sets.CONTROLS}/({'|'.join(edit.name for edit in study.edits)})"
        rf"|/{sets.LAYERS}/({'|'.join([sets.UNMOVED, *study.layers])}))?"
        rf"|{'|'.join([REFERENCE_FOLDER, *shown.sets])}"
    ),
    layer="|".join([sets.UNMOVED, *study.layers]),
    shard=r"\d{5}\d*",
    part=r"\d{5}\d*",
    features="|".join(study.realness.extractors),
    file="|".join(filter(None, (entry.file for entry in catalogue.entries().values()))),
    assessor="|".join([*models.measured, *models.derived, *study.measured_factors, *study.ratings]),
    people="|".join(study.ratings or nothing),
    experiment="|".join(study.experiments or nothing),
    run=r"holdout|fold-\d\d",
    shape="square|oval",
    space="z|w|w_plus",
    threshold="mean|median",
    by="(-ridge|-svm)?",
    figure="|".join(FIGURES),


def own(rule):
    """Return the name that a rule has in Mnemo; nothing for another workflow's.

    A workflow that uses Mnemo as a module may rename its rules. Scripts keep their names.
    """
    return Path(rule.script).stem if rule.script and rule.module_globals is globals() else ""


def image_shards(path, stay=study.images.keep == "all"):
    """Mark shards of images: the same whenever they are made, and temporary if they don't stay."""
    marked = flag(path, driver.REPEATED)
    return marked if stay else temp(marked)


@cache
def order():
    """Number the shards of images in the order in which they are rendered."""
    return kept.order(study, bases)


def priority_of_rendering(wildcards):
    """Return the priority of rendering a shard: below all other jobs, so that few wait at once."""
    if study.images.keep == "all":
        return 0
    place = order().get((wildcards.set, wildcards.shard))
    return 0 if place is None else -1 - place


def start():
    """Clean up after killed jobs, check the weights, and mark the results as this study's."""
    stored, made = hashes.FOLDER, results
    # Here Snakemake holds its lock.
    locks.clear_partials(stored, made)
    try:
        if is_module:
            host.check_triggers(workflow)
        catalogue.verify_present(models.used, stored)
        for path in models.given.values():
            catalogue.verify_own(path, stored)
        jobs_to_run = workflow.dag.needrun_jobs()
        scripts = [own(job.rule) for job in jobs_to_run]
        if "publish_study" in scripts:
            publishing.check(scripts)
        if crate:
            verifying.check(scripts)
        if "export_experiment" in scripts:
            people.check_orders()
        fetched = {job.wildcards.file for job in jobs_to_run if own(job.rule) == "fetch_weights"}
        known = catalogue.entries()
        wanted = [name for name in models.used if known[name].file in fetched]
        catalogue.check_obtainable(wanted, stored)
        folder.mark_results(study, made, models.locked())
        if taken:
            taken.mark()
    except MnemoError as mistake:
        raise WorkflowError(str(mistake)) from None
    progress.announce(workflow, own, cost)
    driver.look_once(workflow)


def code_of(script, *modules):
    """Digest a script and the library modules behind it; `modules` it imports by name."""
    return digests.of(home / "scripts", script, *modules)


def code_of_assessor(wildcards):
    return code_of("score_images", *models.modules_of_assessor(wildcards))


def code_of_extractor(wildcards):
    return code_of("extract_features", models.module_of_extractor(wildcards))


def code_of_learning(wildcards):
    return code_of("learn_direction", *models.modules_of_learning(wildcards))


def code_of_table(wildcards):
    return code_of("merge_table", RESULTS[wildcards.table].schema.partition(":")[0])


def code_of_figure(wildcards):
    return code_of("draw_figure", f"mnemo.figures.{wildcards.figure}")


def asked(rule):
    """Return how many threads and GPUs a rule asks for, whatever the job."""
    resources = rule.resources
    # Its jobs differ: most assessors compute on a GPU.
    varies = own(rule) == "score_images"
    fixed = resources["gpu"].value if "gpu" in resources and not varies else 0
    return plans.Request(threads=resources["_cores"].value, gpu=1 if varies else fixed)


def cost(wildcards, name):
    """Estimate what a job costs from the name that its rule has in Mnemo."""
    work = jobs.workload(study, name, wildcards)
    estimate = rates.cost(name, study.generator.entry, *work)
    without = name == "score_images" and not models.gpu_of_assessor(wildcards)
    return estimate._replace(gpu_seconds=None) if without else estimate


def memory(wildcards, attempt, rulename):
    """Return the memory that a job asks for, in MB: more at each attempt."""
    name = own(workflow.get_rule(rulename))
    return rates.memory_to_ask(cost(wildcards, name), attempt)


def minutes(wildcards, attempt, rulename):
    """Return the time that a job asks for: more at each attempt."""
    made_by = workflow.get_rule(rulename)
    request = asked(made_by)
    seconds = cost(wildcards, own(made_by)).wall(request.threads, request.gpu)
    return rates.runtime_to_ask(seconds, attempt)


def partitions_file():
    """Find the limits of the cluster's partitions: the user's, or the example."""
    own = Path(get_appdirs().user_config_dir, "slurm", "partitions.yaml")
    return str(own if own.is_file() else home / "profiles/slurm/partitions.yaml")


def rates_of(assessor):
    """List the scores of the set train that are rates of a database that is made."""
    return paths.scores(["train"], [assessor], study.training.shapes) if assessor else []


def stays(shards, used_by):
    """Return shards of images that a stage makes, in a study that keeps them."""
    if study.images.keep != "all":
        raise WorkflowError(
            f"this study keeps no such images (images.keep: {study.images.keep}): they are made for "
            f"what reads them, such as the stage `{used_by}`, and deleted then"
        )
    return shards


def squares_to_render(wildcards):
    """List what the stage `render` makes."""
    return stays(paths.shards("square", bases), "score")


def ovals_to_cut(wildcards):
    """List what the stage `ovalize` makes."""
    return stays(paths.shards("oval", ["fit"]), "score")


def results_of_photos(wildcards):
    """List what the stage `photos` makes."""
    if study.photos is None:
        raise WorkflowError("this study has no photographs: give it a section `photos`")
    shards = paths.shards("square", ["photos"]) if study.images.keep == "all" else []
    names = ["photos", "inversions", "recovered"] if taken else []
    return [*shards, *(f"<results>/pages/{name}.html" for name in names)]


def results_of_training(wildcards):
    """List what the stage `train` makes."""
    if study.training is None:
        raise WorkflowError("this study trains nothing: give it a section `training`")
    return paths.training


def results_of_layers(wildcards):
    """List what the stage `layers` makes."""
    if study.layerwise is None:
        raise WorkflowError("this study edits no layers: give it a section `layerwise`")
    return ["<results>/layers.parquet", "<results>/pages/layers.html"]


def folders_of_experiments(wildcards):
    """List what the stage `experiment` makes."""
    if not study.experiments:
        raise WorkflowError("this study has no experiments: give it a section `experiments`")
    return people.folders


def results_of_answers(wildcards):
    """List what the stage `analyse` makes."""
    if not people.results:
        raise WorkflowError(
            "there are no answers to analyse: give experiments.<name>.answers what `python -m "
            "mnemo.experiment export` wrote, or experiments.<name>.simulated"
        )
    return people.results


def contents_of_crate(wildcards):
    """Say what the crate has, which only the job that writes it needs to know."""
    return publishing.contents(models)


def without_a_crate(wildcards):
    """Refuse to verify nothing."""
    raise WorkflowError("name a crate to verify: snakemake verify --config crate=PATH")


def results_of_methods(wildcards):
    """List what the stage `methods` makes."""
    if study.methods is None:
        raise WorkflowError("this study compares no methods: give it a section `methods`")
    return [
        "<results>/pages/methods.html",
        "<results>/pages/method_contrasts.html",
        "<results>/pages/cosines.html",
        "<results>/figures/methods.svg",
    ]


def digest_of_file(path):
    """Digest a file of Mnemo's own that a job reads, and that neither its input nor its code is."""
    return hashlib.sha256((home / path).read_bytes()).hexdigest()[:12]
