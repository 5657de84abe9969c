import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mbscale.errors import ConfigError
from mbscale.search.execution.call_limits import CallLimits, LimitError
from mbscale.search.execution.executors import InlineExecutor, open_executor
from mbscale.search.execution.worker_processes import ProcessExecutor
from mbscale.search.settings import SearchSettings

pytestmark = pytest.mark.slow


def test_calls_run_in_processes_and_an_error_comes_back() -> None:
    with ProcessExecutor(2) as executor:
        futures = [executor.submit(pow, 2, i) for i in range(5)]

        assert [future.result() for future in futures] == [1, 2, 4, 8, 16]
        assert executor.submit(os.getpid).result() != os.getpid()
        with pytest.raises(ValueError, match="invalid literal"):
            executor.submit(int, "no number").result()


class PickyError(Exception):
    """As some of other packages, it cannot be made of what it says alone."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason} ({code})")


class HeldError(Exception):
    """It holds what no other process can be given."""

    def __init__(self) -> None:
        super().__init__("held")
        self.held = threading.Lock()


def fail_picky() -> None:
    raise PickyError(3, "picky")


def fail_held() -> None:
    raise HeldError


@pytest.mark.parametrize(("fail", "words"), [(fail_picky, "picky \\(3\\)"), (fail_held, "held")])
def test_an_error_that_cannot_travel_is_no_death(fail: Callable[[], None], words: str) -> None:
    with ProcessExecutor(1) as executor, pytest.raises(RuntimeError, match=words):
        executor.submit(fail).result()


def test_an_error_says_where_in_the_worker_it_was_raised() -> None:
    with ProcessExecutor(1) as executor:
        failure = executor.submit(int, "no number").exception()

    assert failure is not None
    assert "worker_processes.py" in failure.__notes__[0]


def test_a_dead_worker_breaks_its_own_call_and_is_replaced() -> None:
    with ProcessExecutor(2) as executor:
        survivor = executor.submit(time.sleep, 0.5)
        victim = executor.submit(signal.raise_signal, signal.SIGKILL)

        with pytest.raises(BrokenExecutor, match="the worker process died with signal 9"):
            victim.result()
        assert survivor.result() is None
        assert [executor.submit(abs, -i).result() for i in range(4)] == [0, 1, 2, 3]


def test_leaving_an_executor_abandons_what_runs() -> None:
    settings = SearchSettings(n_workers=2)
    started = time.monotonic()
    with open_executor(settings) as executor:
        executor.submit(abs, 1).result()
        executor.submit(time.sleep, 60)

    assert time.monotonic() - started < 30


def test_workers_ignore_the_ctrl_c_that_ends_their_driver() -> None:
    with ProcessExecutor(1) as executor:
        executor.submit(signal.raise_signal, signal.SIGINT).result()

        assert executor.submit(abs, -1).result() == 1


def test_one_worker_is_inline_and_more_are_processes() -> None:
    with open_executor(SearchSettings()) as executor:
        assert isinstance(executor, InlineExecutor)
    with open_executor(SearchSettings(executor="process")) as executor:
        assert isinstance(executor, ProcessExecutor)
    with open_executor(SearchSettings(trial_timeout_seconds=60)) as executor:
        assert isinstance(executor, ProcessExecutor)


@pytest.mark.parametrize("limit", ["trial_timeout_seconds", "max_memory_gib"])
def test_a_limit_is_refused_where_nothing_can_keep_it(limit: str) -> None:
    with pytest.raises(ConfigError, match="inline cannot end a training"):
        replace(SearchSettings(executor="inline"), **{limit: 1.0})


def test_a_hung_call_is_ended_and_its_worker_replaced() -> None:
    with ProcessExecutor(1, CallLimits(seconds=0.5)) as executor:
        hung = executor.submit(time.sleep, 600)

        with pytest.raises(LimitError, match=r"hung: no result after 0\.5 s"):
            hung.result()
        assert executor.submit(abs, -1).result() == 1


def hold_memory(n_bytes: int) -> None:
    held = b"x" * n_bytes
    time.sleep(600)
    del held


def test_a_call_that_takes_too_much_memory_is_ended_alone() -> None:
    with ProcessExecutor(2, CallLimits(memory_gib=1.0)) as executor:
        small = executor.submit(time.sleep, 1.5)
        large = executor.submit(hold_memory, 2**30)

        with pytest.raises(LimitError, match="held more than 1 GiB"):
            large.result()
        assert small.result() is None


DRIVER = """
import os, sys, time
from mbscale.search.execution.worker_processes import ProcessExecutor
if __name__ == "__main__":
    executor = ProcessExecutor(1)
    print(executor.submit(os.getpid).result(), flush=True)
    executor.submit(time.sleep, 600)
    time.sleep(600)
"""


def test_the_workers_of_a_killed_driver_end_in_the_middle_of_a_call(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        worker = int(driver.stdout.readline())
        driver.kill()
        driver.wait()

    assert has_ended(worker, within_seconds=20)


def has_ended(pid: int, *, within_seconds: float) -> bool:
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False
