import errno
import os
import threading
from pathlib import Path

import pytest

from mbscale.errors import RunError
from mbscale.results.files import replace_file


def test_text_is_written_as_utf8(tmp_path: Path) -> None:
    replace_file(tmp_path / "a.txt", "größer\n")

    assert (tmp_path / "a.txt").read_bytes() == "größer\n".encode()


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    replace_file(tmp_path / "a.bin", b"\x00\r\n\xff")

    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"


def test_nothing_but_the_file_is_left_behind(tmp_path: Path) -> None:
    replace_file(tmp_path / "a.txt", "old")
    replace_file(tmp_path / "a.txt", "new")

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    replace_file(tmp_path / "replaced", "")

    assert (tmp_path / "replaced").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "a.txt"

    with pytest.raises(RunError, match=r"a\.txt cannot be written: No such file or directory"):
        replace_file(path, "")


def test_a_full_disk_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_file(tmp_path / "a.txt", "old")

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(RunError, match="cannot be written: No space left on device"):
        replace_file(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interrupted_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file(tmp_path / "a.txt", "old")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    whole = {"a" * 100_000, "b" * 200_000}
    replace_file(path, min(whole))
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for text in sorted(whole) * 20:
        replace_file(path, text)
    done.set()
    reader.join()

    assert seen <= whole


@pytest.mark.parametrize("path", [Path(), Path("/")])
def test_a_folder_is_no_file(path: Path) -> None:
    with pytest.raises(RunError, match="is a folder"):
        replace_file(path, "new")
