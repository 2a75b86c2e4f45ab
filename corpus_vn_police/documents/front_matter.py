"""The YAML at the head of a card: what the Hub and `datasets` read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import CONFIGS, Contract
from corpus_vn_police.contract.features import yaml_features
from corpus_vn_police.contract.hub import hub_values
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import FOLDERS

_LONGEST = 1 << 18  # code points at the start of a card: its front matter must end there, because YAML is slow


def front_matter(corpus: Corpus, figures: Figures, shards: Sequence[BuildFile], digest: str) -> dict[str, Any]:
    """A card's front matter.

    Args:
        corpus: what the keeper says.
        figures: what was measured.
        shards: the Parquet files.
        digest: the content digest. It is in the description of each config, because the local
            cache of `datasets` does not look at the content of the files.
    """
    named = {"license_name": corpus.license_name, "license_link": corpus.license_link}
    return {
        "language": [corpus.language],
        "license": corpus.license,
        **{key: value for key, value in named.items() if value},
        "pretty_name": corpus.title,
        "annotations_creators": ["machine-generated" if any(figures.spans.values()) else "no-annotation"],
        "language_creators": ["found"],
        "multilinguality": ["monolingual"],
        "size_categories": [size_category(figures.records)],
        "source_datasets": ["original"],
        "task_categories": ["text-generation", "fill-mask"],
        "task_ids": ["language-modeling", "masked-language-modeling"],
        **loaded_from(corpus.version, shards, digest, corpus.contracts),
    }


def loaded_from(
    version: str, shards: Sequence[BuildFile], digest: str, contracts: Mapping[str, Contract]
) -> dict[str, Any]:
    """The keys of the front matter that decide what `datasets` loads.

    Args:
        version: of the data.
        shards: the Parquet files.
        digest: the content digest.
        contracts: the contract of each config.
    """
    configs = built_configs(shards)
    return {
        "configs": [_config(config, shards, version, digest) for config in configs],
        "dataset_info": [_info(config, shards, contracts[config]) for config in configs],
    }


def loading_differences(
    card: str, version: str, shards: Sequence[BuildFile], digest: str, contracts: Mapping[str, Contract]
) -> list[str]:
    """Where the front matter of a card makes `datasets` load something other than the build's files.

    Only these two keys decide what a reader gets, whoever wrote the card.

    Args:
        card: the card's text.
        version: of the data.
        shards: the Parquet files.
        digest: the content digest of their rows.
        contracts: the contract of each config.

    Raises:
        ValueError: the front matter is not YAML.
    """
    import yaml
    from huggingface_hub.repocard import REGEX_YAML_BLOCK  # by which `datasets` finds it

    expected = loaded_from(version, shards, digest, contracts)
    found = REGEX_YAML_BLOCK.search(card[:_LONGEST])
    try:
        got = yaml.safe_load(found[2] if found else "") or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"its front matter cannot be read: {error}") from error
    if not isinstance(got, dict):
        raise ValueError("its front matter is not a table of keys")
    said = "in its front matter does not agree with the files, so `datasets` may load something else"
    return [f"`{key}` {said}" for key, value in expected.items() if got.get(key) != value]


def built_configs(shards: Sequence[BuildFile]) -> list[str]:
    """The configs that a build has, in their order."""
    return [config for config in CONFIGS if any(shard.config == config for shard in shards)]


def size_category(records: int) -> str:
    """The Hub's name for a number of records: `n<1K`, `1K<n<10K` and so on."""
    sizes = hub_values("size_categories")
    return next((name for power, name in enumerate(sizes[:-1], 3) if records < 10**power), sizes[-1])


def _splits(config: str, shards: Sequence[BuildFile]) -> list[str]:
    return list(dict.fromkeys(shard.split for shard in shards if shard.config == config))


def _config(config: str, shards: Sequence[BuildFile], version: str, digest: str) -> dict[str, Any]:
    files = [{"split": split, "path": f"{FOLDERS[config]}/{split}-*.parquet"} for split in _splits(config, shards)]
    return {"config_name": config, "version": version, "description": digest, "data_files": files}


def _info(config: str, shards: Sequence[BuildFile], contract: Contract) -> dict[str, Any]:
    mine = [shard for shard in shards if shard.config == config]
    splits = [
        {
            "name": split,
            "num_bytes": sum(shard.arrow_bytes for shard in mine if shard.split == split),
            "num_examples": sum(shard.rows for shard in mine if shard.split == split),
        }
        for split in _splits(config, shards)
    ]
    return {
        "config_name": config,
        "features": yaml_features(contract.schema),
        "splits": splits,
        "download_size": sum(shard.bytes for shard in mine),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }
