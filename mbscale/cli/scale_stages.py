"""Stage 2 and the family, from a baseline on disk."""

from mbscale.cli.console import print_note
from mbscale.cli.progress import StageProgress
from mbscale.cli.run_folder import make_folder
from mbscale.cli.stages import Run
from mbscale.proxy.fingerprint import fingerprint
from mbscale.results.family_plot import plot_family
from mbscale.results.files import replace_file
from mbscale.results.rows import write_rows
from mbscale.results.scaling_plot import plot_scaling
from mbscale.search.evaluation_log import EVALUATIONS, EvaluationLog
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.scaling.constants_yaml import read_scaling, write_scaling
from mbscale.search.scaling.find_constants import ScalingOutcome, run_scaling
from mbscale.search.scaling.rounds import ScalingTask, plan_rounds
from mbscale.search.scaling.rows import FamilyRow, ScalingRow, family_rows, scaling_rows
from mbscale.search.study.lock import lock_folder
from mbscale.space.candidates import find_candidates
from mbscale.space.family import Family, make_family
from mbscale.space.network_yaml import format_network
from mbscale.space.published import load_network


def scale_stage(run: Run) -> ScalingOutcome:
    """The constants of the run's baseline; scaling.csv, scaling.yaml and scaling.png."""
    config, path = run.config, run.folder.path
    task = ScalingTask(
        baseline=load_network(str(run.folder.baseline)),
        settings=config.scale,
        proxy_resolution=run.proxy_resolution,
        epochs=config.proxy.training.epochs,
        seed=config.seed,
        source_resolution=run.dataset.resolution,
    )
    found = find_candidates(task.baseline, config.scale.candidates)
    n_candidates = min(len(found.candidates), config.scale.max_candidates)
    n_trainings = sum(plan_rounds(n_candidates, config.scale)) + config.scale.n_confirmations
    with (
        # Two processes would write their evaluations into each other's lines.
        lock_folder(path),
        StageProgress("scale", total=n_trainings, is_quiet=run.is_quiet) as progress,
        open_executor(config.search) as executor,
    ):
        outcome = run_scaling(
            task,
            share_images(executor, config.proxy.as_training(), run.dataset),
            open_evaluations(run),
            executor=executor,
            n_retries=config.search.max_retries,
            on_evaluation=progress.count,
        )
    grid, rows = config.scale.candidates, scaling_rows(outcome)
    write_rows(path / "scaling.csv", rows, ScalingRow)
    write_scaling(run.folder.scaling, outcome)
    plot_scaling(path / "scaling.png", rows, target_ratio=grid.multiple**grid.phi_search)
    for message in (*outcome.messages, outcome.comparison.statement):
        print_note(message)
    return outcome


def open_evaluations(run: Run) -> EvaluationLog:
    """What was trained in the folder; evaluations with another fingerprint do not count."""
    mark = fingerprint(run.config.proxy.as_training(), run.dataset)
    return EvaluationLog(run.folder.path / EVALUATIONS, fingerprint=mark)


def family_stage(run: Run) -> Family:
    """The family of the run's baseline: one YAML file a member, family.csv and family.png."""
    baseline = load_network(str(run.folder.baseline))
    constants = read_scaling(run.folder.scaling).constants
    family = make_family(baseline, constants, run.config.family)
    folder = run.folder.family
    make_folder(folder)
    for index, member in enumerate(family.members):
        provenance = {"phi": member.phi, "baseline": baseline.name}
        replace_file(folder / f"b{index}.yaml", format_network(member.network, provenance))
    rows = family_rows(family)
    plot_family(folder / "family.png", rows)
    # Last, because status takes it for the end of the run.
    write_rows(folder / "family.csv", rows, FamilyRow)
    for warning in family.warnings:
        print_note(warning)
    return family
