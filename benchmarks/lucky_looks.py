"""What one look at the best networks costs a search: ``lucky_looks.py nas_bench_macro.csv``.

A look at a network of NAS-Bench-Macro is one of its three recorded seeds, and the network
with the best look is the one that is picked. The expected regret of a search that has looked
once at each of the ``k`` best networks is exact: a network is picked by a look when no other
network has a better one. Later looks can undo that where a better network has a look that is
better still; the last column lets them always do so, which no search can.
"""

import argparse
from pathlib import Path

import numpy as np

from mbscale.search.choice_space import FloatArray
from mbscale.search.objective import compute_reward
from mbscale.search.settings import ObjectiveSettings
from mbscale.search.tables.table_files import MACRO_CHOICES, MACRO_SEEDS, read_frame
from mbscale.space.nas_bench_macro import canonicalize_macro

# How many of the best are looked at.
COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 20, 40, 100)


def read_looks(path: Path) -> FloatArray:
    """Rewards ``(n, 3)`` of the looks at the distinct networks, 100 times; the best first."""
    _, frame = read_frame(path)
    vectors = frame[list(MACRO_CHOICES)].to_numpy(dtype=np.int64)
    _, first = np.unique(canonicalize_macro(vectors), axis=0, return_index=True)
    macs = frame["flops"].to_numpy(dtype=np.float64)
    objective = ObjectiveSettings(target_macs=float(np.median(macs)))
    seeds = frame[list(MACRO_SEEDS)].to_numpy(dtype=np.float64) / 100
    looks = 100 * np.stack([compute_reward(seed, macs, objective) for seed in seeds.T], axis=1)
    looks = looks[first]
    return np.asarray(looks[np.argsort(-looks.mean(axis=1), kind="stable")])


def expect_regret(looks: FloatArray, *, has_hindsight: bool) -> float:
    """Of one look at each of these networks ``(k, 3)``; the first is the best of the table.

    With hindsight, the best network with a look above the picked one gets that look.
    """
    rewards, luckiest = looks.mean(axis=1), looks.max(axis=1)
    regret = 0.0
    for place, own in enumerate(looks):
        others = np.delete(looks, place, axis=0)
        for look in own:
            is_picked = (others < look).mean(axis=1).prod()
            kept = int((luckiest >= look).argmax()) if has_hindsight else place
            regret += (rewards[0] - rewards[kept]) * is_picked / len(own)
    return regret


def main() -> None:
    """Print a row for each number of networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    looks = read_looks(parser.parse_args().table)
    rewards = looks.mean(axis=1)
    print("networks looked at | the last is below the best by | expected regret | with hindsight")
    for count in COUNTS:
        below = rewards[0] - rewards[count - 1]
        once, later = (expect_regret(looks[:count], has_hindsight=has) for has in (False, True))
        print(f"{count:18d} | {below:29.2f} | {once:15.3f} | {later:.3f}")


if __name__ == "__main__":
    main()
