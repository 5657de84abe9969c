"""Every verb, what it does, and the module that is imported once it is asked for."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Verb:
    """One word of the command line: its module below mbscale.cli, and a line for ``--help``."""

    module: str
    summary: str


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "run": Verb("run_verbs", "search, confirm, scale, and make the family"),
        "search": Verb("run_verbs", "stage 1: search a baseline"),
        "confirm": Verb("run_verbs", "train the best of a search again with fresh seeds"),
        "scale": Verb("scale_verb", "stage 2: find the scaling constants of a baseline"),
        "family": Verb("design_verbs", "B0 to B7 from a baseline and constants"),
        "export": Verb("design_verbs", "write a network in another form"),
        "profile": Verb("show_verbs", "what an architecture costs"),
        "status": Verb("status_verb", "where a run stands"),
        "settings": Verb("settings_verb", "every setting with its range and meaning"),
        "reproduce": Verb("reproduce_verb", "train one trial of a run again, and compare"),
        "bench": Verb("bench_verb", "samplers against recorded accuracies"),
        "validate-proxy": Verb("proxy_verb", "rank correlation of a proxy with a reference"),
    }
)


def suggest_verb(word: str) -> str:
    """What a word that is no verb may have meant.

    >>> suggest_verb("serach")
    "no verb 'serach'; did you mean search?"
    """
    close = difflib.get_close_matches(word, VERBS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(VERBS)}"
    return f"no verb {word!r}; {hint}"
