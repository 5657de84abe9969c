"""Architectures in the block strings of timm; written, never read back."""

from mbscale.space.architecture import Activation, Architecture, Operator, Stage

# timm's ``ir`` keeps a 1x1 convolution for expansion 1, so that one is written ``ds``.
# ``basic`` and ``bottle`` are timm's names too, though not of its strings; it has no
# ``linear``.
_CODES: dict[Operator, str] = {
    "conv": "cn",
    "linear_conv": "linear",
    "ds": "ds",
    "dsa": "dsa",
    "mbconv": "ir",
    "fused_mbconv": "er",
    "basic": "basic",
    "bottleneck": "bottle",
}
_ACTIVATIONS: dict[Activation, str] = {
    "silu": "sw",
    "relu": "re",
    "relu6": "r6",
    "hard_swish": "hs",
}
_WITH_EXPANSION = ("ds", "ir", "er")


def format_stages(architecture: Architecture) -> list[str]:
    """One string a stage, such as ``ir_r2_k3_s2_e6_c24_se0.25``."""
    return [_format_stage(stage) for stage in architecture.stages]


def format_architecture(architecture: Architecture) -> str:
    """The strings of all stages, joined by ``|``."""
    return "|".join(format_stages(architecture))


def _format_stage(stage: Stage) -> str:
    code = _CODES[stage.operator]
    if code == "ir" and stage.expand_ratio == 1:
        code = "ds"
    parts = [code, f"r{stage.depth}", f"k{stage.kernel_size}", f"s{stage.stride}"]
    if code in _WITH_EXPANSION:
        parts.append(f"e{stage.expand_ratio:g}")
    parts.append(f"c{stage.width}")
    if stage.se_ratio:
        parts.append(f"se{stage.se_ratio:g}")
    if stage.activation:
        parts.append(f"n{_ACTIVATIONS[stage.activation]}")
    return "_".join([*parts, *_format_skip(code, stage)])


def _format_skip(code: str, stage: Stage) -> list[str]:
    # timm adds the input by default, but not for plain convolutions, and never for dsa.
    if code == "cn":
        return ["skip"] if stage.skip == "identity" else []
    return ["noskip"] if stage.skip == "none" and code != "dsa" else []
