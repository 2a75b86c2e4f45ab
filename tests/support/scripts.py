"""The project's scripts as modules: examples and benchmarks are in no package, so that `import` does not find them."""

import importlib.util

from support.builds import ROOT


def script(path):
    """The module of a script of the project, by its path from the root of the project."""
    spec = importlib.util.spec_from_file_location((ROOT / path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
