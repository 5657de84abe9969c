"""Architectures in the block strings of timm; written, never read back."""

from mbscale.space.architecture import Architecture, Operator, Stage

# timm's ``ir`` keeps a 1x1 convolution for expansion 1, so that one is written ``ds``.
_CODES: dict[Operator, str] = {"conv": "cn", "ds": "ds", "mbconv": "ir", "fused_mbconv": "er"}


def format_stages(architecture: Architecture) -> list[str]:
    """One string a stage, such as ``ir_r2_k3_s2_e6_c24_se0.25``."""
    return [_format_stage(stage) for stage in architecture.stages]


def format_architecture(architecture: Architecture) -> str:
    """The strings of all stages, joined by ``|``."""
    return "|".join(format_stages(architecture))


def _format_stage(stage: Stage) -> str:
    is_expanded = stage.expand_ratio != 1
    code = _CODES[stage.operator] if is_expanded or stage.operator == "conv" else "ds"
    parts = [code, f"r{stage.depth}", f"k{stage.kernel_size}", f"s{stage.stride}"]
    if code != "cn":
        parts.append(f"e{stage.expand_ratio:g}")
    parts.append(f"c{stage.width}")
    if stage.se_ratio:
        parts.append(f"se{stage.se_ratio:g}")
    # timm adds the input by default, but not for plain convolutions.
    if code == "cn" and stage.skip == "identity":
        parts.append("skip")
    elif code != "cn" and stage.skip == "none":
        parts.append("noskip")
    return "_".join(parts)
