"""`report`: a build -> one private page for the keeper, in one file outside the build, never published."""

from __future__ import annotations

from corpus_vn_police.commands.inputs import check_apart, configured, kept_away
from corpus_vn_police.commands.report.write import MOST_TEXTS, Page, PageOptions, write_report
from corpus_vn_police.commands.spooled import Seeds, seeds_at_hand
from corpus_vn_police.config.given import Settings
from corpus_vn_police.dataset.folder import at_hand
from corpus_vn_police.dataset.tombstones import Tombstones
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import Reporting, reported
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import output_path

__all__ = ["Page", "report"]


@machine_failures()
def report(
    folder: StrPath,
    *,
    out: StrPath,
    seeds: Seeds | None = None,
    config: Settings | None = None,
    sample: int = MOST_TEXTS,
    seed: int = 0,
    progress: Reporting = None,
) -> Page:
    """Write a private page for the keeper: figures, charts, the ledger, records, what was left out.

    Never publish it: it shows what was rejected and left out. The same build and input give the same page.

    Args:
        folder: a folder, or the fsspec URL of one (`hf://datasets/user/name`), which is fetched.
        out: the file to write, outside the build; it is written completely, or not changed.
        seeds: the input as for `build`, for the texts of seeds that were left out, which a build does not hold; None
            leaves them out.
        config: a corpus.toml; the `removed.csv` beside it is respected. None, or a dict with the keys of one, means
            the one beside the seeds.
        sample: texts of records, and of seeds that were left out, at most; 0 to 1,000.
        seed: another number draws other texts.
        progress: None shows a bar on a terminal and in a notebook, True always, False never; or a callable, called
            with `texts`, how many it has just gathered, and of how many (None).

    Returns:
        What was written.

    Raises:
        ConfigError: an argument, corpus.toml or a line of removed.csv is not allowed; or `out` is
            inside the build or the seeds.
        OutputError: `folder` is not a build.
        DamagedError: the build cannot be read.
        InputError: the seeds are missing, or there are none.
        DiskError: the operating system failed to read or write.
    """
    target = output_path(out)
    with reported("report", progress) as moved, seeds_at_hand(seeds) as given, at_hand(folder) as here:
        source = None if given is None else configured(given, config)[0]
        if source is not None:
            check_apart(source, target.path)
        tombstones = Tombstones() if source is None else kept_away(source, config)
        options = PageOptions(seeds=source, sample=sample, seed=seed, tombstones=tombstones, progress=moved)
        return write_report(here, target, options)
