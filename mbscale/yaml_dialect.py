"""The YAML of settings and architectures: what YAML 1.2 calls plain data, and no more.

``400e6`` and ``400_000_000`` are numbers, ``no`` and ``2024-01-01`` are words, a key is a text
and stands once. Anchors, aliases, merge keys and tags are refused: a file says what it means
where it stands, and no small file grows into a large one.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

# Settings are four levels deep; the limit keeps a hostile file from the recursion limit.
MAX_DEPTH = 50
LARGEST_INT = 2**63 - 1

_FLOAT = re.compile(
    r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"
)
_RESOLVERS = {
    "bool": (re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    "int": (re.compile(r"^[-+]?[0-9]+(_[0-9]+)*$"), "-+0123456789"),
    "float": (_FLOAT, "-+.0123456789"),
    "null": (re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
}


class Loader(yaml.SafeLoader):
    """Reads plain data; raises YAMLError, ValueError or RecursionError on anything else."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares it so
    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """A node, unless it is an alias, is tagged or stands too deep."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # no stub has its type
        if event.anchor:
            _refuse("anchors and aliases are not supported; write the value out", event)
        if event.tag:
            _refuse(f"the tag {event.tag} is not supported; leave it out", event)
        if self.depth > MAX_DEPTH:
            _refuse(f"nested more than {MAX_DEPTH} levels deep", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """A mapping whose keys are texts, each once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                _refuse(f"a key must be a text{_quoted(key)}", key)
            if key.value in seen:
                _refuse(f"the key {key.value!r} stands twice", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class Dumper(yaml.SafeDumper):
    """Writes plain data so that ``Loader`` reads back the same."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares it so

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class calls it so
        """True: a value that stands twice is written twice."""
        return True


def _refuse(problem: str, place: Any) -> None:
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _quoted(key: Node) -> str:
    return f"; put {key.value} in quotes" if isinstance(key, ScalarNode) and key.value else ""


def _construct_int(loader: Loader, node: ScalarNode) -> int:
    digits = str(loader.construct_scalar(node))
    if len(digits) > 100:
        _refuse("a whole number must be within 64 bits", node)
    return int(digits)


def _construct_float(loader: Loader, node: ScalarNode) -> float | int:
    # Only a number that is written without a point may stand for an int, as in 400e6.
    value = float(loader.construct_yaml_float(node))
    is_int = "." not in node.value and value.is_integer() and abs(value) <= LARGEST_INT
    return int(value) if is_int else value


def _represent_list(dumper: Dumper, data: list[Any]) -> Node:
    # Numbers and names read well on one line; sentences and mappings take a line each.
    is_flat = not any(
        isinstance(item, list | dict) or (isinstance(item, str) and " " in item) for item in data
    )
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_flat)


def _represent_text(dumper: Dumper, data: str) -> Node:
    # Only double quotes escape Unicode's line breaks; elsewhere they are read as a space.
    has_break = any(mark in data for mark in "\x85\u2028\u2029")
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"' if has_break else None)


for _name, (_pattern, _first) in _RESOLVERS.items():
    for _kind in (Loader, Dumper):
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, list(_first))
Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
Dumper.add_representer(list, _represent_list)
Dumper.add_representer(str, _represent_text)
