"""README.md: the card of a build, YAML front matter first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus_vn_police.build.figures import Figures
from corpus_vn_police.build.parquet import FOLDERS, Written
from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import CONFIGS, load_contract
from corpus_vn_police.contract.features import yaml_features

_SIZES = [
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
]


def render_card(corpus: Corpus, figures: Figures, shards: Sequence[Written], digest: str) -> str:
    """Write a build's card.

    Args:
        corpus: what the keeper says of it.
        figures: what was measured of its files.
        shards: the Parquet files of its configs.
        digest: the content digest; it stands in each config's description, because the local
            cache of `datasets` does not look at the files' contents.
    """
    import jinja2
    import yaml

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown: `plain` and `fenced` are for what is not ours
    )
    environment.filters |= {"cell": _cell, "plain": plain, "fenced": fenced}
    front = yaml.safe_dump(
        front_matter(corpus, figures, shards, digest), sort_keys=False, allow_unicode=True, width=100
    )
    return environment.get_template("card.md.jinja").render(
        front=front,
        corpus=corpus,
        figures=figures,
        digest=digest,
        prose=_prose(corpus.prose),
        configs=[config for config in CONFIGS if any(shard.config == config for shard in shards)],
        fields={config: load_contract(name).fields() for config, name in CONFIGS.items()},
    )


# What stands around the keeper's words, as card.md.jinja writes it; a test holds both together.
_FIGURES = "\n## Figures\n\nMeasured from the published files when they were built.\n"
_SAID = re.compile(
    r"(?:\n+Home page: (?P<homepage>[^\n]*))?(?:\n+Contact, also for takedown: (?P<contact>[^\n]*))?"
    r"(?:\n+## Citation\n\n(?P<fence>`{4,})\n(?P<citation>.*)\n(?P=fence))?\n*",
    re.DOTALL,
)


def read_card(text: str, version: str, digest: str) -> tuple[dict[str, str], str | None]:
    """What a keeper said in a card that `render_card` wrote, and that stands nowhere else in a build.

    Args:
        text: the card.
        version: the version of its data.
        digest: its content digest.

    Returns:
        The keys of corpus.toml with their values, and the prose below the title; None where there is none.

    Raises:
        ValueError: `render_card` did not write it.
    """
    import yaml

    top = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    line = f"\n## Version\n\nData version {version}, content digest `{digest}`.\n"
    head, mark, tail = text[top.end() if top else 0 :].rpartition(line)
    said = _SAID.fullmatch("\n" + tail)
    body, figures, _ = head.rpartition(_FIGURES)
    if not (top and mark and said and figures):
        raise ValueError("its parts are not where they were written")
    try:
        given = yaml.safe_load(top.group(1))
        named = {key: given[key] for key in ("language", "license", "license_name", "license_link") if key in given}
        named = {"title": given["pretty_name"], **named, "language": given["language"][0]}
    except (yaml.YAMLError, TypeError, LookupError) as error:
        raise ValueError("its front matter is not what was written") from error
    lines = {key: said[key] for key in ("homepage", "contact") if said[key] is not None}
    last = {key: re.sub(r"\\([\\`<\[])", r"\1", value) for key, value in lines.items()}  # what `plain` put in
    if said["citation"] is not None:
        last["citation"] = said["citation"]
    # With its heading, as `_prose` takes the first one out.
    heading = f"\n# {plain(named['title'])}\n"
    return {**named, **last}, body.strip() if body.removeprefix(heading).strip() else None


def _cell(text: str) -> str:
    """A text as one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """A line of the keeper's as Markdown that says just that: no HTML, link or code begins in it."""
    return re.sub(r"([\\`<\[])", r"\\\1", visible(text))


def fenced(text: str) -> str:
    """A text as a block of code that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(4, longest + 1)
    return f"{fence}\n{visible(text)}\n{fence}"


def visible(text: str) -> str:
    """A text whose control and bidirectional characters, but for tabs and newlines, are escapes."""
    return "".join(
        each if each.isprintable() or each in "\n\t\u00a0" else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def _prose(text: str | None) -> str:
    """The hand-written half without its own first heading and front matter."""
    lines = (text or "").strip().split("\n")
    if lines[0] == "---" and "---" in lines[1:]:
        lines = "\n".join(lines[lines.index("---", 1) + 1 :]).strip().split("\n")
    if lines[0].startswith("# "):
        lines = lines[1:]
    return "\n".join(lines).strip()


def front_matter(corpus: Corpus, figures: Figures, shards: Sequence[Written], digest: str) -> dict[str, Any]:
    """The card's YAML: what the Hub and `datasets` read."""
    configs = [config for config in CONFIGS if any(shard.config == config for shard in shards)]
    named = {"license_name": corpus.license_name, "license_link": corpus.license_link}
    return {
        "language": [corpus.language],
        "license": corpus.license,
        **{key: value for key, value in named.items() if value},
        "pretty_name": corpus.title,
        "annotations_creators": ["machine-generated" if "annotations" in configs else "no-annotation"],
        "language_creators": ["found"],
        "multilinguality": ["monolingual"],
        "size_categories": [next((name for limit, name in _SIZES if figures.records < limit), "100M<n<1B")],
        "source_datasets": ["original"],
        "task_categories": ["text-generation", "fill-mask"],
        "task_ids": ["language-modeling", "masked-language-modeling"],
        "configs": [_config(config, shards, corpus.version, digest) for config in configs],
        "dataset_info": [_info(config, shards) for config in configs],
    }


def _splits(config: str, shards: Sequence[Written]) -> list[str]:
    return list(dict.fromkeys(shard.split for shard in shards if shard.config == config))


def _config(config: str, shards: Sequence[Written], version: str, digest: str) -> dict[str, Any]:
    files = [{"split": split, "path": f"{FOLDERS[config]}/{split}-*.parquet"} for split in _splits(config, shards)]
    return {"config_name": config, "version": version, "description": digest, "data_files": files}


def _info(config: str, shards: Sequence[Written]) -> dict[str, Any]:
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
        "features": yaml_features(load_contract(CONFIGS[config]).schema),
        "splits": splits,
        "download_size": sum(shard.bytes for shard in mine),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }
