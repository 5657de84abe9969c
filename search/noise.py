"""Whether a search follows networks or the luck of its images."""

from collections.abc import Sequence

import numpy as np

from mbscale.results.record import Record
from mbscale.search.statistics import binomial_error

# Below this the networks' own spread is at most 1.7 times the error of counting.
_LEAST_RATIO = 2.0
_LEAST_NETWORKS = 3


def describe_noise(records: Sequence[Record], *, n_images: int) -> list[str]:
    """One sentence with both spreads, and a second where the selection split is too small.

    ``n_images`` is the size of the selection split. Says nothing of fewer than three
    networks. The spread that is seen holds the networks' own, that of seeds and the
    error of counting on so many images.
    """
    complete = [record for record in records if record.state == "complete"]
    accuracies = np.array([one.accuracy for one in complete if one.accuracy is not None])
    if len(accuracies) < _LEAST_NETWORKS:
        return []
    spread = float(accuracies.std(ddof=1))
    error = binomial_error(float(accuracies.mean()), n_images)
    seen = (
        f"accuracies spread by {100 * spread:.2f} points over {len(accuracies)} networks; "
        f"counting on {n_images:,} images alone errs by {100 * error:.2f}"
    )
    if spread >= _LEAST_RATIO * error:
        return [seen]
    advice = (
        "this search follows noise more than networks: raise proxy.data.n_selection or "
        "proxy.training.epochs, or widen the space"
    )
    return [seen, advice]
