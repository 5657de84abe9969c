"""Which short training orders networks as long training does: ``recipe.py --help``.

Networks with recorded accuracies are trained by variants of one recipe, each of which
changes one thing. Every training is appended to a CSV, and what is there is not trained
again; ``recipe_report.py`` makes the table.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from recipe_networks import Recorded, draw_strata, read_table
from recipe_training import Course, Trainer

from mbscale.config import RunConfig, change_proxy, load_run_config
from mbscale.errors import MbscaleError
from mbscale.proxy.images.dataset import load_dataset


@dataclass(frozen=True, slots=True)
class Row:
    """One training; scores after each epoch stand in one text."""

    variant: str
    key: str
    seed: int
    recorded: float
    macs: int
    params: int
    accuracies: str
    log_losses: str
    averaged_accuracy: float | None
    averaged_log_loss: float | None
    image_macs: int
    core_seconds: float


def train_all(
    config: RunConfig,
    changes: dict[str, list[str]],
    networks: list[Recorded],
    done: set[str],
    *,
    first_seed: int,
    is_brief: bool,
) -> Iterator[Row]:
    """A row for each variant and network that is not done, as soon as it is trained."""
    for name, changed in changes.items():
        proxy = change_proxy(config.proxy, changed, name=name)
        waiting = [one for one in networks if f"{name} {one.key}" not in done]
        if not waiting:
            continue
        trainer = Trainer(proxy, load_dataset(proxy.data), is_brief=is_brief)
        for network in waiting:
            seed = first_seed + networks.index(network)
            yield to_row(name, network, seed, trainer.train(network.architecture, seed=seed))


def to_row(name: str, network: Recorded, seed: int, course: Course) -> Row:
    """The row of one training."""
    return Row(
        variant=name,
        key=network.key,
        seed=seed,
        recorded=network.accuracy,
        macs=network.macs,
        params=network.params,
        accuracies=" ".join(f"{score.accuracy:.5f}" for score in course.scores),
        log_losses=" ".join(f"{score.log_loss:.5f}" for score in course.scores),
        averaged_accuracy=course.averaged and course.averaged.accuracy,
        averaged_log_loss=course.averaged and course.averaged.log_loss,
        image_macs=course.image_macs,
        core_seconds=course.core_seconds,
    )


def read_done(path: Path) -> set[str]:
    """Variant and network of each row of the file."""
    if not path.exists():
        return set()
    with path.open(encoding="utf-8", newline="") as file:
        return {f"{row['variant']} {row['key']}" for row in csv.DictReader(file)}


def append(path: Path, row: Row) -> None:
    """Add one row; a new file gets its header first."""
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow([column.name for column in fields(Row)])
        writer.writerow(astuple(row))


def parse_variant(text: str) -> tuple[str, list[str]]:
    """``name:key=value;key=value`` in parts; the keys are those below ``proxy``."""
    name, _, changes = text.partition(":")
    return name, [change for change in changes.split(";") if change]


def main() -> int:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description="Short trainings of recorded networks.")
    parser.add_argument("--config", type=Path, help="YAML with target and proxy")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--csv", type=Path, required=True, help="every training is added here")
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--every", type=int, default=1, help="train every n-th of them only")
    parser.add_argument("--first-seed", type=int, default=0, help="of the first network drawn")
    parser.add_argument("--brief", action="store_true", help="score the end of each alone")
    parser.add_argument("--low", type=float, default=0.0, help="fewest MACs")
    parser.add_argument("--high", type=float, default=float("inf"), help="most MACs")
    parser.add_argument("--sample-seed", type=int, default=0)
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME:KEY=VALUE;…",
        help="a recipe and what it changes; none: the configured one",
    )
    options = parser.parse_args()
    try:
        config = load_run_config(options.config, options.set)
        networks = draw_strata(
            read_table(options.table, config.target),
            options.networks,
            low=options.low,
            high=options.high,
            seed=options.sample_seed,
        )
        changes = dict(map(parse_variant, options.variant or ["configured"]))
        chosen = networks[:: options.every]
        for row in train_all(
            *(config, changes, chosen, read_done(options.csv)),
            first_seed=options.first_seed,
            is_brief=options.brief,
        ):
            append(options.csv, row)
            print(row, flush=True)
    except MbscaleError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
