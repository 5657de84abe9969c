"""What validate-proxy shows: the JSON list, the cheapest good proxy, the figure."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from mbscale.results.chart import new_chart, save_chart
from mbscale.search.proxy_validation import ProxyRow


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
        "tau_by_epoch": [float(word) for word in row.tau_by_epoch.split()],
    }


def pick_cheapest(
    rows: Sequence[ProxyRow], names: Collection[str], *, threshold: float
) -> str | None:
    """The proxy of fewest core-seconds with at least this tau over all networks."""
    good = [row for row in rows if row.band == "all" and row.name in names and row.tau >= threshold]
    return min(good, key=lambda row: row.seconds_per_network).name if good else None


def plot_proxies(path: Path, rows: Sequence[ProxyRow]) -> None:
    """Tau of each proxy with its interval over the core-seconds it takes."""
    axes = new_chart(
        title="How proxies order networks",
        x_label="core-seconds a network",
        y_label="Kendall's tau with the reference",
    )
    for row in (row for row in rows if row.band == "all"):
        x = row.seconds_per_network
        axes.plot([x, x], [row.tau_low, row.tau_high], color="#8A9099", linewidth=1.2)
        axes.plot([x], [row.tau], "o", color="#1F5FA8", markersize=5)
        axes.annotate(row.name, (x, row.tau), (6, 4), textcoords="offset points", size=9)
    axes.axhline(0, color="#8A9099", linewidth=0.8)
    axes.set_ylim(-1.05, 1.05)
    axes.margins(x=0.25)
    save_chart(axes, path)
