"""Trials that were started and have not ended, as the journal notes them."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbscale.errors import RunError
from mbscale.search.study.journal_checks import is_time

_PREFIX = "running_"


@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial that was started; ``system_attrs`` are what its sampler noted.

    ``started`` is ISO 8601 with its time zone; it is for people who look.
    """

    number: int
    vector: tuple[int, ...]
    system_attrs: Mapping[str, Any]
    started: str = ""


def name_slot(slot: int) -> str:
    """The fact that holds the trial of a slot."""
    return f"{_PREFIX}{slot}"


def read_running(
    facts: Mapping[str, Any], finished: Container[int], *, path: Path
) -> dict[int, RunningTrial]:
    """By slot, the trials that were started and are not in ``finished``.

    Raises RunError naming the journal at ``path`` and the fact that is no such trial.
    """
    running: dict[int, RunningTrial] = {}
    for name, fact in facts.items():
        slot = name.removeprefix(_PREFIX)
        if slot != name and slot.isdecimal():
            trial = _read_fact(fact, where=f"{path}: {name}")
            if trial.number not in finished:
                running[int(slot)] = trial
    return running


def _read_fact(fact: Any, *, where: str) -> RunningTrial:
    match fact:
        case {"number": int(number), "vector": [*vector], "system_attrs": dict(noted)} if all(
            isinstance(index, int) for index in vector
        ):
            started = fact.get("started", "")
        case _:
            msg = f"{where} is not a trial that was started; restore it from a copy"
            raise RunError(msg)
    if started and not is_time(started):
        msg = f"{where} was started at {started!r}, which is no time; restore it from a copy"
        raise RunError(msg)
    return RunningTrial(number, tuple(vector), noted, started)
