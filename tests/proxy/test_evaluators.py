"""The contract that every evaluator keeps, and what short training adds."""

import math
import pickle
import tempfile
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch

from mbscale.errors import ArchitectureError, ConfigError
from mbscale.proxy.evaluation import Evaluation, Evaluator
from mbscale.proxy.evaluators import EVALUATORS, make_evaluator
from mbscale.proxy.settings import (
    DataSettings,
    EvaluatorName,
    ProxySettings,
    TableSettings,
    TrainingSettings,
)
from mbscale.proxy.supernet_settings import SupernetSettings
from mbscale.proxy.training import short_training
from mbscale.proxy.training.device import is_out_of_memory
from mbscale.proxy.zero_cost_settings import ScoreName, ZeroCostSettings
from mbscale.search.execution.shared_images import SharedEvaluator
from mbscale.search.execution.worker_processes import ProcessExecutor
from mbscale.space.architecture import Architecture, Stage, Stem
from mbscale.space.nas_bench_macro import make_macro_architecture

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

# Trained once for all tests of a process; the folder goes with it.
_CACHE = tempfile.TemporaryDirectory()

# Invented accuracies of two networks, in the columns of NAS-Bench-Macro.
TABLE = TableSettings(str(Path(__file__).parent / "recorded.csv"))
RECORDED = make_macro_architecture((1, 2, 0, 1, 2, 2, 1, 0))
# Every evaluator, and every score of zero_cost.
CONTRACT = {
    "train": SETTINGS,
    "supernet": replace(
        SETTINGS,
        evaluator="supernet",
        supernet=SupernetSettings(
            space=str(Path(__file__).parent / "tiny_space.yaml"),
            epochs=2,
            n_recalibration=150,
            cache=_CACHE.name,
        ),
    ),
    "table": replace(SETTINGS, evaluator="table", table=TABLE),
    **{
        f"zero_cost-{name}": replace(
            SETTINGS,
            evaluator="zero_cost",
            zero_cost=ZeroCostSettings(score=name, batch_size=8),
        )
        for name in get_args(ScoreName)
    },
}
# These follow from the architecture alone.
COUNTED = tuple(f"zero_cost-{name}" for name in ("stages", "parameters", "macs", "imagenet"))


@pytest.fixture(params=CONTRACT)
def settings(request: pytest.FixtureRequest) -> ProxySettings:
    return CONTRACT[request.param]


@pytest.fixture
def network(settings: ProxySettings) -> Architecture:
    return pick_network(settings)


def pick_network(settings: ProxySettings) -> Architecture:
    return RECORDED if settings.evaluator == "table" else TINY


@pytest.fixture
def evaluator(settings: ProxySettings) -> Evaluator:
    return make_evaluator(settings)


@pytest.fixture(scope="module")
def worker() -> Generator[ProcessExecutor]:
    executor = ProcessExecutor(1)
    yield executor
    executor.shutdown()


def _scores(evaluation: Evaluation) -> tuple[float | None, ...]:
    return evaluation.accuracy, evaluation.log_loss, evaluation.score


def test_the_table_holds_every_name_that_settings_allow() -> None:
    assert set(EVALUATORS) == set(get_args(EvaluatorName))


def test_the_contract_is_checked_for_every_name() -> None:
    assert {name.partition("-")[0] for name in CONTRACT} == set(EVALUATORS)


def test_an_evaluation_is_complete_and_finite(evaluator: Evaluator, network: Architecture) -> None:
    evaluation = evaluator(network, seed=1)

    assert evaluation.status == "complete"
    merit = evaluation.accuracy if evaluation.score is None else evaluation.score
    assert merit is not None
    assert math.isfinite(merit)
    assert evaluation.accuracy is None or 0 <= evaluation.accuracy <= 1
    assert evaluation.seconds > 0
    assert (evaluation.seed, evaluation.reason) == (1, "")


def test_the_same_seed_gives_the_same_score_to_the_last_digit(
    evaluator: Evaluator, network: Architecture
) -> None:
    first, second = (evaluator(network, seed=4) for _ in range(2))

    assert _scores(first) == _scores(second)


@pytest.mark.parametrize("name", sorted({*CONTRACT} - {*COUNTED}))
def test_another_seed_gives_another_score(name: str) -> None:
    evaluate, network = make_evaluator(CONTRACT[name]), pick_network(CONTRACT[name])

    assert _scores(evaluate(network, seed=4)) != _scores(evaluate(network, seed=5))


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_counted_needs_no_seed(name: str) -> None:
    evaluate = make_evaluator(CONTRACT[name])

    assert _scores(evaluate(TINY, seed=4)) == _scores(evaluate(TINY, seed=5))


def test_a_copy_of_the_settings_makes_the_same_evaluator(
    evaluator: Evaluator, network: Architecture, settings: ProxySettings
) -> None:
    again = make_evaluator(pickle.loads(pickle.dumps(settings)))

    assert _scores(again(network, seed=2)) == _scores(evaluator(network, seed=2))


def test_an_earlier_evaluation_leaves_no_trace(
    evaluator: Evaluator, network: Architecture, settings: ProxySettings
) -> None:
    alone = make_evaluator(settings)(network, seed=2)
    evaluator(network, seed=9, resolution=20)

    assert _scores(evaluator(network, seed=2)) == _scores(alone)


@pytest.mark.slow
def test_a_worker_process_gives_the_same_score(
    evaluator: Evaluator, network: Architecture, settings: ProxySettings, worker: ProcessExecutor
) -> None:
    theirs = worker.submit(SharedEvaluator(settings), network, seed=2).result()

    assert _scores(theirs) == _scores(evaluator(network, seed=2))


def test_the_global_random_state_is_left_alone(evaluator: Evaluator, network: Architecture) -> None:
    torch.manual_seed(7)
    expected = float(torch.rand(()))
    torch.manual_seed(7)
    evaluator(network, seed=2)

    assert float(torch.rand(())) == expected


def test_the_splits_are_told_apart() -> None:
    evaluator = make_evaluator(SETTINGS)
    selection, test = (evaluator(TINY, seed=2, split=split) for split in ("selection", "test"))

    assert _scores(selection) != _scores(test)


@pytest.mark.parametrize("name", sorted({*CONTRACT} - {"table", *COUNTED} | {"zero_cost-macs"}))
def test_another_resolution_is_another_score(name: str) -> None:
    evaluator = make_evaluator(CONTRACT[name])
    small, usual, own = (evaluator(TINY, seed=2, resolution=r) for r in (14, 28, None))

    assert _scores(small) != _scores(usual) == _scores(own)


def test_the_caller_can_stop_after_an_epoch() -> None:
    evaluator = make_evaluator(SETTINGS)
    seen: list[tuple[int, float]] = []

    def stop(epoch: int, accuracy: float) -> bool:
        seen.append((epoch, accuracy))
        return True

    evaluation = evaluator(TINY, seed=2, on_epoch=stop)

    assert (evaluation.status, evaluation.epochs, evaluation.n_images) == ("pruned", 1, 200)
    assert seen == [(1, evaluation.accuracy)]


def test_watching_the_epochs_changes_nothing(evaluator: Evaluator, network: Architecture) -> None:
    watched = evaluator(network, seed=2, on_epoch=lambda epoch, accuracy: False)

    assert watched.status == "complete"
    assert _scores(watched) == _scores(evaluator(network, seed=2))


def test_divergence_is_a_failed_evaluation_with_its_reason() -> None:
    training = TrainingSettings(optimizer="sgd", learning_rate=1e20, batch_size=16)
    evaluation = make_evaluator(replace(SETTINGS, training=training))(TINY, seed=0)

    assert evaluation.status == "failed"
    assert _scores(evaluation) == (None, None, None)
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


def test_an_accuracy_and_a_score_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Evaluation("complete", 0.5, None, 1.0, 1, 0, 100, score=0.5)


def test_a_score_that_is_not_finite_is_a_failed_evaluation() -> None:
    # A batch of more images than there are holds some twice.
    data = replace(SETTINGS.data, n_train=10)
    settings = replace(CONTRACT["zero_cost-naswot"], data=data)
    batch = replace(settings.zero_cost, batch_size=20)

    evaluation = make_evaluator(replace(settings, zero_cost=batch))(TINY, seed=0)

    assert (evaluation.status, evaluation.reason) == ("failed", "the score naswot is -inf")


def test_the_seed_picks_one_of_the_recorded_trainings() -> None:
    evaluate = make_evaluator(CONTRACT["table"])

    assert [evaluate(RECORDED, seed=seed).accuracy for seed in range(4)] == [
        0.915,
        0.91,
        0.92,
        0.915,
    ]


def test_a_network_that_nobody_recorded_fails_with_its_reason() -> None:
    evaluation = make_evaluator(CONTRACT["table"])(TINY, seed=0)

    assert (evaluation.status, _scores(evaluation)) == ("failed", (None, None, None))
    assert evaluation.reason.endswith("recorded.csv has no such network")


def test_a_table_without_a_path_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"proxy\.table\.path"):
        make_evaluator(replace(SETTINGS, evaluator="table"))


@pytest.mark.slow
def test_a_short_training_learns_the_embedded_images() -> None:
    settings = ProxySettings(data=DataSettings(n_train=3000, n_selection=1000), device="cpu")

    evaluation = make_evaluator(settings)(TINY, seed=0)

    assert evaluation.accuracy is not None
    # Ten classes: three times chance, far above the binomial error of the split.
    assert evaluation.accuracy > 0.3
