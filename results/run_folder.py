"""The files of a run folder: where each one is, and how baseline.yaml says where it comes from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mbscale.errors import RunError
from mbscale.results.files import replace_file
from mbscale.space.network import Network
from mbscale.space.network_yaml import Scalar, format_network
from mbscale.strict_dataclass import strict_dataclass
from mbscale.strict_yaml import dump_yaml

JOURNAL_NAME = "study.journal"
EVALUATIONS = "evaluations.jsonl"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of a run's files; README.md lists what each holds."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved settings."""
        return self.path / "config.yaml"

    @property
    def manifest(self) -> Path:
        """Versions, machine, command and hashes."""
        return self.path / "manifest.json"

    @property
    def certificate(self) -> Path:
        """How far the proxy can be trusted."""
        return self.path / "certificate.yaml"

    @property
    def journal(self) -> Path:
        """Every trial, append-only."""
        return self.path / JOURNAL_NAME

    @property
    def evaluations(self) -> Path:
        """Every training of the steps after the search, append-only."""
        return self.path / EVALUATIONS

    @property
    def trials(self) -> Path:
        """One row per trial."""
        return self.path / "trials.csv"

    @property
    def pareto(self) -> Path:
        """The trials that no other beats on accuracy and MACs."""
        return self.path / "pareto.csv"

    @property
    def pareto_figure(self) -> Path:
        """Accuracy against MACs."""
        return self.path / "pareto.png"

    @property
    def history_figure(self) -> Path:
        """The best reward so far."""
        return self.path / "history.png"

    @property
    def confirmed(self) -> Path:
        """The networks that were trained again."""
        return self.path / "confirm.csv"

    @property
    def baseline(self) -> Path:
        """The chosen network."""
        return self.path / "baseline.yaml"

    @property
    def scaled(self) -> Path:
        """The scaled networks that were compared."""
        return self.path / "scaling.csv"

    @property
    def scaled_figure(self) -> Path:
        """Accuracy against MACs of the scaled networks."""
        return self.path / "scaling.png"

    @property
    def constants(self) -> Path:
        """The compound scaling constants."""
        return self.path / "scaling.yaml"

    @property
    def family(self) -> Path:
        """The folder of the family."""
        return self.path / "family"

    @property
    def family_table(self) -> Path:
        """One row per member of the family."""
        return self.family / "family.csv"

    @property
    def family_figure(self) -> Path:
        """Cost of each member, wanted and reached."""
        return self.family / "family.png"

    def member(self, index: int) -> Path:
        """One network of the family."""
        return self.family / f"b{index}.yaml"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a baseline comes from; what does not apply is None and is not written.

    ``chosen_by`` is ``search``, ``confirm`` or ``user``. Accuracies are from 0 to 1.
    """

    chosen_by: str
    architecture: str | None = None
    trial: int | None = None
    space: str | None = None
    seed: int | None = None
    reward: float | None = None
    selection_accuracy: float | None = None
    selection_score: float | None = None
    confirmed_accuracy: float | None = None
    confirmed_low: float | None = None
    confirmed_high: float | None = None
    test_accuracy: float | None = None


def write_baseline(folder: RunFolder, network: Network, provenance: Provenance) -> None:
    """baseline.yaml: the network with its exact cost and where it comes from."""
    replace_file(folder.baseline, format_network(network, _list_known(provenance)))


@strict_dataclass
class ChosenFile:
    """The keys of baseline.yaml after the search of a space of the user's own."""

    choices: dict[str, str | int | float]
    provenance: dict[str, Scalar]


def write_chosen(
    folder: RunFolder, choices: Mapping[str, str | int | float], provenance: Provenance
) -> None:
    """baseline.yaml: the chosen options by name, and where they come from."""
    replace_file(folder.baseline, dump_yaml(ChosenFile(dict(choices), _list_known(provenance))))


def _list_known(provenance: Provenance) -> dict[str, Scalar]:
    return {name: value for name, value in asdict(provenance).items() if value is not None}


def make_folder(path: Path) -> None:
    """The folder, with those above it. Raises RunError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        msg = f"{path} cannot be made: {failure.strerror}; name another --out"
        raise RunError(msg) from failure
