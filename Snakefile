"""From seeds to a report: what makes an image memorable, and edits that change it."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.20")
library = Path(workflow.basedir, "scripts")
sys.path.insert(0, str(library))

from mnemo import driver, hashes
from mnemo.errors import MnemoError
from mnemo.plan import progress
from mnemo.study import sources
from snakemake.exceptions import WorkflowError

driver.find_python()
driver.set_environment(library)
driver.spare_finished(workflow)

default = Path(workflow.basedir, "config.yaml")
try:
    sources.check(workflow.overwrite_configfiles or [default])
except MnemoError as mistake:
    raise WorkflowError(str(mistake)) from None

# The default study, where no other is given.
if not workflow.overwrite_configfiles:

    configfile: str(default)


pathvars:
    resources=str(hashes.FOLDER.parent),


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/weights.smk"
include: "rules/latents.smk"
include: "rules/photos.smk"
include: "rules/images.smk"
include: "rules/shown.smk"
include: "rules/scores.smk"
include: "rules/ratings.smk"
include: "rules/training.smk"
include: "rules/directions.smk"
include: "rules/controls.smk"
include: "rules/dose_response.smk"
include: "rules/factors.smk"
include: "rules/image_change.smk"
include: "rules/layers.smk"
include: "rules/mixing.smk"
include: "rules/lost_faces.smk"
include: "rules/realness.smk"
include: "rules/identity.smk"
include: "rules/experiments.smk"
include: "rules/methods.smk"
include: "rules/contrasts.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/paper.smk"
include: "rules/report.smk"
include: "rules/plan.smk"


onstart:
    start()
    progress.announce(workflow, cost)
    driver.look_once(workflow)


rule all:
    """Every stage, every table, and the report."""
    default_target: True
    input:
        collect("<results>/{table}.parquet", table=paths.tables),
        paths.images(bases) if study.images.keep == "all" else [],
        people.results,
        "<results>/config.yaml",
        "<results>/report.html",


rule weights:
    """Stage: fetch the weights that the study needs."""
    input:
        models.files(models.used),


rule sample:
    """Stage: draw the latents of the sets fit, eval, reference and floor."""
    input:
        paths.shards("latents", bases),


rule photos:
    """Stage: align the photographs, and find each in the generator's latent space."""
    input:
        results_of_photos,


rule render:
    """Stage: render the sets fit, eval, reference and floor."""
    input:
        squares_to_render,


rule ovalize:
    """Stage: cut the faces of the set fit to ovals."""
    input:
        ovals_to_cut,


rule score:
    """Stage: score the set fit, and compare the assessors and shapes."""
    input:
        paths.scores(["fit"]),
        "<results>/agreement.parquet",


rule train:
    """Stage: train an assessor, and measure how well it ranks images that it has not seen."""
    input:
        results_of_training,


rule fit:
    """Stage: fit the grid of hyperplanes."""
    input:
        "<results>/hyperplanes.parquet",


rule edit:
    """Stage: edit the sets, score edits and controls, and measure how scores follow alpha."""
    input:
        collect("<results>/{table}.parquet", table=["scores", *DOSE_RESPONSE]),
        "<results>/controls.parquet" if study.controls else [],


rule layers:
    """Stage: edit each layer of a StyleGAN alone, and rank the layers by what they do."""
    input:
        results_of_layers,


rule realness:
    """Stage: measure how real the edited images look."""
    input:
        "<results>/realness.parquet",


rule methods:
    """Stage: compare all edits at equal gain and at equal image change."""
    input:
        results_of_methods,


rule experiment:
    """Stage: write the folders of the experiments with people, which a lab serves."""
    input:
        folders_of_experiments,


rule analyse:
    """Stage: analyse people's answers to the experiments."""
    input:
        results_of_answers,


rule figures:
    """Stage: draw the figures."""
    input:
        pages.figures,


rule paper:
    """Stage: set each of the paper's tables and figures beside the study's own."""
    input:
        "<results>/reproduction.parquet",
        "<results>/pages/reproduction.html",


rule report:
    """Stage: write the report."""
    input:
        "<results>/report.html",
