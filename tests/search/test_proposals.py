import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_search import OBJECTIVE, SPACE, make_task

from mbscale.search.proposals import Members, make_proposal
from mbscale.search.task import SearchTask
from mbscale.space.encoding import space_choices

SEEDS = st.integers(0, 2**32 - 1)


def small_task() -> SearchTask:
    """A space of 3 x 3 x 1 x 1 widths and two skips in the first stage: 18 vectors."""
    fixed = {
        "operators": ("mbconv3",), "kernel_sizes": (3,), "se_ratios": (0.0,),
        "skips": ("identity",), "depths": (1,),
    }  # fmt: skip
    narrow = [replace(one, **fixed, widths=one.widths[:1]) for one in SPACE.stages]
    first = replace(narrow[0], widths=(8, 16, 24), skips=("none", "identity"))
    second = replace(narrow[1], widths=(8, 16, 24))
    task = make_task()
    return replace(task, space=replace(SPACE, stages=(first, second, *narrow[2:])))


def every_key(task: SearchTask) -> dict[str, int]:
    sizes = [len(choice.options) for choice in space_choices(task.space)]
    proposals = [make_proposal(task, one) for one in itertools.product(*map(range, sizes))]
    return {proposal.key: proposal.macs for proposal in proposals}


def test_draws_go_through_every_network_of_a_small_space_once_and_then_end() -> None:
    task = small_task()
    members, seen = Members(task), set[str]()
    for seed in range(100):
        drawn = members.draw(seen, seed=seed)
        if drawn is None:
            break
        seen.add(drawn.key)

    assert seen == set(every_key(task))
    assert members.describe_end() == "the space small holds no other network"


def test_draws_stay_within_the_limits() -> None:
    task = small_task()
    keys = every_key(task)
    middle = float(np.median(list(keys.values())))
    limited = replace(task.settings, objective=replace(OBJECTIVE, max_macs=middle))
    within = {key for key, macs in keys.items() if macs <= middle}
    members = Members(replace(task, settings=limited))

    drawn = {members.draw(keys.keys() - {key}, seed=0) for key in keys}

    assert {one.key for one in drawn if one is not None} == within


@settings(max_examples=20)
@given(SEEDS)
def test_a_draw_follows_from_its_seed(seed: int) -> None:
    members = Members(make_task())

    assert members.draw(set(), seed=seed) == members.draw(set(), seed=seed)


@pytest.mark.slow
def test_a_large_space_without_a_fitting_member_ends_after_a_bounded_search() -> None:
    task = make_task(objective=replace(OBJECTIVE, max_macs=1.0))
    members = Members(task)

    assert members.draw(set(), seed=0) is None
    assert members.describe_end().startswith("200,000 draws from the space small found no new")
