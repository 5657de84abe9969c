"""What a worker process imports before its first training."""

import subprocess
import sys


def test_a_worker_imports_what_it_trains_with_alone() -> None:
    code = (
        "import sys; import mbscale.search.execution.shared_images, mbscale.search.execution.jobs; "
        "print(*sorted({'optuna', 'pandas', 'matplotlib', 'scipy', 'thop', 'rich'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"
