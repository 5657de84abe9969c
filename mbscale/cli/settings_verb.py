"""The verb settings: what can be set, and what it means."""

import argparse
import textwrap
from dataclasses import asdict

from mbscale.cli.arguments import Verbs, add_verb
from mbscale.cli.console import print_json, print_text
from mbscale.settings_reference import SettingEntry, select_settings

_WIDTH = 80


def add_verbs(verbs: Verbs) -> None:
    """Settings."""
    parser = add_verb(verbs, "settings", settings)
    text = "only settings whose names begin so, such as search.objective"
    parser.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help=text)


def settings(options: argparse.Namespace) -> int:
    """A paragraph per setting."""
    entries = select_settings(options.prefix)
    if options.json:
        print_json([asdict(entry) for entry in entries])
    else:
        print_text("\n\n".join(map(format_entry, entries)))
    return 0


def format_entry(entry: SettingEntry) -> str:
    """The name and what the setting takes; below them, indented, the description."""
    return f"{_fill(f'{entry.name}  {entry.terms}', '')}\n{_fill(entry.description, '    ')}"


def _fill(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * 4,
        break_long_words=False,
        break_on_hyphens=False,
    )
