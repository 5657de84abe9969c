"""The verbs that make networks without training: family, export."""

import argparse
from pathlib import Path

from mbscale.cli.arguments import Verbs, add_architecture_flag, add_verb
from mbscale.cli.console import print_json, print_note, print_table, print_text
from mbscale.cli.outcomes import describe_member
from mbscale.errors import ArchitectureError, ConfigError
from mbscale.results.files import replace_file
from mbscale.results.run_folder import make_folder
from mbscale.space.family import Family, FamilySettings, make_family
from mbscale.space.network_yaml import format_network
from mbscale.space.published import load_network
from mbscale.space.scaling import CompoundConstants
from mbscale.strict_yaml import load_yaml


def add_verbs(verbs: Verbs) -> None:
    """Family and export."""
    parser = add_verb(verbs, "family", family)
    add_architecture_flag(parser, required=True)
    for name, value, meaning in (
        ("alpha", 1.2, "depth"),
        ("beta", 1.1, "width"),
        ("gamma", 1.15, "resolution"),
    ):
        text = f"growth of {meaning} for each phi (default: the paper's {value})"
        parser.add_argument(f"--{name}", type=float, default=value, metavar="X", help=text)
    parser.add_argument("--mode", choices=("phi", "matched", "published"), default="phi")
    parser.add_argument("--phi", type=float, nargs="+", default=list(range(8)), metavar="PHI")
    text = "cost of a step over the one before, in the matched mode (default: 2)"
    parser.add_argument("--multiple", type=float, metavar="X", help=text)
    parser.add_argument("--resolution-multiple", type=int, metavar="PIXELS")
    parser.add_argument("--max-resolution", type=int, metavar="PIXELS")
    parser.add_argument("--depth-rounding", choices=("ceil", "round"), default="ceil")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one YAML file a member")
    parser = add_verb(verbs, "export", export)
    parser.add_argument("form", choices=("yaml",), help="yaml: explicit stages with exact counts")
    add_architecture_flag(parser, required=True)
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: stdout")


def family(options: argparse.Namespace) -> int:
    """The members with nominal and measured ratios."""
    if options.multiple is not None and options.mode != "matched":
        msg = f"--multiple is for --mode matched; the mode {options.mode} has its own costs"
        raise ConfigError(msg)
    settings = FamilySettings(
        mode=options.mode,
        multiple=2.0 if options.multiple is None else options.multiple,
        phi=tuple(options.phi),
        resolution_multiple=options.resolution_multiple,
        max_resolution=options.max_resolution,
        depth_rounding=options.depth_rounding,
    )
    constants = CompoundConstants(options.alpha, options.beta, options.gamma)
    made = make_family(load_network(options.architecture), constants, settings)
    for warning in made.warnings:
        print_note(warning)
    if options.out:
        _write(options.out, made)
    if options.json:
        print_json([describe_member(member) for member in made.members])
        return 0
    columns = tuple(describe_member(made.members[0]))
    rows = [tuple(describe_member(member).values()) for member in made.members]
    print_table(f"Family of {options.architecture}", columns, rows)
    return 0


def _write(folder: Path, made: Family) -> None:
    make_folder(folder)
    for index, member in enumerate(made.members):
        replace_file(folder / f"b{index}.yaml", format_network(member.network))


def export(options: argparse.Namespace) -> int:
    """A network as YAML, or on stdout as JSON."""
    text = format_network(load_network(options.architecture))
    if options.out:
        replace_file(options.out, text)
    elif options.json:
        print_json(load_yaml(text, where=options.architecture, error=ArchitectureError))
    else:
        print_text(text)
    return 0
