"""Texts -> tokens: encode whole documents, with a token at the end of each."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpus_vn_police.errors import ConfigError, DiskError
from corpus_vn_police.files import UNREADABLE, StrPath, read_file, why
from corpus_vn_police.text import nfc
from corpus_vn_police.train.arguments import check_installed

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

_Ints = npt.NDArray[np.int64]

ENDS = ("<|endoftext|>", "</s>", "<eos>", "<|end_of_text|>", "<|im_end|>")
"""Names of tokens that end a document, in tokenizers; if a tokenizer has several, the first one is used."""

_WANTED = "give a tokenizers.Tokenizer, a tokenizer of transformers, or the path of a tokenizer.json"
_LONGEST = 1 << 30  # the most bytes of a tokenizer.json; with a vocabulary of 260,000 tokens it has 35 million
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_SMALL = [*"bcdđghklmnpqrstvx", *(nfc(vowel + tone) for vowel in "aăâeêioôơuưy" for tone in _TONES)]
_LETTERS = [*_SMALL, *map(str.upper, _SMALL), *"0123456789"]
_ONLY_THE_TEXT = [{"Sequence": {"id": "A", "type_id": 0}}]
_PROBES = ("a", "Ngày 7/12, Công an tỉnh. <|endoftext|></s>\n\n  HỘI NGHỊ")


@dataclass(frozen=True)
class Encoder:
    """A copy of a tokenizer that encodes whole documents, without truncation and padding.

    If a text contains the letters of a special token, they are text, not a boundary. Special tokens that the tokenizer
    itself puts around a text, such as the first one of llama, stay. Encoders are equal if `sha256` is; they can be
    pickled.

    Attributes:
        sha256: a digest (hex) of everything that decides how a document is encoded, including its end; the same in
            every process, and independent of the tokenizer's path, name, truncation and padding.
        size: the highest id plus 1, including added tokens.
        end: the id of the token that ends each document; None if there is no such token.
        end_token: the token of `end`.
        pad: an id for padding: that of the padding token, or else `end`, or else 0.
    """

    sha256: str
    size: int = field(compare=False)
    end: int | None = field(compare=False)
    end_token: str | None = field(compare=False)
    pad: int = field(compare=False)
    _held: _Fast | _Slow = field(compare=False, repr=False)
    _appended: tuple[int, ...] = field(compare=False, repr=False)

    @classmethod
    def of(
        cls, tokenizer: Tokenizer | PreTrainedTokenizerBase | StrPath | Encoder, end_token: str | None = None
    ) -> Encoder:
        """Make the encoder of a tokenizer; the tokenizer is not changed.

        Args:
            tokenizer: a `tokenizers.Tokenizer`, a tokenizer of transformers, the path of a tokenizer.json or of a
                folder with one, or an encoder.
            end_token: the token that ends each document, unless the tokenizer itself adds it. None means the one of
                `ENDS` that the tokenizer itself adds; or else the `eos_token` of a tokenizer of transformers; for
                another tokenizer, the first of `ENDS` among its added tokens; or else no token.

        Raises:
            ConfigError: it is not a tokenizer, it encodes a text differently each time (`dropout`), or it has no such
                token.
            ExtraError: `tokenizers` is not installed.
            DiskError: the file cannot be read.

        Warns:
            UserWarning: the tokenizer leaves out Vietnamese letters, for example because it has no token for unknown
                text.
        """
        if isinstance(tokenizer, Encoder):
            if end_token in (None, tokenizer.end_token):
                return tokenizer
            held: _Fast | _Slow = tokenizer._held
        else:
            held = _held(tokenizer)
        ids = held.ids
        # The token that the tokenizer itself adds at the end.
        closing = held.encode([_PROBES[0]])[0][-1:] if held.adds else []
        own = next((each for each in ENDS if closing == [ids.get(each)]), held.end_token)
        token = own if end_token is None else end_token
        end = None if token is None else ids.get(token)
        if token is not None and end is None:
            raise ConfigError(f"end_token = {token!r} is not in the vocabulary of the tokenizer", _other_end(ids))
        appended = () if end is None or closing == [end] else (end,)
        pad = next((found for found in (held.pad, end) if found is not None), 0)
        sha256 = hashlib.sha256(json.dumps([held.content, appended]).encode()).hexdigest()
        return cls(sha256, max(ids.values(), default=-1) + 1, end, token, pad, held, appended)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """The ids of each text, including the end token; all processors are used.

        Raises:
            ConfigError: the tokenizer fails, for example because it has no token for unknown text.
        """
        found = self._held.encode(texts)
        if self._appended:
            for each in found:
                each += self._appended
        return found

    def offsets(self, texts: list[str]) -> list[_Ints]:
        """The position in its text of each token of `encode`: its first code point, and the one after its last.

        Returns:
            For each text an array of shape (tokens, 2), int64. Both are equal for tokens that are not from the text;
            for the end token they are the length of the text.

        Raises:
            ConfigError: the tokenizer fails, or does not know offsets.
        """
        found = self._held.offsets(texts)
        ends = [[(len(text), len(text))] * len(self._appended) for text in texts]
        return [np.array(each + end, np.int64).reshape(-1, 2) for each, end in zip(found, ends, strict=True)]


@dataclass(frozen=True)
class _Fast:
    """A tokenizer of the library tokenizers, as JSON without parts that do not affect encoding.

    Attributes:
        content: everything that decides how it encodes.
        end_token: the token that ends a document by default.
        pad: the id of its padding token.
    """

    content: str
    end_token: str | None
    pad: int | None
    _live: Tokenizer = field(compare=False, repr=False)

    @classmethod
    def of(cls, tokenizer: Tokenizer, end_token: str | None, pad: int | None) -> _Fast:
        described = json.loads(tokenizer.to_str())
        if described["model"].get("dropout"):
            raise ConfigError(
                f"the tokenizer has dropout = {described['model']['dropout']}: it encodes a text differently each time",
                "set tokenizer.model.dropout = None",
            )
        # The decoder does not affect encoding; transformers adds a post-processor that adds nothing.
        described |= {"truncation": None, "padding": None, "decoder": None}
        if (described["post_processor"] or {}).get("single") == _ONLY_THE_TEXT:
            described["post_processor"] = None
        made = cls._revived(json.dumps(described), end_token, pad)
        made._warn_of_lost_letters()
        return made

    def _warn_of_lost_letters(self) -> None:
        """Warn about letters that leave no trace in the tokens; in whole texts, nobody would notice."""
        try:
            lost = [letter for letter in _LETTERS if not self._live.encode(letter, add_special_tokens=False).ids]
        except Exception:  # a text that cannot be encoded raises an error when it is read
            return
        if lost:
            warnings.warn(
                f"the tokenizer leaves out {len(lost)} letters and digits that it does not know, such as {lost[0]!r}: "
                "give it a token for what it does not know, or one for every byte",
                stacklevel=6,
            )

    @classmethod
    def _revived(cls, content: str, end_token: str | None, pad: int | None) -> _Fast:
        from tokenizers import Tokenizer

        live = Tokenizer.from_str(content)
        live.encode_special_tokens = True  # not part of the JSON, and lost when it is pickled
        return cls(content, end_token, pad, live)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Fast._revived, (self.content, self.end_token, self.pad)

    @property
    def ids(self) -> dict[str, int]:
        found: dict[str, int] = self._live.get_vocab(with_added_tokens=True)
        return found

    @property
    def adds(self) -> bool:
        """Whether it adds tokens around a text."""
        return bool(self._live.num_special_tokens_to_add(False))

    def encode(self, texts: list[str]) -> list[list[int]]:
        return [each.ids for each in self._encoded(self._live.encode_batch_fast, texts)]

    def offsets(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        return [each.offsets for each in self._encoded(self._live.encode_batch, texts)]

    def _encoded(self, encode: Callable[[list[str]], list[Any]], texts: list[str]) -> list[Any]:
        try:
            return encode(texts)
        except Exception as error:  # tokenizers has no error class of its own
            raise ConfigError(
                f"the tokenizer cannot encode a text: {error!s:.200}", "give it a token for what it does not know"
            ) from error


@dataclass(frozen=True)
class _Slow:
    """A tokenizer of transformers that is written in Python.

    Attributes:
        live: a copy of it.
    """

    live: Any

    @property
    def content(self) -> Any:
        # It has no file with all its settings: it is identified by its class, vocabulary, and the ids of two texts.
        tokens = [str(token) for token in self.live.all_special_tokens]
        kind = f"{type(self.live).__module__}.{type(self.live).__qualname__}"
        return [kind, sorted(self.ids.items()), sorted(tokens), self.encode(list(_PROBES))]

    @property
    def end_token(self) -> str | None:
        return None if self.live.eos_token is None else str(self.live.eos_token)

    @property
    def pad(self) -> int | None:
        return None if self.live.pad_token_id is None else int(self.live.pad_token_id)

    @property
    def ids(self) -> dict[str, int]:
        return {**self.live.get_vocab(), **self.live.get_added_vocab()}

    @property
    def adds(self) -> bool:
        return bool(self.live.num_special_tokens_to_add())

    def encode(self, texts: list[str]) -> list[list[int]]:
        if not texts:
            return []
        found = self.live(texts, padding=False, truncation=False, split_special_tokens=True, verbose=False)
        return [list(each) for each in found["input_ids"]]

    def offsets(self, texts: list[str]) -> list[list[tuple[int, int]]]:
        raise ConfigError(
            f"a {type(self.live).__name__} does not know where its tokens are in a text",
            "give a fast tokenizer of transformers, or one of tokenizers",
        )


def _held(tokenizer: Any) -> _Fast | _Slow:
    """Make the copy of a tokenizer that an encoder uses."""
    check_installed("tokenizers", "train.Blocks")
    from tokenizers import Tokenizer

    if isinstance(tokenizer, str | os.PathLike):
        tokenizer = _read(tokenizer)
    if isinstance(tokenizer, Tokenizer):
        return _of_tokenizers(tokenizer)
    if _is_of_transformers(tokenizer):
        if not isinstance(getattr(tokenizer, "backend_tokenizer", None), Tokenizer):
            import copy

            return _Slow(copy.deepcopy(tokenizer))
        end = None if tokenizer.eos_token is None else str(tokenizer.eos_token)
        return _Fast.of(tokenizer.backend_tokenizer, end, tokenizer.pad_token_id)
    raise ConfigError(f"tokenizer = {tokenizer!r:.80} is not a tokenizer", _WANTED)


def _of_tokenizers(tokenizer: Tokenizer) -> _Fast:
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    padding = [token for token in sorted(added) if token.strip("<>|[]").lower() in ("pad", "padding")]
    end = next((token for token in ENDS if token in added), None)
    return _Fast.of(tokenizer, end, tokenizer.token_to_id(padding[0]) if padding else None)


def _is_of_transformers(tokenizer: Any) -> bool:
    # Recognised by the names of its classes, because importing transformers takes seconds.
    return any(
        each.__name__ == "PreTrainedTokenizerBase" and each.__module__.startswith("transformers.")
        for each in type(tokenizer).__mro__
    )


def _read(path: StrPath) -> Tokenizer:
    from tokenizers import Tokenizer

    if Path(path).is_dir():
        path = Path(path) / "tokenizer.json"
    try:
        return Tokenizer.from_str(read_file(path, _LONGEST).decode())
    except FileNotFoundError as error:
        raise ConfigError(f"tokenizer = {os.fspath(path)!r}: there is no such file", _WANTED) from error
    except OSError as error:
        raise DiskError.of(error) from error
    except UNREADABLE as error:
        raise ConfigError(f"tokenizer = {os.fspath(path)!r} cannot be read: {why(error)}", _WANTED) from error
    except Exception as error:  # tokenizers has no error class for files that it cannot read
        raise ConfigError(
            f"tokenizer = {os.fspath(path)!r} is not a tokenizer.json: {error!s:.200}", _WANTED
        ) from error


def _other_end(ids: dict[str, int]) -> str:
    known = [token for token in ENDS if token in ids]
    return f"it has {', '.join(known)}" if known else "add it to the tokenizer, or leave end_token out"
