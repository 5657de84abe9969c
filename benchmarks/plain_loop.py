"""The training loop of a first version, beside which ``throughput.py`` times mbscale's."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from mbscale.proxy.images.augment import Normalization
from mbscale.proxy.images.labeled_images import Split


class PlainImages(TorchDataset[tuple[Tensor, Tensor]]):
    """One image at a time: shifted, mirrored, normalized, three channels."""

    def __init__(self, split: Split, normalization: Normalization, padding: int) -> None:
        self._images = torch.from_numpy(split.images).permute(0, 3, 1, 2).contiguous()
        self._labels = torch.from_numpy(split.labels)
        self._mean = normalization.mean.cpu()[:, None, None]
        self._std = normalization.std.cpu()[:, None, None]
        self._padding = padding

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = self._images[index]
        side = image.shape[1]
        padded = functional.pad(image, (self._padding,) * 4)
        row, column = torch.randint(2 * self._padding + 1, (2,)).tolist()
        image = padded[:, row : row + side, column : column + side]
        if torch.rand(()) < 0.5:
            image = image.flip(2)
        return ((image - self._mean) / self._std).expand(3, -1, -1), self._labels[index]


def train_plainly(
    model: nn.Module,
    images: PlainImages,
    *,
    batch_size: int,
    rate: float,
    device: torch.device,
    n_loaders: int = 0,
) -> None:
    """One epoch of the plain loop; without loaders it reads the images itself."""
    model.train()
    optimizer = AdamW(model.parameters(), lr=rate)
    loader = DataLoader(
        images, batch_size=batch_size, shuffle=True, drop_last=True, num_workers=n_loaders
    )
    for batch, labels in loader:
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(batch.to(device)), labels.to(device))
        torch.autograd.backward(loss)
        optimizer.step()
