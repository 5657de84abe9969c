"""Compound scaling of a run's baseline: the constants, and the family that follows from them."""

from collections.abc import Sequence

from mbscale.results.family_plot import plot_family
from mbscale.results.files import replace_file
from mbscale.results.rows import write_rows
from mbscale.results.run_folder import make_folder
from mbscale.results.scaling_plot import plot_scaling
from mbscale.search.designs import require_search_space
from mbscale.search.execution.executors import open_executor
from mbscale.search.scaling.constants_yaml import read_scaling, write_scaling
from mbscale.search.scaling.find_constants import ScalingOutcome, run_scaling
from mbscale.search.scaling.rounds import ScalingTask, plan_rounds
from mbscale.search.scaling.rows import FamilyRow, ScalingRow, family_rows, scaling_rows
from mbscale.space import family as families
from mbscale.space.candidates import find_candidates
from mbscale.space.family import Family
from mbscale.space.network import Network
from mbscale.space.network_yaml import format_network
from mbscale.space.published import load_network
from mbscale.steps.progress import report
from mbscale.steps.run import Run


def scale(run: Run) -> ScalingOutcome:
    """The constants of the run's baseline; writes scaling.csv, scaling.yaml and scaling.png.

    Raises ArchitectureError where the folder holds no baseline, and KeyboardInterrupt after
    Ctrl-C or SIGTERM, with everything saved.
    """
    require_search_space(run.task.space)
    config = run.config
    outcome = _train(run, make_scaling_task(run, load_network(str(run.folder.baseline))))
    grid, rows = config.scale.candidates, scaling_rows(outcome)
    write_rows(run.folder.scaled, rows, ScalingRow)
    write_scaling(run.folder.constants, outcome)
    plot_scaling(run.folder.scaled_figure, rows, target_ratio=grid.multiple**grid.phi_search)
    _note(run, (*outcome.messages, outcome.comparison.statement))
    return outcome


def _train(run: Run, task: ScalingTask) -> ScalingOutcome:
    settings, proxy = run.config.scale, run.config.proxy.as_training()
    found = find_candidates(task.baseline, settings.candidates)
    n_candidates = min(len(found.candidates), settings.max_candidates)
    n_trainings = sum(plan_rounds(n_candidates, settings)) + settings.n_confirmations
    with (
        report(run.progress, "scale", total=n_trainings) as counter,
        open_executor(run.config.search) as executor,
    ):
        return run_scaling(
            task,
            run.make_evaluator(executor, proxy),
            run.open_evaluations(proxy),
            executor=executor,
            n_retries=run.config.search.max_retries,
            on_evaluation=counter.count,
        )


def make_scaling_task(run: Run, baseline: Network) -> ScalingTask:
    """What is asked of scaled networks of a baseline in this run."""
    config = run.config
    return ScalingTask(
        baseline=baseline,
        settings=config.scale,
        proxy_resolution=run.proxy_resolution,
        epochs=config.proxy.training.epochs,
        seed=config.seed,
        source_resolution=run.source_resolution,
    )


def make_family(run: Run) -> Family:
    """The family of the run's baseline; writes one YAML file per member, a table and a figure."""
    baseline = load_network(str(run.folder.baseline))
    constants = read_scaling(run.folder.constants).constants
    family = families.make_family(baseline, constants, run.config.family)
    make_folder(run.folder.family)
    for index, member in enumerate(family.members):
        provenance = {"phi": member.phi, "baseline": baseline.name}
        replace_file(run.folder.member(index), format_network(member.network, provenance))
    rows = family_rows(family)
    plot_family(run.folder.family_figure, rows)
    # Last, because status takes it for the end of the run.
    write_rows(run.folder.family_table, rows, FamilyRow)
    _note(run, family.warnings)
    return family


def _note(run: Run, messages: Sequence[str]) -> None:
    for message in messages:
        run.progress.note(message)
