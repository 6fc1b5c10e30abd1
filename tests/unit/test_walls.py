"""Module boundaries decide what reruns: what a digest reads, and what a change reaches."""

import ast
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.registry import ASSESSORS
from mnemo.features.registry import IDENTITY, LOGITS, REALNESS
from mnemo.figures.registry import FIGURES
from mnemo.generators.registry import ARCHITECTURES
from mnemo.results.registry import RESULTS
from mnemo.study import digests

SCRIPTS = Path(__file__).parents[2] / "scripts"
HEAVY = {"torch", "tensorflow", "pyarrow", "sklearn", "scipy", "mtcnn", "numpy", "pandas", "PIL"}
#: Modules on the ground floor that nearly every job reads.
TOOLS = {"errors", "files", "hashes", "logs", "tables"}
#: For each rule the wings and ground-floor modules that its digest may read besides the tools.
MAY_READ = {
    "sample_latents": {"generators", "checkpoints", "latents", "keys"},
    "edit_latents": {"edits", "latents"},
    "mix_latents": {"generators", "checkpoints", "latents", "keys"},
    "edit_layers": {"edits", "latents"},
    "calibrate_layers": {
        *("generators", "checkpoints", "latents", "keys", "edits", "images"),
        *("inversion", "features", "devices", "networks"),
    },
    "measure_image_change": {
        *("inversion", "features", "checkpoints", "images", "devices", "networks"),
    },
    "render_images": {"generators", "checkpoints", "latents", "keys", "images"},
    "ovalize_images": {"faces", "images", "checkpoints"},
    "list_faces": {"faces", "images", "checkpoints"},
    "pick_shown": {"latents", "report", "scores"},
    "align_photos": {"photos", "faces", "images", "checkpoints"},
    "score_images": {"assessors", "images", "scores"},
    "measure_factors": {"assessors", "images", "scores"},
    "measure_faces": {"assessors", "faces", "images", "scores", "checkpoints"},
    "measure_objects": {
        *("assessors", "images", "scores", "checkpoints", "devices", "networks"),
    },
    "subtract_scores": {"scores"},
    "extract_features": {"features", "images"},
    "embed_faces": {"features", "images"},
    "read_reference": {"photos", "images"},
    "fit_hyperplane": {"directions", "latents", "scores", "statistics"},
    "fit_mixed_hyperplane": {"directions", "latents", "scores", "statistics"},
    "derive_direction": {"directions", "scores", "statistics"},
    "measure_conditions": {"directions", "scores", "statistics"},
    "derive_controls": {"directions", "edits", "latents", "scores", "statistics"},
    "edit_controls": {"directions", "edits", "latents", "scores", "statistics"},
    "learn_direction": {"directions", "generators", "assessors", "checkpoints", "statistics"},
    "import_direction": {"directions", "interop", "checkpoints", "latents", "scores"},
    "export_interfacegan": {"interop", "directions", "checkpoints", "latents", "scores"},
    "invert_photos": {
        *("inversion", "generators", "checkpoints", "features", "latents", "images", "devices"),
        "networks",
    },
    "gather_inverted": {"latents"},
    "import_latents": {
        *("photos", "interop", "generators", "checkpoints", "latents", "keys"),
        *("directions", "scores", "seed_files"),
    },
    "write_database": {"training", "images", "names", "scores", "spreadsheets"},
    "split_database": {"training", "images", "names", "spreadsheets"},
    "train_assessor": {
        *("training", "images", "assessors", "checkpoints", "devices", "names", "networks"),
        *("statistics", "spreadsheets"),
    },
    "measure_training": {
        *("training", "results", "statistics", "images", "names", "scores", "spreadsheets"),
    },
    "measure_agreement": {"results", "statistics", "scores"},
    "read_ratings": {
        *("ratings", "statistics", "scores", "spreadsheets", "names", "keys", "training"),
        *("latent_keys", "experiment", "seed_files"),
    },
    "export_experiment": {"experiment", "photos", "generators", "images"},
    "simulate_answers": {"experiment", "results", "scores"},
    "read_answers": {"experiment", "results"},
    "measure_people": {"experiment", "results", "statistics"},
    "model_answers": {"experiment", "results", "statistics", "scores"},
    "measure_assessor_validity": {"results", "ratings", "statistics", "scores"},
    "measure_dose_response": {"results", "directions", "statistics", "scores"},
    "measure_drift": {"results", "statistics", "scores"},
    "relate_factors": {"results", "statistics", "scores"},
    "measure_controls": {"results", "statistics", "scores"},
    "measure_transfer": {"results", "statistics", "scores"},
    "measure_lost_faces": {"results", "statistics", "scores"},
    "measure_contrasts": {"edits", "results", "statistics", "scores"},
    "measure_methods": {"edits", "results", "statistics", "scores"},
    "measure_findings": {"results", "directions", "statistics", "rounding"},
    "measure_reproduction": {"results", "directions"},
    "measure_identity": {"results", "statistics", "scores"},
    "measure_layers": {"results", "edits", "statistics", "scores"},
    "measure_realness": {"results", "statistics", "features", "scores"},
    "merge_table": {"results", "edits"},
    "draw_figure": {"figures"},
    "draw_distributions": {"figures", "rounding"},
    "draw_dose_response": {"figures", "rounding"},
    "draw_realness": {"figures", "rounding"},
    "draw_strip": {"figures", "rounding", "report"},
    "draw_catalogue": {"figures", "rounding", "report", "images", "scores"},
    "draw_properties": {"figures", "rounding", "report", "images", "scores"},
    "draw_inversions": {"figures", "rounding", "report"},
    "draw_photos": {"figures", "rounding", "report"},
    "draw_layers": {"figures", "report", "rounding", "images", "edits"},
    "show_table": {"report", "rounding"},
    "show_faces": {"report", "rounding"},
    "show_reproduction": {"report", "rounding"},
    "show_weights": {"report", "rounding"},
    "make_report": {"report"},
    "publish_study": {
        *("publish", "crates", "directions", "experiment", "images", "interop", "results"),
        *("edits", "checkpoints", "latents", "scores", "statistics"),
        *("assessors", "features", "generators", "rounding"),
    },
    "restore_crate": {"verify", "crates", "keys"},
    "redraw_images": {
        *("verify", "crates", "generators", "checkpoints", "latents", "keys", "edits"),
        *("faces", "images", "assessors", "features"),
    },
    "compare_tables": {"verify", "crates"},
    "verify": {"verify", "crates"},
}


def wing(path: Path) -> str:
    """Return the wing that a file of the library is in, or its own name on the ground floor."""
    first = path.parts[1]
    return "" if first == "__init__.py" else first.removesuffix(".py")


@cache
def imported(path: Path) -> list[str]:
    """List the modules that a file imports when it is imported itself."""
    names = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def reached(path: Path) -> set[Path]:
    """Follow a file's imports through the library, its registries included."""
    pending, seen = [path], set()
    while pending:
        file = pending.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in imported(file):
            place = SCRIPTS
            for part in name.split("."):
                place /= part
                found = (place / "__init__.py", place.with_suffix(".py"))
                pending += [each for each in found if each.is_file()]
    return seen


@pytest.mark.parametrize("rule", MAY_READ)
def test_a_rule_reads_only_the_wings_on_its_list(rule: str) -> None:
    files = digests.files(SCRIPTS, rule)
    library = [path.relative_to(SCRIPTS) for path in files if path.parent != SCRIPTS]
    read = {wing(path) for path in library} - {""}
    assert read - TOOLS <= MAY_READ[rule]


def test_every_script_that_computes_has_a_list() -> None:
    # These have no code among their params: they fetch weights, print the plan, write the config.
    without = {"fetch_weights", "plan", "write_config"}
    assert {path.stem for path in SCRIPTS.glob("*.py")} - without == set(MAY_READ)


def test_the_study_needs_nothing_heavy() -> None:
    for module in (*(SCRIPTS / "mnemo/study").glob("*.py"), *(SCRIPTS / "mnemo/plan").glob("*.py")):
        for file in reached(module):
            heavy = {name.split(".")[0] for name in imported(file)} & HEAVY
            assert not heavy, f"{module.name} reaches {file.name}, which imports {heavy}"


def test_no_wing_imports_the_study_but_the_plan_and_what_users_call() -> None:
    for path in (SCRIPTS / "mnemo").rglob("*.py"):
        if wing(path.relative_to(SCRIPTS)) not in ("study", "plan", "reading", "bundle"):
            names = set(imported(path))
            assert not {name for name in names if name.startswith("mnemo.study")}, path


def test_the_methods_of_a_paper_are_read_and_never_computed() -> None:
    # They are written from the tables, with none of the programs that made them.
    computes = HEAVY - {"numpy", "pandas", "pyarrow"}
    for file in reached(SCRIPTS / "mnemo/publish/methods.py"):
        read = {name.split(".")[0] for name in imported(file)} & computes
        assert not read, f"it reaches {file.name}, which imports {read}"


def test_no_other_wing_reads_what_is_published() -> None:
    for path in (SCRIPTS / "mnemo").rglob("*.py"):
        if wing(path.relative_to(SCRIPTS)) != "publish":
            names = set(imported(path))
            assert not {name for name in names if name.startswith("mnemo.publish")}, path


def test_nothing_goes_through_the_door_for_users_but_they() -> None:
    for path in (SCRIPTS / "mnemo").rglob("*.py"):
        inside = wing(path.relative_to(SCRIPTS)) == "reading"
        # At the door a type checker alone sees an import.
        names = {name for name in imported(path) if name.startswith("mnemo.reading")}
        assert inside or not names, path
        assert "mnemo.Study" not in imported(path), path


def test_importing_mnemo_imports_nothing_else_of_it_and_nothing_heavy() -> None:
    code = "import sys, mnemo; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [name for name in told if name.split(".")[0] == "mnemo"] == ["mnemo"]
    assert not HEAVY & {*told}


def jobs(root: Path) -> dict[str, str]:
    """Digest the code of every kind of job, by rule and what it imports by name."""
    digests.forget()
    kinds = {
        "sample_latents": ARCHITECTURES,
        "render_images": ARCHITECTURES,
        "score_images": {
            name: entry.module
            for name, entry in ASSESSORS.items()
            if entry.module and not entry.factor
        },
        "extract_features": {name: entry.module for name, entry in {**REALNESS, **LOGITS}.items()},
        "embed_faces": {name: entry.module for name, entry in IDENTITY.items()},
        "train_assessor": {name: " ".join(entry.modules) for name, entry in NETWORKS.items()},
        "merge_table": {name: entry.schema.split(":")[0] for name, entry in RESULTS.items()},
        "draw_figure": {name: f"mnemo.figures.{name}" for name in FIGURES},
    }
    named = {
        f"{rule} {name}": digests.of(root, rule, *modules.split())
        for rule, by_name in kinds.items()
        for name, modules in by_name.items()
    }
    return {rule: digests.of(root, rule) for rule in MAY_READ if rule not in kinds} | named


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A copy of the scripts and the library, and the digests of its jobs."""
    root = tmp_path_factory.mktemp("library") / "scripts"
    shutil.copytree(SCRIPTS, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root, jobs(root)


def changed(library: tuple[Path, dict[str, str]], **files: str) -> set[str]:
    """Append a line to some modules, and return the jobs whose digest that changes."""
    root, before = library
    kept = {}
    for name, line in files.items():
        path = root / "mnemo" / f"{name.replace('__', '/')}.py"
        kept[path] = path.read_text() if path.is_file() else None
        path.write_text(f"{kept[path] or ''}\n{line}\n")
    after = jobs(root)
    for path, text in kept.items():
        path.unlink() if text is None else path.write_text(text)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    "files",
    [
        {"assessors__beauty": "import torch", "assessors__registry": "BEAUTY = 1"},
        {
            "assessors__backbones__resnet18": "import torch",
            "assessors__backbones__registry": "RESNET18 = 1",
        },
        {"features__beauty": "import torch", "features__registry": "BEAUTY = 1"},
        {
            "results__beauty": "import pandas",
            "results__registry": "BEAUTY = 1",
            "figures__beauty": "import matplotlib",
            "figures__registry": "BEAUTY = 1",
        },
        {"generators__stylegan9": "import torch", "generators__registry": "STYLEGAN9 = 1"},
        {"version": "__version__ = '9.9.9'"},
        {"study__config": "x = 1", "study__paths": "x = 1", "plan__rates": "x = 1"},
        {"reading__study": "x = 1", "reading__pictures": "x = 1", "reading__tables": "x = 1"},
        {"tables": "# A better word."},
    ],
    ids=[
        "assessor",
        "network",
        "extractor",
        "table and figure",
        "generator",
        "release",
        "study",
        "door for users",
        "words",
    ],
)
def test_an_addition_reruns_no_finished_job(
    library: tuple[Path, dict[str, str]], files: dict[str, str]
) -> None:
    assert changed(library, **files) == set()


def test_what_the_library_itself_opens_to_users_reruns_no_job(
    library: tuple[Path, dict[str, str]],
) -> None:
    root, before = library
    door = root / "mnemo" / "__init__.py"
    text = door.read_text()
    door.write_text(f"{text}\nfrom mnemo import plan\n")
    after = jobs(root)
    door.write_text(text)
    assert after == before


@pytest.mark.parametrize(
    ("module", "rerun"),
    [
        ("figures__drift", {"draw_figure drift"}),
        ("figures__accuracy", {"draw_figure accuracy"}),
        ("results__realness", {"measure_realness", "merge_table realness"}),
        ("statistics__distances", {"measure_realness", "merge_table realness"}),
        ("statistics__neighbours", {"measure_realness", "merge_table realness"}),
        ("photos__reference", {"read_reference", "export_experiment"}),
        ("results__drift", {"measure_drift", "merge_table drift"}),
        (
            "results__factors",
            {"relate_factors", "merge_table factors", "merge_table factor_models"},
        ),
        ("results__identity", {"measure_identity", "merge_table identity", "measure_methods"}),
        ("results__lost_faces", {"measure_lost_faces", "merge_table lost_faces"}),
        ("results__transfer", {"measure_transfer", "merge_table transfer"}),
        ("results__contrasts", {"measure_contrasts", "merge_table contrasts"}),
        ("results__methods", {"measure_methods", "merge_table methods"}),
        ("results__method_contrasts", {"measure_methods", "merge_table method_contrasts"}),
        (
            "results__responses",
            {"measure_methods", "merge_table methods", "merge_table method_contrasts"},
        ),
        ("results__cosines", {"measure_methods", "merge_table cosines"}),
        ("results__findings", {"measure_findings", "merge_table findings"}),
        (
            "statistics__corrections",
            {
                *("measure_contrasts", "merge_table contrasts"),
                *("measure_methods", "merge_table method_contrasts"),
                *("measure_findings", "merge_table findings"),
            },
        ),
        ("results__reproduction", {"measure_reproduction", "merge_table reproduction"}),
        ("results__agreement", {"measure_agreement", "merge_table agreement"}),
        ("results__training", {"measure_training", "merge_table training"}),
        (
            "directions__hyperplanes",
            {
                *("fit_hyperplane", "fit_mixed_hyperplane", "merge_table hyperplanes"),
                *("derive_controls", "edit_controls"),
            },
        ),
        (
            "edits__move",
            {
                *("edit_latents", "derive_controls", "edit_controls"),
                *("edit_layers", "calibrate_layers", "redraw_images"),
            },
        ),
        ("edits__calibration", {"calibrate_layers"}),
        (
            "edits__steps",
            {"edit_layers", "calibrate_layers", "measure_layers"},
        ),
        ("inversion__change", {"calibrate_layers", "measure_image_change"}),
        ("results__layers", {"measure_layers", "merge_table layers", "merge_table layer_effects"}),
        ("figures__layers", {"draw_figure layers", "draw_layers"}),
        ("report__layers", {"draw_layers"}),
        ("report__catalogue", {"draw_catalogue", "draw_properties"}),
        ("report__ranking", {"draw_catalogue", "pick_shown"}),
        ("results__controls", {"measure_controls", "merge_table controls"}),
        (
            "edits__distance",
            {
                *("measure_contrasts", "measure_methods"),
                *(f"merge_table {name}" for name in RESULTS),
                *("edit_layers", "calibrate_layers", "measure_layers", "draw_layers"),
            },
        ),
        ("results__calibration", {"measure_dose_response", "merge_table calibration"}),
        (
            "directions__conditions",
            {"derive_direction", "measure_conditions", "merge_table conditions"},
        ),
        ("directions__refits", {"fit_hyperplane"}),
        ("directions__learning__table", {"learn_direction", "merge_table learning"}),
        (
            "faces__ovals",
            {
                *("ovalize_images", "align_photos", "merge_table faces", "measure_faces"),
                *("redraw_images", "list_faces"),
            },
        ),
        ("faces__alignment", {"align_photos", "measure_faces"}),
        ("faces__skin", {"measure_faces"}),
        ("assessors__factors", {"measure_factors"}),
        ("assessors__face_factors", {"measure_faces"}),
        ("assessors__object_shape", {"measure_objects"}),
        ("assessors__object_size", {"score_images object-size", "measure_objects"}),
        ("photos__reading", {"align_photos", "read_reference", "export_experiment"}),
        ("assessors__happiness", {"score_images happiness"}),
        ("assessors__falseresmem", {"score_images falseresmem"}),
        (
            "assessors__backbones__senet50",
            {"train_assessor senet50", "embed_faces senet50-vggface2"},
        ),
        ("generators__dcgan", {"sample_latents dcgan", "render_images dcgan"}),
        ("features__dlib_face", {"embed_faces dlib-face"}),
        ("checkpoints__dlib_networks", {"embed_faces dlib-face"}),
        ("features__faces", {f"embed_faces {name}" for name in IDENTITY}),
        ("faces__detection", {f"embed_faces {name}" for name in IDENTITY}),
        (
            "features__vggface2",
            {f"embed_faces {name}-vggface2" for name in ("resnet50", "senet50")},
        ),
        (
            "features__resnet152",
            {
                *("extract_features resnet152", "invert_photos"),
                *("calibrate_layers", "measure_image_change"),
            },
        ),
        ("inversion__search", {"invert_photos"}),
        ("features__dinov2", {"extract_features dinov2"}),
        ("features__inception_logits", {"extract_features inception-logits"}),
        ("statistics__inception_score", {"measure_realness", "merge_table realness"}),
        ("locks", set()),
        ("weights__catalogue", set()),
    ],
)
def test_a_change_of_a_module_reruns_exactly_the_jobs_that_import_it(
    library: tuple[Path, dict[str, str]], module: str, rerun: set[str]
) -> None:
    assert changed(library, **{module: "edited = True"}) == rerun
