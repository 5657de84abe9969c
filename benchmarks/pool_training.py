"""What short trainings add to a score, where only recorded networks may be proposed.

``python benchmarks/pool_training.py ../shared/data/accel_nasbench.csv``. A repeat has a random
half of the recorded networks of a MAC band, as in ``pool_bands.py``. All searches know the same
twelve random networks; then each proposes and trains one network a round. A trained network is
kept in the book, a CSV file with one line each, and is used again by every other search, so a
run that was stopped goes on. Nothing but the last column of each table sees ImageNet.
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
from pool_bands import BANDS, add_ranks, measure_synflow
from pool_search import PICKS, InOrder, Pool, Search, Surrogate
from stage_score import Floats, Table, measure, read_table

from mbscale.config import load_run_config
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.fingerprint import fingerprint
from mbscale.proxy.settings import ProxySettings
from mbscale.search.choice_space import describe_space
from mbscale.search.validation.agreement import compare, kendall, partial_tau
from mbscale.search.validation.score_book import Score, ScoreBook
from mbscale.space.blocks import canonical_key
from mbscale.space.encoding import encode
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

WAYS = ("surrogate", "surrogate with stages", "in order of stages", "random")
_N_KNOWN = 4
_ORDER_SEED = 1000


class Trainer:
    """Qualities of trained networks; what the book holds is not trained again."""

    def __init__(self, table: Table, settings: ProxySettings, path: Path, most: int) -> None:
        self._keys = [canonical_key(one.architecture) for one in table.networks]
        self._table, self._settings, self._left = table, settings, most
        self._mark, self._book = fingerprint(settings), ScoreBook(path)
        self._evaluate = make_evaluator(settings)

    def find(self, place: int) -> Score | None:
        """What the book says of a network."""
        return self._book.find(self._mark, self._keys[place], 0)

    def train(self, place: int) -> float | None:
        """``exp(-log loss)``; None where the trainings of this call are used up."""
        known = self.find(place)
        if known is None:
            if not self._left:
                return None
            self._left -= 1
            known = self._measure(place)
            self._book.add(known)
        assert known.log_loss is not None
        return math.exp(-known.log_loss)

    def _measure(self, place: int) -> Score:
        start = time.process_time()
        found = self._evaluate(self._table.networks[place].architecture, seed=0)
        return Score(
            fingerprint=self._mark,
            proxy="train",
            key=self._keys[place],
            seed=0,
            accuracy=found.accuracy,
            log_loss=found.log_loss,
            seconds=found.seconds,
            core_seconds=time.process_time() - start,
            epochs="",
            reason=found.reason,
        )


@dataclass(frozen=True, slots=True)
class Repeat:
    """One search of one band."""

    way: str
    band: int
    search: Search


def make_pools(table: Table, *, n_repeats: int) -> list[list[Pool]]:
    """Pools by band and repeat."""
    space = load_search_space("accel_nasbench")
    choices = describe_space(space, Target(resolution=224, num_classes=1000))
    vectors = np.array([encode(space, one.architecture) for one in table.networks])
    stages = measure(table, 0.25)
    pools: list[list[Pool]] = []
    for low, high in BANDS:
        place = np.flatnonzero((low <= table.macs) & (table.macs < high))
        halves = [
            np.random.default_rng(seed).permutation(place)[: len(place) // 2]
            for seed in range(n_repeats)
        ]
        pools.append([Pool(table, choices, vectors, stages, half) for half in halves])
    return pools


def make_repeat(
    way: str, band: int, seed: int, pool: Pool, known: tuple[list[int], list[float]], orders: Floats
) -> Repeat:
    """A search that knows the starters."""
    if way.startswith("surrogate"):
        is_scored = way != "surrogate"
        return Repeat(way, band, Surrogate(pool, *known, seed=seed, is_scored=is_scored))
    worth = orders if way == "random" else pool.stages
    return Repeat(way, band, InOrder(pool, *known, np.argsort(-worth, kind="stable").tolist()))


def run_rounds(
    repeats: Sequence[Repeat], trainer: Trainer, *, n_rounds: int, show: Callable[[int], None]
) -> int:
    """One network more for every search, round after round; the number of whole rounds."""
    for n_done in range(n_rounds):
        for one in repeats:
            place = one.search.propose()
            quality = trainer.train(place)
            if quality is None:
                return n_done
            one.search.tell(place, quality)
        show(n_done + 1)
    return n_rounds


def report_untrained(pools: list[list[Pool]], synflow: Floats) -> None:
    """Print what is picked without training."""
    print("band | chosen by | regret, mean (lowest to highest)")
    for (low, high), of_band in zip(BANDS, pools, strict=True):
        worths: dict[str, Callable[[Pool], Floats]] = {
            "`stages`": lambda pool: pool.stages[pool.place],
            "parameters and SynFlow": lambda pool: add_ranks(
                pool.table.params[pool.place], synflow[pool.place]
            ),
            "most parameters": lambda pool: pool.table.params[pool.place],
        }
        for name, worth in worths.items():
            regrets = [one.measure_regret(one.place[worth(one).argmax()]) for one in of_band]
            print(f"{low / 1e6:.0f}-{high / 1e6:.0f} M", name, _describe(regrets), sep=" | ")


def report_searches(repeats: Sequence[Repeat], trainer: Trainer, n_rounds: int) -> None:
    """Print the regrets of what each way picks at last, and of the best that it trained."""
    print(f"\nAfter {n_rounds} proposals a search, mean regret (lowest to highest)")
    print("band | way", *PICKS, "best of the trained", "core-seconds a search", sep=" | ")
    for band, (low, high) in enumerate(BANDS):
        for way in dict.fromkeys(one.way for one in repeats):
            found = [one.search for one in repeats if (one.way, one.band) == (way, band)]
            cells = [
                _describe([one.pool.measure_regret(pick(one)) for one in found])
                for pick in PICKS.values()
            ]
            best = [
                min(one.pool.measure_regret(p) for p in one.trained if p in one.pool.place)
                for one in found
            ]
            seconds = [
                sum(score.core_seconds for p in one.trained if (score := trainer.find(p)))
                for one in found
            ]
            cells += [_describe(best), f"{np.mean(seconds):.0f}"]
            print(f"{low / 1e6:.0f}-{high / 1e6:.0f} M", way, *cells, sep=" | ", flush=True)


def report_evidence(pools: list[list[Pool]], trainer: Trainer) -> None:
    """Print what training knows of ImageNet, alone and beyond ``stages``."""
    table, stages = pools[0][0].table, pools[0][0].stages
    known = {place: score for place in range(len(stages)) if (score := trainer.find(place))}
    print("\nnetworks | trained | tau of training | interval | tau of `stages` | beyond `stages`")
    for band in (None, *BANDS):
        low, high = band or (0.0, math.inf)
        place = np.array([p for p in known if low <= table.macs[p] < high], dtype=np.int64)
        if len(place) < 8:
            continue
        quality = np.array([-(known[p].log_loss or 0.0) for p in place.tolist()])
        accuracy = table.accuracy[place]
        found = compare(quality[:, None], accuracy, seed=0)
        beyond = partial_tau(quality, accuracy, stages[place])
        print(
            "all" if band is None else f"{low / 1e6:.0f}-{high / 1e6:.0f} M",
            len(place),
            f"{found.tau:.2f} | {found.tau_low:.2f} to {found.tau_high:.2f}",
            f"{kendall(stages[place], accuracy):.2f} | {beyond or 0.0:.2f}",
            sep=" | ",
        )
    seconds = [one.core_seconds for one in known.values()]
    print(f"{len(known)} trained, {np.mean(seconds):.1f} core-seconds each, {np.sum(seconds):.0f}")


def _describe(regrets: Sequence[float]) -> str:
    return f"{np.mean(regrets):.2f} ({min(regrets):.2f} to {max(regrets):.2f})"


def main() -> None:
    """Train what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--config", type=Path, default=Path("configs/proxies/pool_training.yaml"))
    parser.add_argument("--book", type=Path, default=Path("runs/pool_training.csv"))
    parser.add_argument("--synflow", type=Path, default=Path("runs/synflow.csv"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=20, help="proposals a search")
    parser.add_argument("--trainings", type=int, default=10**6, help="at most this many, now")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    table = read_table(given.table, low=200e6, high=500e6, resolution=224, classes=1000)
    for path in (given.book, given.synflow):
        path.parent.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(table, load_run_config(given.config).proxy, given.book, given.trainings)
    pools = make_pools(table, n_repeats=given.repeats)
    report_untrained(pools, measure_synflow(table, given.synflow))
    orders = np.random.default_rng(_ORDER_SEED).random(len(table.networks))
    order = np.argsort(-orders, kind="stable")
    starters = [
        int(p)
        for low, high in BANDS
        for p in order[(low <= table.macs[order]) & (table.macs[order] < high)][:_N_KNOWN]
    ]
    qualities = [quality for p in starters if (quality := trainer.train(p)) is not None]
    if len(qualities) < len(starters):
        return
    repeats = [
        make_repeat(way, band, seed, pool, (starters, qualities), orders)
        for way in given.ways
        for band, of_band in enumerate(pools)
        for seed, pool in enumerate(of_band)
    ]
    run_rounds(
        repeats,
        trainer,
        n_rounds=given.rounds,
        show=lambda n: report_searches(repeats, trainer, n),
    )
    report_evidence(pools, trainer)


if __name__ == "__main__":
    main()
