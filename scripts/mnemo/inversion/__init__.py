"""Inversion: the latents whose images are the most like given ones, found by optimisation.

```python
from mnemo import generators

generator = generators.load("stylegan2-ffhq-config-f.pkl")
found = generator.invert(images, space="w", steps=1000, seed=0)  # (n, height, width, 3) uint8
found.latents, found.images, found.losses, found.converged
```
"""
