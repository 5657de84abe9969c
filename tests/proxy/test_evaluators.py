"""The contract that every evaluator keeps, and what short training adds."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
import torch

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.proxy import short_training
from mbscale.proxy.device import is_out_of_memory
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.proxy.evaluators import EVALUATORS, make_evaluator
from mbscale.proxy.settings import (
    DataSettings,
    EvaluatorName,
    ProxySettings,
    TrainingSettings,
)
from mbscale.space.architecture import Architecture, Stage, Stem

TINY = Architecture(
    stem=Stem(width=8),
    stages=(
        Stage("mbconv", 8, 2, stride=2, expand_ratio=3, se_ratio=0.25),
        Stage("ds", 16, 1, stride=2),
    ),
    head_width=0,
    drop_path=0.1,
)
SETTINGS = ProxySettings(
    data=DataSettings(n_train=200, n_selection=100, n_test=100),
    training=TrainingSettings(epochs=2, batch_size=32),
    device="cpu",
)


@pytest.fixture(params=get_args(EvaluatorName))
def evaluator(request: pytest.FixtureRequest) -> Evaluator:
    return make_evaluator(replace(SETTINGS, evaluator=request.param))


def _scores(evaluation: Evaluation) -> tuple[float | None, float | None]:
    return evaluation.accuracy, evaluation.log_loss


def test_the_table_holds_every_name_that_settings_allow() -> None:
    assert set(EVALUATORS) == set(get_args(EvaluatorName))


def test_an_evaluation_is_complete_and_finite(evaluator: Evaluator) -> None:
    evaluation = evaluator(TINY, seed=1)

    assert evaluation.status == "complete"
    assert evaluation.accuracy is not None
    assert 0 <= evaluation.accuracy <= 1
    assert evaluation.seconds > 0
    assert (evaluation.seed, evaluation.reason) == (1, "")


def test_the_same_seed_gives_the_same_score_to_the_last_digit(evaluator: Evaluator) -> None:
    first, second, other = (evaluator(TINY, seed=seed) for seed in (4, 4, 5))

    assert _scores(first) == _scores(second) != _scores(other)


def test_a_copy_of_the_settings_makes_the_same_evaluator(evaluator: Evaluator) -> None:
    again = make_evaluator(pickle.loads(pickle.dumps(SETTINGS)))

    assert _scores(again(TINY, seed=2)) == _scores(evaluator(TINY, seed=2))


def test_an_earlier_evaluation_leaves_no_trace(evaluator: Evaluator) -> None:
    alone = make_evaluator(SETTINGS)(TINY, seed=2)
    evaluator(TINY, seed=9, resolution=20)

    assert _scores(evaluator(TINY, seed=2)) == _scores(alone)


def test_the_splits_are_told_apart(evaluator: Evaluator) -> None:
    selection, test = (evaluator(TINY, seed=2, split=split) for split in ("selection", "test"))

    assert _scores(selection) != _scores(test)


def test_another_resolution_is_another_score(evaluator: Evaluator) -> None:
    small, usual, own = (evaluator(TINY, seed=2, resolution=r) for r in (14, 28, None))

    assert _scores(small) != _scores(usual) == _scores(own)


def test_the_caller_can_stop_after_an_epoch(evaluator: Evaluator) -> None:
    seen: list[tuple[int, float]] = []

    def stop(epoch: int, accuracy: float) -> bool:
        seen.append((epoch, accuracy))
        return True

    evaluation = evaluator(TINY, seed=2, on_epoch=stop)

    assert (evaluation.status, evaluation.epochs, evaluation.n_images) == ("pruned", 1, 200)
    assert seen == [(1, evaluation.accuracy)]


def test_watching_the_epochs_changes_nothing(evaluator: Evaluator) -> None:
    watched = evaluator(TINY, seed=2, on_epoch=lambda epoch, accuracy: False)

    assert watched.status == "complete"
    assert _scores(watched) == _scores(evaluator(TINY, seed=2))


def test_divergence_is_a_failed_evaluation_with_its_reason() -> None:
    training = TrainingSettings(optimizer="sgd", learning_rate=1e20, batch_size=16)
    evaluation = make_evaluator(replace(SETTINGS, training=training))(TINY, seed=0)

    assert evaluation.status == "failed"
    assert _scores(evaluation) == (None, None)
    assert evaluation.reason.startswith("diverged: the training loss became")


def _raise(failure: Exception) -> Callable[..., int]:
    def train_model(*arguments: object, **settings: object) -> int:
        raise failure

    return train_model


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes\nBacktrace"
        ),
    ],
)
def test_out_of_memory_is_a_failed_evaluation(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_training, "train_model", _raise(failure))

    evaluation = make_evaluator(SETTINGS)(TINY, seed=0)

    assert evaluation.status == "failed"
    assert evaluation.reason.startswith("out of memory: ")
    assert "\n" not in evaluation.reason


def test_the_cpu_says_out_of_memory_as_is_expected() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)

    assert is_out_of_memory(caught.value)


def test_any_other_error_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_training, "train_model", _raise(RuntimeError("size mismatch")))

    with pytest.raises(RuntimeError, match="size mismatch"):
        make_evaluator(SETTINGS)(TINY, seed=0)


def test_the_width_factor_and_the_strides_are_used() -> None:
    plain = make_evaluator(SETTINGS)(TINY, seed=0)
    settings = {"width_factor": 2.0, "stem_stride": 1, "stage_strides": (1, 2)}
    changed = [
        make_evaluator(replace(SETTINGS, **{name: value}))(TINY, seed=0)
        for name, value in settings.items()
    ]

    assert all(_scores(evaluation) != _scores(plain) for evaluation in changed)


def test_one_stride_too_few_is_refused() -> None:
    evaluator = make_evaluator(replace(SETTINGS, stage_strides=(1,)))

    with pytest.raises(ArchitectureError, match="stage_strides"):
        evaluator(TINY, seed=0)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="not on this machine"):
        make_evaluator(replace(SETTINGS, device="cuda"))


@pytest.mark.parametrize(
    ("status", "accuracy", "reason"),
    [("complete", None, ""), ("failed", 0.5, "why"), ("failed", None, ""), ("complete", 1e999, "")],
)
def test_an_evaluation_that_contradicts_itself_is_refused(
    status: short_training.Status, accuracy: float | None, reason: str
) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Evaluation(status, accuracy, accuracy, 1.0, 1, 0, 100, reason)


@pytest.mark.slow
def test_a_short_training_learns_the_embedded_images() -> None:
    settings = ProxySettings(data=DataSettings(n_train=3000, n_selection=1000), device="cpu")

    evaluation = make_evaluator(settings)(TINY, seed=0)

    assert evaluation.accuracy is not None
    # Ten classes: three times chance, far above the binomial error of the split.
    assert evaluation.accuracy > 0.3
