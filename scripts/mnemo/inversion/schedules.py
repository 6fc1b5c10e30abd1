"""How fast a latent moves in each step of its optimisation, and by how much it is disturbed."""

from dataclasses import dataclass
from math import cos, pi


@dataclass(frozen=True)
class Schedule:
    """Ramps over an optimisation, of the learning rate and of noise that is added to the latent.

    Progress is the share of the steps that are done, from 0 to below 1.

    Attributes:
        rate: The learning rate between its ramps.
        rampup: Progress until which the learning rate rises linearly.
        rampdown: Share of the optimisation, at its end, in which it falls to 0 as a cosine.
        noise: Standard deviation of the added noise at the start, in multiples of the latents'.
        noise_ramp: Progress until which that noise falls to 0, as a square.
    """

    rate: float
    rampup: float = 0.0
    rampdown: float = 0.0
    noise: float = 0.0
    noise_ramp: float = 1.0

    def rate_at(self, progress: float) -> float:
        """Compute the learning rate (NVlabs/stylegan2-ada-pytorch, projector.py)."""
        left = min(1.0, (1 - progress) / self.rampdown) if self.rampdown else 1.0
        begun = min(1.0, progress / self.rampup) if self.rampup else 1.0
        return self.rate * (0.5 - 0.5 * cos(pi * left)) * begun

    def noise_at(self, progress: float) -> float:
        """Compute the noise's standard deviation, in multiples of the latents' (the same file)."""
        return self.noise * max(0.0, 1 - progress / self.noise_ramp) ** 2


#: NVIDIA's projector (Karras et al. 2020, appendix D; NVlabs/stylegan2-ada-pytorch, projector.py).
PROJECTOR = Schedule(rate=0.1, rampup=0.05, rampdown=0.25, noise=0.05, noise_ramp=0.75)
#: Image2StyleGAN (Abdal et al. 2019): a constant learning rate, for 5,000 steps.
IMAGE2STYLEGAN = Schedule(rate=0.01)
#: In w_plus, ten times that, with the projector's ramps: nearer to the image after 1,000 steps.
W_PLUS = Schedule(rate=0.1, rampup=0.05, rampdown=0.25)
#: In z, the learning rate of Bora et al. 2017 (AshishBora/csgm), with the projector's ramps.
Z = Schedule(rate=0.1, rampup=0.05, rampdown=0.25)
#: Schedules that a study may ask for, instead of that of the space.
NAMED = {"image2stylegan": IMAGE2STYLEGAN}
