"""Methods: each number is the table's, each citation has its entry, and nothing else is said."""

import ast
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import finished
from tests.support.paths import ROOT, SCRIPTS

from mnemo.errors import MnemoError
from mnemo.publish import methods, text

VERSIONS = {"python": "3.14.15", "numpy": "9.8.7", "torch": "6.5.4", "uvicorn": "0.0.1"}
SHIPPED = [ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))]
SHIPPED += [ROOT / "tests/data" / f"{name}.yaml" for name in ("study", "stylegan")]
#: A study with most that a study can have; the tests take away from it.
RICH: dict[str, Any] = yaml.safe_load(
    """
study: rich
generator: {name: stylegan2-ffhq, truncation_psi: 0.5}
sets:
  fit: {count: 2000}
  eval: {count: 200}
  reference: {count: 50, truncation_psi: 1.0}
  fillers: {count: 170}
  vigilance: {count: 40, truncation_psi: 2.0}
photos: {folder: my-secret-folder, count: 12}
assessors:
  - resmem
  - senet50-us10k
  - age
  - {name: people, ratings: my-secret-ratings.csv, shape: square}
assessor_weights: {senet50-us10k: my-secret-weights.h5}
hyperplanes: {spaces: [z, w_plus]}
directions:
  - {name: plain, method: hyperplane, space: w_plus, assessor: resmem, shape: square,
     threshold: mean}
  - {name: held, method: hyperplane, space: w_plus, assessor: resmem, shape: square,
     threshold: mean, hold: [age, brightness]}
  - {name: by-people, method: hyperplane, space: z, assessor: people, shape: square,
     threshold: median}
  - {name: learned, method: learned, space: z, assessor: resmem}
  - {name: borrowed, method: file, space: w, file: my-secret-folder/boundary_50%.npy}
edits:
  - {name: plain, along: plain, alphas: [-4, 0, 4]}
  - {name: held, along: held, alphas: [-4, 0, 4]}
  - {name: learned, along: learned, alphas: [-0.2, 0, 0.2]}
  - {name: some, along: borrowed, layers: [0, 1], alphas: [0, 7]}
  - {name: of-photographs, of: photos, along: plain, alphas: [0, 12]}
layerwise: {direction: plain, layers: groups, count: 30}
methods: {}
identity: {features: dlib-face}
experiments:
  game:
    kind: memory-game
    edit: plain
    settings: {most_series: 2}
    simulated: {participants: 120, series: 2, slope: 0.25, inattentive: 0.05}
  choice:
    kind: forced-choice
    edit: held
    settings: {most_series: 1}
    photographs: my-secret-photographs
    answers: my-secret-answers
"""
)

Study = dict[str, Any]
Change = Callable[[Study], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results"


def said(folder: Path) -> str:
    """The Markdown of a study."""
    return methods.markdown(methods.describe(folder, VERSIONS))


def spoken(made: str) -> str:
    """Words with ordinary blanks and minus signs."""
    return made.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def changed(*changes: Change) -> Study:
    study = deepcopy(RICH)
    for change in changes:
        change(study)
    return study


def named(items: list[Study], *names: str) -> list[Study]:
    return [each for each in items if each["name"] in names]


def without_choice(study: Study) -> None:
    """Take away the experiment whose answers are people's."""
    study["experiments"].pop("choice")
    study["sets"].pop("vigilance")


def simple(study: Study) -> None:
    """Take away all but hyperplanes and an edit along one."""
    for key in ("photos", "layerwise", "methods", "identity", "experiments", "assessor_weights"):
        study.pop(key, None)
    study["generator"] = {"name": "dcgan-faces"}
    study["sets"] = {key: study["sets"][key] for key in ("fit", "eval", "reference")}
    study["assessors"], study["shapes"], study["factors"] = ["resmem"], ["square"], []
    study["controls"], study["hyperplanes"] = None, {"spaces": ["z"]}
    study["directions"] = [dict(study["directions"][0], space="z")]
    study["edits"] = named(study["edits"], "plain")


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the study with everything."""
    return said(finished.write(tmp_path_factory.mktemp("rich"), RICH))


@pytest.fixture(scope="module")
def simplest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a study with little."""
    return said(finished.write(tmp_path_factory.mktemp("simple"), changed(simple)))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_text_of_every_shipped_study_is_whole(path: Path, folder: Path) -> None:
    study = yaml.safe_load(path.read_text())
    # A run counts the photographs of a folder.
    study.get("photos", {}).setdefault("count", 3)
    check(methods.describe(finished.write(folder, study), VERSIONS))


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_the_text_of_a_study_with_everything_is_whole(preset: str, folder: Path) -> None:
    made = methods.describe(finished.write(folder, {**RICH, "preset": preset}), VERSIONS)
    check(made)
    assert [each.title for each in made.sections] == [
        "Stimuli and generator",
        "Assessors",
        "Directions",
        "Edits and controls",
        "Realness and identity",
        "People",
        "Statistics",
        "Software and reproducibility",
    ]


def check(made: text.Text) -> None:
    """A text has no gaps, its LaTeX is closed, and it cites what its bibliography has."""
    markdown, latex, bibtex = methods.markdown(made), methods.latex(made), methods.bibtex(made)
    assert not re.search(r"\bnan\b|None|\bNaN|  |\( |,,|\.\.|[\x00-\x09\x0b-\x1f]", markdown)
    for section in markdown.split("## ")[1:]:
        for sentence in re.split(r"(?<=[.]) ", section.split("\n\n", 1)[1].strip()):
            assert sentence[:1].isupper() or sentence[:1] in "`0123456789", sentence
            assert sentence.endswith("."), sentence
    assert finished.balanced(latex)
    assert not re.search(r"(?<!\\)[%&#_]|[ψα−×\N{NO-BREAK SPACE}]", latex)
    entries = re.findall(r"^@\w+\{(\w+),", bibtex, re.MULTILINE)
    assert sorted(set(re.findall(r"@(\w+)[;\]]", markdown))) == entries
    cited = [key for keys in re.findall(r"\\citep\{([^}]+)\}", latex) for key in keys.split(",")]
    assert sorted(set(cited)) == entries


#: Columns of tables, values that they get in all rows, and what the text then says.
NUMBERS = [
    ("photos", "status", "small", "in 3 the face was too small"),
    ("inversions", "converged", True, "2 of 2 searches converged"),
    ("faces", "status", "none", "It found no face in 18 of 18 images"),
    ("hyperplanes", "cut", 0.4375, "the mean (0.438)"),
    ("hyperplanes", "n", 1234, "It was fitted to 1,234 squares"),
    ("hyperplanes", "regularisation", 3.5, "inverse strength C = 3.5"),
    ("hyperplanes", "accuracy", 0.52, "the hyperplane was 0.52, 95 % CI [0.46, 0.54]"),
    ("hyperplanes", "base_rate", 0.625, "guessing the larger class: 0.625"),
    ("hyperplanes", "permutation_p", 0.07, "p = 0.07 by 99 permutations"),
    ("hyperplanes", "layers", 14, "Since all 14 layers of an image have"),
    ("directions", "kept", 0.375, "left 0.375 of its length"),
    ("directions", "slope", 0.51, "the score rose by 0.51, 95 % CI"),
    ("directions", "foreign", True, "which was made for another generator"),
    ("directions", "layers", 12, "the distance in all 12 layers"),
    ("learning", "images", 999, "on 1,998 latents"),
    ("dose_response", "n", 4321, "(4,321 squares and 4,321 ovals)"),
    ("dose_response", "moved", 2.5, "(distances of 2.5, 2.5 and 2.5)"),
    ("dose_response", "survivors", True, "Where less than 90 % were left"),
    ("lost_faces", "lost", 6, "lost at most 6 of the"),
    ("controls", "n", 44, "the first 44 images of each edited set"),
    ("layers", "n", 55, "In 55 images, 3 layers or groups"),
    ("methods", "gain", 0.875, "a mean gain of 0.875 standard deviations"),
    ("methods", "image_change", 0.03125, "a mean change of the image of 0.0312"),
    ("realness", "n", 66, "of the 66 images of an edit"),
    ("realness", "reference_count", 55, "from 55 unedited images"),
    ("realness", "neighbours", 7, "computed with 7 neighbours"),
    ("realness", "features", "dinov2", "fewer images than the 1,024 features"),
    ("realness", "frechet_infinite", 0.5, "extrapolated to infinitely many images"),
    ("realness", "inception_score", 2.0, "The Inception Score"),
    ("identity", "threshold", 0.75, "Two faces nearer than 0.75 counted as one"),
    ("identity", "threshold_own", 0.3125, "A second threshold, 0.312"),
    ("identity", "n", 77, "77 faces were compared"),
    ("identity", "lost", 4, "at most 4 had been lost"),
    ("ratings", "answers", 31, "a median of 31 answers to each"),
    ("assessor_validity", "reliability", 0.53, "a reliability of 0.53, 95 % CI"),
    ("assessor_validity", "ceiling", 0.51, "0.51, 95 % CI"),
    ("participants", "excluded", False, "were excluded: 0 of 9."),
    ("participants", "participant", "p1", "of 1 participant,"),
    ("human_rates", "alpha", 2.0, "of the edit `plain` at α = 2;"),
    ("human_models", "n_answers", 88, "with 88 answers to targets"),
    ("slopes", "model", "score ~ alpha + (1 | image)", "`score ~ alpha + (1 | image)`"),
    ("contrasts", "p", 0.5, "the p-values of 5 differences"),
]
#: The same of settings.
SETTINGS: list[tuple[str, str, Any, str]] = [
    ("generator", "truncation_psi", 0.7, "with ψ = 0.7 in all layers"),
    ("ovals", "detection_height", 512, "at a height of 512 pixels"),
    ("images", "format", "jpeg", "JPEG of quality 95"),
    ("photos", "steps", 345, "by at most 345 steps"),
    ("photos", "alignment", "centre", "Their middle was cut out"),
    ("hyperplanes", "folds", 7, "7-fold cross-validation"),
    ("hyperplanes", "repeats", 3, "In 3 repetitions of"),
    ("hyperplanes", "permutations", 19, "by 19 permutations"),
    ("hyperplanes", "regularisation", "auto", "chosen by cross-validation within"),
    ("identity", "false_accept_rate", 0.02, "below which 2 % of the pairs"),
    ("realness", "groups", 15, "leaves out 15 groups"),
    ("statistics", "confidence", 0.9, "Intervals are of 90 % confidence"),
    ("statistics", "resamples", 345, "from 345 bootstrap resamples"),
    ("statistics", "seed", 6, "folds, permutations and resamples (6)"),
    ("layerwise", "size", 4, "steps of 4 in w"),
]


@pytest.fixture(scope="module")
def other_tables(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the study with everything, with other numbers in its tables."""
    changes: dict[str, dict[str, Any]] = {}
    for table, column, value, _ in NUMBERS:
        changes.setdefault(table, {})[column] = value
    return spoken(said(finished.write(tmp_path_factory.mktemp("other"), RICH, **changes)))


@pytest.mark.parametrize(("table", "column", "value", "words"), NUMBERS)
def test_a_number_is_that_of_its_table(
    table: str, column: str, value: Any, words: str, rich: str, other_tables: str
) -> None:
    assert words not in spoken(rich)
    assert words in other_tables


@pytest.fixture(scope="module")
def other_settings(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the study with everything, with other settings."""
    study = deepcopy(RICH)
    for section, key, value, _ in SETTINGS:
        study.setdefault(section, {})[key] = value
    return spoken(said(finished.write(tmp_path_factory.mktemp("set"), study)))


@pytest.mark.parametrize(("section", "key", "value", "words"), SETTINGS)
def test_a_number_that_is_a_setting_is_that_of_the_config(
    section: str, key: str, value: Any, words: str, rich: str, other_settings: str
) -> None:
    assert words not in spoken(rich)
    assert words in other_settings


def test_how_a_generator_draws_is_said(folder: Path) -> None:
    study = changed(simple)
    study["generator"] = {"name": "stylegan2-car", "noise": "random", "rows": [64, 448]}
    study["generator"]["truncation_cutoff"] = 8
    made = said(finished.write(folder, study))
    assert "Images of 512 × 384 pixels were rendered by StyleGAN2 [@karras2020]" in made
    assert "with ψ = 1 in the first 8 layers" in made
    assert "Noise maps were drawn anew for each image and each α" in made
    study["generator"] = {"name": "biggan-256", "classes": ["goldfish", 7], "truncation_psi": 0.5}
    made = said(finished.write(folder, study))
    assert "truncated at two standard deviations and multiplied by the truncation ψ = 0.5" in made
    assert "the classes `goldfish` and `7` took turns" in made
    study["generator"] = {"name": "biggan-256", "random_classes": 750}
    made = said(finished.write(folder, study))
    assert "750 of the 1,000 classes, chosen at random, took turns" in made


def test_images_that_were_scored_are_counted_by_assessor_and_shape(rich: str) -> None:
    n = finished.SCORED
    assert f"({n['square']} squares and {n['oval']} ovals of the fitting set)" in rich
    faces = finished.FOUND
    assert f"found no face in {faces['none']} of {sum(faces.values())} images of the" in rich


@given(
    st.integers(1, 10**6),
    st.floats(0.01, 0.99),
    st.integers(100, 10**5),
    st.floats(0.55, 0.99).map(lambda share: round(share, 2)),
)
@settings(max_examples=10, deadline=None)
def test_any_count_and_setting_is_said(
    tmp_path_factory: pytest.TempPathFactory, n: int, ceiling: float, resamples: int, sure: float
) -> None:
    study = changed(simple)
    study["statistics"] = {"resamples": resamples, "confidence": sure}
    folder = tmp_path_factory.mktemp("study")
    values = {"accuracy": ceiling, "accuracy_low": ceiling - 0.05, "accuracy_high": ceiling + 0.05}
    made = methods.describe(finished.write(folder, study, hyperplanes={**values, "n": n}), VERSIONS)
    check(made)
    words = spoken(methods.markdown(made))
    assert f"{n:,} square" in words
    assert f"{resamples:,} bootstrap resamples" in words
    assert f"{ceiling:.2f}, {100 * sure:g} % CI [{ceiling - 0.05:.2f}" in words


@pytest.mark.parametrize(
    ("without", "words"),
    [
        (lambda s: s.pop("photos"), ["photographs, 2 were", "recovered photographs", "inversions"]),
        (lambda s: s.update(shapes=["square"]), ["MTCNN", "oval"]),
        (lambda s: s.update(controls=None), ["controls"]),
        (lambda s: s.pop("layerwise"), ["groups of layers"]),
        (lambda s: s.pop("methods"), ["equal effect"]),
        (lambda s: s.pop("identity"), ["Identity", "one person's", "embeddings"]),
        (lambda s: s.pop("experiments"), ["participant", "jsPsych", "Tjur", "vigilance"]),
        (lambda s: s.update(factors=[]), ["colourfulness"]),
        (lambda s: s.update(assessor_weights={}), ["weights of our own"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_study_without_something_does_not_mention_it(
    without: Change, words: list[str], folder: Path, rich: str
) -> None:
    study = changed(without)
    if "photos" not in study:
        study["edits"] = [each for each in study["edits"] if each.get("of") != "photos"]
        without_choice(study)
    if "experiments" not in study:
        study["sets"] = {name: study["sets"][name] for name in ("fit", "eval", "reference")}
    if study.get("factors") == []:
        study["directions"][1]["hold"] = ["age"]
    if study.get("shapes") == ["square"]:
        study.pop("photos")
        study["edits"] = [each for each in study["edits"] if each.get("of") != "photos"]
        study["assessor_weights"], study["assessors"] = {}, ["resmem", "age", RICH["assessors"][3]]
    left = said(finished.write(folder, study))
    for each in words:
        assert each in rich
        assert each not in left


@pytest.mark.parametrize(
    "words",
    [
        *("w+", "Noise", "MTCNN", "photograph", "learned", "GANalyze's code", "constant"),
        *("from the file", "layers", "controls", "Identity", "people", "participant", "dlib"),
        *("trained for this study", "simulated", "visual factor", "Edits lost"),
    ],
)
def test_a_simple_study_says_little(words: str, simplest: str) -> None:
    assert words not in simplest
    assert "## People" not in simplest


def test_answers_that_were_simulated_are_called_so_and_others_are_not(rich: str) -> None:
    assert "The answers to the experiment `game` were simulated: no person took part" in rich
    assert "The answers to the experiment `choice`" not in rich
    assert "These ratings were simulated" not in rich
    assert "no person judged the images" not in rich


def test_ratings_that_were_simulated_are_called_so_wherever_they_are_named(folder: Path) -> None:
    study = changed(lambda s: s["assessors"][3].update(simulated=True))
    without_choice(study)
    made = said(finished.write(folder, study))
    assert "These ratings were simulated: no person gave them" in made
    assert "whose hit rate by simulated people is at least the median" in made
    assert "by people" not in made
    assert "no person judged the images" in made


def test_what_differs_from_the_original_study_depends_on_the_preset(
    folder: Path, rich: str
) -> None:
    faithful = said(finished.write(folder, {**RICH, "preset": "faithful"}))
    for words in ("the whole image where it finds none", "orthogonal complement", "has one split"):
        assert words in rich
        assert words not in faithful
    for words in ("As in the authors' code, the first face", "less its projections", "held out of"):
        assert words in faithful
        assert words not in rich


def test_a_study_of_learned_directions_alone_follows_ganalyze(folder: Path) -> None:
    study = changed(simple)
    study["directions"] = named(RICH["directions"], "learned")
    study["edits"] = named(RICH["edits"], "learned")
    made = said(finished.write(folder, study))
    assert "The methods were those of GANalyze [@goetschalckx2019], with" in made
    assert "the original study" not in made


def test_an_assessor_that_was_trained_is_described_with_its_test(folder: Path) -> None:
    study = yaml.safe_load((ROOT / "studies/student.yaml").read_text())
    made = spoken(said(finished.write(folder, study, training={"n": 600, "spearman": 0.51})))
    assert "The student was trained for this study" in made
    assert "that ResMem predicted of 6,000 images (seeds 3,000,000 to 3,005,999)" in made
    assert "Of 3 epochs, number 2 was kept" in made
    assert "0.51, 95 % CI [0.46, 0.54] on 600 squares" in made


def test_what_stands_on_the_users_machine_is_not_said(folder: Path) -> None:
    made = methods.describe(finished.write(folder, RICH), VERSIONS)
    for words in (methods.markdown(made), methods.latex(made), methods.bibtex(made)):
        assert "secret" not in words
        assert str(folder) not in words


def test_programs_have_the_versions_that_are_given_and_the_others_none(rich: str) -> None:
    assert "in Python 3.14.15, with" in rich
    assert "NumPy 9.8.7 [@harris2020], SciPy [@virtanen2020]" in rich
    assert "uvicorn" not in rich


def test_the_weights_are_named_with_their_digests(rich: str) -> None:
    assert f"`{finished.DIGEST[:12]}` (`some-weights`)" in rich


@given(st.text(min_size=1, max_size=20))
def test_any_name_is_set_apart_and_escaped(name: str) -> None:
    made = text.Text((text.paragraph("Title", [f"A {text.code(name)} {text.cite('holm1979')}."]),))
    latex = methods.latex(made)
    assert finished.balanced(latex)
    inside = latex.partition("\\texttt{")[2].rpartition("} \\citep{holm1979}.")[0]
    assert not re.search(r"(?<!\\)[%&#$_{}]", re.sub(r"\\[a-z]+\{\d*\}|\$[-\\a-z]+\$", "", inside))
    fenced = re.search(r"A (`+)(.*)\1 \[@holm1979]", methods.markdown(made))
    assert fenced is not None
    assert fenced[1] not in fenced[2]
    assert made.cited == ("holm1979",)


def test_prose_is_escaped_in_both_renderings() -> None:
    made = text.Text((text.paragraph("A & B", ["50 % of *all* _x_ cost $5 at {@} ~ ^ \\ < > |."]),))
    assert finished.balanced(methods.latex(made))
    assert "50 \\% of *all* \\_x\\_ cost \\$5 at \\{@\\}" in methods.latex(made)
    assert "\\*all\\* \\_x\\_ cost \\$5 at {\\@}" in methods.markdown(made)


def test_every_entry_of_the_bibliography_is_cited_somewhere_and_each_citation_has_one() -> None:
    cited = {
        argument.value
        for path in (SCRIPTS / "mnemo/publish").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cite"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    assert cited == set(text.entries())


@pytest.mark.parametrize("key", sorted(text.entries()))
def test_an_entry_of_the_bibliography_is_well_formed(key: str) -> None:
    entry = text.entries()[key]
    assert finished.balanced(entry)
    assert entry.startswith("@")
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, re.MULTILINE))
    assert len(fields) == entry.count("\n") - 2
    assert {"author", "title"} <= set(fields)
    assert "year" in fields or "howpublished" in fields or key == "mnemo"
    assert entry.isascii()


def test_the_entries_are_in_alphabetical_order() -> None:
    assert [*text.entries()] == sorted(text.entries())


def test_a_folder_without_a_config_is_refused(folder: Path) -> None:
    folder.mkdir()
    with pytest.raises(
        MnemoError, match=r"config\.yaml is missing\. Give the folder of a finished"
    ):
        methods.describe(folder, VERSIONS)


def test_all_tables_that_are_missing_are_named_at_once(folder: Path) -> None:
    finished.write(folder, RICH)
    (folder / "identity.parquet").unlink()
    (folder / "human_rates.parquet").unlink()
    with pytest.raises(
        MnemoError, match=r"lacks identity\.parquet, human_rates\.parquet: the study"
    ):
        methods.describe(folder, VERSIONS)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("a: [", "can't be read"),
        ("- a", "is not a study"),
        ("study: a", "has no directions"),
        ("!!python/object/apply:os.system [exit]", "can't be read"),
    ],
)
def test_a_config_that_is_none_is_refused(config: str, words: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "config.yaml").write_text(config)
    with pytest.raises(MnemoError, match=words):
        methods.describe(folder, VERSIONS)


def test_a_damaged_table_is_refused(folder: Path) -> None:
    finished.write(folder, changed(simple))
    (folder / "slopes.parquet").write_bytes(b"no table")
    with pytest.raises(MnemoError, match=r"slopes\.parquet"):
        methods.describe(folder, VERSIONS)
