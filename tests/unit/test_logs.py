"""A job's log holds all that the job reports."""

import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def test_a_log_is_utf_8_in_any_language_and_with_any_file_name(tmp_path: Path) -> None:
    code = (
        "import logging, os, sys; from mnemo import logs; logs.to(sys.argv[1]);"
        r"logging.info('Fr\u00e9chet of %s', os.fsdecode(b'caf\xe9.png'))"
    )
    # Python itself takes UTF-8 in the language C, unless it is asked not to.
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "log"],
        env={"PYTHONPATH": str(ROOT / "scripts"), **ascii_only},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Logging error" not in done.stderr
    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert written.endswith("Fréchet of caf\\udce9.png\n")
