"""All settings of a run: one frozen dataclass of the parts, from YAML and ``--set``."""

from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field

from mbscale.errors import ConfigError
from mbscale.proxy.settings import WITHOUT_LOG_LOSS, ProxySettings
from mbscale.results.files import replace_file
from mbscale.search.scaling.settings import FamilySettings, ScaleSettings
from mbscale.search.settings import ConfirmSettings, SearchSettings
from mbscale.search.validation.settings import ValidationSettings
from mbscale.space.network import Target
from mbscale.strict_dataclass import settings_dataclass
from mbscale.strict_yaml import dump_yaml, load_yaml, parse_strict, read_yaml


@settings_dataclass
class RunConfig:
    """Everything that decides the numbers of a run.

    ``space`` is a preset's name or the path of a YAML file. Cost is counted at
    ``target``, accuracy is measured on ``proxy``.
    """

    space: Annotated[
        str,
        Field(
            description="Search space: the name of a preset (small, mnasnet, efficientnet, "
            "accel_nasbench) or a YAML file."
        ),
    ] = "small"
    seed: Annotated[
        int,
        Field(
            ge=0,
            le=2**32 - 1,
            description="Seed of everything random in a run; the same seed repeats it.",
        ),
    ] = 0
    target: Target = field(default_factory=Target)
    proxy: ProxySettings = field(default_factory=ProxySettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    confirm: ConfirmSettings = field(default_factory=ConfirmSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    family: FamilySettings = field(default_factory=FamilySettings)
    validate_proxy: ValidationSettings = field(default_factory=ValidationSettings)

    def __post_init__(self) -> None:
        if self.proxy.evaluator == "supernet" and self.proxy.supernet.space is None:
            supernet = replace(self.proxy.supernet, space=self.space)
            object.__setattr__(self, "proxy", replace(self.proxy, supernet=supernet))
        self._check_measures()

    def _check_measures(self) -> None:
        """The objective asks for nothing that the evaluator does not measure."""
        name = self.proxy.evaluator
        if self.search.objective.metric == "log_loss" and name in WITHOUT_LOG_LOSS:
            msg = (
                f"search.objective.metric log_loss needs an evaluator that measures it; {name} "
                "does not, so use metric: accuracy or evaluator: train"
            )
            raise ConfigError(msg)
        if self.search.pruner != "none" and name != "train":
            msg = (
                f"search.pruner {self.search.pruner} stops trainings after an epoch, and {name} "
                "has none; use pruner: none or evaluator: train"
            )
            raise ConfigError(msg)


def load_run_config(path: Path | None, overrides: Sequence[str] = ()) -> RunConfig:
    """The settings in a file (or the defaults), changed by ``key=value`` overrides."""
    data = read_yaml(path, error=ConfigError) if path else {}
    where = str(path) if path else "the settings"
    if overrides:
        where += " with --set " + " --set ".join(overrides)
    for override in overrides:
        set_dotted(data, override)
    return parse_strict(RunConfig, data, where=where, error=ConfigError)


def save_run_config(path: Path, config: RunConfig) -> None:
    """Replace ``path`` by the settings as YAML, which ``load_run_config`` reads back equal."""
    replace_file(path, dump_yaml(config))


def change_proxy(proxy: ProxySettings, changes: Sequence[str], *, name: str) -> ProxySettings:
    """The proxy with ``key=value`` changes, such as ``training.epochs=6``."""
    data = load_yaml(dump_yaml(proxy), where=f"the proxy {name}", error=ConfigError)
    for change in changes:
        set_dotted(data, change)
    return parse_strict(ProxySettings, data, where=f"the proxy {name}", error=ConfigError)


def set_dotted(data: dict[str, Any], override: str) -> None:
    """Put one ``key=value`` into nested mappings; the value is read as YAML.

    >>> data = {"search": {"n_trials": 40}}
    >>> set_dotted(data, "search.n_trials=12")
    >>> data
    {'search': {'n_trials': 12}}
    """
    key, equals, text = override.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        msg = f"--set takes key=value, such as search.n_trials=12; got {override!r}"
        raise ConfigError(msg)
    value = load_yaml(f"value: {text}", where=f"--set {override}", error=ConfigError)["value"]
    group: Any = data
    for depth, name in enumerate(names):
        if not isinstance(group, dict):
            msg = f"--set {override}: {'.'.join(names[:depth])} is not a group of settings"
            raise ConfigError(msg)
        is_last = depth == len(names) - 1
        group[name] = value if is_last else group.get(name, {})
        group = cast("Any", group[name])
