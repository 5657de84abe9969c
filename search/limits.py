"""What a search should tell of itself: a split that is too small."""

from collections.abc import Sequence

import numpy as np

from mbscale.results.record import Record
from mbscale.search.statistics import binomial_error


def describe_noise(records: Sequence[Record], *, n_images: int) -> list[str]:
    """A sentence when accuracies spread no more than twice the error of counting them."""
    found = [record.accuracy for record in records if record.state == "complete"]
    accuracies = np.array([accuracy for accuracy in found if accuracy is not None])
    if len(accuracies) < 3:
        return []
    spread = float(accuracies.std(ddof=1))
    error = binomial_error(float(accuracies.mean()), n_images)
    if spread > 2 * error:
        return []
    return [
        f"the selection split of {n_images:,} images is small for this search: accuracies spread "
        f"by {100 * spread:.2f} points, and counting alone errs by {100 * error:.2f}; raise "
        "proxy.data.n_selection or widen the space"
    ]
