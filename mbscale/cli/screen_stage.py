"""Cheap scores before the search."""

from dataclasses import replace
from pathlib import Path

from mbscale.cli.progress import StageProgress
from mbscale.proxy.fingerprint import fingerprint
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.evaluation_log import EVALUATIONS, EvaluationLog
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.screening import list_cheap_proxies, screen
from mbscale.search.task import SearchTask


def screen_stage(
    task: SearchTask,
    proxy: ProxySettings,
    dataset: Dataset,
    folder: Path,
    *,
    is_quiet: bool,
) -> SearchTask:
    """The task with the cheap scores that its settings ask for."""
    settings = task.settings.screen
    if not settings.n_networks:
        return task
    proxies = list_cheap_proxies(proxy, settings)

    def open_log(one: ProxySettings) -> EvaluationLog:
        return EvaluationLog(folder / EVALUATIONS, fingerprint=fingerprint(one, dataset))

    total = settings.n_networks * len(proxies)
    with (
        StageProgress("screen", total=total, is_quiet=is_quiet) as progress,
        open_executor(task.settings) as executor,
    ):
        scores = screen(
            task,
            {
                name: (share_images(executor, one, dataset), open_log(one))
                for name, one in proxies.items()
            },
            executor=executor,
            on_evaluation=progress.count,
        )
    return replace(task, cheap_scores=scores)
