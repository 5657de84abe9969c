import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mbscale.errors import RunError
from mbscale.search.study.lock import LOCK_NAME, lock_folder

HOLD = """
import sys, time
from pathlib import Path
from mbscale.search.study.lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def write_owner(folder: Path, *, host: str, pid: int) -> Path:
    path = folder / LOCK_NAME
    path.write_text(json.dumps({"host": host, "pid": pid}))
    return path


def test_a_second_user_of_a_folder_is_refused_with_host_and_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()

        with (
            pytest.raises(RunError, match=f"process {holder.pid} on {socket.gethostname()}"),
            lock_folder(tmp_path),
        ):
            pass

        holder.kill()
        holder.wait()
    with lock_folder(tmp_path) as message:
        assert message.startswith(f"took over the lock that process {holder.pid} on")


def test_a_folder_is_free_again_after_its_user(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path) as message:
        assert message == ""


def test_a_folder_is_free_again_after_an_error_of_its_user(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock_folder(tmp_path):
        raise ZeroDivisionError
    with lock_folder(tmp_path) as message:
        assert message == ""


def test_a_dead_process_with_a_reused_number_does_not_hold_the_folder(tmp_path: Path) -> None:
    write_owner(tmp_path, host=socket.gethostname(), pid=os.getppid())

    with lock_folder(tmp_path) as message:
        assert "took over" in message


def test_a_live_owner_on_another_host_is_left_alone(tmp_path: Path) -> None:
    write_owner(tmp_path, host="elsewhere", pid=1)

    with pytest.raises(RunError, match="process 1 on elsewhere"), lock_folder(tmp_path):
        pass


def test_an_owner_on_another_host_that_stopped_beating_is_replaced(tmp_path: Path) -> None:
    path = write_owner(tmp_path, host="elsewhere", pid=1)
    os.utime(path, (time.time() - 120, time.time() - 120))

    with lock_folder(tmp_path) as message:
        assert message == "took over the lock that process 1 on elsewhere left behind"


def test_a_torn_lock_file_holds_nobody_out(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_text('{"host": "els')

    with lock_folder(tmp_path) as message:
        assert message == ""
