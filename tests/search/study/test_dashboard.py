import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from synthetic_search import make_task, search

from mbscale.results.run_folder import JOURNAL_NAME

pytest.importorskip("optuna_dashboard", reason="not installed: pip install 'mbscale[dashboard]'")

pytestmark = pytest.mark.slow


def ask(url: str, *, within_seconds: float) -> Any:
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_optuna_dashboard_shows_the_trials_of_a_journal(tmp_path: Path) -> None:
    outcome = search(make_task(n_trials=4), tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = "import sys; from optuna_dashboard._cli import main; main()"
    words = [tmp_path / JOURNAL_NAME, "--host", "127.0.0.1", "--port", port]
    command = [sys.executable, "-c", program, *map(str, words)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as dashboard:
        try:
            studies = ask(f"http://127.0.0.1:{port}/api/studies", within_seconds=60)
            study = ask(f"http://127.0.0.1:{port}/api/studies/0?after=0", within_seconds=10)
        finally:
            dashboard.kill()

    assert [one["study_name"] for one in studies["study_summaries"]] == ["search"]
    assert [trial["values"] for trial in study["trials"]] == [
        [record.reward] for record in outcome.records
    ]
