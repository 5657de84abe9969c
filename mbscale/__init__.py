"""From labeled images and a compute budget to a family of efficient convolutional networks.

Names are imported when they are first used, so that ``import mbscale`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mbscale.config import RunConfig
    from mbscale.errors import ArchitectureError, ConfigError, DataError, MbscaleError, RunError
    from mbscale.proxy.evaluation import Evaluation
    from mbscale.proxy.images.in_memory import make_images
    from mbscale.search.choice_space import ChoiceSpace, StageCosts
    from mbscale.search.surrogate.sampler import SurrogateSampler
    from mbscale.space.architecture import Architecture
    from mbscale.space.cost import count_cost
    from mbscale.space.encoding import Choice
    from mbscale.space.model import build_model
    from mbscale.space.network import Network, Target
    from mbscale.space.published import load_network
    from mbscale.space.search_space import SearchSpace, load_search_space
    from mbscale.steps.confirm import confirm
    from mbscale.steps.files import load_config, save_config, save_network, save_search_space
    from mbscale.steps.own_parts import OwnParts
    from mbscale.steps.run import Run, open_run, reopen_run
    from mbscale.steps.scale import make_family, scale
    from mbscale.steps.search import run_search
    from mbscale.steps.whole_run import run

# Where each public name is defined.
_PLACES = {
    "Architecture": "space.architecture",
    "ArchitectureError": "errors",
    "Choice": "space.encoding",
    "ChoiceSpace": "search.choice_space",
    "ConfigError": "errors",
    "DataError": "errors",
    "Evaluation": "proxy.evaluation",
    "MbscaleError": "errors",
    "Network": "space.network",
    "OwnParts": "steps.own_parts",
    "Run": "steps.run",
    "RunConfig": "config",
    "RunError": "errors",
    "SearchSpace": "space.search_space",
    "StageCosts": "search.choice_space",
    "SurrogateSampler": "search.surrogate.sampler",
    "Target": "space.network",
    "build_model": "space.model",
    "confirm": "steps.confirm",
    "count_cost": "space.cost",
    "load_config": "steps.files",
    "load_network": "space.published",
    "load_search_space": "space.search_space",
    "make_family": "steps.scale",
    "make_images": "proxy.images.in_memory",
    "open_run": "steps.run",
    "reopen_run": "steps.run",
    "run": "steps.whole_run",
    "run_search": "steps.search",
    "save_config": "steps.files",
    "save_network": "steps.files",
    "save_search_space": "steps.files",
    "scale": "steps.scale",
}

__all__ = [
    "Architecture",
    "ArchitectureError",
    "Choice",
    "ChoiceSpace",
    "ConfigError",
    "DataError",
    "Evaluation",
    "MbscaleError",
    "Network",
    "OwnParts",
    "Run",
    "RunConfig",
    "RunError",
    "SearchSpace",
    "StageCosts",
    "SurrogateSampler",
    "Target",
    "build_model",
    "confirm",
    "count_cost",
    "load_config",
    "load_network",
    "load_search_space",
    "make_family",
    "make_images",
    "open_run",
    "reopen_run",
    "run",
    "run_search",
    "save_config",
    "save_network",
    "save_search_space",
    "scale",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        msg = f"module 'mbscale' has no attribute {name!r}"
        raise AttributeError(msg)
    found: object = getattr(import_module(f"mbscale.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
