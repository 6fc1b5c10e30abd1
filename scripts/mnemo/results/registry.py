"""The public tables of a study: one entry each, beside the module that measures it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake. No digest reads it: nothing that a job computes with may stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnemo.study.config import Config


def _always(study: Config) -> bool:
    return True


def _ovals(study: Config) -> bool:
    return "oval" in study.shapes


def _comparable(study: Config) -> bool:
    return len(study.assessors) * len(study.shapes) > 1


def _rated(study: Config) -> bool:
    return bool(study.ratings)


def _transfers(study: Config) -> bool:
    return any(map(study.is_plain, study.edits))


def _drifts(study: Config) -> bool:
    return bool(study.attributes)


def _compares(study: Config) -> bool:
    return _drifts(study) and any(each.method == "hyperplane" for each in study.directions)


def _learns(study: Config) -> bool:
    return any(each.method == "learned" for each in study.directions)


def _measures_factors(study: Config) -> bool:
    return bool(study.measured_factors)


def _controls(study: Config) -> bool:
    return study.controls is not None


def _photographs(study: Config) -> bool:
    return "originals" in study.given


def _measures_realness(study: Config) -> bool:
    return any(map(study.measures_realness, study.edits))


def _loses_ovals(study: Config) -> bool:
    return any(map(study.loses_ovals, study.edits))


def _embeds(study: Config) -> bool:
    return study.identity is not None


def _moves_layers(study: Config) -> bool:
    return study.layerwise is not None


def _compares_methods(study: Config) -> bool:
    return study.methods is not None


def _scores_with_trained(study: Config) -> bool:
    return study.trained is not None


def _answered(study: Config) -> bool:
    return any(each.answered for each in study.experiments.values())


def _played(study: Config) -> bool:
    return any(each.answered and each.kind == "memory-game" for each in study.experiments.values())


#: The report's heading of what people remember.
PEOPLE = "7 People"


@dataclass(frozen=True)
class Result:
    """What Mnemo knows of a public table without reading it.

    Attributes:
        schema: Module and name of its schema.
        question: A question that it answers.
        pandas: The answer in pandas, from a frame `table`.
        sql: The answer in SQL, with `{}` for the table.
        category: Heading of its page in the report; empty for a table that has no such page.
        title: Its name in the report.
        by_alpha: Whether its rows are about an edit at some alpha, and it is joined from parts:
            the joined table has the distance moved beside the alpha.
        wanted: Whether a study has the table.
        shown: Whether a study that has it shows it in the report.
    """

    schema: str
    question: str
    pandas: str
    sql: str
    category: str = ""
    title: str = ""
    by_alpha: bool = False
    wanted: Callable[[Config], bool] = _always
    shown: Callable[[Config], bool] = _always


#: The public tables by name, in the order in which a study makes them.
RESULTS: dict[str, Result] = {
    "scores": Result(
        "mnemo.scores:SCORES",
        "How do squares and ovals compare, before and after the edit?",
        'table.groupby(["assessor", "shape", "alpha"], dropna=False)["score"].mean()',
        "SELECT assessor, shape, alpha, avg(score) FROM {} GROUP BY ALL ORDER BY ALL",
        by_alpha=True,
    ),
    "faces": Result(
        "mnemo.faces.ovals:FACES",
        "In how many images was no face found, or more than one?",
        'table.groupby(["set", "alpha"], dropna=False)["status"].value_counts()',
        'SELECT "set", alpha, status, count(*) FROM {} GROUP BY ALL ORDER BY ALL',
        by_alpha=True,
        wanted=_ovals,
    ),
    "photos": Result(
        "mnemo.photos.table:PHOTOS",
        "Which photographs could not be used, and why?",
        'table.loc[~table["status"].isin(["found", "several"]), ["photo", "status", "reason"]]',
        "SELECT photo, status, reason FROM {} WHERE status NOT IN ('found', 'several')",
        category="0 Photographs",
        title="Photographs: what became of each",
        wanted=_photographs,
    ),
    "inversions": Result(
        "mnemo.inversion.table:INVERSIONS",
        "How well does the generator render each photograph?",
        'table.sort_values("mse")[["photo", "mse", "perceptual", "identity_distance"]]',
        "SELECT photo, mse, perceptual, identity_distance FROM {} ORDER BY mse",
        category="0 Photographs",
        title="Inversions: how well each photograph is recovered",
        wanted=_photographs,
    ),
    "agreement": Result(
        "mnemo.results.agreement:AGREEMENT",
        "Which shapes and assessors rank the images alike? (Table 1)",
        'table.sort_values("spearman", ascending=False)',
        "SELECT * FROM {} ORDER BY spearman DESC",
        category="1 Scores",
        title="Table 1: agreement of ranks",
        shown=_comparable,
    ),
    "ratings": Result(
        "mnemo.ratings.table:RATINGS",
        "How many of the images have people rated, on how many answers each?",
        'table.groupby("ratings")["answers"].describe()',
        "SELECT ratings, count(*), median(answers) FROM {} GROUP BY ratings",
        wanted=_rated,
    ),
    "assessor_validity": Result(
        "mnemo.results.assessor_validity:ASSESSOR_VALIDITY",
        "Which assessor ranks the images as people do, and how near is it to what can be reached?",
        'table.sort_values("share")[["assessor", "shape", "n", "spearman", "ceiling", "share"]]',
        "SELECT assessor, shape, n, spearman, ceiling, share FROM {} ORDER BY share DESC",
        category="1 Scores",
        title="Validity: agreement of the assessors with people",
        wanted=_rated,
    ),
    "hyperplanes": Result(
        "mnemo.directions.hyperplane_tables:HYPERPLANES",
        "Which hyperplane separates held-out seeds best? (Tables 2 and 4)",
        'table.drop(columns="normal").sort_values("accuracy", ascending=False)',
        "SELECT * EXCLUDE normal FROM {} ORDER BY accuracy DESC",
        category="2 Hyperplanes",
        title="Tables 2 and 4: accuracy of the hyperplanes",
    ),
    "directions": Result(
        "mnemo.directions.table:DIRECTIONS",
        "Which direction does each edit move along, and who made it?",
        'table.drop(columns="normal")',
        "SELECT * EXCLUDE normal FROM {}",
        category="2 Hyperplanes",
        title="Directions of the edits",
    ),
    "learning": Result(
        "mnemo.directions.learning.table:LEARNING",
        "How far did the loss fall while directions were learned?",
        'table.groupby(["direction", "restart"])[["step", "images", "held_out_loss"]].last()',
        "SELECT * FROM {} QUALIFY step = max(step) OVER (PARTITION BY direction, restart)",
        wanted=_learns,
    ),
    "conditions": Result(
        "mnemo.directions.conditions:CONDITIONS",
        "Does a direction share an attribute, and how much of it is left where it is held?",
        'table[["direction", "attribute", "held", "cosine_true", "kept", "slope_left"]]',
        "SELECT direction, attribute, held, cosine_true, kept, slope_left FROM {}",
        category="2 Hyperplanes",
        title="Directions and attributes",
        wanted=_compares,
    ),
    "dose_response": Result(
        "mnemo.results.dose_response:DOSE_RESPONSE",
        "What is the mean score at each alpha? (Figure 6)",
        'table.pivot(index="alpha", columns=["edit", "assessor", "shape"], values="mean")',
        "PIVOT {} ON assessor, shape USING first(mean) GROUP BY edit, alpha",
        category="3 Edits",
        title="Mean score at each alpha",
        by_alpha=True,
    ),
    "controls": Result(
        "mnemo.results.controls:CONTROLS",
        "What do directions do that mean nothing, or only light?",
        'table.groupby(["edit", "control", "assessor", "shape", "alpha"])["change"].first()',
        "PIVOT {} ON control USING first(change) GROUP BY edit, assessor, shape, alpha",
        category="3 Edits",
        title="Controls of the edits",
        by_alpha=True,
        wanted=_controls,
    ),
    "slopes": Result(
        "mnemo.results.slopes:SLOPES",
        "How much does the score change per unit of alpha?",
        'table[["edit", "assessor", "shape", "slope", "low", "high", "low_fit", "high_fit"]]',
        "SELECT edit, assessor, shape, slope, low, high, low_fit, high_fit FROM {}",
        category="3 Edits",
        title="Slope over all alphas",
    ),
    "local_slopes": Result(
        "mnemo.results.dose_response:LOCAL_SLOPES",
        "Between which alphas is the edit strongest?",
        'table.loc[table.groupby(["edit", "assessor", "shape"])["slope"].idxmax()]',
        "SELECT * FROM {} QUALIFY slope = max(slope) OVER (PARTITION BY edit, assessor, shape)",
        category="3 Edits",
        title="Slopes between neighbouring alphas",
        by_alpha=True,
    ),
    "calibration": Result(
        "mnemo.results.calibration:CALIBRATION",
        "Which alpha gives the wanted change of score?",
        'table[["edit", "assessor", "shape", "change", "unit", "alpha", "low", "high"]]',
        "SELECT edit, assessor, shape, change, unit, alpha, low, high FROM {}",
        category="3 Edits",
        title="Alpha for a wanted change",
        by_alpha=True,
    ),
    "transfer": Result(
        "mnemo.results.transfer:TRANSFER",
        "Does an edit found with one assessor change the scores of another?",
        'table.pivot(index="fitted_on", columns=["assessor", "shape"], values="standard_slope")',
        "PIVOT {} ON assessor, shape USING first(standard_slope) GROUP BY fitted_on",
        category="3 Edits",
        title="Transfer between assessors",
        wanted=_transfers,
    ),
    "drift": Result(
        "mnemo.results.drift:DRIFT",
        "How does each attribute change, with and without being held? (Figure 27)",
        'table.pivot(index=["attribute", "shape", "alpha"], columns="edit", values="change")',
        "PIVOT {} ON edit USING first(change) GROUP BY attribute, shape, alpha",
        category="3 Edits",
        title="Change of each attribute",
        by_alpha=True,
        wanted=_drifts,
    ),
    "factors": Result(
        "mnemo.results.factors:FACTORS",
        "What is the mean of each visual factor along the edits? (GANalyze, Figure 3B)",
        'table.pivot(index=["edit", "shape", "alpha"], columns="factor", values="mean")',
        "PIVOT {} ON factor USING first(mean) GROUP BY edit, shape, alpha",
        category="3 Edits",
        title="Visual factors at each alpha",
        by_alpha=True,
        wanted=_measures_factors,
    ),
    "factor_models": Result(
        "mnemo.results.factors:FACTOR_MODELS",
        "How closely does the score follow each visual factor, and alpha? (GANalyze, Table 1)",
        'table.pivot_table("standardised", ["edit", "factor"], ["assessor", "shape"])',
        "PIVOT {} ON assessor, shape USING first(standardised) GROUP BY edit, factor",
        category="3 Edits",
        title="Relation of the scores to visual factors",
        wanted=_measures_factors,
    ),
    "layers": Result(
        "mnemo.results.layers:LAYERS",
        "What is the mean score at each level of each layer? (Figures 9 and 16 to 26)",
        'table.pivot(index=["layer", "level"], columns=["assessor", "shape"], values="mean")',
        "PIVOT {} ON assessor, shape USING first(mean) GROUP BY layer, level",
        wanted=_moves_layers,
    ),
    "layer_effects": Result(
        "mnemo.results.layers:LAYER_EFFECTS",
        "Which layers matter most for the score, for an equal change of the image?",
        'table.sort_values("rank")[["assessor", "shape", "rank", "layer", "slope_per_change"]]',
        "SELECT assessor, shape, rank, layer, slope_per_change FROM {} ORDER BY rank",
        category="3 Edits",
        title="Effect of each layer",
        wanted=_moves_layers,
    ),
    "methods": Result(
        "mnemo.results.methods:METHODS",
        "Which method moves the score, and whose gain do other assessors confirm?",
        'table[["edit", "method", "assessor", "at", "gain", "confirmed_gain", "image_change"]]',
        'SELECT edit, method, assessor, "at", gain, confirmed_gain, image_change FROM {}',
        category="3 Edits",
        title="Methods at equal gain and at equal image change",
        wanted=_compares_methods,
    ),
    "method_contrasts": Result(
        "mnemo.results.method_contrasts:METHOD_CONTRASTS",
        "Which method gains more for the same image change, and whose gain is confirmed more?",
        'table[table["estimate"].isin(["gain", "confirmed_gain"])].sort_values("p_holm")',
        "SELECT * FROM {} WHERE estimate IN ('gain', 'confirmed_gain') ORDER BY p_holm",
        category="3 Edits",
        title="Differences between methods",
        wanted=_compares_methods,
    ),
    "cosines": Result(
        "mnemo.results.cosines:COSINES",
        "Did two methods find the same direction?",
        'table.pivot(index="direction", columns="other", values="cosine")',
        "PIVOT {} ON other USING first(cosine) GROUP BY direction",
        category="2 Hyperplanes",
        title="Cosines between the directions",
        wanted=_compares_methods,
    ),
    "lost_faces": Result(
        "mnemo.results.lost_faces:LOST_FACES",
        "Does the edit lose the faces that respond most?",
        'table[["edit", "assessor", "alpha", "found", "lost", "square_difference", "square_p"]]',
        "SELECT edit, assessor, alpha, found, lost, square_difference, square_p FROM {}",
        category="3 Edits",
        title="Faces that the edits lose",
        by_alpha=True,
        wanted=_loses_ovals,
    ),
    "contrasts": Result(
        "mnemo.results.contrasts:CONTRASTS",
        "Which differences are clear after Holm's correction?",
        'table.loc[table["p_holm"] < 0.05, ["kind", "a", "b", "assessor", "alpha", "difference"]]',
        "SELECT * FROM {} WHERE p_holm < 0.05 ORDER BY kind, p_holm",
        category="3 Edits",
        title="Contrasts on the same images",
    ),
    "realness": Result(
        "mnemo.results.realness:REALNESS",
        "Are edited images further from a reference than unedited ones? (Figure 7)",
        'table[["edit", "alpha", "reference", *table.filter(regex="kernel_(floor|difference)")]]',
        "SELECT edit, alpha, reference, COLUMNS('kernel_(floor|difference).*') FROM {}",
        category="4 Realness",
        title="Distances to the references",
        by_alpha=True,
        wanted=_measures_realness,
    ),
    "identity": Result(
        "mnemo.results.identity:IDENTITY",
        "Is the edited face still that of the same person?",
        'table[["edit", "alpha", "accepted", "accepted_bound", "impostor", "rank_one", "auc"]]',
        "SELECT edit, alpha, accepted, accepted_bound, impostor, rank_one, auc FROM {}",
        category="4 Realness",
        title="Identity of the edited faces",
        by_alpha=True,
        wanted=_embeds,
    ),
    "training": Result(
        "mnemo.results.training:TRAINING",
        "How well does the trained assessor rank images that it has not seen? (Table 3)",
        'table[["run", "shape", "n", "spearman", "spearman_low", "spearman_high"]]',
        "SELECT run, shape, n, spearman, spearman_low, spearman_high FROM {}",
        category="5 Models",
        title="Table 3: rank correlation of the trained assessor",
        wanted=_scores_with_trained,
    ),
    "curves": Result(
        "mnemo.training.tables:CURVES",
        "Which epoch was chosen?",
        'table.loc[table["chosen"], ["run", "epoch", "validation_loss", "validation_spearman"]]',
        "SELECT run, epoch, validation_loss, validation_spearman FROM {} WHERE chosen",
        wanted=_scores_with_trained,
    ),
    "predictions": Result(
        "mnemo.training.tables:PREDICTIONS",
        "Which test images is it furthest off at?",
        'table.assign(off=table["score"] - table["target"]).sort_values("off", key=abs).tail()',
        "SELECT file, target, score FROM {} ORDER BY abs(score - target) DESC LIMIT 5",
        wanted=_scores_with_trained,
    ),
    "trials": Result(
        "mnemo.results.people.trials:TRIALS",
        "How long did people take to recognise a repeat?",
        'table[table["role"] == "repeat"].groupby("correct")["rt"].describe()',
        "SELECT correct, median(rt) FROM {} WHERE role = 'repeat' GROUP BY correct",
        by_alpha=True,
        wanted=_answered,
    ),
    "participants": Result(
        "mnemo.results.people.participants:PARTICIPANTS",
        "How many series count, and why are others left out?",
        'table.groupby("experiment")["reason"].value_counts(dropna=False)',
        "SELECT experiment, reason, count(*) FROM {} GROUP BY ALL",
        wanted=_answered,
    ),
    "human_rates": Result(
        "mnemo.results.people.rates:HUMAN_RATES",
        "What share did people recognise, or tell from photographs, at each alpha?",
        'table.pivot(index=["experiment", "measure"], columns="alpha", values="rate")',
        "PIVOT {} ON alpha USING first(rate) GROUP BY experiment, measure",
        category=PEOPLE,
        title="Figures 5B and 7 of GANalyze as a table: people's answers at each alpha",
        by_alpha=True,
        wanted=_answered,
    ),
    "human_models": Result(
        "mnemo.results.people.human_models:HUMAN_MODELS",
        "Do people remember more at a higher alpha, and which factor goes with it?",
        'table[["experiment", "predictor", "answers", "slope", "low", "high", "p", "tjur_fixed"]]',
        "SELECT experiment, predictor, answers, slope, low, high, p, tjur_fixed FROM {}",
        category=PEOPLE,
        title="Table 1 of GANalyze: mixed models of people's answers",
        wanted=_answered,
    ),
    "consistency": Result(
        "mnemo.results.people.consistency:CONSISTENCY",
        "Do other people remember the same images?",
        'table[["experiment", "edit", "n_images", "per_image", "consistency", "reliability"]]',
        "SELECT experiment, edit, n_images, per_image, consistency, reliability FROM {}",
        category=PEOPLE,
        title="Consistency of people's memory",
        wanted=_played,
    ),
    "memorability": Result(
        "mnemo.results.people.memorability:MEMORABILITY",
        "Which images do people remember best?",
        'table.nlargest(5, "d_prime")[["experiment", "image", "alpha", "hit_rate", "d_prime"]]',
        "SELECT experiment, image, alpha, hit_rate, d_prime FROM {} ORDER BY d_prime DESC LIMIT 5",
        by_alpha=True,
        wanted=_played,
    ),
    "findings": Result(
        "mnemo.results.findings:FINDINGS",
        "What does the study find, and what of it holds?",
        'table[["holds", "sentence"]]',
        "SELECT holds, sentence FROM {}",
        category="0 Findings",
        title="What holds",
    ),
    "reproduction": Result(
        "mnemo.results.reproduction:REPRODUCTION",
        "Which of the paper's numbers does the study reproduce?",
        'table[["item", "published", "ours", "low", "high", "verdict", "reason"]]',
        "SELECT item, published, ours, low, high, verdict, reason FROM {}",
    ),
}
