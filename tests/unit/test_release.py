"""A release: its number stands in one place, and every other place agrees with it."""

import re
import tomllib

import yaml
from tests.support.paths import ROOT

from mnemo.version import __version__


def test_the_number_of_a_release_is_the_same_everywhere() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    releases = re.findall(r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$", changes, re.M)
    assert releases[0] == __version__
    assert len(set(releases)) == len(releases)
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == __version__
    # What packages Mnemo reads it from the code.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    (source,) = project["tool"]["setuptools"]["dynamic"]["version"].values()
    assert source == "mnemo.version.__version__"
