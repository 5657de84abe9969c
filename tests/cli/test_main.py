"""What it takes to be told how the program is used."""

import subprocess
import sys

import pytest

from mbscale.cli.main import build_parser, main
from mbscale.cli.verbs import VERBS

SLOW_PACKAGES = {"torch", "optuna", "scipy", "pandas", "matplotlib", "numpy", "pydantic", "rich"}
# What a user sees runs in a process of its own, which reports its own time and memory.
MEASURE = """
import resource, sys
try:
    from mbscale.cli.main import main
    status = main(sys.argv[1:])
except SystemExit as end:
    status = end.code
used = resource.getrusage(resource.RUSAGE_SELF)
# Of this program alone; ru_maxrss also counts the process that started it.
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
found = sorted(set(sys.modules) & {packages})
print(status or 0, used.ru_utime + used.ru_stime, peak, ",".join(found), sep="|")
"""


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], 0), (["--version"], 0), (["serach"], 2), ([], 0)]
)
def test_an_answer_about_the_program_itself_is_quick_and_small(
    arguments: list[str], status: int
) -> None:
    code = MEASURE.replace("{packages}", repr(SLOW_PACKAGES))
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    ended, seconds, kilobytes, imported = done.stdout.splitlines()[-1].split("|")

    assert int(ended) == status
    assert float(seconds) < 0.5
    assert int(kilobytes) < 60_000
    assert imported == ""


def test_the_package_is_a_program() -> None:
    command = [sys.executable, "-m", "mbscale", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("mbscale ")


def test_a_misspelt_verb_gets_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serach"])

    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("mbscale: no verb 'serach'; did you mean search?")
    assert said.count("\n") == 1


def test_help_lists_every_verb() -> None:
    shown = build_parser().format_help()

    assert all(verb.summary in shown for verb in VERBS.values())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_flags_of_its_own(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser(verb).parse_args([verb, "--help"])

    assert ended.value.code == 0
    assert f"usage: mbscale {verb}" in capsys.readouterr().out
