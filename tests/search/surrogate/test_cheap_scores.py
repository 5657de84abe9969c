"""What cheap scores bring to the accuracy model, and that they do not mislead it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau
from synthetic_search import OBJECTIVE, SyntheticEvaluator, make_task, read_calls, search

from mbscale.errors import ConfigError, RunError
from mbscale.proxy.evaluation import Evaluator
from mbscale.results.run_folder import EVALUATIONS
from mbscale.search.choice_space import ChoiceSpace, FloatArray, IntArray, describe_space
from mbscale.search.evaluation_log import EvaluationLog
from mbscale.search.execution.executors import open_executor
from mbscale.search.screen_settings import ScreenSettings
from mbscale.search.screening import plan_screen, screen
from mbscale.search.settings import SearchSettings
from mbscale.search.surrogate.accuracy_features import GROUPS, Features, make_features
from mbscale.search.surrogate.accuracy_learner import AccuracyLearner
from mbscale.search.surrogate.cheap_scores import CheapScores, GuessedFeatures
from mbscale.search.task import SearchTask
from mbscale.space.network import Target
from mbscale.space.search_space import load_search_space

SPACE = describe_space(load_search_space("mnasnet"), Target(224, 1000))


def measure_truth(space: ChoiceSpace, vectors: IntArray) -> FloatArray:
    """An accuracy that the costs alone do not order: early stages count most."""
    params = np.log1p(space.count(vectors).stage_params)
    return 0.5 + 0.02 * params @ np.linspace(1, -0.2, params.shape[1]) / 7


def draw(seed: int, n: int) -> IntArray:
    return SPACE.sample(np.random.default_rng(seed), n)


def correlate(features: Features, *, n_trained: int) -> float:
    """Tau of the model with the truth, after ``n_trained`` trainings."""
    vectors, unseen = draw(1, n_trained), draw(2, 400)
    learned = AccuracyLearner(features).learn(vectors, measure_truth(SPACE, vectors), {})
    expected = learned.expect(features.compute(unseen))
    return float(kendalltau(expected, measure_truth(SPACE, unseen))[0])


def score(change: Callable[[FloatArray], FloatArray], *, n: int = 150) -> CheapScores:
    vectors = draw(0, n)
    return CheapScores("some", vectors, change(measure_truth(SPACE, vectors)))


def test_a_score_in_the_order_of_the_truth_makes_few_trainings_enough() -> None:
    base = make_features(SPACE)
    informed = GuessedFeatures(base, (score(lambda truth: np.exp(40 * truth)),))

    assert correlate(informed, n_trained=8) > max(0.85, correlate(base, n_trained=8) + 0.1)


def test_a_reversed_score_serves_as_well_as_the_right_one() -> None:
    base = make_features(SPACE)
    right = GuessedFeatures(base, (score(lambda truth: truth),))
    reversed_one = GuessedFeatures(base, (score(lambda truth: -truth),))

    assert correlate(reversed_one, n_trained=8) == pytest.approx(
        correlate(right, n_trained=8), abs=0.02
    )


def test_a_score_without_meaning_is_left_out() -> None:
    rng = np.random.default_rng(5)
    base = make_features(SPACE)
    misled = GuessedFeatures(base, (score(lambda truth: rng.normal(size=len(truth))),))

    assert correlate(misled, n_trained=40) > correlate(base, n_trained=40) - 0.05


def test_guesses_stand_behind_the_features_that_were_there() -> None:
    base, vectors = make_features(SPACE), draw(3, 5)
    both = GuessedFeatures(base, (score(lambda truth: truth), score(lambda truth: -truth)))
    features = both.compute(vectors)

    assert features[:, :-2] == pytest.approx(base.compute(vectors))
    assert (both.groups[-2:] == GROUPS.index("prior")).all()
    assert features.shape[1] == len(both.groups)


def screening_task(n_networks: int = 8) -> SearchTask:
    return make_task("surrogate", screen=ScreenSettings(n_networks=n_networks))


def run_screen(task: SearchTask, folder: Path, evaluator: Evaluator) -> tuple[CheapScores, ...]:
    proxies = {
        name: (evaluator, EvaluationLog(folder / EVALUATIONS, fingerprint=name))
        for name in ("one", "two")
    }
    with open_executor(task.settings) as executor:
        return screen(task, proxies, executor=executor)


def test_networks_of_a_screen_are_distinct_and_within_the_limits() -> None:
    task = make_task(
        "surrogate",
        objective=OBJECTIVE.__class__(target_macs=4e6, max_macs=5e6),
        screen=ScreenSettings(n_networks=50),
    )
    networks = [network for network, _ in plan_screen(task)]

    assert len({network.key for network in networks}) == 50
    assert max(network.macs for network in networks) <= 5e6


def test_a_screen_that_was_made_is_not_made_again(tmp_path: Path) -> None:
    evaluator = SyntheticEvaluator(log=tmp_path / "calls")
    first = run_screen(screening_task(), tmp_path, evaluator)
    again = run_screen(screening_task(), tmp_path, evaluator)

    assert len(read_calls(tmp_path / "calls")) == 2 * 8
    for before, after in zip(first, again, strict=True):
        assert before.name == after.name
        np.testing.assert_array_equal(before.vectors, after.vectors)
        np.testing.assert_array_equal(before.scores, after.scores)


def test_a_score_that_hardly_any_network_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"one could be had of 0 networks .* out of memory"):
        run_screen(screening_task(), tmp_path, SyntheticEvaluator(fails_above=0))


def test_scores_change_what_is_proposed(tmp_path: Path) -> None:
    task = screening_task(n_networks=30)
    (tmp_path / "screen").mkdir()
    scores = run_screen(task, tmp_path / "screen", SyntheticEvaluator())
    informed = replace(task, cheap_scores=scores[:1])

    plain, better = search(task, tmp_path / "a"), search(informed, tmp_path / "b")

    n_first = 4  # drawn before any model is asked
    assert plain.records[:n_first] == better.records[:n_first]
    assert plain.records[n_first:] != better.records[n_first:]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_networks": 3}, "at least 8"),
        ({"epochs": 0}, "at least 1"),
        ({"n_networks": 8, "scores": ()}, "neither scores nor epochs"),
    ],
)
def test_what_no_screen_can_be_is_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        ScreenSettings(**settings)  # type: ignore[arg-type]  # on purpose


def test_a_sampler_that_makes_nothing_of_scores_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs sampler: surrogate"):
        SearchSettings(sampler="tpe", screen=ScreenSettings(n_networks=8))
