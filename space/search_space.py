"""Which architectures a search may propose, from a preset or the user's YAML file."""

import difflib
from collections.abc import Mapping
from dataclasses import KW_ONLY, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Activation, Architecture, Stage, Stem
from mbscale.space.stage_space import StageChoices, StageSpace
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import load_yaml, parse_strict, read_yaml

_PRESETS = resources.files("mbscale.space") / "presets"


@strict_dataclass
class Skeleton:
    """What all members of a space share; the fields mean what they mean in Architecture."""

    _: KW_ONLY
    name: str
    stem: Stem
    head_width: int
    activation: Activation = "silu"
    bn_eps: float = 1e-3
    bn_momentum: float = 0.01
    dropout: float = 0.0
    drop_path: float = 0.0


@strict_dataclass
class SearchSpace(Skeleton):
    """A stem, the options of every stage, and a head."""

    stages: tuple[StageSpace, ...]

    def __post_init__(self) -> None:
        # One member shows whether stem, head and batch norm can be built.
        first = [
            stage.make_stage([options[0] for options in stage.options()]) for stage in self.stages
        ]
        self.make_architecture(tuple(first))

    def make_architecture(self, stages: tuple[Stage, ...]) -> Architecture:
        """The skeleton with ``stages``."""
        return Architecture(
            stem=self.stem,
            stages=stages,
            head_width=self.head_width,
            activation=self.activation,
            bn_eps=self.bn_eps,
            bn_momentum=self.bn_momentum,
            dropout=self.dropout,
            drop_path=self.drop_path,
        )


@strict_dataclass
class SpaceFile(Skeleton):
    """A space as a file words it; ``defaults`` holds what a stage does not say itself."""

    schema_version: int
    stages: tuple[StageChoices, ...]
    defaults: StageChoices = field(default_factory=StageChoices)

    def realize(self) -> SearchSpace:
        """The space that the file describes; ArchitectureError names the stage at fault."""
        if self.schema_version != 1:
            msg = f"schema_version must be 1; got {self.schema_version}"
            raise ArchitectureError(msg)
        shared = {known.name: getattr(self, known.name) for known in fields(Skeleton)}
        return SearchSpace(stages=tuple(self._realize_stages()), **shared)

    def _realize_stages(self) -> list[StageSpace]:
        stages: list[StageSpace] = []
        for number, choices in enumerate(self.stages, start=1):
            try:
                stages.append(choices.over(self.defaults).realize())
            except ArchitectureError as failure:
                msg = f"stage {number}: {failure}"
                raise ArchitectureError(msg) from failure
        return stages


def preset_names() -> tuple[str, ...]:
    """The spaces that come with the package."""
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in _PRESETS.iterdir()))


def load_search_space(name_or_path: str) -> SearchSpace:
    """A preset by name, or a YAML file by path."""
    if name_or_path in preset_names():
        where = f"the preset {name_or_path}"
        text = (_PRESETS / f"{name_or_path}.yaml").read_text("utf-8")
        return parse_space(load_yaml(text, where=where, error=ArchitectureError), where=where)
    if _is_file(name_or_path):
        data = read_yaml(Path(name_or_path), error=ArchitectureError)
        return parse_space(data, where=name_or_path)
    close = difflib.get_close_matches(name_or_path, preset_names(), n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(preset_names())}"
    msg = f"no search space {name_or_path!r}: neither a file nor a preset; {hint}"
    raise ArchitectureError(msg)


def _is_file(path: str) -> bool:
    # Text that cannot be a path at all (too long, a null character) is no file either.
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def parse_space(data: Mapping[str, Any], *, where: str) -> SearchSpace:
    """A space from plain data; ``where`` begins the sentence of an error."""
    file = parse_strict(SpaceFile, data, where=where, error=ArchitectureError)
    try:
        return file.realize()
    except ArchitectureError as failure:
        msg = f"{where}: {failure}"
        raise ArchitectureError(msg) from failure
