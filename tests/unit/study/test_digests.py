"""An edit of a library module changes the digest of the scripts that import it, and of no other."""

from pathlib import Path

import pytest

from mnemo.study import digests


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library of three modules, a plug-in and a registry, and two scripts."""
    for name, text in {
        "package/__init__.py": "",
        "package/base.py": "x = 1",
        "package/middle.py": "from package import base",
        "package/other.py": "import json",
        "package/plugins/__init__.py": "from package.plugins.registry import KNOWN",
        "package/plugins/registry.py": "KNOWN = {'blue': 'package.plugins.blue'}",
        "package/plugins/blue.py": "import package.base",
        "draw.py": "from package import middle, plugins",
        "count.py": "import package.other",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def after_editing(root: Path, name: str) -> tuple[bool, bool, bool]:
    """Return which digests an edit changes: draw, draw with its plug-in, count."""

    def all_three() -> list[str]:
        digests.forget()
        return [
            digests.of(root, "draw"),
            digests.of(root, "draw", "package.plugins.blue"),
            digests.of(root, "count"),
        ]

    before = all_three()
    (root / name).write_text((root / name).read_text() + "\nedited = True")
    return tuple(a != b for a, b in zip(before, all_three(), strict=True))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("draw.py", (True, True, False)),
        ("count.py", (False, False, True)),
        ("package/base.py", (True, True, False)),
        ("package/middle.py", (True, True, False)),
        ("package/other.py", (False, False, True)),
        ("package/__init__.py", (True, True, True)),
        ("package/plugins/blue.py", (False, True, False)),
        ("package/plugins/registry.py", (False, False, False)),
    ],
)
def test_an_edit_reaches_exactly_the_scripts_that_import_it(
    root: Path, edited: str, changed: tuple[bool, bool, bool]
) -> None:
    assert after_editing(root, edited) == changed


def test_touching_a_file_changes_no_digest(root: Path) -> None:
    before = digests.of(root, "draw")
    digests.forget()
    (root / "package/base.py").touch()
    assert digests.of(root, "draw") == before


SOURCE = '''"""What it is."""
x = "# no comment"  # a comment


def double(x):
    """Double it.

    Args:
        x: A number.
    """
    # Why.
    return 2 * x  # é
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What it is", "What it does"),
        ("Double it.", "Return twice a number; ½ becomes 1."),
        ("# a comment", ""),
        ("    # Why.\n", ""),
        ("\n\n\n", "\n"),
        ("# é", "# ü"),
    ],
)
def test_better_words_change_no_digest(old: str, new: str) -> None:
    assert old in SOURCE
    assert digests.code(SOURCE.replace(old, new)) == digests.code(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("# no comment", "# another"), ("2 * x", "3 * x"), ("def double", "def triple")],
)
def test_another_line_of_code_changes_the_digest(old: str, new: str) -> None:
    assert digests.code(SOURCE.replace(old, new)) != digests.code(SOURCE)


def test_what_is_left_of_a_file_is_its_code() -> None:
    assert digests.code(SOURCE) == 'x = "# no comment"\ndef double(x):\n    return 2 * x'
