"""What Snakemake's catalogue of workflows, and those who find Mnemo there, read."""

import re

import yaml
from tests.support.paths import ROOT

from mnemo.study.mistakes import checked


def test_the_catalogue_finds_all_that_it_asks_for() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"] is True
    assert (ROOT / "workflow" / "Snakefile").is_file()
    readme = (ROOT / "README.md").read_text().lower()
    assert "snakemake" in readme
    assert "workflow" in readme


def test_whoever_deploys_the_workflow_gets_the_default_study_and_its_schema() -> None:
    for name in ("config.yaml", "config.schema.json"):
        assert (ROOT / "config" / name).read_bytes() == (ROOT / name).read_bytes()
    schema = ROOT / "workflow" / "schemas" / "config.schema.json"
    assert schema.read_bytes() == (ROOT / "config.schema.json").read_bytes()


def test_the_study_that_the_instructions_show_is_a_study() -> None:
    told = (ROOT / "config" / "README.md").read_text()
    study = re.search(r"```yaml\n(.*?)```", told, re.S)
    assert study
    assert checked(yaml.safe_load(study[1])).study == "mine"
