"""Importing Spyne 2.14 on every Python that Tidbro runs on. Import this module before anything of Spyne's.

Spyne carries an old copy of `six` whose importer knows neither Python 3.12 nor its warnings; the real `six` stands in
for it here, before Spyne is imported. (On 3.13 the package `legacy-cgi` brings back the module that Spyne imports.)
Source: DESIGN decision 1 in docs/decisions.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

import six

_VENDORED = "spyne.util.six"


class _RealSix(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers for `spyne.util.six.moves…` with the module that the real six names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not fullname.startswith(_VENDORED + "."):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module(spec.name.removeprefix("spyne.util."))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: the module was imported under its own name."""


def _real_six() -> ModuleType:
    """The real six under the vendored name, with the one function that Spyne added to its copy."""
    stand_in = ModuleType(_VENDORED)
    stand_in.__dict__.update(six.__dict__)
    stand_in.__dict__.update(__name__=_VENDORED, get_function_name=lambda function: function.__name__)
    return stand_in


def _install() -> None:
    if _VENDORED not in sys.modules:
        sys.modules[_VENDORED] = _real_six()
        sys.meta_path.insert(0, _RealSix())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("spyne", "spyne.protocol.soap", "spyne.server"):
            importlib.import_module(name)


_install()
