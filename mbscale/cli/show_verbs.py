"""The verb profile: what an architecture or a space costs."""

import argparse
from pathlib import Path

import numpy as np

from mbscale.cli.arguments import Verbs, add_architecture_flag, add_verb
from mbscale.cli.console import Cell, format_seconds, print_json, print_table
from mbscale.config import RunConfig, load_run_config
from mbscale.errors import ConfigError
from mbscale.search.run_estimate import estimate_run
from mbscale.search.task import SearchTask
from mbscale.space.cost_range import find_member
from mbscale.space.cost_table import CostTable
from mbscale.space.costs import COSTS, count_costs, tabulate_cost
from mbscale.space.counters import audit_counters
from mbscale.space.network import Target
from mbscale.space.published import load_network
from mbscale.space.search_space import SearchSpace, load_search_space
from mbscale.space.space_size import count_networks, count_vectors


def add_verbs(verbs: Verbs) -> None:
    """Profile."""
    parser = add_verb(verbs, "profile", profile)
    add_architecture_flag(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="profile its search space")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")


def profile(options: argparse.Namespace) -> int:
    """The exact cost of one network, or the size of a space and what its members cost."""
    if (options.architecture is None) == (options.config is None):
        msg = "profile takes either --architecture NAME or --config FILE"
        raise ConfigError(msg)
    if options.architecture is not None:
        title, document = "Cost of one image", describe_network(options.architecture)
    else:
        config = load_run_config(options.config, options.overrides)
        title, document = f"Space {config.space}", describe_space(config)
    if options.json:
        print_json(document)
        return 0
    rows = [(name, _show(name, value)) for name, value in document.items()]
    print_table(title, ("what", "value"), rows)
    return 0


def _show(name: str, value: Cell) -> Cell:
    if name.endswith("seconds") and isinstance(value, float):
        return format_seconds(value)
    return value


def describe_network(name: str) -> dict[str, Cell]:
    """Our counts of a network, and what two other counters say, with the reason."""
    network = load_network(name)
    audit = audit_counters(network)
    return {
        "name": network.name,
        "resolution": network.target.resolution,
        "num_classes": network.target.num_classes,
        **count_costs(network.architecture, network.target),
        "flop_counter_macs": audit.flop_counter_macs,
        "flop_counter_reason": audit.flop_counter_reason,
        "thop_macs": audit.thop_macs,
        "thop_params": audit.thop_params,
        "thop_reason": audit.thop_reason,
    }


def describe_space(config: RunConfig) -> dict[str, Cell]:
    """Exact size and costs of a space, and whether a member is within a tenth of the target."""
    space, target = load_search_space(config.space), config.search.objective.target_macs
    table = CostTable(space, config.target)
    rng = np.random.default_rng(config.seed)
    member = find_member(table, low=0.9 * target, high=1.1 * target, rng=rng)
    return {
        "vectors": count_vectors(space),
        "networks": count_networks(space),
        **_describe_ranges(space, config.target),
        "target_macs": int(target),
        "can_meet_target": "yes" if member is not None else "no member found",
        **describe_estimate(config),
    }


def _describe_ranges(space: SearchSpace, target: Target) -> dict[str, Cell]:
    ranges = {name: tabulate_cost(name, space, target).find_range() for name in COSTS}
    return {
        f"{bound}_{name}": value
        for name, found in ranges.items()
        for bound, value in zip(("smallest", "largest"), found, strict=True)
    }


def describe_estimate(config: RunConfig) -> dict[str, Cell]:
    """Seconds of a trial and of each stage, from timed steps."""
    task = SearchTask(load_search_space(config.space), config.target, config.search, config.seed)
    estimate = estimate_run(task, config.proxy, config.confirm, config.scale)
    return {
        "trial_seconds": estimate.trial,
        "trial_at_target_seconds": estimate.target_trial,
        "search_seconds": estimate.search,
        "confirm_seconds": estimate.confirm,
        "scale_seconds": estimate.scale,
        "total_seconds": estimate.total,
    }
