"""What decides the results of a proxy, as plain JSON, and its hash.

Two proxies have one fingerprint where each gives the same networks the same results: the
settings in use are equal, and so are the images. Settings marked ``FREE`` do not count, nor do
those of an evaluator that is not in use. Names and paths of data do not count either: the
images count by their content, and a recorded table by that of its file.

A setting at its default is left out, so that a setting added later keeps the fingerprints of
before. Whoever changes a default, or what a setting means, raises ``_VERSION``.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from mbscale.free_settings import list_deciding
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.settings import EvaluatorName, ProxySettings
from mbscale.proxy.supernet_settings import SupernetSettings
from mbscale.space.search_space import load_search_space

_VERSION = 1
# The groups of settings that an evaluator uses, besides those of the images.
_USED: Mapping[EvaluatorName, tuple[str, ...]] = {
    "train": ("training",),
    "zero_cost": ("zero_cost",),
    "supernet": ("training", "supernet"),
    "table": (),
}
_GROUPS = ("training", "zero_cost", "supernet", "table")
# What these decide is in the images: which there are, of which size, and in which split.
_IN_THE_IMAGES = ("name", "n_selection", "n_train", "n_test", "split_seed", "image_size")


@dataclass(frozen=True)
class Recipe:
    """What decides the results of a proxy.

    ``settings`` are plain JSON by name, those at their defaults left out. ``content`` is the
    hash of the images, or of a recorded table. ``source`` names them in sentences and does not
    count.
    """

    settings: Mapping[str, Any]
    content: str
    source: str

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits."""
        decisive = {"version": _VERSION, "settings": self.settings, "content": self.content}
        text = json.dumps(_normalize(decisive), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_recipe(settings: ProxySettings, dataset: Dataset | None = None) -> Recipe:
    """The recipe of a proxy. Loads the images unless they are given."""
    source = settings.data.path or settings.data.name
    if settings.evaluator == "table":
        path = settings.table.path
        return Recipe({"evaluator": "table"}, _hash_file(path), path or source)
    images = load_dataset(settings.data) if dataset is None else dataset
    return Recipe(_list_used(settings), images.content_hash, source)


def fingerprint(settings: ProxySettings, dataset: Dataset | None = None) -> str:
    """Equal for proxies that give the same results. Loads the images unless they are given."""
    return make_recipe(settings, dataset).fingerprint


def fingerprint_supernet(settings: ProxySettings, dataset: Dataset) -> str:
    """Equal for settings and images that give the same trained supernet."""
    # Batch norm is measured after the training.
    n_recalibration = SupernetSettings().n_recalibration
    supernet = replace(settings.supernet, n_recalibration=n_recalibration)
    return fingerprint(replace(settings, evaluator="supernet", supernet=supernet), dataset)


def _list_used(settings: ProxySettings) -> dict[str, Any]:
    deciding = list_deciding(settings)
    used = _USED[settings.evaluator]
    for group in _GROUPS:
        if group not in used:
            del deciding[group]
    deciding["data"] = {
        name: value for name, value in deciding["data"].items() if name not in _IN_THE_IMAGES
    }
    if settings.evaluator == "supernet":
        # A supernet has epochs of its own.
        del deciding["training"]["epochs"]
        deciding["supernet"]["space"] = _describe_space(settings.supernet.space)
    return {"evaluator": settings.evaluator} | _shrink(settings, deciding)


def _describe_space(space: str | None) -> dict[str, Any] | None:
    """What a space holds, because a file may change; None for that of a run."""
    if space is None:
        return None
    described = list_deciding(load_search_space(space))
    del described["name"]
    return described


def _shrink(value: Any, deciding: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the deciding settings of a dataclass that are not at their defaults."""
    kept: dict[str, Any] = {}
    for one in fields(value):
        if one.name not in deciding:
            continue
        now, plain = getattr(value, one.name), deciding[one.name]
        if is_dataclass(now):
            plain = _shrink(now, plain)
            if plain:
                kept[one.name] = plain
        elif one.default is MISSING or now != one.default:
            kept[one.name] = plain
    return kept


def _normalize(value: Any) -> Any:
    """The same with whole numbers as integers, because 2 and 2.0 are equal settings."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {name: _normalize(one) for name, one in pairs}
    if isinstance(value, list | tuple):
        return [_normalize(one) for one in cast("Sequence[Any]", value)]
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _hash_file(path: str | None) -> str:
    # Where it cannot be read, its reader says so.
    is_there = path is not None and Path(path).is_file()
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path and is_there else ""
