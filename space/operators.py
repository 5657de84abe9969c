"""Operators by label: ``conv``, ``ds``, ``mbconv6``, ``fused_mbconv4``."""

import re
from collections.abc import Iterable
from typing import cast

import numpy as np

from mbscale.errors import ArchitectureError
from mbscale.space.architecture import Operator

_LABEL = re.compile(r"(conv|ds|mbconv|fused_mbconv)(\d+(?:\.\d+)?)?")
# Cheapest first, among operators of equal expansion.
_OPERATORS: tuple[Operator, ...] = ("ds", "conv", "mbconv", "fused_mbconv")


def parse_operator(label: str) -> tuple[Operator, float]:
    """The operator and expansion that a label means.

    >>> parse_operator("mbconv6"), parse_operator("ds")
    (('mbconv', 6.0), ('ds', 1.0))
    """
    match = _LABEL.fullmatch(label)
    is_expanding = match is not None and "mbconv" in match[1]
    if match is None or is_expanding != (match[2] is not None):
        msg = f"unknown operator {label!r}; known are conv, ds, mbconvN and fused_mbconvN"
        raise ArchitectureError(msg)
    expand_ratio = float(match[2] or 1)
    if is_expanding and expand_ratio == 1:
        plain = "ds" if match[1] == "mbconv" else "conv"
        msg = f"operator {label!r} expands nothing; write {plain!r}"
        raise ArchitectureError(msg)
    return cast("Operator", match[1]), expand_ratio


def format_operator(operator: Operator, expand_ratio: float) -> str:
    """The label of an operator; MBConv with expansion 1 is ``ds``.

    >>> format_operator("mbconv", 6), format_operator("fused_mbconv", 2.5)
    ('mbconv6', 'fused_mbconv2.5')
    """
    if operator in ("conv", "ds"):
        return operator
    if operator == "mbconv" and expand_ratio == 1:
        return "ds"
    return operator + np.format_float_positional(expand_ratio, trim="-")


def _rank(label: str) -> tuple[float, int]:
    operator, expand_ratio = parse_operator(label)
    return expand_ratio, _OPERATORS.index(operator)


def sort_operators(labels: Iterable[str]) -> tuple[str, ...]:
    """Distinct labels, ascending by expansion.

    >>> sort_operators(["mbconv6.0", "conv", "mbconv6", "ds"])
    ('ds', 'conv', 'mbconv6')
    """
    # Through the parts and back, so that mbconv6 and mbconv6.0 are one option.
    return tuple(sorted({format_operator(*parse_operator(label)) for label in labels}, key=_rank))
