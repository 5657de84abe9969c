"""A run: its settings, folder, task and images, held by one process while it is open."""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from mbscale.config import RunConfig, load_run_config, save_run_config
from mbscale.errors import ConfigError
from mbscale.free_settings import list_deciding, list_free
from mbscale.proxy.evaluation import Evaluator
from mbscale.proxy.fingerprint import make_recipe
from mbscale.proxy.images.dataset import Dataset, divide_images, load_dataset
from mbscale.proxy.settings import ProxySettings
from mbscale.proxy.training.device import choose_device
from mbscale.results.manifest import describe_run, hash_text, write_manifest
from mbscale.results.run_folder import Provenance, RunFolder, make_folder, write_baseline
from mbscale.search.choice_space import ChoiceSpace
from mbscale.search.designs import Space, require_search_space
from mbscale.search.evaluation_log import EvaluationLog
from mbscale.search.execution.executors import share_images
from mbscale.search.limits import check_limits
from mbscale.search.pool import list_pool
from mbscale.search.study.live_view import LiveReader
from mbscale.search.study.lock import lock_folder
from mbscale.search.task import SearchTask
from mbscale.space.network import Network
from mbscale.space.published import load_network
from mbscale.space.search_space import load_search_space
from mbscale.steps.certificate import check_proxy, keep_certificate
from mbscale.steps.own_parts import OwnEvaluator, OwnParts
from mbscale.steps.progress import Progress, Silent


@dataclass(frozen=True, slots=True)
class Run:
    """An open run. ``messages`` say what was noticed when it was opened."""

    config: RunConfig
    folder: RunFolder
    task: SearchTask
    # None where a function of the user's own evaluates.
    dataset: Dataset | None
    progress: Progress
    parts: OwnParts = field(default_factory=OwnParts)
    messages: tuple[str, ...] = ()

    @property
    def proxy_resolution(self) -> int:
        """Pixels that the proxy trains at."""
        return self.config.proxy.resolution or self.source_resolution

    @property
    def source_resolution(self) -> int:
        """Pixels of the images; of the target, where there are none."""
        return self.dataset.resolution if self.dataset else self.task.target.resolution

    @property
    def n_selection(self) -> int | None:
        """Images that networks are compared on; None where that is not known."""
        return len(self.dataset.selection) if self.dataset else None

    def make_evaluator(self, executor: Executor, proxy: ProxySettings) -> Evaluator:
        """What evaluates on this executor: the user's function, or the proxy on the images."""
        if self.parts.evaluate is not None:
            return OwnEvaluator(self.parts.evaluate)
        assert self.dataset is not None
        return share_images(executor, proxy, self.dataset)

    def open_evaluations(self, proxy: ProxySettings) -> EvaluationLog:
        """What was trained in the folder; evaluations with another fingerprint do not count."""
        recipe = self.parts.recipe or make_recipe(proxy, self.dataset)
        return EvaluationLog(self.folder.evaluations, fingerprint=recipe.fingerprint)


@contextmanager
def open_run(  # noqa: PLR0913 - the front door: all but the first two are options
    folder: Path | str,
    config: RunConfig,
    *,
    resume: bool = False,
    baseline: Network | None = None,
    needs_search: bool = True,
    config_path: Path | None = None,
    trust_proxy: bool = False,
    progress: Progress | None = None,
    command: Sequence[str] = (),
    parts: OwnParts | None = None,
) -> Generator[Run]:
    """A new run in ``folder``, or with ``resume`` the one that it holds; locked while open.

    A ``baseline`` from outside takes the place of a search; ``needs_search`` is False where
    there is no search and no baseline either. A proxy whose certificate refutes it is refused
    unless ``trust_proxy`` is set; the certificate is looked for next to ``config_path``.
    ``command`` goes to manifest.json. ``parts`` are the user's own; the same ones must be
    given again to resume.

    Raises ConfigError for settings that contradict each other or the folder, DataError for
    images that cannot be used, and RunError while another process holds the folder.
    """
    place, heard = RunFolder(Path(folder)), progress or Silent()
    own = parts or OwnParts()
    config = own.adapt(config)
    messages: list[str] = []
    note = _collect(messages, heard)
    certificate = None
    if baseline is not None:
        _refuse_another(place, baseline)
    elif needs_search:
        space = _load_space(config, own)
        if not isinstance(space, ChoiceSpace):
            check_limits(space, config.target, config.search.objective)
    # Before the images: a forgotten flag is said at once.
    check_run_folder(place, config, is_resumed=resume)
    opened = _load(config, place, heard, own)
    if baseline is None and needs_search and opened.dataset is not None:
        certificate = check_proxy(
            config, opened.dataset, config_path, is_trusted=trust_proxy, note=note
        )
    make_folder(place.path)
    # A second process must not change the settings of the one that runs.
    with _hold(place, note):
        check_run_folder(place, config, is_resumed=resume)
        # A damaged journal is reported before anything in the folder changes.
        LiveReader(place.path).look()
        save_run_config(place.config, config)
        if certificate is not None:
            keep_certificate(certificate, place)
        if baseline is not None and not place.baseline.exists():
            write_baseline(place, baseline, Provenance("user", architecture=baseline.name))
        if not place.manifest.exists():
            _save_manifest(opened, command)
        yield _with_messages(opened, messages)


@contextmanager
def reopen_run(
    folder: Path | str,
    changes: Sequence[str] = (),
    *,
    progress: Progress | None = None,
    parts: OwnParts | None = None,
) -> Generator[Run]:
    """The run in ``folder`` with its own settings and ``key=value`` changes; locked while open.

    The changes hold for the steps that follow and are not saved. A run that was started with
    ``parts`` of the user's own needs them again. Raises ConfigError where
    the folder holds no run.
    """
    place, heard = RunFolder(Path(folder)), progress or Silent()
    if not place.config.exists():
        msg = f"{place.path} holds no run; search first, or name its folder with --out"
        raise ConfigError(msg)
    messages: list[str] = []
    own = parts or OwnParts()
    opened = _load(own.adapt(load_run_config(place.config, changes)), place, heard, own)
    with _hold(place, _collect(messages, heard)):
        yield _with_messages(opened, messages)


def _load(config: RunConfig, folder: RunFolder, progress: Progress, parts: OwnParts) -> Run:
    space = _load_space(config, parts)
    dataset, recipe = None, parts.recipe
    pool: Mapping[str, tuple[int, ...]] = {}
    if recipe is None:
        pool = list_pool(require_search_space(space), config.proxy)
        dataset = _load_images(config, parts)
        recipe = make_recipe(config.proxy, dataset)
    task = SearchTask(
        space,
        config.target,
        config.search,
        config.seed,
        pool,
        recipe=recipe,
        objective=parts.objective,
        sampler=parts.sampler,
    )
    return Run(config, folder, task, dataset, progress, parts)


def _load_space(config: RunConfig, parts: OwnParts) -> Space:
    return load_search_space(config.space) if parts.space is None else parts.space


def _load_images(config: RunConfig, parts: OwnParts) -> Dataset:
    if parts.images is None:
        return load_dataset(config.proxy.data)
    return divide_images(parts.images, config.proxy.data, where="the given images")


def _with_messages(run: Run, messages: Sequence[str]) -> Run:
    return replace(run, messages=tuple(messages))


def _collect(messages: list[str], progress: Progress) -> Callable[[str], None]:
    def note(message: str) -> None:
        messages.append(message)
        progress.note(message)

    return note


@contextmanager
def _hold(folder: RunFolder, note: Callable[[str], None]) -> Generator[None]:
    with lock_folder(folder.path) as message:
        if message:
            note(message)
        yield


def _save_manifest(run: Run, command: Sequence[str]) -> None:
    """manifest.json: versions, machine, command, and what settings and images hash to."""
    manifest = describe_run(
        command=command,
        seed=run.config.seed,
        device=str(choose_device(run.config.proxy.device)),
        hashes=(hash_text(repr(run.config)), run.dataset.content_hash if run.dataset else ""),
        started=datetime.now(UTC),
    )
    write_manifest(run.folder.manifest, manifest)


def _refuse_another(folder: RunFolder, baseline: Network) -> None:
    if not folder.baseline.exists():
        return
    held = load_network(str(folder.baseline))
    if (held.architecture, held.target) != (baseline.architecture, baseline.target):
        msg = f"{folder.baseline} holds another network than {baseline.name}; name another --out"
        raise ConfigError(msg)


def check_run_folder(folder: RunFolder, config: RunConfig, *, is_resumed: bool) -> None:
    """Raise ConfigError where the folder holds a run that cannot resume with these settings."""
    if not folder.config.exists():
        return
    if not is_resumed:
        msg = f"{folder.path} already holds a run; add --resume to resume it, or name another --out"
        raise ConfigError(msg)
    _check_unchanged(load_run_config(folder.config), config, folder=folder.path)


def _check_unchanged(old: RunConfig, new: RunConfig, *, folder: Path) -> None:
    before, after = flatten(list_deciding(old)), flatten(list_deciding(new))
    changed = [key for key in after if before.get(key) != after[key]]
    if changed:
        key = changed[0]
        msg = (
            f"{folder} was started with {key}={before.get(key)!r} and cannot resume with "
            f"{after[key]!r}; only {', '.join(list_free(RunConfig))} may change, "
            "so name another --out"
        )
        raise ConfigError(msg)
    # Trials may only become more; a time limit counts from each start, so its end is later.
    if new.search.n_trials < old.search.n_trials:
        msg = (
            f"{folder} was started with search.n_trials={old.search.n_trials} and cannot resume "
            f"with fewer, {new.search.n_trials}; give at least as many, or name another --out"
        )
        raise ConfigError(msg)


def flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one with dotted names.

    >>> flatten({"search": {"n_trials": 12}, "seed": 3})
    {'search.n_trials': 12, 'seed': 3}
    """
    flat: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            flat |= flatten(cast("dict[str, Any]", value), f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
