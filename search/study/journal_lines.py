"""The lines of an Optuna journal: what they say, and how trials are written in them."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState


class Line(IntEnum):
    """What a line does, of those that a run writes (Optuna's JournalOperation)."""

    CREATE_STUDY = 0
    DELETE_STUDY = 1
    SET_STUDY_ATTR = 2
    CREATE_TRIAL = 4


def write_trial(trial: FrozenTrial) -> dict[str, Any]:
    """The fields of the line that creates a finished trial."""
    values = trial.values or [None]
    return {
        "datetime_start": _write_time(trial.datetime_start),
        "state": int(trial.state),
        "value": values[0] if len(values) == 1 else None,
        "values": values if len(values) > 1 else None,
        "datetime_complete": _write_time(trial.datetime_complete),
        "distributions": {
            name: distribution_to_json(one) for name, one in trial.distributions.items()
        },
        "params": {
            name: trial.distributions[name].to_internal_repr(value)
            for name, value in trial.params.items()
        },
        "user_attrs": trial.user_attrs,
        "system_attrs": trial.system_attrs,
        "intermediate_values": trial.intermediate_values,
    }


class StudyLines:
    """The studies of a journal by name, and what was noted of each, as the lines go by."""

    def __init__(self) -> None:
        self._n_created = 0
        self.ids: dict[str, int] = {}
        self.facts: dict[int, dict[str, Any]] = {}

    def take(self, line: Mapping[str, Any]) -> None:
        """Follow the next line; as in Optuna, one about a study that is not there says nothing."""
        kind = line["op_code"]
        if kind == Line.CREATE_STUDY and line["study_name"] not in self.ids:
            self.ids[line["study_name"]] = self._n_created
            self.facts[self._n_created] = {}
            self._n_created += 1
        elif kind == Line.DELETE_STUDY:
            self.ids = {name: one for name, one in self.ids.items() if one != line["study_id"]}
            self.facts.pop(line["study_id"], None)
        elif kind == Line.SET_STUDY_ATTR and line["study_id"] in self.facts:
            self.facts[line["study_id"]].update(line["user_attr"])


class TrialLines:
    """Reads finished trials; those that follow each other share names and distributions."""

    def __init__(self) -> None:
        self._texts: Mapping[str, str] = {}
        self._distributions: dict[str, BaseDistribution] = {}

    def read(self, line: Mapping[str, Any]) -> FrozenTrial:
        """The trial that a line creates; its number is not in the line."""
        distributions = self._read_distributions(line["distributions"])
        params = {
            name: one.to_external_repr(line["params"][name]) for name, one in distributions.items()
        }
        values: Sequence[float] | None = line["values"]
        return FrozenTrial(
            number=-1,
            trial_id=-1,
            state=TrialState(line["state"]),
            value=line["value"] if values is None else None,
            values=values,
            datetime_start=_read_time(line["datetime_start"]),
            datetime_complete=_read_time(line["datetime_complete"]),
            params=params,
            distributions=distributions,
            user_attrs=line["user_attrs"],
            system_attrs=line["system_attrs"],
            intermediate_values={
                int(step): value for step, value in line["intermediate_values"].items()
            },
        )

    def _read_distributions(self, texts: Mapping[str, str]) -> dict[str, BaseDistribution]:
        if texts != self._texts:
            self._texts = texts
            self._distributions = {
                sys.intern(name): json_to_distribution(text) for name, text in texts.items()
            }
        return self._distributions


def _write_time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def _read_time(text: str | None) -> datetime | None:
    """Optuna's times are local, without their zone."""
    return None if text is None else datetime.fromisoformat(text).astimezone().replace(tzinfo=None)
