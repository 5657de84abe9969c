from hypothesis import given
from hypothesis import strategies as st

from mbscale.search.seeds import Purpose, derive_seed

seeds = st.integers(0, 2**32 - 1)
purposes = st.sampled_from(list(Purpose))
indices = st.integers(0, 10**6)


@given(seeds, purposes, purposes, indices, indices)
def test_two_purposes_never_share_a_seed(
    seed: int, first: Purpose, second: Purpose, i: int, j: int
) -> None:
    same = derive_seed(seed, first, i) == derive_seed(seed, second, j)

    assert not same or first == second


@given(seeds, purposes, indices)
def test_a_seed_is_what_optuna_and_torch_accept(seed: int, purpose: Purpose, index: int) -> None:
    assert 0 <= derive_seed(seed, purpose, index) < 2**32


def test_trials_have_seeds_of_their_own() -> None:
    assert len({derive_seed(7, Purpose.TRIAL, number) for number in range(1000)}) == 1000
