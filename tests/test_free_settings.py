from dataclasses import replace

import pytest

from mbscale.config import RunConfig, set_dotted
from mbscale.free_settings import list_deciding, list_free
from mbscale.proxy.settings import ProxySettings


def test_where_a_run_happens_and_when_it_stops_is_free() -> None:
    free = list_free(RunConfig)

    assert free == (
        "proxy.data.path",
        "proxy.data.cache",
        "proxy.training.threads",
        "proxy.supernet.cache",
        "proxy.table.path",
        "proxy.certificate",
        "proxy.device",
        "search.n_trials",
        "search.n_workers",
        "search.executor",
        "search.ray",
        "search.timeout_seconds",
        "search.trial_timeout_seconds",
        "search.max_memory_gib",
        "search.max_retries",
        "search.max_failures",
    )


@pytest.mark.parametrize("change", [{"device": "cpu"}, {"certificate": "x.yaml"}])
def test_a_free_setting_does_not_decide(change: dict[str, str]) -> None:
    changed = replace(ProxySettings(), **change)  # type: ignore[arg-type]

    assert list_deciding(changed) == list_deciding(ProxySettings())


def test_every_other_setting_decides() -> None:
    changed = replace(ProxySettings(), resolution=20)

    assert list_deciding(changed) != list_deciding(ProxySettings())


def test_nested_settings_keep_their_names() -> None:
    data = list_deciding(RunConfig())
    set_dotted(data, "proxy.training.epochs=9")

    assert data["proxy"]["training"]["epochs"] == 9
    assert "threads" not in data["proxy"]["training"]
