"""The package's version: the only place where it stands."""

__version__ = "0.1.0"
GENERATOR = f"corpus-vn-police {__version__}"
