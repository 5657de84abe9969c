"""Run folders that a disk or a hand has damaged: one sentence, and nothing more is lost."""

import json
import re
import shutil
from pathlib import Path

import pytest
from synthetic_search import SyntheticEvaluator, make_task, search

from mbscale.cli.main import main
from mbscale.config import RunConfig, save_run_config
from mbscale.errors import RunError
from mbscale.results.run_folder import JOURNAL_NAME
from mbscale.search.study.live_view import LiveReader
from mbscale.search.study.lock import LOCK_NAME
from mbscale.space.encoding import space_choices

TASK = make_task("random", n_trials=4)
NAMES = [choice.name for choice in space_choices(TASK.space)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    search(TASK, folder, SyntheticEvaluator(epochs=1))
    config = RunConfig(target=TASK.target, search=TASK.settings, seed=TASK.seed)
    save_run_config(folder / "config.yaml", config)
    return folder


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A run folder of four trials, to be damaged."""
    return shutil.copytree(sound, tmp_path / "run")


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LOCK_NAME}


def replace_line(folder: Path, number: int, text: str) -> None:
    lines = (folder / JOURNAL_NAME).read_text("utf-8").splitlines(keepends=True)
    lines[number - 1] = f"{text}\n"
    (folder / JOURNAL_NAME).write_text("".join(lines), "utf-8")


def replace_value(folder: Path, name: str, value: object) -> None:
    """Another value in the record of trial 0."""
    lines = (folder / JOURNAL_NAME).read_text("utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, start=1) if '"user_attrs":{"number":0' in line)
    line = json.loads(lines[number - 1])
    line["user_attrs"][name] = value
    replace_line(folder, number, json.dumps(line))


def fail(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status of a command, and its one sentence."""
    status = main(arguments)
    shown = capsys.readouterr()
    assert shown.out == ""
    return status, shown.err.splitlines()[-1]


@pytest.mark.parametrize("text", ["garbage", "{}", "[1]", '{"op_code":4,"study_id":0}'])
@pytest.mark.parametrize("command", [["status"], ["search", "--resume", "-q", "--out"]])
def test_a_damaged_line_is_named_and_nothing_is_written(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str], text: str
) -> None:
    replace_line(run, 5, text)
    before = read_files(run)

    status, sentence = fail([*command, str(run)], capsys)

    assert status == 1
    assert re.match(
        rf"mbscale: .*{JOURNAL_NAME} (is damaged in line 5: it|holds a trial)", sentence
    )
    assert read_files(run) == before


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("accuracy", float("nan"), "accuracy must be a finite number; got nan"),
        ("accuracy", float("inf"), "accuracy must be a finite number; got inf"),
        ("accuracy", "a", "accuracy must be a number; got 'a'"),
        ("accuracy", None, "is complete and has no accuracy and no score"),
        ("reward", None, "is complete and has no reward"),
        ("macs", 1.5, "macs must be a whole number; got 1.5"),
        ("state", "done", "state must be 'complete', 'failed'"),
    ],
)
def test_a_value_that_no_record_can_hold_is_named_and_nothing_is_written(
    run: Path, capsys: pytest.CaptureFixture[str], name: str, value: object, words: str
) -> None:
    replace_value(run, name, value)
    before = read_files(run)

    seen = fail(["status", str(run), "--json"], capsys)
    resumed = fail(["search", "--resume", "-q", "--n-trials", "7", "--out", str(run)], capsys)

    assert seen == resumed
    assert seen[0] == 1
    assert f"{JOURNAL_NAME}, trial 0" in seen[1]
    assert words in seen[1]
    assert read_files(run) == before


def test_a_run_from_before_peak_memory_was_counted_is_read(run: Path) -> None:
    known = [record.peak_memory for record in search(TASK, run).records]
    replace_value(run, "peak_memory", None)

    assert LiveReader(run).look().records[0].peak_memory is None
    assert [record.peak_memory for record in search(TASK, run).records] == known
    assert all(known)


def test_a_reason_that_quotes_what_is_no_unicode_is_read(run: Path) -> None:
    replace_value(run, "reason", "cannot open \udcff.png")

    assert LiveReader(run).look().records[0].reason == "cannot open \udcff.png"
    assert search(TASK, run).records[0].reason == "cannot open \udcff.png"


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("params", {}, "line 4: its trial cannot be read"),
        ("params", dict.fromkeys(NAMES, 9), "trial 0: stage1_operator must be from 0 to 1; got 9"),
        ("distributions", {}, "trial 0 has no stage1_operator"),
        ("distributions", {"stage1_width": "x"}, "line 4: its trial cannot be read"),
        ("state", 99, "line 4: its trial cannot be read"),
    ],
)
def test_a_vector_that_the_space_has_not_stops_the_search(
    run: Path, part: str, value: object, words: str
) -> None:
    line = (run / JOURNAL_NAME).read_text("utf-8").splitlines()[3]
    replace_line(run, 4, json.dumps(json.loads(line) | {part: value}))
    before = read_files(run)

    with pytest.raises(RunError, match=words):
        search(TASK, run)
    assert read_files(run) == before


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (5, "running_0 is not a trial that was started"),
        ({"number": 3, "vector": ["a"], "system_attrs": {}}, "is not a trial that was started"),
        (
            {"number": 3, "vector": [0], "system_attrs": {}, "started": "yesterday"},
            "running_0 was started at 'yesterday', which is no time",
        ),
    ],
)
def test_a_running_trial_that_is_none_is_named(run: Path, fact: object, words: str) -> None:
    note = {"op_code": 2, "study_id": 0, "user_attr": {"running_0": fact}}
    replace_line(run, 9, json.dumps(note))

    with pytest.raises(RunError, match=words):
        LiveReader(run).look()
    with pytest.raises(RunError, match=words):
        search(TASK, run)


def test_a_running_trial_outside_of_the_space_stops_the_search(run: Path) -> None:
    path = run / JOURNAL_NAME
    *_, note, _last = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text(path.read_text("utf-8").replace(_last, ""), "utf-8")
    replace_line(run, 9, note.strip().replace('"vector":[', '"vector":[7,'))

    with pytest.raises(RunError, match="trial 3: small takes 18 integers; got 19"):
        search(TASK, run)


def test_a_torn_end_is_left_to_the_search_that_cuts_it(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_line(run, 10, "garbage")

    assert main(["status", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_evaluated"] == 3


@pytest.mark.parametrize("content", [None, b"my thesis\n"])
def test_a_journal_that_is_none_is_one_sentence(
    run: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = run / JOURNAL_NAME
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)

    status, sentence = fail(["status", str(run)], capsys)

    assert status == 1
    assert re.search("cannot be read: Is a directory|is not a journal of Optuna", sentence)


@pytest.mark.parametrize("verb", [["status"], ["reproduce", "--trial", "0"]])
def test_a_folder_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    status, sentence = fail([*verb, str(tmp_path / "nowhere")], capsys)

    assert status == 2
    assert "nowhere" in sentence


def test_reproduce_names_the_table_and_the_trial(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = run / "trials.csv"
    path.write_text(path.read_text("utf-8").replace("stage1", "stage9"), "utf-8")

    status, sentence = fail(["reproduce", str(run), "--trial", "2"], capsys)

    assert status == 1
    assert "trials.csv, trial 2: stage1_operator is missing" in sentence


def test_a_status_that_is_watched_as_json_is_one_document_a_line(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = run / LOCK_NAME
    lock.write_text('{"host": "elsewhere", "pid": 1}')

    def end_driver(_seconds: float) -> None:
        lock.unlink()

    monkeypatch.setattr("mbscale.cli.status_verb.time.sleep", end_driver)

    assert main(["status", str(run), "--watch", "--json"]) == 0
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["driver"] for one in documents] == ["elsewhere:1", None]


def test_limits_that_no_network_meets_leave_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = ["--set", "search.objective.max_macs=1"]

    status, sentence = fail(["search", *limit, "--out", str(tmp_path / "run")], capsys)

    assert status == 2
    assert "no network of the space small is within search.objective.max_macs=1" in sentence
    assert not (tmp_path / "run").exists()
