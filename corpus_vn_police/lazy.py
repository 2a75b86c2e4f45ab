"""Import public names when they are first used, so that importing a package is quick."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazy_names(namespace: dict[str, Any], homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Make the `__getattr__` of a package: it imports a public name when it is first used, and keeps it.

    Args:
        namespace: the `globals()` of the package.
        homes: module, below the package -> the public names that it defines.
    """
    package = namespace["__name__"]
    home_of = {name: home for home, names in homes.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"{package}.{home_of[name]}")
        return namespace.setdefault(name, getattr(module, name))

    return __getattr__
