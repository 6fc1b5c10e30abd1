"""Features are read from shards in blocks, alpha by alpha."""

from pathlib import Path

import numpy as np
import pytest

from mnemo import tables
from mnemo.features import table

WRITER = tables.Provenance("demo", "score_images", {"resmem": "8e4b"}, {"seeds": [0, 3]})


@pytest.mark.parametrize("block", [3, 100])
def test_features_come_in_blocks_of_each_alpha(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(table, "_BLOCK", block)
    values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    paths = []
    for number, alpha in enumerate([0.0, 2.0, 0.0, 2.0]):
        paths.append(tmp_path / f"{number}.parquet")
        own = np.arange(5 * number, 5 * number + 5)
        columns = [
            {
                "set": ["eval"] * len(part),
                "edit": ["e"] * len(part),
                "alpha": [alpha] * len(part),
                "image": [f"{seed}" for seed in part],
                "features": tables.lists(values[part]),
            }
            for part in (own[:2], own[2:])
        ]
        tables.write_parts(paths[-1], table.FEATURES, columns, WRITER)
    read = table.read(paths)
    assert list(read) == [0.0, 2.0]
    for alpha, seeds in ((0.0, [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]), (2.0, [*range(5, 10)])):
        keys, blocks = read[alpha]
        assert keys[: len(seeds)] == [f"{seed}" for seed in seeds]
        rows = list(blocks)
        assert max(len(part) for part in rows) <= block
        np.testing.assert_array_equal(np.vstack(rows)[: len(seeds)], values[seeds])
