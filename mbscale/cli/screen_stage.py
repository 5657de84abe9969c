"""Cheap scores before the search."""

from dataclasses import replace

from mbscale.cli.progress import StageProgress
from mbscale.proxy.images.dataset import Dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.screening import list_cheap_proxies, screen
from mbscale.search.study.journal import Journal
from mbscale.search.task import SearchTask


def screen_stage(
    task: SearchTask,
    proxy: ProxySettings,
    dataset: Dataset,
    journal: Journal,
    *,
    is_quiet: bool,
) -> SearchTask:
    """The task with the cheap scores that its settings ask for."""
    settings = task.settings.screen
    if not settings.n_networks:
        return task
    proxies = list_cheap_proxies(proxy, settings)
    total = settings.n_networks * len(proxies)
    with (
        StageProgress("screen", total=total, is_quiet=is_quiet) as progress,
        open_executor(task.settings) as executor,
    ):
        scores = screen(
            task,
            {name: share_images(executor, one, dataset) for name, one in proxies.items()},
            journal,
            executor=executor,
            on_evaluation=progress.count,
        )
    return replace(task, cheap_scores=scores)
