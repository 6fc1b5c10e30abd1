import os
import subprocess
import sys

from tests.support.paths import SCRIPTS


def test_reading_the_schemas_starts_no_deep_learning_library() -> None:
    """Every table is merged by a small job, which asks for less memory than PyTorch takes."""
    code = (
        "import sys; from mnemo.results import registry, schemas; "
        "[schemas.of(name) for name in registry.RESULTS]; "
        "sys.exit(' '.join({'torch', 'tensorflow', 'dlib'} & {*sys.modules}))"
    )
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, check=True
    )
