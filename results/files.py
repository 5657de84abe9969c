"""Files that are whole at every moment, whatever stops the process."""

import os
import secrets
from pathlib import Path

from mbscale.errors import RunError


def replace_file(path: Path, content: str | bytes) -> None:
    """Put ``content`` at ``path`` (text as UTF-8), so that a reader finds the old or the new whole.

    Raises RunError when the folder is missing, read-only or full; the old file then stays.
    """
    if not path.name:
        msg = f"{path} is a folder, and a file is written; name one in it"
        raise RunError(msg)
    data = content.encode() if isinstance(content, str) else content
    # Beside the file, because a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        try:
            _write_synced(temporary, data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as failure:
        msg = f"{path} cannot be written: {failure.strerror or failure}"
        raise RunError(msg) from failure


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Without it the rename itself may be lost in a power cut.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
