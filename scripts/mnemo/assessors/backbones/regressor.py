"""A face-recognition network with a head that gives one score, as paper 1 fine-tuned them."""

import torch
from torch import Tensor, nn

from mnemo.assessors.backbones import Layout


class Regressor(nn.Module):
    """A backbone, dropout, and a dense layer with one output (FaceMem, res_hf_drop.py).

    Args:
        backbone: Maps (n, 3, 224, 224) to (n, width).
        width: The number of its outputs.
        layout: Whose it is; kept as an attribute.
        dropout: Probability with which the head ignores an output in training.
    """

    def __init__(
        self,
        backbone: nn.Module,
        width: int,
        layout: Layout,
        dropout: float,
    ):
        super().__init__()
        self.layout = layout
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 1)
        # As Keras initialises a dense layer.
        nn.init.xavier_uniform_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 224, 224), from `backbones.prepare`.

        Returns:
            (n,), in the unit of what the network was trained on.
        """
        features = self.dropout(self.backbone(images))
        # In bfloat16, in which a training's layers may compute, scores would be steps of 0.004.
        with torch.autocast(images.device.type, enabled=False):
            scores: Tensor = self.head(features.float())
        return scores.squeeze(1)
