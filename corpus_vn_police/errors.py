"""The errors of this package: all have one base class, and build their message from their fields.

Bad data never raises an error: it becomes a row of the ledger. Errors are for a bad configuration, bad
arguments, and a machine that fails.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self


def first_line(said: object, longest: int = 300) -> str:
    """The first line of what a library said, with at most `longest` code points; empty if it said nothing."""
    return str(said).partition("\n")[0][:longest]


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

    __hash__ = Exception.__hash__  # a dataclass that defines equality loses its hash

    def __str__(self) -> str:
        """The message and the hint, one per line."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields, however they were passed: a process pool hangs if it cannot unpickle an error."""
        return type(self), tuple(getattr(self, field.name) for field in fields(self))


class ConfigError(CorpusError):
    """An argument or a key of corpus.toml has a value that is not allowed."""

    code = "config"


class InputError(CorpusError):
    """The input is missing, is not what it should be, or holds no seeds."""

    code = "input"


class OutputError(CorpusError):
    """The output folder is not a build, or another build is writing into it."""

    code = "output"


@dataclass
class DamagedError(CorpusError):
    """The files of a build cannot be read, or do not hold what they should.

    Attributes:
        what: what is wrong, without the build's name.
    """

    what: str = ""
    code: ClassVar[str] = "damaged"

    __hash__ = Exception.__hash__

    @classmethod
    def of(cls, folder: object, what: object) -> Self:
        """What is wrong with a build, in one line."""
        reason = first_line(what)
        hint = f"corpus-vn-police verify {folder} says what is wrong with it"
        return cls(f"{folder}: is damaged: {reason}", hint, reason)


class SchemaError(CorpusError):
    """A schema is invalid, or uses a rule that the columnar check cannot check."""

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


_HINTS = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "the system has too many files open: end other programs",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f), or write to another file system",
    errno.ENOSPC: "make room on the disk, or write to another one",
    errno.EDQUOT: "make room within your quota, or write to another disk",
    errno.EROFS: "the file system is read-only: write to another one",
    errno.ENAMETOOLONG: "give a shorter path",
}
"""Hints by the system's error number; the hint for any other number is to check the disk and the permissions."""


class DiskError(CorpusError):
    """The operating system failed to read or write."""

    code = "io"
    exit_code = 3

    @classmethod
    def of(cls, error: OSError) -> DiskError:
        """The error that the system reported, with the name of the file."""
        name = f"{error.filename}: " if error.filename else ""
        hint = _HINTS.get(error.errno or 0, "check the disk and the permissions")
        return cls(f"{name}{error.strerror or error}", hint)


class ExtraError(CorpusError):
    """An extra of this package must be installed, because one of its libraries is missing."""

    code = "extra"

    @classmethod
    def of(cls, what: str, library: str, extra: str) -> ExtraError:
        """The error for something that needs a library; it names the extra that installs the library."""
        return cls(f"{what} needs {library}, which is not installed", f"pip install 'corpus-vn-police[{extra}]'")


class StateError(CorpusError):
    """A saved training state belongs to other blocks, or is not a state at all."""

    code = "state"


class AccessError(CorpusError):
    """The Hub refuses access: the token is missing, wrong or lacks a right, or somebody else owns the repository."""

    code = "access"


class HubError(CorpusError):
    """The Hub kept failing after retries, or somebody else changed the repository in the meantime."""

    code = "hub"
    exit_code = 3


@dataclass
class UnverifiedError(CorpusError):
    """`publish`: `verify` found something; nothing was sent.

    Attributes:
        report: what `verify` found, a `Report`.
    """

    report: Any = None
    code: ClassVar[str] = "unverified"
    exit_code: ClassVar[int] = 1

    __hash__ = Exception.__hash__


@dataclass
class UnfinishedError(CorpusError):
    """`publish`: the card does not say yet what its readers need; nothing was sent.

    Attributes:
        missing: what it does not say, a sentence each.
    """

    missing: tuple[str, ...] = ()
    code: ClassVar[str] = "unfinished"

    __hash__ = Exception.__hash__

    @classmethod
    def of(cls, folder: object, missing: tuple[str, ...]) -> Self:
        """What is missing from the card of a build."""
        listed = "".join(f"\n- {sentence}" for sentence in missing)
        return cls(
            f"{folder}: the card is unfinished; nothing was sent:{listed}",
            "write this in corpus.toml and in the file that its [card] prose names, and build again; or publish the "
            "card as it is: --unfinished, in Python unfinished=True",
            missing,
        )


class InterruptedBuildError(CorpusError):
    """The command was interrupted."""

    code = "interrupted"
    exit_code = 3


class _LackError(CorpusError):
    """The machine does not have enough of something.

    Attributes:
        lack: what the machine lacks.
        advice: the hint.
    """

    exit_code = 3
    lack: ClassVar[str]
    advice: ClassVar[str]

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """The error, with the message of the library that failed."""
        return cls(f"{cls.lack}: {first_line(error) or type(error).__name__}", cls.advice)


class OutOfMemoryError(_LackError):
    """Memory ran out; nothing was changed."""

    code = "memory"
    lack = "memory ran out"
    advice = (
        "free some memory, raise the limit (ulimit -v, or that of the container), or try --workers 1; then run it again"
    )


class ThreadsError(_LackError):
    """The system cannot start more threads."""

    code = "threads"
    lack = "the system cannot start more threads"
    advice = "raise the limit (ulimit -u, or the pids of the container), or try --workers 1 with POLARS_MAX_THREADS=1"


class ForkedError(CorpusError):
    """The process was forked after Polars had started its threads, so it would wait for them for ever."""

    code = "forked"

    @classmethod
    def of(cls) -> ForkedError:
        """The error for this process."""
        return cls(
            "this process was forked after Polars had started threads, which a fork does not copy",
            'start it with multiprocessing.get_context("spawn") or "forkserver", or call this before the fork',
        )
