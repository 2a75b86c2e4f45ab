"""What can go wrong, as values: one root, fields first, the message built from them.

Bad data never raises: it becomes a row of the ledger. These are for bad configuration, bad
arguments, and a machine that fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self


@dataclass
class CorpusError(Exception):
    """The root of every error that this package raises on purpose.

    Attributes:
        message: what is wrong, and where.
        hint: what to do next.
        code: a dotted name for machines; each class has its own.
        exit_code: what the command line exits with.
    """

    message: str
    hint: str = ""
    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2

    __hash__ = Exception.__hash__  # a dataclass with equality has none of its own

    def __str__(self) -> str:
        """Message and hint, a line each."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(CorpusError):
    """An argument or a key of corpus.toml has a value that is not allowed."""

    code = "config"


class InputError(CorpusError):
    """The input is missing, is not what it should be, or holds no seeds."""

    code = "input"


class OutputError(CorpusError):
    """The output folder holds something else, is no build, or is busy."""

    code = "output"


@dataclass
class DamagedError(CorpusError):
    """A build's files cannot be read, or do not hold what they should.

    Attributes:
        what: what is wrong, without the build's name.
    """

    what: str = ""
    code: ClassVar[str] = "damaged"

    __hash__ = Exception.__hash__

    @classmethod
    def of(cls, folder: object, what: object) -> Self:
        """What is wrong with a build, in one line."""
        reason = str(what).split("\n")[0][:300]
        hint = f"corpus-vn-police verify {folder} says what is wrong with it"
        return cls(f"{folder}: is damaged: {reason}", hint, reason)


class SchemaError(CorpusError):
    """A schema is invalid, or asks for what the columnar check cannot hold to."""

    code = "schema"


class NothingPublishedError(CorpusError):
    """A build would publish nothing; the output folder is left as it was."""

    code = "nothing_published"
    exit_code = 1


class RejectedError(CorpusError):
    """`--strict`: seeds were rejected; the output folder is left as it was."""

    code = "rejected"
    exit_code = 1


class LedgerError(CorpusError):
    """The ledger does not balance: a defect of this package, never of the seeds."""

    code = "ledger"
    exit_code = 3


class DiskError(CorpusError):
    """The operating system failed to read or write."""

    code = "io"
    exit_code = 3

    @classmethod
    def of(cls, error: OSError) -> DiskError:
        """What the system said, with the file that it said it of."""
        name = f"{error.filename}: " if error.filename else ""
        return cls(f"{name}{error.strerror or error}", "check the disk and the permissions")


class AccessError(CorpusError):
    """The Hub does not let in who asks: no token, a wrong one, one without the right, another repository."""

    code = "access"


class HubError(CorpusError):
    """The Hub failed for good after retries, or somebody else changed the repository meanwhile."""

    code = "hub"
    exit_code = 3


@dataclass
class UnverifiedError(CorpusError):
    """`publish`: `verify` found something; nothing was sent.

    Attributes:
        report: what it found, a `Report`.
    """

    report: Any = None
    code: ClassVar[str] = "unverified"
    exit_code: ClassVar[int] = 1

    __hash__ = Exception.__hash__


class InterruptedBuildError(CorpusError):
    """The run was interrupted, or one of its processes was killed."""

    code = "interrupted"
    exit_code = 3
