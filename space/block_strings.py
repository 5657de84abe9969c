"""Architectures in the block strings of timm; written, never read back."""

from mbscale.space.architecture import Activation, Architecture, Stage
from mbscale.space.operators import OPERATORS, OperatorSpec, resolve_operator

_ACTIVATIONS: dict[Activation, str] = {
    "silu": "sw",
    "relu": "re",
    "relu6": "r6",
    "hard_swish": "hs",
}


def format_stages(architecture: Architecture) -> list[str]:
    """One string a stage, such as ``ir_r2_k3_s2_e6_c24_se0.25``."""
    return [_format_stage(stage) for stage in architecture.stages]


def format_architecture(architecture: Architecture) -> str:
    """The strings of all stages, joined by ``|``."""
    return "|".join(format_stages(architecture))


def _format_stage(stage: Stage) -> str:
    spec = OPERATORS[resolve_operator(stage.operator, stage.expand_ratio)]
    parts = [spec.code, f"r{stage.depth}", f"k{stage.kernel_size}", f"s{stage.stride}"]
    if spec.code_has_expansion:
        parts.append(f"e{stage.expand_ratio:g}")
    parts.append(f"c{stage.width}")
    if stage.se_ratio:
        parts.append(f"se{stage.se_ratio:g}")
    if stage.activation:
        parts.append(f"n{_ACTIVATIONS[stage.activation]}")
    return "_".join([*parts, *_format_skip(spec, stage)])


def _format_skip(spec: OperatorSpec, stage: Stage) -> list[str]:
    if not spec.code_implies_skip:
        return ["skip"] if stage.skip == "identity" else []
    return ["noskip"] if stage.skip == "none" and spec.can_skip else []
