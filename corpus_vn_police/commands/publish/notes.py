"""What the keeper ought to know before something is published."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from corpus_vn_police.commands.publish.compare import NOT_OURS, Content, Upload
from corpus_vn_police.commands.publish.history import older_revisions
from corpus_vn_police.commands.publish.hub import Hub, Remote
from corpus_vn_police.dataset.folder import BuildFolder
from corpus_vn_police.dataset.layout import CARD, MANIFEST
from corpus_vn_police.dataset.manifest import read_manifest
from corpus_vn_police.documents.opened import settings_of
from corpus_vn_police.documents.unfinished import Unfinished
from corpus_vn_police.errors import ConfigError, DamagedError, OutputError
from corpus_vn_police.files import UNREADABLE, read_file


@dataclass(frozen=True)
class PublishOptions:
    """What is asked for: the repository, and the flags of the command line."""

    repo: str
    private: bool = False
    dry_run: bool = False
    purge_history: bool = False
    unfinished: bool = False


def unfinished_card(folder: Path) -> tuple[str, ...]:
    """What the card of a build does not say yet, a sentence each; damage is left to `verify`.

    Raises:
        OutputError: the folder is not a build.
    """
    try:
        build = BuildFolder(folder, read_manifest(folder))
        return Unfinished.of(read_file(folder / CARD).decode(), settings_of(build)).sentences
    except (DamagedError, ConfigError, ValueError, *UNREADABLE):
        return ()


def find_notes(hub: Hub, content: Content, remote: Remote | None, upload: Upload, options: PublishOptions) -> list[str]:
    """Warnings, a line each.

    Raises:
        OutputError: what is there is not a build, and its history was to be deleted.
    """
    notes = _of_card(content, hub.repo)
    if remote is None:
        return notes
    if options.private and not remote.private:
        notes.append(f"{hub.repo} already exists and is public; --private does not change that")
    if remote.manifest is None:
        notes += _of_strangers(hub, remote, options)
    else:
        edited = find_edited(hub, remote, upload)
        if edited:
            notes.append(f"changed on the Hub since it was published, and overwritten: {', '.join(edited)}")
    if options.purge_history:
        if remote.others:
            notes.append(
                f"--purge-history does not change these, and they may hold the text: {', '.join(remote.others)}"
            )
    else:
        notes += _of_takedown(hub, content, remote)
    return notes


def _of_card(content: Content, repo: str) -> list[str]:
    """A card whose code loads from another repository; a card without one says how to fill in the name."""
    named = content.manifest["card"].get("repo", repo)
    said = f"the card shows how to load {named}, not {repo}: correct `repo` in corpus.toml, and build again"
    return [said] if named != repo else []


def find_edited(hub: Hub, remote: Remote, upload: Upload) -> list[str]:
    """The files to overwrite or delete that differ from the manifest in the repository."""
    listed = remote.manifest.files if remote.manifest else {}
    edited = []
    for path in sorted(remote.files.keys() & {*upload.sent, *upload.deleted} - {MANIFEST}):
        stored = remote.files[path]
        size, sha256 = listed.get(path, (None, None))
        found = stored.sha256
        if found is None and size == stored.bytes:
            found = hashlib.sha256(hub.fetch(path, str(remote.head))).hexdigest()
        if found != sha256:
            edited.append(path)
    return edited


def _of_strangers(hub: Hub, remote: Remote, options: PublishOptions) -> list[str]:
    """A repository that holds something other than a build: it is removed from `main`, but its history stays."""
    strangers = sorted(remote.files.keys() - {NOT_OURS, CARD})
    if not strangers:
        return []
    if options.purge_history:
        raise OutputError(
            f"{hub.repo}: holds something other than a build ({strangers[0]}); its history is not deleted",
            "publish without --purge-history first, and look at what is there",
        )
    return [f"{hub.repo} held something other than a build; older revisions still hold it: {', '.join(strangers[:5])}"]


def _of_takedown(hub: Hub, content: Content, remote: Remote) -> list[str]:
    older = older_revisions(hub, content, remote)
    if not older:
        return []
    return [
        f"{content.removed} seeds were taken down, and older revisions on the Hub have fewer tombstones, so they "
        f"still hold the text: {', '.join(older)}; --purge-history makes all revisions one, and deletes older tags "
        "and stored files for good"
    ]
