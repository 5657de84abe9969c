"""pareto.png, history.png and the plots of stage 2 and of a family."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from mbscale.results.chart import (
    BLUE, DARK, GREEN, GREY, LIGHT, ORANGE, FloatArray, KeyEntry, add_key, add_label, format_count,
    new_chart, robust_low, save_chart, scale_accuracy, scale_macs, set_log_ticks,
)  # fmt: skip
from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record
from mbscale.results.status import find_best

_MACS = "multiply-accumulates at the target resolution (log scale)"
_DOT = {"linestyle": "none", "markeredgecolor": "white"}
