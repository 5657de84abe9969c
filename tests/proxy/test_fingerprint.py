"""Two proxies have one fingerprint exactly where they give the same results."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mbscale.config import change_proxy
from mbscale.proxy.fingerprint import fingerprint, fingerprint_supernet, make_recipe
from mbscale.proxy.images.dataset import Dataset, load_dataset
from mbscale.proxy.images.labeled_images import Split
from mbscale.proxy.settings import DataSettings, EvaluatorName, ProxySettings, TableSettings
from mbscale.proxy.supernet_settings import SupernetSettings

TRAIN = ProxySettings()
ZERO_COST = ProxySettings(evaluator="zero_cost")
SUPERNET = ProxySettings(evaluator="supernet", supernet=SupernetSettings(space="small"))


def _draw(n_images: int, *, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n_images, 8, 8, 3), dtype=np.uint8)
    return Split(images, np.arange(n_images) % 2)


IMAGES = Dataset(_draw(8, seed=0), _draw(4, seed=1), _draw(4, seed=2), ("a", "b"))


def _write(path: Path, dataset: Dataset) -> None:
    np.savez(
        path,
        x_train=np.concatenate([dataset.train.images, dataset.selection.images]),
        y_train=np.concatenate([dataset.train.labels, dataset.selection.labels]),
        x_test=dataset.test.images,
        y_test=dataset.test.labels,
    )


FREE = (
    *("training.threads=2", "data.cache=elsewhere", "device=cpu", "certificate=mine.yaml"),
    *("supernet.cache=elsewhere", "table.path=none.csv"),
)


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        *((one, change) for one in (TRAIN, ZERO_COST, SUPERNET) for change in FREE),
        *((TRAIN, change) for change in ("zero_cost.score=zen", "zero_cost.batch_size=8")),
        *((TRAIN, change) for change in ("supernet.epochs=3", "supernet.space=small")),
        *((ZERO_COST, change) for change in ("training.epochs=9", "supernet.epochs=3")),
        *((SUPERNET, change) for change in ("training.epochs=9", "zero_cost.score=zen")),
        # 2 and 2.0 are one number, and a default may be written out.
        (TRAIN, "width_factor=1"),
        (TRAIN, "training.epochs=3"),
    ],
)
def test_a_setting_that_decides_nothing_does_not_count(
    settings: ProxySettings, change: str
) -> None:
    changed = change_proxy(settings, [change], name="changed")

    assert fingerprint(changed, IMAGES) == fingerprint(settings, IMAGES)


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        *((TRAIN, change) for change in ("training.epochs=4", "training.amp=false")),
        *((TRAIN, change) for change in ("data.flip=true", "resolution=20", "stem_stride=1")),
        *((ZERO_COST, change) for change in ("zero_cost.score=zen", "width_factor=0.5")),
        *((SUPERNET, change) for change in ("supernet.epochs=3", "supernet.n_recalibration=9")),
        *(
            (SUPERNET, change)
            for change in ("training.batch_size=8", "supernet.space=tiny_space.yaml")
        ),
        *((TRAIN, f"evaluator={name}") for name in ("zero_cost", "supernet", "table")),
    ],
)
def test_a_setting_that_decides_counts(
    settings: ProxySettings, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy("tests/proxy/tiny_space.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    changed = change_proxy(settings, [change], name="changed")

    assert fingerprint(changed, IMAGES) != fingerprint(settings, IMAGES)


@pytest.mark.parametrize("split", ["train", "selection", "test"])
def test_one_pixel_or_one_label_counts(split: str) -> None:
    before: Split = getattr(IMAGES, split)
    pixels, labels = before.images.copy(), before.labels.copy()
    pixels[-1, 3, 5, 1] ^= 1
    labels[0] = 1 - labels[0]
    others = [Split(pixels, before.labels), Split(before.images, labels)]
    marks = {fingerprint(TRAIN, replace(IMAGES, **{split: other})) for other in others}

    assert len(marks | {fingerprint(TRAIN, IMAGES)}) == 3


def test_the_names_of_the_classes_count() -> None:
    renamed = replace(IMAGES, class_names=("a", "c"))

    assert fingerprint(TRAIN, renamed) != fingerprint(TRAIN, IMAGES)


def test_equal_images_elsewhere_are_the_same(tmp_path: Path) -> None:
    marks: set[str] = set()
    for name in ("one.npz", "renamed/other.npz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        _write(path, IMAGES)
        marks.add(fingerprint(ProxySettings(data=DataSettings(name="npz", path=str(path)))))

    assert len(marks) == 1


def test_images_are_loaded_where_none_are_given() -> None:
    data = DataSettings(n_train=20, n_selection=20, n_test=20)

    assert fingerprint(ProxySettings(data=data)) == fingerprint(TRAIN, load_dataset(data))


def test_images_in_another_layout_of_memory_are_the_same() -> None:
    train = Split(np.asfortranarray(IMAGES.train.images), IMAGES.train.labels)

    assert replace(IMAGES, train=train).content_hash == IMAGES.content_hash


def test_a_table_counts_by_its_content(tmp_path: Path) -> None:
    marks: list[str] = []
    for name, text in (("a.csv", "one"), ("a.csv", "another"), ("b.csv", "one")):
        (tmp_path / name).write_text(text)
        table = TableSettings(path=str(tmp_path / name))
        marks.append(fingerprint(ProxySettings(evaluator="table", table=table), IMAGES))

    assert marks[0] == marks[2] != marks[1]


def test_a_space_counts_by_what_the_file_holds(tmp_path: Path) -> None:
    text = Path("tests/proxy/tiny_space.yaml").read_text()
    marks: list[str] = []
    for name, held in (("a.yaml", text), ("b.yaml", text), ("a.yaml", _widen(text))):
        (tmp_path / name).write_text(held)
        supernet = SupernetSettings(space=str(tmp_path / name))
        marks.append(fingerprint(replace(SUPERNET, supernet=supernet), IMAGES))

    assert marks[0] == marks[1] != marks[2]


def _widen(text: str) -> str:
    assert "head_width: " in text
    return text.replace("head_width: ", "head_width: 1")


def test_a_supernet_is_trained_once_for_all_that_uses_it() -> None:
    before = fingerprint_supernet(SUPERNET, IMAGES)
    same = [replace(SUPERNET, device="cpu"), _recalibrate(33)]

    assert {fingerprint_supernet(one, IMAGES) for one in same} == {before}
    assert fingerprint_supernet(replace(SUPERNET, resolution=20), IMAGES) != before


def _recalibrate(n_images: int) -> ProxySettings:
    return replace(SUPERNET, supernet=replace(SUPERNET.supernet, n_recalibration=n_images))


def test_a_recipe_is_json_without_what_stands_at_its_default() -> None:
    changed = change_proxy(TRAIN, ["training.epochs=4", "data.flip=true"], name="changed")
    recipe = make_recipe(changed, IMAGES)

    assert json.loads(json.dumps(recipe.settings)) == {
        "evaluator": "train",
        "training": {"epochs": 4},
        "data": {"flip": True},
    }
    assert recipe.content == IMAGES.content_hash


# A fingerprint leaves defaults out, so each of these stands for its value in every run, book
# and certificate. Whoever changes one raises the version in proxy/fingerprint.py; a new setting
# is added here.
DEFAULTS = {
    "resolution": None, "stem_stride": None, "stage_strides": None, "width_factor": 1.0,
    "data.flip": False, "data.crop_padding": 0,
    "training.epochs": 3, "training.batch_size": 64, "training.optimizer": "adamw",
    "training.learning_rate": 0.005, "training.weight_decay": 0.05, "training.momentum": 0.9,
    "training.schedule": "one_cycle", "training.warmup": 0.3, "training.label_smoothing": 0.0,
    "training.zero_init_residual": True, "training.bn_momentum": 0.1, "training.amp": True,
    "zero_cost.score": "stages", "zero_cost.batch_size": 32, "zero_cost.n_batches": 2,
    "supernet.epochs": 20, "supernet.sampling": "fair", "supernet.n_random": 2,
    "supernet.n_recalibration": 1000, "supernet.seed": 0,
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_no_default_changes_under_the_fingerprints_of_before(name: str, value: object) -> None:
    now: object = ProxySettings()
    for part in name.split("."):
        now = getattr(now, part)

    assert now == value


BEFORE: tuple[tuple[EvaluatorName, str], ...] = (
    ("train", "7b74070341601601"), ("zero_cost", "2fb353332ea003d8"),
    ("supernet", "3b7b1d7e88925b15"), ("table", "e9905bc1413fa656"),
)  # fmt: skip


@pytest.mark.parametrize(("evaluator", "expected"), BEFORE)
def test_fingerprints_of_before_are_kept(evaluator: EvaluatorName, expected: str) -> None:
    black = Split(np.zeros((2, 4, 4, 1), dtype=np.uint8), np.array([0, 1]))
    images = Dataset(black, black, black, ("a", "b"))

    assert fingerprint(ProxySettings(evaluator=evaluator), images) == expected
