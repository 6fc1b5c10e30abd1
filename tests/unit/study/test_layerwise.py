"""Layerwise edits in a study: what is refused, and which files their jobs read."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.study import sets
from mnemo.study.layerwise import Layers
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.paths import Paths

ROOT = Path(__file__).parents[3]
STYLEGAN = yaml.safe_load((ROOT / "tests/data/stylegan.yaml").read_text())


def study(**layerwise: Any) -> dict[str, Any]:
    """A study of a StyleGAN2 with ten layers, 10 images to edit and shards of 30."""
    own = {"direction": "everywhere", "count": 10, "layers": "all"}
    return {**STYLEGAN, "layerwise": {**own, **layerwise}}


def layers(**layerwise: Any) -> Layers:
    config = checked({**study(**layerwise), "shard_size": 6, "score_shard_size": 12})
    return Layers(config, Paths(config))


def job(layer: str, shard: str) -> Any:
    return SimpleNamespace(layer=layer, shard=shard)


@pytest.mark.parametrize(
    ("layerwise", "allowed"),
    [
        ({"layers": [0, 10]}, "layers.1: '10': the generator mine has the layers 0 to 9"),
        ({"layers": ["8-12"]}, "layers.0: '8-12': the generator mine has the layers 0 to 9"),
        ({"layers": ["7-4"]}, "the range 7-4 must go from a lower layer to a higher one"),
        ({"layers": ["3-3"]}, "the range 3-3 must go from a lower layer to a higher one"),
        ({"layers": [-1]}, "-1 is no layer (from 0, the coarsest), no range such as 0-3"),
        ({"layers": ["top", 1.5]}, "top is no layer"),
        ({"layers": ["top", 1.5]}, "1.5 is no layer"),
        ({"layers": [2, 2]}, "layers.1: '2': moves the same layers as 2"),
        ({"layers": ["coarse", "0-3"]}, "layers.1: '0-3': moves the same layers as coarse"),
        ({"layers": "some"}, "must be all, groups, or a list of layers, ranges and groups"),
        ({"layers": []}, "must be all, groups, or a list of layers, ranges and groups"),
        ({"direction": "in-z"}, "layerwise.direction: 'in-z': moves in z, which has no layers"),
        ({"direction": "absent"}, "the study's directions are everywhere, foreign, in-z"),
        ({"levels": [-1, 0, 1]}, "0 is the unedited image"),
        ({"levels": [1, 2, 1]}, "given twice: 1.0"),
        ({"levels": [2000]}, "must be from -1000 to 1000"),
        ({"count": 11}, "layerwise.count: 11: the set eval has 10 images"),
        ({"count": 1}, "an interval needs at least 2 images"),
        ({"perceptual": "eyes"}, "known: resnet152-early, lpips-vgg16"),
        ({"size": 0}, "should be greater than 0"),
    ],
)
def test_an_impossible_layerwise_edit_is_refused_before_any_work(
    layerwise: dict[str, Any], allowed: str
) -> None:
    raw = study(**layerwise)
    own = {"method": "hyperplane", "space": "z", "assessor": "resmem"}
    in_z = {"name": "in-z", **own, "shape": "square", "threshold": "mean"}
    raw["directions"] = [*raw["directions"], in_z]
    with pytest.raises(MnemoError) as told:
        checked(raw)
    assert allowed in str(told.value)


def test_a_generator_without_layers_is_refused() -> None:
    tiny = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    with pytest.raises(MnemoError, match="the generator dcgan-faces has no layers"):
        checked({**tiny, "layerwise": {"direction": "memorable", "count": 10}})


def test_noise_drawn_anew_is_refused_where_it_would_count_as_image_change() -> None:
    raw = study(step="image-change")
    raw["generator"], raw["photos"] = {**raw["generator"], "noise": "random"}, None
    raw["edits"] = [edit for edit in raw["edits"] if edit.get("of") != "photos"]
    with pytest.raises(MnemoError, match="layerwise.step: .* needs generator.noise const"):
        checked(raw)
    assert checked({**raw, "layerwise": {**raw["layerwise"], "step": "norm"}})


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ("all", {str(layer): (layer,) for layer in range(10)}),
        ("groups", {"coarse": (0, 1, 2, 3), "middle": (4, 5, 6, 7), "fine": (8, 9)}),
        ([3, "2-4", "fine"], {"3": (3,), "2-4": (2, 3, 4), "fine": (8, 9)}),
    ],
)
def test_layers_ranges_and_groups_name_what_moves(given: Any, moved: dict[str, Any]) -> None:
    assert checked(study(layers=given)).layers == moved


def test_a_step_has_its_default_size() -> None:
    assert layers().equal_steps == {-3: -15, -2: -10, -1: -5, 1: 5, 2: 10}
    assert layers(step="image-change").settings.size == 0.05
    assert layers(step="image-change", size=0.1).settings.size == 0.1


def test_a_study_without_layerwise_edits_is_as_if_there_were_none() -> None:
    """What a study has finished must not be done again for a section that it lacks."""
    plain = {name: section for name, section in STYLEGAN.items() if name != "layerwise"}
    config = checked(plain)
    assert "layerwise" not in config.model_dump(mode="json")
    assert "layerwise" not in config.model_dump_json()
    assert not [each for each in jobs.of_study(config) if "layers" in each.output]


def test_all_versions_of_an_image_are_in_its_own_places_so_that_more_images_add_shards() -> None:
    few, many = layers(count=4, layers=[0]), layers(count=10, layers=[0])
    assert sets.base(few.config, "eval/layers/0").count == 20
    assert sets.base(many.config, "eval/layers/original").count == 10
    for shard in ("00000", "00001", "00002"):
        for ask in (Layers.latents_to_move, Layers.faces, Layers.rows):
            assert ask(few, job("0", shard)) == ask(many, job("0", shard))


def test_a_shard_reads_the_latents_of_its_images_alone() -> None:
    """Six rows in a shard, five versions of an image: the second has image 1 to 2 of the ten."""
    own = layers(layers=[0])
    assert own.latents_to_move(job("0", "00001")) == ["<results>/eval/latents/00000.parquet"]
    assert own.faces(job("0", "00001")) == [1, 3]
    # Among the ten versions of these two images, the second shard has the second to the seventh.
    assert own.rows(job("0", "00001")) == [1, 7]
    # The last has the last two versions of the last image, which is in the second shard of latents.
    assert own.latents_to_move(job("0", "00008")) == ["<results>/eval/latents/00001.parquet"]
    assert (own.faces(job("0", "00008")), own.rows(job("0", "00008"))) == ([3, 4], [3, 5])
    assert own.faces(job("original", "00001")) == [0, 4]


def test_every_row_of_a_set_is_made_once() -> None:
    own = layers(layers=[0])
    made = []
    for shard in sets.cut(sets.base(own.config, "eval/layers/0").count, 6):
        first = (
            int(own.latents_to_move(job("0", shard))[0][-13:-8]) * 6 + own.faces(job("0", shard))[0]
        )
        start, stop = own.rows(job("0", shard))
        made += [5 * first + row for row in range(start, stop)]
    assert made == list(range(50))


def test_an_image_change_is_measured_in_large_shards_beside_the_unedited_images() -> None:
    own = layers(layers=[0])
    # Rows 12 to 23, of the images 2 to 4.
    shard = SimpleNamespace(set="eval/layers/0", shard="00001")
    assert own.paths.images_to_extract(shard) == [
        "<results>/eval/layers/0/square/00002.parquet",
        "<results>/eval/layers/0/square/00003.parquet",
    ]
    assert own.paths.images_unedited(shard) == [
        "<results>/eval/layers/original/square/00000.parquet"
    ]
    assert len(own.changes) == 5


def test_steps_of_equal_image_change_are_found_once_for_each_part() -> None:
    own = layers(layers=[0, "fine"], step="image-change")
    assert own.calibrated == [f"<results>/layers/steps/{part}.parquet" for part in ("0", "fine")]
    assert own.steps_of_layer(job("fine", "00000")) == ["<results>/layers/steps/fine.parquet"]
    assert own.steps(job("fine", "00000")) == []
    assert own.steps_of_layer(job("original", "00000")) == []
    assert own.steps(job("original", "00000")) == [0.0]
    assert layers(layers=[0, "fine"]).calibrated == []


def test_only_what_changed_is_scored() -> None:
    """Each layer's images once, and the unedited ones once for all layers."""
    own = layers(layers="groups", count=4)
    scored = [each for each in jobs.of_study(own.config) if each.rule == "score_images"]
    images = dict.fromkeys(("original", *own.config.layers), 0)
    for each in scored:
        if each.output.startswith("eval/layers/"):
            images[each.output.split("/")[2]] += each.work.images
    assert images == {"original": 4, "coarse": 20, "middle": 20, "fine": 20}


def test_the_weights_of_the_perceptual_distance_are_among_the_studys() -> None:
    used = Models(checked(study(perceptual="lpips-vgg16"))).used
    assert {"vgg16-imagenet", "lpips-vgg16"} <= {*used}
    plain = {name: section for name, section in STYLEGAN.items() if name != "layerwise"}
    assert not {"vgg16-imagenet", "lpips-vgg16"} & {*Models(checked(plain)).used}


def test_a_layerwise_study_of_the_papers_size_has_few_jobs() -> None:
    path = ROOT / "studies/stylegan2-ffhq-layers.yaml"
    config = checked(yaml.safe_load(path.read_text()))
    assert (config.layerwise.count, len(config.layers)) == (3000, 11)
    assert len(list(jobs.of_study(config))) < 500


def mixing(**changes: Any) -> dict[str, Any]:
    """A study whose hyperplanes are fitted on style-mixed images."""
    raw = {**study(), "controls": None, "hyperplanes": {"spaces": ["w_plus"], "permutations": 1}}
    raw["sets"] = {**raw["sets"], "fit": {"count": 50, "mixing": True}}
    raw["directions"] = [each for each in raw["directions"] if each["name"] != "coarse"]
    raw["edits"] = [edit for edit in raw["edits"] if edit["name"] != "coarse"]
    return {**raw, **changes}


def test_mixed_images_have_rules_of_their_own() -> None:
    config = checked(mixing())
    rules = {job.rule for job in jobs.of_study(config)}
    # Snakemake asks with a job's own wildcards.
    assert jobs.workload(config, "mix_latents", {"shard": "00001"}).images == 20
    assert {"mix_latents", "fit_mixed_hyperplane", "sample_latents"} <= rules
    assert "fit_hyperplane" not in rules
    plain = {job.rule for job in jobs.of_study(checked(study()))}
    assert not {"mix_latents", "fit_mixed_hyperplane"} & plain


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"hyperplanes": {"spaces": ["w_plus", "w"]}}, "spaces.1: 'w': a set fit with mixing has"),
        ({"hyperplanes": {"spaces": ["z", "w_plus"]}}, "spaces.0: 'z': a set fit with mixing has"),
        ({"controls": {"count": 2}}, "controls: {'count': 2}: must be null"),
        (
            {"edits": [{"name": "a", "of": "fit", "along": "everywhere", "alphas": [0, 1]}]},
            "edits.0.of: 'fit': can't be a set fit with mixing",
        ),
    ],
)
def test_what_mixing_rules_out_is_refused(changes: dict[str, Any], allowed: str) -> None:
    with pytest.raises(MnemoError) as told:
        checked(mixing(**changes))
    assert allowed in str(told.value)


def test_a_set_fit_without_mixing_is_as_if_there_were_none() -> None:
    assert "mixing" not in checked(STYLEGAN).model_dump_json()
    assert checked(mixing()).model_dump(mode="json")["sets"]["fit"]["mixing"] is True
