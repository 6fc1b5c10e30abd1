"""3x3 convolutions by Winograd's minimal filtering, with a quarter of the multiplications.

Lavin & Gray 2016, F(4x4, 3x3): each tile of 4x4 outputs is computed from 6x6 inputs. Their points
0, +-1 and +-2 would double the rounding errors of the points used here (see Barabasz et al. 2020),
whose powers are all exact in binary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

#: Height and width of a tile of outputs, and of the inputs that it depends on.
TILE, REACH = 4, 6
#: The polynomials are evaluated at 0, +-A, +-B and infinity.
A, B = 3 / 4, 3 / 2
#: Number of products summed at once. Rounding errors grow with it: with 512, the largest error
#: exceeds 1e-5 in outputs of variance 1.
TERMS = 64


def kernel(weight: Tensor) -> Tensor:
    """Transform a convolution's weights.

    Args:
        weight: (outputs, inputs, 3, 3), as for `torch.nn.functional.conv2d`.

    Returns:
        (36, inputs, outputs), of the same type.
    """
    points = torch.tensor([0, A, -A, B, -B], dtype=torch.float64)
    differences = points[:, None] - points + torch.eye(len(points))
    rows = points[:, None] ** torch.arange(3) / differences.prod(1, keepdim=True)
    g = torch.cat([rows, torch.tensor([[0.0, 0.0, 1.0]])]).to(weight.device)
    transformed = torch.einsum("ip,oxpq,jq->ijxo", g, weight.double(), g)
    return transformed.flatten(0, 1).to(weight.dtype).contiguous()


def convolve(x: Tensor, transformed: Tensor) -> Tensor:
    """Convolve without padding.

    Args:
        x: (n, inputs, height + 2, width + 2), channels last; height and width are multiples of 4.
        transformed: Weights transformed by `kernel`.

    Returns:
        (n, outputs, height, width), channels last.
    """
    n, inputs, height, width = x.shape
    height, width = height - 2, width - 2
    tiles = (n, height // TILE, width // TILE)
    outputs = transformed.shape[2]
    x = x.permute(0, 2, 3, 1)
    rows = x.new_empty(REACH, n, tiles[1], width + 2, inputs)
    _spread([x[:, k : k + height - 3 : TILE] for k in range(REACH)], rows.unbind(0))
    both = x.new_empty(REACH, REACH, *tiles, inputs)
    _spread([rows[..., k : k + width - 3 : TILE, :] for k in range(REACH)], both.unbind(1))
    both = both.view(REACH**2, -1, inputs)
    product = torch.bmm(both[..., :TERMS], transformed[:, :TERMS])
    for k in range(TERMS, inputs, TERMS):
        product.baddbmm_(both[..., k : k + TERMS], transformed[:, k : k + TERMS])
    product = product.view(REACH, REACH, *tiles, outputs)
    columns = x.new_empty(REACH, *tiles[:2], width, outputs)
    _gather(product.unbind(1), [columns[..., k::TILE, :] for k in range(TILE)])
    y = x.new_empty(n, height, width, outputs)
    _gather(columns.unbind(0), [y[:, k::TILE] for k in range(TILE)])
    return y.permute(0, 3, 1, 2)


def _spread(x: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Transform six inputs along one axis into `out`."""
    for number, (point, other) in enumerate(((A, B), (B, A))):
        even = torch.sub(x[4], x[2], alpha=other**2)
        odd = torch.sub(x[3], x[1], alpha=other**2)
        torch.add(even, odd, alpha=point, out=out[2 * number + 1])
        torch.sub(even, odd, alpha=point, out=out[2 * number + 2])
    for first, result in ((0, out[0]), (1, out[5])):
        torch.sub(x[first + 4], x[first + 2], alpha=A**2 + B**2, out=result)
        result.add_(x[first], alpha=(A * B) ** 2)


def _gather(x: Sequence[Tensor], out: Sequence[Tensor]) -> None:
    """Transform six products along one axis into four outputs, `out`."""
    even = x[1] + x[2], x[3] + x[4]
    odd = x[1] - x[2], x[3] - x[4]
    torch.add(even[0], even[1], out=out[0]).add_(x[0])
    for power, parts in ((1, odd), (2, even), (3, odd)):
        torch.mul(parts[0], A**power, out=out[power]).add_(parts[1], alpha=B**power)
    out[3].add_(x[5])
