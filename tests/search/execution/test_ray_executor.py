import os
import signal
import time
from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_search import SPACE, SyntheticEvaluator, make_task, read_calls, search

from mbscale.errors import RunError
from mbscale.proxy.evaluators import make_evaluator
from mbscale.proxy.images.dataset import load_dataset
from mbscale.proxy.settings import DataSettings, ProxySettings, TrainingSettings
from mbscale.results.record import Record
from mbscale.search.execution.call_limits import NO_LIMITS, CallLimits, LimitError
from mbscale.search.execution.executors import open_executor, share_images
from mbscale.search.execution.ray_executor import RayExecutor
from mbscale.search.settings import RaySettings, SearchSettings
from mbscale.space.encoding import decode, sample_vector

ray: Any = pytest.importorskip("ray", reason="Ray is not installed: pip install 'mbscale[ray]'")

# Ray leaves sockets and files to the garbage collector.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

ROOT = Path(__file__).resolve().parents[3]
NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20}


@pytest.fixture(scope="module", autouse=True)
def path_of_workers() -> Generator[None]:
    """Processes of the cluster find the modules of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests" / "search")]))
        yield


@pytest.fixture
def cluster() -> Generator[Any]:
    """Three nodes of one CPU on this machine; the first one is the head."""
    # Else the search would run on the cluster of the tests before, and lose nothing.
    ray.shutdown()
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - only where Ray is installed

    found = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    for _ in range(2):
        found.add_node(**NODE)
    yield found
    ray.shutdown()
    found.shutdown()


@pytest.fixture(scope="module")
def executor(path_of_workers: None) -> Generator[RayExecutor]:
    with RayExecutor(RaySettings(), NO_LIMITS, n_workers=2) as found:
        yield found


def test_calls_run_elsewhere_and_an_error_comes_back(executor: RayExecutor) -> None:
    futures = [executor.submit(pow, 2, i) for i in range(5)]

    assert [future.result() for future in futures] == [1, 2, 4, 8, 16]
    assert executor.submit(os.getpid).result() != os.getpid()
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit(int, "no number").result()


def test_a_dead_process_breaks_its_own_call(executor: RayExecutor) -> None:
    survivor = executor.submit(time.sleep, 1.0)
    victim = executor.submit(signal.raise_signal, signal.SIGKILL)

    with pytest.raises(BrokenExecutor, match="the worker process died"):
        victim.result()
    assert survivor.result() is None
    assert executor.submit(abs, -1).result() == 1


def test_shared_images_train_to_the_same_numbers(executor: RayExecutor) -> None:
    settings = ProxySettings(
        data=DataSettings(n_train=200, n_selection=200),
        training=TrainingSettings(epochs=1),
        resolution=8,
    )
    architecture = decode(SPACE, sample_vector(SPACE, np.random.default_rng(0)))
    evaluate = share_images(executor, settings, load_dataset(settings.data))

    elsewhere = executor.submit(evaluate, architecture, seed=3).result()
    here = make_evaluator(settings)(architecture, seed=3)

    assert (elsewhere.accuracy, elsewhere.log_loss) == (here.accuracy, here.log_loss)


def test_one_worker_of_a_cluster_equals_one_worker_here(
    tmp_path: Path, executor: RayExecutor
) -> None:
    here = search(make_task(n_trials=8), tmp_path / "here")
    there = search(make_task(n_trials=8, executor="ray"), tmp_path / "there")

    assert there.records == here.records


def test_a_call_over_a_limit_is_ended_and_the_next_ones_run(executor: RayExecutor) -> None:
    limited = RayExecutor(RaySettings(), CallLimits(seconds=1.0), n_workers=1)
    hung = limited.submit(time.sleep, 600)

    with pytest.raises(LimitError, match=r"hung: no result after 1 s"):
        hung.result()
    assert [limited.submit(abs, -i).result() for i in range(4)] == [0, 1, 2, 3]


def test_a_call_that_dies_after_another_was_ended_is_placed_at_most_once_more(
    tmp_path: Path, executor: RayExecutor
) -> None:
    limited = RayExecutor(RaySettings(), CallLimits(seconds=5.0), n_workers=1)
    with pytest.raises(LimitError):
        limited.submit(time.sleep, 600).result()

    with pytest.raises(BrokenExecutor):
        limited.submit(note_and_die, tmp_path / "calls").result()
    # One, where the first time it died unbegun, with the process that was leaving.
    assert len(read_calls(tmp_path / "calls")) in (1, 2)


def note_and_die(log: Path) -> None:
    with log.open("a") as file:
        file.write("begun\n")
    signal.raise_signal(signal.SIGKILL)


def test_a_search_survives_the_loss_of_one_node_and_then_of_the_next(
    tmp_path: Path, cluster: Any
) -> None:
    nodes = list(cluster.worker_nodes)

    def lose_nodes(_record: Record, records: Sequence[Record]) -> None:
        if len(records) in (3, 8):
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    task = make_task(
        "random", n_trials=15, n_workers=3, executor="ray", ray=RaySettings(cluster.address)
    )
    evaluator = SyntheticEvaluator(log=tmp_path / "calls", seconds=0.5)
    outcome = search(task, tmp_path, evaluator, lose_nodes)
    calls = read_calls(tmp_path / "calls")

    assert not nodes
    assert outcome.n_evaluated == len(set(calls)) == 15
    assert {record.state for record in outcome.records} == {"complete"}
    # Paid twice is at most what ran on a node that was lost.
    assert len(calls) <= 15 + 2


def test_a_cluster_that_is_not_there_is_one_sentence() -> None:
    ray.shutdown()
    settings = SearchSettings(executor="ray", ray=RaySettings("127.0.0.1:1"))

    with (
        pytest.raises(RunError, match=r"no Ray cluster at 127\.0\.0\.1:1"),
        open_executor(settings),
    ):
        pass
