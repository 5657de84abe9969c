"""Which architectures a search may propose, from a preset or the user's YAML file."""

import re
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, cast

from pydantic import ConfigDict

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Activation, Operator, Skip, Stem
from mbscale.space.rounding import round_channels
from mbscale.strict_yaml import STRICT, load_yaml, parse_strict, read_yaml

_LABEL = re.compile(r"^(conv|ds|mbconv|fused_mbconv)(\d+(?:\.\d+)?)?$")


@dataclass(frozen=True, slots=True)
class StageSpace:
    """The choices of one stage.

    Widths are ``widths``, or ``width`` times each multiplier, rounded to 8; depths are
    ``depths``, or ``depth`` plus each delta, at least 1. Operators are labels: ``conv``,
    ``ds``, or ``mbconv`` and ``fused_mbconv`` with their expansion, such as ``mbconv6``.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    stride: int
    operators: tuple[str, ...]
    width: int = 0
    depth: int = 0
    width_multipliers: tuple[float, ...] = (1.0,)
    depth_deltas: tuple[int, ...] = (0,)
    widths: tuple[int, ...] = ()
    depths: tuple[int, ...] = ()
    kernel_sizes: tuple[int, ...] = (3,)
    se_ratios: tuple[float, ...] = (0.0,)
    skips: tuple[Skip, ...] = ("identity",)

    def __post_init__(self) -> None:
        for label in self.operators:
            parse_operator(label)
        for name in ("operators", "kernel_sizes", "se_ratios", "skips"):
            if not getattr(self, name):
                msg = f"{name} of a stage must name at least one choice"
                raise ArchitectureError(msg)
        for name, options in (("width", self.width_options()), ("depth", self.depth_options())):
            if not options or min(options) < 1:
                msg = f"a stage needs {name} or {name}s of at least 1"
                raise ArchitectureError(msg)

    def width_options(self) -> tuple[int, ...]:
        """Realized widths, ascending and distinct."""
        scaled = {round_channels(self.width * m) for m in self.width_multipliers if self.width}
        return tuple(sorted(set(self.widths) or scaled))

    def depth_options(self) -> tuple[int, ...]:
        """Realized depths, ascending and distinct."""
        shifted = {max(1, self.depth + delta) for delta in self.depth_deltas if self.depth}
        return tuple(sorted(set(self.depths) or shifted))


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A stem, the choices of every stage, and a head."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    stem: Stem
    stages: tuple[StageSpace, ...]
    head_width: int
    activation: Activation = "silu"
    bn_eps: float = 1e-3
    bn_momentum: float = 0.01
    dropout: float = 0.0
    drop_path: float = 0.0
    schema_version: int = field(default=1)

    def __post_init__(self) -> None:
        if self.schema_version != 1:
            msg = f"schema_version must be 1; got {self.schema_version}"
            raise ArchitectureError(msg)
        if not self.stages:
            msg = "a search space needs at least one stage"
            raise ArchitectureError(msg)


def parse_operator(label: str) -> tuple[Operator, float]:
    """The operator and expansion that a label means.

    >>> parse_operator("mbconv6"), parse_operator("ds")
    (('mbconv', 6.0), ('ds', 1.0))
    """
    match = _LABEL.match(label)
    is_expanding = match is not None and "mbconv" in match[1]
    if match is None or is_expanding != (match[2] is not None):
        msg = f"unknown operator {label!r}; known are conv, ds, mbconvN and fused_mbconvN"
        raise ArchitectureError(msg)
    return cast("Operator", match[1]), float(match[2] or 1)


def preset_names() -> tuple[str, ...]:
    """The spaces that come with the package."""
    folder = resources.files("mbscale.space") / "presets"
    names = [entry.name.removesuffix(".yaml") for entry in folder.iterdir()]
    return tuple(sorted(names))


def load_search_space(name_or_path: str) -> SearchSpace:
    """A preset by name, or a YAML file by path."""
    if name_or_path in preset_names():
        file = resources.files("mbscale.space") / "presets" / f"{name_or_path}.yaml"
        data = load_yaml(file.read_text("utf-8"), where=name_or_path, error=ArchitectureError)
        return parse_space(data, where=f"the preset {name_or_path}")
    if not Path(name_or_path).is_file():
        known = ", ".join(preset_names())
        msg = f"no search space {name_or_path!r}: neither a file nor one of {known}"
        raise ArchitectureError(msg)
    data = read_yaml(Path(name_or_path), error=ArchitectureError)
    return parse_space(data, where=name_or_path)


def parse_space(data: dict[str, Any], *, where: str) -> SearchSpace:
    """A space from plain data; ``defaults`` are the choices of a stage that names none."""
    defaults = data.pop("defaults", {})
    stages = data.get("stages")
    if isinstance(defaults, dict) and isinstance(stages, list):
        data["stages"] = [
            {**defaults, **stage} if isinstance(stage, dict) else stage for stage in stages
        ]
    return parse_strict(SearchSpace, data, where=where, error=ArchitectureError)
