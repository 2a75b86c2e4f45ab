"""A build on a remote file system -> a temporary copy on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus_vn_police.dataset.layout import MANIFEST, is_harmless
from corpus_vn_police.errors import CorpusError, DiskError, OutputError
from corpus_vn_police.files import scratch_folder
from corpus_vn_police.stages.read.remote import at_commit, filesystem


@contextmanager
def local_copy(location: str) -> Iterator[Path]:
    """The folder of a build; for an fsspec URL (`hf://datasets/…`), a copy that is deleted afterwards.

    From the Hub, all files come from the same commit, even if a new one is made meanwhile. Harmless files, such as the
    `.gitattributes` that the Hub adds, are left out.

    Raises:
        OutputError: there is no manifest at the URL, so it is not a build, or fsspec does not know it.
        DiskError: a file cannot be fetched or written.
    """
    if "://" not in location:
        yield Path(location)
        return
    system, root = filesystem(location)
    system.invalidate_cache()  # of listings, which outlive what is published in the same process
    with scratch_folder() as folder:
        try:
            root = at_commit(system, root)
            if not system.exists(f"{root}/{MANIFEST}"):
                raise OutputError(
                    f"{location}: is not a build (it has no {MANIFEST})", "give the URL of a folder that build wrote"
                )
            for found in system.find(root):
                name = found.removeprefix(root).lstrip("/")
                if not is_harmless(name):
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    system.get_file(found, str(target))
        except CorpusError:
            raise
        except Exception as error:  # what the client of a file system raises is its own: httpx has no OSError
            raise DiskError(f"{location}: cannot be fetched: {error}", "check the URL and the access to it") from error
        yield folder
