"""The values that the Hub accepts in a card's front matter, and a check that needs no network.

`hub.json` holds the lists of November 2026: languages, sizes, creators and multilinguality from `datasets` 5.2
(`utils/resources`), licences from the Hub's documentation of repositories, and the tasks that are about
texts.
"""

from __future__ import annotations

import difflib
import functools
import json
from pathlib import Path
from typing import Any

_REQUIRED = ("language", "license", "pretty_name", "size_categories", "task_categories", "configs", "dataset_info")


@functools.cache
def hub_values(key: str) -> tuple[str, ...]:
    """The values that the Hub accepts for a key, such as `languages`, `licenses` or `task_categories`."""
    return tuple(_lists()[key])


@functools.cache
def _lists() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = json.loads(Path(__file__).with_name("hub.json").read_bytes())
    return lists


def nearest(value: str, key: str) -> str:
    """The accepted value that is most similar to one that the Hub does not accept; the first one if none is similar."""
    known = hub_values(key)
    return next(iter(difflib.get_close_matches(value, known, n=1, cutoff=0.4)), known[0])


def check_front_matter(front: dict[str, Any]) -> list[str]:
    """Check a card's front matter against the Hub's rules.

    Args:
        front: the YAML at the head of a card, as Python reads it.

    Returns:
        What is wrong with it: lines that name the key, the value and the most similar value that the Hub accepts, if
        there is one. Empty if nothing is wrong.
    """
    wrong = [f"{key} is missing" for key in _REQUIRED if not front.get(key)]
    lists = {"language": "languages", "license": "licenses"}
    for key, value in front.items():
        listed = lists.get(key, key)
        if listed not in _lists():
            continue
        for each in value if isinstance(value, list) else [value]:
            if each not in hub_values(listed):
                wrong.append(f"{key}: {each!r} is not accepted by the Hub; nearest: {nearest(str(each), listed)}")
    named = [config.get("config_name") for config in front.get("configs", [])]
    described = [info.get("config_name") for info in front.get("dataset_info", [])]
    if named != described:
        wrong.append(f"configs are {named}, dataset_info has {described}")
    return wrong
