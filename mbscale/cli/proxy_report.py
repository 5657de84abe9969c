"""What validate-proxy shows: the JSON list, the cheapest good proxy, the figure."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mbscale.results.chart import BLUE, GREY, LIGHT, new_chart, save_chart
from mbscale.search.validation.proxy_validation import ProxyRow

# Beside every proxy, what counting reaches; what labels tell is no proxy either.
_COUNTS = ("macs", "parameters")


def describe_rows(rows: Sequence[ProxyRow]) -> list[dict[str, Any]]:
    """One entry a proxy, over all networks, with its MAC bands under ``bands``."""
    bands: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.band != "all":
            bands.setdefault(row.name, []).append({"band": row.band, **_describe(row)})
    return [{**_describe(row), "bands": bands[row.name]} for row in rows if row.band == "all"]


def _describe(row: ProxyRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "n_labels": row.n_labels,
        "tau": row.tau,
        "tau_low": row.tau_low,
        "tau_high": row.tau_high,
        "p": row.p,
        "n_networks": row.n_networks,
        "seconds_per_network": row.seconds_per_network,
        "wall_seconds_per_network": row.wall_seconds_per_network,
        "seed_tau": row.seed_tau,
        "spread": row.spread,
        "counting_error": row.counting_error,
        "partial_tau": row.partial_tau,
        "tau_by_epoch": [float(word) for word in row.tau_by_epoch.split()],
    }


def pick_cheapest(
    rows: Sequence[ProxyRow], names: Collection[str], *, threshold: float
) -> str | None:
    """The proxy of fewest core-seconds with at least this tau over all networks."""
    good = [row for row in rows if row.band == "all" and row.name in names and row.tau >= threshold]
    return min(good, key=lambda row: row.seconds_per_network).name if good else None


def plot_proxies(path: Path, rows: Sequence[ProxyRow]) -> None:
    """Tau of each proxy with its interval, best first, and the core-seconds it takes."""
    whole = sorted((row for row in rows if row.band == "all"), key=lambda row: row.tau)
    axes = new_chart(
        title="How proxies order networks", x_label="Kendall's tau with the reference", y_label=""
    )
    lowest = min(0.0, *(row.tau_low for row in whole))
    # The names stand inside the frame, left of everything that is drawn.
    axes.set_xlim(lowest - 0.9 * (1.02 - lowest), 1.02)
    left = axes.get_xlim()[0] + 0.01
    for place, row in enumerate(whole):
        color = GREY if row.name in _COUNTS or row.n_labels else BLUE
        axes.plot([row.tau_low, row.tau_high], [place, place], color=LIGHT, linewidth=1.6)
        axes.plot([row.tau], [place], "o", color=color, markersize=5)
        words = f"{row.name}, {_format_seconds(row.seconds_per_network)}"
        axes.text(left, place, words, size=9, color=color, va="center")
    axes.axvline(0, color=LIGHT, linewidth=0.8)
    axes.set_yticks([])
    axes.set_xticks([tick for tick in np.arange(-1, 1.01, 0.2).round(1) if tick >= lowest - 0.05])
    axes.grid(visible=True, axis="x", color="#ECEDEF", linewidth=0.8)
    axes.set_ylim(-0.7, len(whole) - 0.3)
    save_chart(axes, path)


def _format_seconds(seconds: float) -> str:
    return "counted" if seconds == 0 else f"{seconds:.2g} core-s"
