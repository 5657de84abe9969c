"""Where a run stands, from its files alone, while it runs or after."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast, get_args

from mbscale.errors import ConfigError, RunError
from mbscale.results.manifest import read_manifest
from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record, TrialState, find_best
from mbscale.results.run_folder import RunFolder
from mbscale.results.tables import read_records
from mbscale.strict_yaml import read_yaml

Stage = Literal["empty", "search", "confirm", "scale", "family"]

# The file that shows that a stage was reached, latest first.
_MARKS: tuple[tuple[Callable[[RunFolder], Path], Stage], ...] = (
    (lambda folder: folder.family_table, "family"),
    (lambda folder: folder.scaled, "scale"),
    (lambda folder: folder.confirmed, "confirm"),
    (lambda folder: folder.trials, "search"),
)


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What the files of a run say; None stands for what they do not say yet.

    ``stage`` is the latest that has left a file. ``n_evaluated`` counts as ``n_trials`` of the
    settings does: distinct networks that were trained, failures included. ``best`` has the
    highest reward. ``seconds_left`` is for the search alone.
    """

    stage: Stage
    n_trials: int | None
    n_evaluated: int
    counts: Mapping[TrialState, int]
    best: Record | None
    front_size: int
    seconds_per_trial: float | None
    seconds_left: float | None
    started: datetime | None
    updated: datetime | None


def summarize_run(folder: Path) -> RunStatus:
    """The state of a run folder, finished or half-made. Raises ConfigError if there is none."""
    if not folder.is_dir():
        msg = f"{folder} is not a run folder"
        raise ConfigError(msg)
    place = RunFolder(folder)
    records = _read_if_there(place.trials)
    counts = Counter(record.state for record in records)
    n_evaluated = sum(record.is_evaluated for record in records)
    n_trials = _count_wanted(place.config)
    started = _read_start(place.manifest)
    pace = _measure_pace(records, started, _changed([place.trials]))
    stages: list[Stage] = [stage for find, stage in _MARKS if find(place).exists()]
    return RunStatus(
        stage=stages[0] if stages else "empty",
        n_trials=n_trials,
        n_evaluated=n_evaluated,
        counts={state: counts[state] for state in get_args(TrialState)},
        best=find_best(records),
        front_size=len(pareto_records(records)),
        seconds_per_trial=pace,
        seconds_left=_estimate_left(n_trials, n_evaluated, pace),
        started=started,
        updated=_changed(_list_files(folder)),
    )


def _read_if_there(path: Path) -> tuple[Record, ...]:
    records = read_records(path) if path.exists() else ()
    for record in records:
        if record.lacks:
            msg = (
                f"{path}, trial {record.number} is complete and has no {record.lacks}; "
                "mbscale search --resume writes the table again"
            )
            raise RunError(msg)
    return records


def _count_wanted(path: Path) -> int | None:
    if not path.exists():
        return None
    search = read_yaml(path, error=RunError).get("search")
    wanted = cast("dict[str, object]", search).get("n_trials") if isinstance(search, dict) else None
    return wanted if isinstance(wanted, int) else None


def _read_start(path: Path) -> datetime | None:
    return datetime.fromisoformat(read_manifest(path).started) if path.exists() else None


def _measure_pace(
    records: Sequence[Record], started: datetime | None, ended: datetime | None
) -> float | None:
    """Seconds a trial: the smaller of training and wall time.

    With several workers the wall time is the smaller; after a pause and a resume, the training.
    """
    seconds = [record.seconds for record in records if record.seconds is not None]
    if not seconds:
        return None
    training = sum(seconds) / len(seconds)
    if started is None or ended is None:
        return training
    wall = (ended - started).total_seconds() / len(seconds)
    return min(training, wall) if wall > 0 else training


def _estimate_left(
    n_trials: int | None, n_evaluated: int, seconds_per_trial: float | None
) -> float | None:
    if n_trials is None or seconds_per_trial is None:
        return None
    return max(0, n_trials - n_evaluated) * seconds_per_trial


def _list_files(folder: Path) -> list[Path]:
    # Hidden files are those that a running process is about to rename.
    found = [*folder.iterdir(), *folder.glob("family/*")]
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _changed(paths: Sequence[Path]) -> datetime | None:
    times = [path.stat().st_mtime for path in paths if path.exists()]
    return datetime.fromtimestamp(max(times), tz=UTC) if times else None
