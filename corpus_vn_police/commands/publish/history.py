"""Takedown: which older revisions on the Hub still hold what was taken down, and how to delete them."""

from __future__ import annotations

from dataclasses import dataclass

from huggingface_hub.hf_api import LFSFileInfo

from corpus_vn_police.commands.publish.compare import Content, compare
from corpus_vn_police.commands.publish.hub import Hub, Remote
from corpus_vn_police.errors import HubError

LOOKED_AT = 50
"""Of the commits before the newest at most so many are looked at."""


@dataclass(frozen=True)
class Purge:
    """What `--purge-history` deletes.

    Attributes:
        commits: commits of `main` that are gone.
        tags: tags that are gone.
        files: files in large storage that no revision of `main` refers to.
        bytes: their length together.
    """

    commits: int
    tags: tuple[str, ...]
    files: int
    bytes: int


def older_revisions(hub: Hub, content: Content, remote: Remote) -> list[str]:
    """The tags, and the newest commit, that have fewer tombstones than the build: they hold what was taken down.

    A revision without a manifest says nothing and is not named.
    """
    if not content.removed or remote.head is None:
        return []
    fewer: dict[str, bool] = {}

    def has_fewer(commit: str) -> bool:
        if commit not in fewer:
            found = hub.manifest(commit)
            fewer[commit] = found is not None and (found.removed or 0) < content.removed
        return fewer[commit]

    names = [tag for tag, commit in sorted(remote.tags.items()) if has_fewer(commit)]
    commits = hub.commits(remote.head)[: LOOKED_AT + 1]
    return names + next(([f"commit {commit[:8]}"] for commit in commits if has_fewer(commit)), [])


def plan_purge(hub: Hub, content: Content, remote: Remote) -> tuple[Purge, list[LFSFileInfo]]:
    """What a purge would delete once `main` holds the build."""
    kept = {sha256 for _, sha256 in content.files.values()}
    files = [file for file in hub.stored() if file.file_oid not in kept]
    commits = hub.commits(remote.head) if remote.head else []
    more = bool(compare(content, remote.files))  # then the commit that is to come is the one that stays
    tags = tuple(sorted(remote.tags.keys() - {content.tag}))
    purge = Purge(len(commits) - (not more), tags, len(files), sum(file.size for file in files))
    return purge, files


def purge_history(hub: Hub, content: Content) -> tuple[Purge, str]:
    """Delete everything that `main`, as it is now, does not need.

    Args:
        hub: the repository.
        content: the build that `main` holds.

    Returns:
        What went, and the commit that `main` is now.

    Raises:
        HubError: `main` was changed meanwhile; what was to go may be gone in part.
    """
    purge, files = plan_purge(hub, content, hub.present())
    if purge.commits:
        hub.squash(f"Publish {content.tag}")
    for tag in purge.tags:
        hub.delete_tag(tag)
    head = _unchanged(hub, content)
    if files:
        hub.delete_stored(files)  # which rewrites what refers to them, and may give commits other names
        head = _unchanged(hub, content)
    if hub.tags().get(content.tag) != head:
        hub.delete_tag(content.tag)
        hub.tag(content.tag, head)
    return purge, head


def _unchanged(hub: Hub, content: Content) -> str:
    """The commit of `main`, which still holds the build.

    Raises:
        HubError: it does not.
    """
    now = hub.present()
    if now.head is None or compare(content, now.files):
        raise HubError(
            f"{hub.repo}: somebody else changed it while its history was purged",
            "look at the repository, and run the same command again",
        )
    return now.head
