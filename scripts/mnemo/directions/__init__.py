"""Directions in latent spaces: hyperplanes, projections of them, learned ones, and files.

```python
from mnemo import assessors, directions, generators

generator = generators.load("biggan-256.pth")
assessor = assessors.load("memnet", "memnet_state_dict.p", "memnet_mean.mat")
learned = directions.learn(generator, assessor, space="z", seed=0, preset="corrected")
learned.normal, learned.scale, learned.curve
```

This module imports nothing heavy: `learn` comes from the package `learning`, which is imported only
when it is used.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "learn":
        return import_module("mnemo.directions.learning.learn").learn
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
