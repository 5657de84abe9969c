"""What a training step spends its time on: ``operator_shares.py NETWORK ...``.

Forward and backward of a batch as it is trained here, seen by PyTorch's profiler. What the
convolutions alone take bounds what any faster batch norm or activation could bring.
"""

import argparse

import torch
from stage_speed import find_network
from torch.nn.functional import cross_entropy
from torch.profiler import ProfilerActivity, profile

from mbscale.proxy.training.device import keep_freed_memory
from mbscale.proxy.training.fast_layers import fast_layers
from mbscale.space.model import build_model

_BATCH = 64
_KINDS = {
    # Small ones are products of matrices, as the classifier is.
    "convolutions": ("convolution", "mm"),
    "batch norm": ("batch_norm",),
    "activations": ("threshold", "clamp", "silu", "sigmoid", "hardtanh"),
}


def measure_shares(name: str, *, resolution: int, n_steps: int, is_half: bool) -> dict[str, float]:
    """Shares of the CPU time of some steps by the kind of operator, and the rest."""
    model = build_model(find_network(name), num_classes=10, seed=0)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # no overload for modules
    images = torch.randn(_BATCH, 3, resolution, resolution)
    images = images.to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (_BATCH,))

    def step() -> None:
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
            logits = model(images)
        cross_entropy(logits.float(), labels).backward()

    with fast_layers(model):
        step()
        with profile(activities=[ProfilerActivity.CPU]) as seen:
            for _ in range(n_steps):
                step()
    times = {event.key: event.self_cpu_time_total for event in seen.key_averages()}
    total = sum(times.values())
    shares = {
        kind: sum(time for key, time in times.items() if any(word in key for word in words)) / total
        for kind, words in _KINDS.items()
    }
    return shares | {"rest": 1 - sum(shares.values())}


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description="Operators of a training step by their time.")
    parser.add_argument("networks", nargs="*", default=["macro-11111111", "macro-22222222"])
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--bfloat16", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print("| network |", " | ".join([*_KINDS, "rest"]), "|")
    for name in given.networks:
        shares = measure_shares(
            name,
            resolution=given.resolution,
            n_steps=given.steps,
            is_half=given.bfloat16,
        )
        print(f"| {name} |", " | ".join(f"{share:.0%}" for share in shares.values()), "|")


if __name__ == "__main__":
    main()
