"""One process at a time in a run folder."""

import errno
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from mbscale.errors import RunError

LOCK_NAME = ".run.lock"
# The owner touches the file this often; after so long without it, another host may take it.
_BEAT_SECONDS, _STALE_SECONDS = 10.0, 60.0
# Twice the time that a write may take to be seen by the other hosts.
_TAKEOVER_SECONDS = 1.0
_NO_FLOCK = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a run folder."""

    host: str
    pid: int


@contextmanager
def lock_folder(folder: Path) -> Generator[str]:
    """Hold the folder; yields a message when the lock of a dead process was taken over.

    The kernel's lock ends with its process, so on one host a crash leaves none behind.
    Network file systems do not always share it between hosts: there, the file names the
    owner, and the time it was last touched tells whether the owner lives. Raises
    RunError naming host and process while another one holds the folder.
    """
    path = folder / LOCK_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as failure:
        msg = f"{folder} cannot be written: {failure.strerror}"
        raise RunError(msg) from failure
    stop = threading.Event()
    try:
        message = _take(descriptor, path)
        threading.Thread(target=_beat, args=(path, stop), daemon=True).start()
        try:
            yield message
        finally:
            stop.set()
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def find_owner(folder: Path) -> Owner | None:
    """The process that holds the folder now, found without touching anything in it."""
    path = folder / LOCK_NAME
    try:
        owner, age = _read(path), time.time() - path.stat().st_mtime
    except OSError:
        return None
    if owner is None or age > _STALE_SECONDS:
        return None
    is_gone = owner.host == socket.gethostname() and not _has_process(owner.pid)
    return None if is_gone else owner


def _take(descriptor: int, path: Path) -> str:
    owner = _read(path)
    has_flock = _flock(descriptor, path, owner)
    if owner is not None and _is_alive(owner, path, has_flock=has_flock):
        _refuse(path, owner)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(_myself())).encode(), 0)
    os.fsync(descriptor)
    if owner is None:
        return ""
    if owner.host != socket.gethostname():
        # Where hosts do not share the kernel's lock, two may take over at once: the last
        # one to write keeps it.
        time.sleep(_TAKEOVER_SECONDS)
        if _read(path) != _myself():
            _refuse(path, _read(path))
    return f"took over the lock that process {owner.pid} on {owner.host} left behind"


def _flock(descriptor: int, path: Path, owner: Owner | None) -> bool:
    """Whether the kernel gave its lock; False where the file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _refuse(path, owner)
    except OSError as failure:
        if failure.errno not in _NO_FLOCK:
            raise
        return False
    return True


def _is_alive(owner: Owner, path: Path, *, has_flock: bool) -> bool:
    if owner.host != socket.gethostname():
        return _seconds_since_beat(path) < _STALE_SECONDS
    return not has_flock and owner.pid != os.getpid() and _has_process(owner.pid)


def _has_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _seconds_since_beat(path: Path) -> float:
    # By the clock of the file system: those of two hosts may differ.
    probe = path.with_name(f"{LOCK_NAME}.{socket.gethostname()}.{os.getpid()}")
    probe.touch()
    try:
        return probe.stat().st_mtime - path.stat().st_mtime
    finally:
        probe.unlink()


def _refuse(path: Path, owner: Owner | None) -> NoReturn:
    who = f"process {owner.pid} on {owner.host}" if owner else "another process"
    msg = f"{path.parent} is in use by {who}; wait for it to end, or name another --out"
    raise RunError(msg)


def _read(path: Path) -> Owner | None:
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        return Owner(host=str(data["host"]), pid=int(data["pid"]))
    except (ValueError, KeyError, TypeError):
        # Empty, or torn by a crash in its first millisecond.
        return None


def _myself() -> Owner:
    return Owner(host=socket.gethostname(), pid=os.getpid())


def _beat(path: Path, stop: threading.Event) -> None:
    while not stop.wait(_BEAT_SECONDS):
        try:
            os.utime(path)
        except OSError:
            # A folder that was moved or removed; the journal will say so.
            return
