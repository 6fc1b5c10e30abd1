"""From seeds to a report: what makes an image memorable, and edits that change it."""

import sys
from os import PathLike
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.20")
if not isinstance(workflow.current_basedir, PathLike):
    raise WorkflowError("from a repository, read Mnemo's workflow/Snakefile in place of this one")
#: Mnemo's own folder. Where another Snakefile reads this one, workflow.basedir is that one's.
home = Path(workflow.current_basedir)
sys.path.insert(0, str(home / "scripts"))
# Snakemake's logger has read the library of the checkout in which it was installed.
for name in [name for name in sys.modules if name.partition(".")[0] == "mnemo"]:
    del sys.modules[name]

from mnemo import driver, hashes, host
from mnemo.errors import MnemoError
from mnemo.study import sources

driver.find_python()
driver.set_environment(home / "scripts")
driver.spare_finished(workflow)

#: Whether another workflow uses this one as a module.
is_module = host.is_there(workflow)
default = home / "config.yaml"
try:
    sources.check(host.files_of_study(workflow, config, default))
except MnemoError as mistake:
    raise WorkflowError(str(mistake)) from None

# The default study, where no other is given; as a module of another workflow, where no config is.
if is_module or not workflow.overwrite_configfiles:

    configfile: str(default)


resources = str(hashes.FOLDER.parent)


pathvars:
    resources=resources,


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
include: "rules/publish.smk"
include: "rules/verify.smk"


onstart:
    start()


if is_module:
    host.call_at_start(workflow, start)


rule all:
    """Every stage, every table, and the report."""
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


rule publish:
    """Stage: write the crate in which the study is published."""
    input:
        "<results>/crate/ro-crate-metadata.json",
