"""Prints the tables of this study from the CSV file of its trainings."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kendalltau

RESAMPLES = 2000
HERE = Path(__file__).parent
KEY = ["recipe", "network", "seed", "epoch", "weights"]
DIGITS = {"accuracy": 2, "log_loss": 3}
Values = NDArray[np.float64]


def read(path: Path) -> pd.DataFrame:
    """The rows, accuracy in percent; ``is_end`` marks the last evaluation of a training."""
    rows = pd.read_csv(path).drop_duplicates(KEY)
    rows["accuracy"] *= 100
    last = rows.groupby(["recipe", "network", "seed"])["epoch"].transform("max")
    return rows.assign(is_end=rows["epoch"] == last)


def print_rates(rows: pd.DataFrame) -> None:
    """Accuracy and log loss by network, seed and learning rate."""
    chosen = rows[rows["is_end"] & rows["recipe"].str.fullmatch(r"full( lr [0-9.]+)?")]
    rate = chosen["recipe"].str.extract(r"lr (.*)")[0].fillna("0.005").astype(float)
    chosen = chosen.assign(rate=rate)
    for weights in ("last", "ema0.998"):
        for value, digits in DIGITS.items():
            print(f"\n# Learning rates, weights {weights}: {value}")
            own = chosen[chosen["weights"] == weights]
            table = own.pivot_table(index=["network", "seed"], columns="rate", values=value)
            print(table[table.notna().sum(axis=1) > 1].round(digits).to_string(na_rep=""))


def print_factors(rows: pd.DataFrame) -> None:
    """Each full training with one change minus the unchanged one of network and seed."""
    ends = rows[rows["is_end"] & rows["recipe"].str.startswith("full")]
    columns = ["network", "seed"]
    for value, digits in DIGITS.items():
        table = ends.pivot_table(index=["recipe", "weights"], columns=columns, values=value)
        difference = table - table.loc[("full lr 0.01", "last")]
        found = difference.notna().sum(axis=1)
        means = difference.mean(axis=1)
        errors = difference.std(axis=1) / found**0.5
        print(f"\n# One change minus the rate 0.01, {value}: mean, standard error, trainings, each")
        each = difference.loc[:, difference.notna().sum() > 12].round(digits + 1)
        summary = pd.DataFrame({"mean": means, "error": errors, "n": found}).round(digits + 1)
        print(summary.to_string(), each.to_string(na_rep=""), sep="\n")


def find_tau(predictor: Values, truth: Values) -> str:
    """Kendall's tau-b with its 95 % interval by bootstrap over the networks."""
    rng = np.random.default_rng(0)
    draws = rng.integers(len(truth), size=(RESAMPLES, len(truth)))
    taus = [kendalltau(predictor[draw], truth[draw]).statistic for draw in draws]
    low, high = np.nanquantile(taus, (0.025, 0.975))
    return f"{kendalltau(predictor, truth).statistic:.2f} ({low:.2f} to {high:.2f})"


def print_rungs(rows: pd.DataFrame) -> None:
    """How well every rung orders the networks as the full recipe does."""
    is_full = rows["recipe"] == "full"
    ends = rows[is_full & rows["is_end"] & (rows["weights"] == "last") & (rows["seed"] == 0)]
    full = ends.set_index("network")[["accuracy", "log_loss", "core_seconds"]]
    is_short = rows["is_end"] & rows["recipe"].str.match("today|cosine")
    is_rung = ((is_short | is_full) & (rows["seed"] == 0)) | (rows["recipe"] == "start")
    # The two averages agree until step 900.
    is_rung &= rows["weights"] != "ema0.998"
    lines = []
    for key, group in rows[is_rung].groupby(["recipe", "epoch", "weights"]):
        rung = group[group["network"].isin(full.index)].set_index("network")
        if len(rung) >= len(full) / 2:
            line = dict(zip(("recipe", "epoch", "weights"), key, strict=True), n=len(rung))
            lines.append({**line, **describe_rung(rung, full.loc[rung.index])})
    print("\n# Rungs", pd.DataFrame(lines).to_string(index=False), sep="\n")
    print("\n# Full", full.sort_values("log_loss").round(3).to_string(), sep="\n")


def describe_rung(rung: pd.DataFrame, full: pd.DataFrame) -> dict[str, object]:
    """Its seconds and share of full, tau three ways, and how it treats the best and MBConv.

    ``top6`` counts the three networks of lowest log loss in full among the six of lowest in
    the rung; ``mbconv`` is how many ranks by log loss MBConv networks lose in the rung.
    """
    accuracy, loss = rung["accuracy"].to_numpy(), -rung["log_loss"].to_numpy()
    ranks, true_ranks = rung["log_loss"].rank(), full["log_loss"].rank()
    is_mbconv = rung.index.str.match("ir|se|mbv3")
    return {
        "seconds": round(rung["core_seconds"].mean(), 1),
        "share": round(rung["core_seconds"].sum() / full["core_seconds"].sum(), 3),
        "acc~acc": find_tau(accuracy, full["accuracy"].to_numpy()),
        "loss~acc": find_tau(loss, full["accuracy"].to_numpy()),
        "loss~loss": find_tau(loss, -full["log_loss"].to_numpy()),
        "top6": int((ranks[true_ranks <= 3] <= 6).sum()),
        "mbconv": round((ranks - true_ranks)[is_mbconv].mean(), 1),
    }


def print_noise(rows: pd.DataFrame) -> None:
    """How much two seeds of the full recipe differ, and how well they agree."""
    ends = rows[(rows["recipe"] == "full") & rows["is_end"] & (rows["weights"] == "last")]
    for value, digits in DIGITS.items():
        pairs = ends.pivot_table(index="network", columns="seed", values=value).dropna()
        if pairs.shape[1] == 2:
            deviation = (pairs[0] - pairs[1]).std() / 2**0.5
            tau = find_tau(pairs[0].to_numpy(), pairs[1].to_numpy())
            spread = pairs.mean(axis=1).std()
            print(
                f"\n# Two seeds of full, {len(pairs)} networks, {value}: deviation of one seed "
                f"{deviation:.{digits + 1}f}, of networks {spread:.{digits + 1}f}, tau {tau}"
            )


if __name__ == "__main__":
    table = read(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "trainings.csv")
    print_rates(table)
    print_factors(table)
    print_rungs(table)
    print_noise(table)
