"""The base of all documents of a build: each is rendered from the facts, and compared with them."""

from __future__ import annotations

import abc
from collections.abc import Iterable
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, ClassVar

from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.files import LONGEST


@dataclass(frozen=True)
class Comparison:
    """A file of a document, compared with what the facts make of it.

    Attributes:
        differences: where the file differs; each difference prints as one line. Empty if there are none.
        unchecked: what could not be compared, in words; None if everything was compared.
    """

    differences: tuple[Any, ...] = ()
    unchecked: str | None = None


def whole(stream: BufferedReader) -> bytes:
    """The whole content of a document.

    Raises:
        ValueError: it is longer than any document that a build writes.
    """
    data = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ValueError(f"has more than {LONGEST:,} bytes")
    return data


class Document(abc.ABC):
    """A file, or a folder of files, that is made from a build's Parquet files and settings.

    `build` and `remove` write all documents, `verify` compares all of them, and `card` shows one. All of these use the
    list `DOCUMENTS`. A document has no state, so two renderings of the same facts are equal.

    Attributes:
        name: its path below the build; if it is a folder, the path of the folder.
        code: the first half of the codes of its problems in `verify`: `<code>.content` if it does not agree with
            the facts, `<code>.invalid` if it cannot be read.
    """

    name: ClassVar[str]
    code: ClassVar[str]

    def files(self, facts: Facts) -> tuple[str, ...]:
        """The paths of its files in a build of these facts; empty if the settings leave it out."""
        return (self.name,)

    @abc.abstractmethod
    def render(self, facts: Facts, file: str) -> Iterable[bytes]:
        """The content of one of its files, piece by piece.

        Raises:
            ConfigError: the keeper's words cannot be put into it.
        """

    @abc.abstractmethod
    def differences(self, stream: BufferedReader, facts: Facts, file: str) -> Comparison:
        """Compare one of its files.

        Args:
            stream: the file as it is, open at its start.
            facts: what it should say.
            file: its path below the build.

        Raises:
            ValueError, RecursionError: it cannot be parsed.
            ConfigError: the keeper's words in it cannot be put on a card.
        """
