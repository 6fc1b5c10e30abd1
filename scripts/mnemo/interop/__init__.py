"""Reading and writing other programs' files of directions, latents and scores.

docs/interop.md has examples.
"""

from mnemo.interop.contents import Space as Space
from mnemo.interop.directions import Direction as Direction
from mnemo.interop.directions import read_direction as read_direction
from mnemo.interop.export import write_boundary as write_boundary
from mnemo.interop.export import write_interfacegan as write_interfacegan
from mnemo.interop.latents import Latents as Latents
from mnemo.interop.latents import read_latents as read_latents
from mnemo.interop.latents import read_scores as read_scores
