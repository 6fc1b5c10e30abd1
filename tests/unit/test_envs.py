"""The conda environments: what a job imports is in its own, in the version that was tested.

And the containers, which have all that the requirements list.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from tests.support.paths import ROOT

from mnemo.assessors.registry import ASSESSORS, TRAINED
from mnemo.features.registry import IDENTITY, LOGITS, REALNESS
from mnemo.generators.registry import GENERATORS
from mnemo.study import digests

#: Modules that a script imports by name.
MODULES = {
    "sample_latents": [entry.module for entry in GENERATORS.values()],
    "render_images": [entry.module for entry in GENERATORS.values()],
    "score_images": [
        TRAINED.module,
        # The rules that measure factors name theirs.
        *(entry.module for entry in ASSESSORS.values() if entry.module and not entry.factor),
    ],
    "extract_features": [entry.module for entry in {**REALNESS, **LOGITS}.values()],
    "embed_faces": [entry.module for entry in IDENTITY.values()],
}
#: The environment of each rule's script.
ENVIRONMENTS = {
    script: environment
    for path in (ROOT / "rules").glob("*.smk")
    for environment, script in re.findall(
        r"""^ +conda:\n +"../envs/(\w+).yaml"$.*?^ +"../scripts/(\w+).py"$""",
        path.read_text(),
        re.M | re.S,
    )
}


def pins(environment: str) -> dict[str, str]:
    """Read the packages of an environment, and their versions."""
    listed = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text())
    return dict(re.findall(r"([\w-]+)(?:\[\w+\])?==([\w.]+)", str(listed["dependencies"][-1])))


@cache
def distributions() -> Mapping[str, list[str]]:
    """Map the modules that can be imported to the packages that bring them."""
    # dlib-bin does not say which module it brings.
    return {**packages_distributions(), "dlib": ["dlib-bin"]}


@cache
def imported(path: Path) -> set[str]:
    """Name the packages that a file imports, but for those that only a type checker reads."""
    tree = ast.parse(path.read_text())
    unread = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.unparse(branch.test)
        for node in ast.walk(branch)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"mnemo"}


@pytest.mark.parametrize("environment", sorted(set(ENVIRONMENTS.values())))
def test_the_pins_of_an_environment_are_those_of_the_requirements(environment: str) -> None:
    tested = dict(
        re.findall(
            r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.M
        )
    )
    assert pins(environment)
    assert pins(environment).items() <= tested.items()


@pytest.mark.parametrize("script", sorted(ENVIRONMENTS))
def test_the_environment_of_a_rule_has_all_that_its_script_imports(script: str) -> None:
    files = digests.files(ROOT / "scripts", script, *MODULES.get(script, []))
    needed = {
        distribution.lower().replace("_", "-")
        for file in files
        for name in imported(file)
        for distribution in distributions()[name]
    }
    # With Snakemake come the small packages that it needs itself.
    given = set(pins(ENVIRONMENTS[script]))
    assert needed - given <= ({"tabulate", "humanfriendly"} if "snakemake" in given else set())


def test_every_script_has_an_environment() -> None:
    assert set(ENVIRONMENTS) == {path.stem for path in (ROOT / "scripts").glob("*.py")}


@pytest.mark.parametrize("definition", ["Dockerfile", "mnemo.def"])
def test_a_container_has_what_the_requirements_list_and_nothing_else(definition: str) -> None:
    text = (ROOT / definition).read_text()
    (version,) = re.findall(r"^(?:FROM |From: )python:(3\.\d+)-slim$", text, re.M)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert Version(version) in SpecifierSet(project["requires-python"])
    # The conda environments are those of the same Python.
    for environment in set(ENVIRONMENTS.values()):
        listed = yaml.safe_load((ROOT / "envs" / f"{environment}.yaml").read_text())
        assert f"python ={version}" in listed["dependencies"]
    (installed,) = re.findall(r"\bpip install (.*)", text)
    options, _, file = installed.partition(" -r ")
    assert file == "/requirements.txt"
    assert set(options.split()) == {"--no-cache-dir", "--disable-pip-version-check"}
    assert not re.search(r"\b(apt|apt-get|curl|wget|git|http|https)\b", text)


def test_a_container_is_built_of_the_requirements_alone() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored == ["*", "!requirements.txt"]
