"""The schemas of the public tables are cheap to read."""

import os
import subprocess
import sys

from tests.support.paths import SCRIPTS


def test_reading_the_schemas_loads_no_deep_learning_library() -> None:
    """A small job merges each table, and asks for less memory than PyTorch takes."""
    code = (
        "import sys; from mnemo.results import registry, schemas; "
        "[schemas.of(name) for name in registry.RESULTS]; "
        "loaded = {'torch', 'tensorflow', 'dlib'} & {*sys.modules}; assert not loaded, loaded"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
