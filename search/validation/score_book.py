"""What proxies said of networks, kept in a file, so that nothing is measured twice."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.fingerprint import fingerprint
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.results.rows import read_rows, write_rows
from mbscale.space.architecture import Architecture
from mbscale.space.blocks import canonical_key


@dataclass(frozen=True, slots=True)
class Score:
    """One network, judged once by one proxy.

    ``fingerprint`` says by which settings. ``core_seconds`` are CPU time. ``epochs`` holds
    the accuracy after each epoch, where it was watched, in one text. ``accuracy`` and
    ``log_loss`` are None where the training failed, and where the proxy has a ``score`` instead.
    """

    fingerprint: str
    proxy: str
    key: str
    seed: int
    accuracy: float | None
    log_loss: float | None
    seconds: float
    core_seconds: float
    epochs: str
    reason: str
    score: float | None = None

    @property
    def merit(self) -> float | None:
        """What orders the networks: the accuracy, or the score; None where it failed."""
        return self.accuracy if self.score is None else self.score

    @property
    def course(self) -> tuple[float, ...]:
        """The accuracy after each epoch; empty where it was not watched."""
        return tuple(float(word) for word in self.epochs.split())


class ScoreBook:
    """The scores in a CSV file; each is on disk as soon as it is known."""

    def __init__(self, path: Path) -> None:
        self._path = path
        rows = read_rows(path, Score) if path.exists() else ()
        self._scores = {(row.fingerprint, row.key, row.seed): row for row in rows}

    def find(self, mark: str, key: str, seed: int) -> Score | None:
        """The score of these settings, this network and this seed, where it is known."""
        return self._scores.get((mark, key, seed))

    def add(self, score: Score) -> None:
        """Keep a score."""
        self._scores[score.fingerprint, score.key, score.seed] = score
        write_rows(self._path, tuple(self._scores.values()), Score)


# Between the seeds of one network.
_MOST_NETWORKS = 1000


def measure_networks(
    book: ScoreBook,
    proxy: tuple[str, ProxySettings],
    networks: Sequence[Architecture],
    *,
    n_seeds: int,
    first_seed: int = 0,
    on_score: Callable[[Score, int], None],
) -> tuple[tuple[Score, ...], ...]:
    """Scores by network and seed; what the book holds is not measured again.

    No seed is shared with networks that are measured from a ``first_seed`` far away.
    ``on_score`` gets each new score and how many are known with it. The first seed is
    watched after every epoch, so its seconds hold the watching too, where there are others.
    """
    name, settings = proxy
    # A table needs no images, and may lie where there are none.
    dataset = None if settings.evaluator == "table" else load_dataset(settings.data)
    mark = fingerprint(settings, dataset)
    evaluate = None
    table: list[tuple[Score, ...]] = []
    for index, architecture in enumerate(networks):
        row: list[Score] = []
        for repeat in range(n_seeds):
            # Seeds are not shared between networks, as in a search.
            seed = first_seed + _MOST_NETWORKS * repeat + index
            known = book.find(mark, canonical_key(architecture), seed)
            if known is None:
                evaluate = evaluate or make_evaluator(settings, dataset)
                known = _measure(
                    evaluate,
                    architecture,
                    mark=mark,
                    name=name,
                    seed=seed,
                    is_watched=repeat == 0,
                )
                book.add(known)
                on_score(known, 1 + index * n_seeds + repeat)
            row.append(known)
        table.append(tuple(row))
    return tuple(table)


def _measure(
    evaluate: Evaluator,
    architecture: Architecture,
    *,
    mark: str,
    name: str,
    seed: int,
    is_watched: bool,
) -> Score:
    course: list[float] = []

    def watch(_: int, accuracy: float) -> bool:
        course.append(accuracy)
        return False

    start = time.process_time()
    result = evaluate(architecture, seed=seed, on_epoch=watch if is_watched else None)
    return Score(
        fingerprint=mark,
        proxy=name,
        key=canonical_key(architecture),
        seed=seed,
        accuracy=result.accuracy,
        log_loss=result.log_loss,
        seconds=result.seconds,
        core_seconds=time.process_time() - start,
        epochs=" ".join(f"{accuracy:.6g}" for accuracy in course),
        reason=result.reason,
        score=result.score,
    )
