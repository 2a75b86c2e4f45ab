"""Measure how well a model predicts the texts of each month, with intervals; alone, or against another model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.commands.built import Build
from corpus_vn_police.commands.built import open as open_location
from corpus_vn_police.commands.built.frames import shards_of
from corpus_vn_police.commands.built.reading import folder_of
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Reporting, reported
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.files import StrPath
from corpus_vn_police.results import Result
from corpus_vn_police.train.arguments import check_installed, check_integer, checked_ids
from corpus_vn_police.train.blocks import Blocks
from corpus_vn_police.train.encoding import Encoder
from corpus_vn_police.train.formats import FormatString
from corpus_vn_police.train.intervals import UNDATED, Losses
from corpus_vn_police.train.losses import Evaluated, Uncached
from corpus_vn_police.train.templates import NAMES, Rendering, render

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False, eq=False)
class Perplexity(Result):
    """The perplexity of a model on the texts of each month.

    The tables have these columns; the last two groups only if there was another model to compare with:

    - `documents, tokens, bytes` (int64): the number of documents, of tokens that are predicted, and of bytes of the
      texts in UTF-8, without their headers.
    - `nll` (float64): the negative log-likelihoods of these tokens in nats, summed.
    - `perplexity, low, high` (float64): exp(`nll` / `tokens`), and its 95 % interval.
    - `bits_per_byte` (float64): `nll` / (`bytes` · ln 2), by which models with different tokenizers can be compared.
    - `against_nll`, `against_perplexity`, `against_low`, `against_high`, `against_bits_per_byte` (float64): the same
      for the other model.
    - `ratio, ratio_low, ratio_high` (float64): `perplexity` / `against_perplexity`, and its 95 % interval. Above 1 the
      other model predicts the texts better.

    A perplexity is null if no token is predicted. An interval is null if fewer than two documents have such tokens.

    Attributes:
        months: a row per month: `month` (string, `2020-12`) and the columns above. Documents without a month (because
            their date is only a year, or null) are in the last row, whose `month` is null.
        whole: one row of the columns above, over all documents.
        split: the split that was evaluated; None means all.
        template: how records became text.
        length: the most tokens that a model sees at once.
        cut: how many documents have more tokens: they are cut into fragments, and the model sees nothing before a
            fragment.
    """

    months: pl.DataFrame
    whole: pl.DataFrame
    split: str | None
    template: str
    length: int
    cut: int

    def __eq__(self, other: object) -> bool:
        """Whether the other one has the same settings and tables."""
        if not isinstance(other, Perplexity) or self._settings != other._settings:
            return False
        return self.months.equals(other.months) and self.whole.equals(other.whole)

    def __hash__(self) -> int:
        """The hash of everything except the tables."""
        return hash(self._settings)

    @property
    def _settings(self) -> tuple[object, ...]:
        return self.split, self.template, self.length, self.cut

    def _shown(self) -> Iterator[tuple[str, Any]]:
        yield from (("split", self.split), ("template", self.template), ("length", self.length), ("cut", self.cut))
        yield "months", self.months["month"].drop_nulls().len()
        yield from (
            (name, self.whole[name].item()) for name in ("documents", "perplexity", "ratio") if name in self.whole
        )


@machine_failures()
def perplexity_by_month(
    model: Any,
    tokenizer: Any,
    build: Build | StrPath,
    split: str | None = "test",
    *,
    ids: Iterable[str] | None = None,
    template: str = "seed",
    length: int = 1024,
    batch_size: int = 8,
    device: Any = None,
    against: Any = None,
    resamples: int = 1000,
    seed: int = 0,
    cache: StrPath | None = None,
    progress: Reporting = None,
) -> Perplexity:
    """Measure how well a model predicts the texts of each month, alone or against another model.

    Text before the body does not count, because it names the month. For a named template these are the tokens that are
    completely inside the header; for a format string whose first field is `date`, those before its second field. The
    model sees them. The first token of a fragment does not count either, because nothing predicts it; without a header,
    that is the first token of the text. The end token counts. Documents that fit into `length` tokens are never cut.

    The intervals are percentile intervals of the bootstrap (Efron and Tibshirani 1993, "An Introduction to the
    Bootstrap"): the documents of a month are drawn with replacement, because tokens of one document are not
    independent. For the ratio, both models get the same draws.

    Args:
        model: a causal language model like those of transformers: a `torch.nn.Module` that is called with `input_ids`
            and `position_ids` of shape (batch, length) and `use_cache=False`, returns `.logits` of shape (batch,
            length, vocabulary), those at a position for the token after it, and lets no token attend to one before the
            last position where the position ids restart at 0. It is put into eval mode, and then back.
        tokenizer: that of the model; see `Blocks`.
        build: a build, or the path or URL of one.
        split: `train`, `validation` or `test`; None means all.
        ids: only these records of the split, such as `stratify(build).test`; None means all.
        template: how a record becomes text; see `render`.
        length: the most tokens of a document that a model sees at once.
        batch_size: blocks of `length` tokens that are computed at once; it changes the losses only by rounding.
        device: the device of the inputs, as in torch; None means that of the model's first parameter. Models are
            not moved.
        against: another model with the same tokenizer, such as the control; None compares with none.
        resamples: the number of bootstrap resamples.
        seed: the seed of the draws.
        cache: the folder with token stores; see `Blocks`.
        progress: how the progress is shown; see `build`.

    Raises:
        ConfigError: an argument is not allowed; or a model has fewer positions than `length`, has fewer tokens than the
            tokenizer, or lets documents in a block see one another (see `check_boundaries`; models that have no
            `get_input_embeddings` are not tried).
        ExtraError: torch or `tokenizers` is not installed.
        InputError: the split has no records; or not all of `ids`.
        OutputError, DamagedError, DiskError: as `open`.
    """
    models = [model] if against is None else [model, against]
    wanted = checked_ids(ids)
    for name, value, least in (("length", length, 2), ("batch_size", batch_size, 1), ("resamples", resamples, 1)):
        check_integer(name, value, least)
    check_integer("seed", seed, 0)
    encoder = Encoder.of(tokenizer)
    _check_models(models, encoder, length)
    opened = build if isinstance(build, Build) else open_location(build)
    with reported("perplexity_by_month", progress) as moved:
        blocks = Blocks(
            opened, encoder, length=length, split=split, template=template, ids=wanted, min_fill=0, cache=cache,
            progress=moved,
        )  # fmt: skip
        texts = _Texts.read(opened, split, wanted, Rendering(template))
        evaluated = Evaluated(blocks, _header_tokens(texts.headers, encoder, length), texts.header_of)
        sums = tuple(evaluated.losses(each, batch_size, device, moved) for each in models)
    found = Losses(texts.months, evaluated.targets(), texts.bytes, sums)[texts.chosen]
    months, whole = found.by_month(resamples, seed), found.together(resamples, seed)
    return Perplexity(months, whole, split, template, length, blocks.report.cut)


def _check_models(models: Sequence[Any], encoder: Encoder, length: int) -> None:
    """Refuse models that cannot give losses, or that are too small according to their configuration."""
    check_installed("torch", "train.perplexity_by_month")
    from torch.nn import Module

    for name, model in zip(("model", "against"), models, strict=False):
        if not isinstance(model, Module):
            raise ConfigError(
                f"{name} is a {type(model).__name__}, not a model of torch", "give one such as LlamaForCausalLM"
            )
        config = getattr(model, "config", None)
        most, tokens = (getattr(config, each, None) for each in ("max_position_embeddings", "vocab_size"))
        if isinstance(most, int) and most < length:
            raise ConfigError(f"length = {length} is more than the {most} positions of {name}", f"give length={most}")
        if isinstance(tokens, int) and tokens < encoder.size:
            raise ConfigError(
                f"{name} has {tokens} tokens, the tokenizer {encoder.size}",
                "give the tokenizer that it was trained with",
            )
        Uncached(model).check()


@dataclass(frozen=True, eq=False)
class _Texts:
    """Facts about the texts of a split, apart from their tokens: arrays with one value per record, in row order.

    Attributes:
        months: as in `Losses`.
        bytes: the length of the text in UTF-8, without the header.
        headers: the different headers.
        header_of: the index of each record's header in `headers`.
        chosen: whether the record is evaluated.
    """

    months: _Ints
    bytes: _Ints
    headers: tuple[str, ...]
    header_of: _Ints
    chosen: npt.NDArray[np.bool_]

    @classmethod
    def read(cls, build: Build, split: str | None, ids: Sequence[str] | None, rendering: Rendering) -> _Texts:
        """Read these facts from a build.

        Raises:
            DamagedError: the build cannot be read.
        """
        header, wanted = _header_of(rendering.template), None if ids is None else set(ids)
        places: dict[str, int] = {}
        rows: list[tuple[int, int, int, bool]] = []
        with folder_of(build, shards_of("default", split)) as folder:
            published = folder.rows("default", *([split] if split else []))
            for batch in published.batches(*dict.fromkeys(("id", "date", *rendering.columns))):
                for record in batch.iter_rows(named=True):
                    opening = header(record["date"])
                    size = len(rendering.text_of(record).encode()) - len(opening.encode())
                    place = places.setdefault(opening, len(places))
                    rows.append((_month(record["date"]), size, place, wanted is None or record["id"] in wanted))
        months, sizes, header_of, chosen = np.array(rows, np.int64).reshape(-1, 4).T
        return cls(months, sizes, tuple(places), header_of, chosen.astype(bool))


def _month(date: str | None) -> int:
    """The month number of a date: year * 12 + month - 1; `UNDATED` if it is null or only a year."""
    return UNDATED if date is None or len(date) == 4 else int(date[:4]) * 12 + int(date[5:7]) - 1


def _header_of(template: str) -> Callable[[str | None], str]:
    """A function that returns the header of a template for a date: the text before the body, which names the month."""
    if template in NAMES:
        return lambda date: render({"date": date, "text": ""}, template)
    form = FormatString.of(template)
    if not form.names or form.names[0] != "date":
        return lambda _: ""
    before, behind = form.literals[:2]
    return lambda date: f"{before}{date or ''}{behind}"


def _header_tokens(headers: Sequence[str], encoder: Encoder, length: int) -> list[tuple[int, ...]]:
    """The tokens of each header, without an end token.

    Raises:
        ConfigError: a header fills a block.
    """
    found = [tuple(each) for each in encoder.encode(list(headers))] if headers else []
    tokens = [each[:-1] if each and each[-1] == encoder.end else each for each in found]
    longest = max(map(len, tokens), default=0)
    if longest >= length:
        raise ConfigError(
            f"length = {length} is too short: a header alone has {longest} tokens", "give a greater length"
        )
    return tokens
