"""What pruners could save at the most: those that know before how trainings end."""

from collections.abc import Sequence
from dataclasses import replace

from mbscale.results.pareto import pareto_records
from mbscale.results.record import Record


def stop_off_front(records: Sequence[Record]) -> Sequence[Record]:
    """The trainings, as if each that ends off the final front had stopped after its first epoch."""
    front = {one.key for one in pareto_records(records)}
    return [one if one.key in front else _stop(one) for one in records]


def stop_beaten(records: Sequence[Record]) -> Sequence[Record]:
    """The same for each that ends under an earlier training which costs no more."""
    stopped: list[Record] = []
    for one in records:
        stopped.append(_stop(one) if _is_beaten(one, stopped) else one)
    return stopped


def _is_beaten(record: Record, earlier: Sequence[Record]) -> bool:
    return any(
        rival.state == "complete"
        and rival.macs <= record.macs
        and (rival.accuracy or 0.0) > (record.accuracy or 0.0)
        for rival in earlier
    )


def _stop(record: Record) -> Record:
    return replace(record, state="pruned", epochs=1)
