"""The version of the package: it is written only here."""

__version__ = "0.1.0"
GENERATOR = f"corpus-vn-police {__version__}"
