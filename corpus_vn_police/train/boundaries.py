"""Check if a model keeps the documents in a block apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from corpus_vn_police.errors import ConfigError
from corpus_vn_police.train.arguments import check_installed

_FRAGMENT = 16  # tokens in each of the two test documents
_LEAST = 2e-2
"""A difference of this share of the largest logit is a real one. In float32, logits differ by 1e-7 of it, in bfloat16
by a few thousandths, but by more than a tenth if a document sees another one; tried with llama, gpt-neox, gpt2, qwen3,
mistral, gemma2 and phi3."""


def check_boundaries(model: Any) -> None:
    """Refuse a model that lets documents in a block see one another.

    Two documents are put into a block and given to the model as `Stream` gives them: `input_ids` and `position_ids`, no
    attention mask. The logits of the second one must not depend on the first, and must be the same as without it.

    Models of transformers keep documents apart if they use no cache. By default they use one, also while they train,
    and then silently mix documents. So set `model.config.use_cache = False` first, or pass `use_cache=False` each
    time.

    Args:
        model: a causal language model like those of transformers; it is put into eval mode for the test, and then back.

    Raises:
        ConfigError: documents see one another, or the model does not take `position_ids`.
        ExtraError: torch is not installed.
    """
    check_installed("torch", "train.check_boundaries")
    import torch

    embeddings = model.get_input_embeddings()
    size, device = embeddings.weight.shape[0], embeddings.weight.device
    one = torch.arange(_FRAGMENT, device=device) % size
    other, second = (one + size // 3) % size, (one + size // 2) % size
    positions = torch.arange(_FRAGMENT, device=device)
    with in_eval_mode(model), torch.no_grad():
        after_one, after_other = (
            _logits(model, torch.cat([first, second]), positions.repeat(2))[_FRAGMENT:] for first in (one, other)
        )
        alone = _logits(model, second, positions)
    most = _LEAST * float(alone.abs().max())
    if float((after_one - after_other).abs().max()) > most or float((after_one - alone).abs().max()) > most:
        raise ConfigError(
            "the model lets the documents in a block see one another",
            "set model.config.use_cache = False, and give it no attention_mask; "
            "a model that ignores position_ids needs packing='none'",
        )


def _logits(model: Any, ids: Any, positions: Any) -> Any:
    """The logits of one row, as float32.

    Raises:
        ConfigError: the model does not take `position_ids`.
    """
    try:
        return model(input_ids=ids[None], position_ids=positions[None]).logits[0].float()
    except TypeError as error:
        if "position_ids" not in str(error):
            raise
        raise ConfigError("the model does not take position_ids", "train it with packing='none'") from error


@contextmanager
def in_eval_mode(model: Any) -> Iterator[None]:
    """Put a model into eval mode, without dropout; afterwards each of its modules gets its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
