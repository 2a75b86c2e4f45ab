"""`publish`: a build folder -> a dataset repository on the Hub: one commit, one tag, nothing else.

The Hub's own client, `huggingface_hub`, sends the files. This package decides what to send and when to
refuse. If an answer is lost, it looks at the repository again and continues from its current state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_vn_police.commands.publish.compare import (
    Content,
    Upload,
    check_version,
    compare,
    higher_version,
    read_content,
)
from corpus_vn_police.commands.publish.failures import CLIENT_ERRORS, WAITS, Tell, explained, failure_of, pause
from corpus_vn_police.commands.publish.history import Purge, plan_purge, purge_history
from corpus_vn_police.commands.publish.hub import Hub, Remote, check_reachable, check_token, repo_name
from corpus_vn_police.commands.publish.notes import PublishOptions, find_edited, find_notes, unfinished_card
from corpus_vn_police.commands.verify import verify_folder
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.progress import LOG
from corpus_vn_police.errors import HubError, OutputError, UnfinishedError, UnverifiedError
from corpus_vn_police.files import StrPath
from corpus_vn_police.paths import output_path
from corpus_vn_police.results import Result


@dataclass(frozen=True, repr=False)
class Publication(Result):
    """The result of publishing; with `dry_run`, what the result would be.

    Attributes:
        repo: `user/name`.
        commit: the commit of `main` that holds the build; for a dry run, the current head, or None if
            there is no repository yet.
        tag: `v` and the version of the data.
        digest: the content digest.
        sent: path -> bytes of the files that were sent.
        deleted: the files that the manifest does not list.
        unchanged: how many files the repository had already.
        warnings: what the keeper ought to know.
        purged: what `purge_history` deleted; None if it was not used.
        dry_run: whether nothing was changed.
        unfinished: what the card does not say yet, a sentence each; without `unfinished=True` this is refused.
    """

    repo: str
    commit: str | None
    tag: str
    digest: str
    sent: Mapping[str, int]
    deleted: tuple[str, ...]
    unchanged: int
    warnings: tuple[str, ...] = ()
    purged: Purge | None = None
    dry_run: bool = False
    unfinished: tuple[str, ...] = ()


@machine_failures()
def publish(
    folder: StrPath,
    repo: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    purge_history: bool = False,
    unfinished: bool = False,
    tell: Tell | None = None,
) -> Publication:
    """Publish a build to a dataset repository on the Hub: one commit, tagged `v` + the version of the data.

    Only files that differ from `main` are sent; files that the manifest does not list are deleted in the same commit.
    The token comes from `huggingface_hub`: `HF_TOKEN`, or `hf auth login`.

    Args:
        folder: a build on this machine.
        repo: `user/name` or `hf://datasets/user/name`; created if it does not exist.
        private: whether a new repository is private; an existing one is not changed.
        dry_run: True changes nothing, and reports what would be sent.
        purge_history: True afterwards joins all commits of `main` into one, and permanently deletes other tags and
            the stored files that `main` does not refer to.
        unfinished: True publishes a card that does not say yet what its readers need: sections that say
            `[More Information Needed]`, no contact, or the licence `other` without a name.
        tell: called with each line of news, such as a retry; None logs them.

    Returns:
        The result. If the repository holds the build already, there is no commit.

    Raises:
        ConfigError: `repo` is not a name of a repository, or the Hub refuses the card.
        UnfinishedError: the card is unfinished, and neither `unfinished` nor `dry_run` is True; nothing was sent.
        UnverifiedError: `verify` finds something; nothing was sent.
        OutputError: the folder is not a build or changed meanwhile, or the version is not higher than the
            published one; nothing was sent.
        AccessError: there is no token, or the token does not have the right to do this.
        HubError: the Hub still failed after all retries, or somebody else committed meanwhile.
        DiskError: the operating system failed to read.
    """
    output_path(folder, "DIR")  # which refuses a URL
    options = PublishOptions(repo, private, dry_run, purge_history, unfinished)
    done = _publish(Path(folder), options, tell or (lambda line: LOG.info("publish: %s", line)))
    for warning in done.warnings:
        LOG.warning("publish: %s", warning)
    return done


def _publish(folder: Path, options: PublishOptions, tell: Tell) -> Publication:
    """Publish a build.

    Args:
        folder: the build.
        options: where to, and how.
        tell: called with a line of news, such as a retry, while it goes on.

    Raises:
        UnverifiedError: `verify` finds something.
        CorpusError: the name, the version, the token or the Hub does not allow it. Until the one commit
            is made the repository is as it was.
        OSError: a file of the build cannot be read.
    """
    repo = repo_name(options.repo)
    missing = _check_beforehand(folder, repo, options)
    content = _verified(folder)
    hub = Hub(repo, tell)
    remote = hub.read()
    upload = compare(content, remote.files if remote else {})
    if remote:
        _check_versions(hub, content, remote, upload)
    notes = find_notes(hub, content, remote, upload, options)
    purge = None
    if options.dry_run:
        if options.purge_history and remote:
            purge, _ = plan_purge(hub, content, remote)
        done = _publication(repo, content, remote.head if remote else None, upload, notes, purge)
        return replace(done, dry_run=True, unfinished=missing)
    if remote is None:
        hub.create(options.private)
    commit, said = _bring(hub, content, remote or hub.present(), tell)
    _tag(hub, content, commit)
    if options.purge_history:
        try:
            purge, commit = purge_history(hub, content)
        except HubError as error:
            raise HubError(
                f"{error.message}; {content.tag} is published, older revisions may still be there", error.hint
            ) from error
    return replace(_publication(repo, content, commit, upload, [*notes, *said], purge), unfinished=missing)


def _check_beforehand(folder: Path, repo: str, options: PublishOptions) -> tuple[str, ...]:
    """Check what is quick to check, before the build is verified, which may take minutes.

    Returns:
        What the card does not say yet, a sentence each.

    Raises:
        UnfinishedError: it does not say something, and neither `unfinished` nor `dry_run` is set.
        OutputError: the folder is not a build.
        AccessError: there is no token.
        HubError: the Hub does not answer.
    """
    missing = unfinished_card(folder)
    if missing and not (options.unfinished or options.dry_run):
        raise UnfinishedError.of(folder, missing)
    if not options.dry_run:
        check_token(repo)
    check_reachable(repo)
    return missing


def _verified(folder: Path) -> Content:
    """A build in which `verify` finds nothing wrong.

    Raises:
        OutputError: it is not a build, or was changed while it was verified.
        UnverifiedError: something is wrong with it.
    """
    report = verify_folder(folder)
    if not report.ok:
        raise UnverifiedError(
            f"{folder}: verify finds {_problems(len(report.problems))}; nothing was sent",
            "do what is said about each problem, and run the same command again",
            report,
        )
    content = read_content(folder)
    if content.manifest["digest"] != report.digest:
        raise OutputError(
            f"{folder}: was changed while it was verified", "run it again when no other program changes it"
        )
    return content


def _problems(count: int) -> str:
    return "1 problem" if count == 1 else f"{count:,} problems"


def _check_versions(hub: Hub, content: Content, remote: Remote, upload: Upload) -> None:
    """Refuse if the tag, or `main`, has this version or a higher one with other content.

    Raises:
        OutputError: it has.
    """
    tagged = remote.tags.get(content.tag)
    if tagged is not None:
        other = upload if tagged == remote.head else compare(content, hub.files(tagged))
        if other:
            raise OutputError(
                f"{hub.repo}: has the tag {content.tag} with other content: {other.named()}",
                higher_version(content.version),
            )
    if upload:
        check_version(content, hub.repo, remote.manifest)


def _bring(hub: Hub, content: Content, remote: Remote, tell: Tell) -> tuple[str, list[str]]:
    """Make `main` hold the build, in one commit on top of the revision that it was compared with.

    After every failure the repository is looked at again before anything is sent: a commit whose answer
    was lost is found done.

    Returns:
        The commit, and the Hub's warnings about the card.

    Raises:
        CorpusError: the Hub failed for good, or somebody else's commit must not be overwritten unseen.
    """
    for wait in (*WAITS, None):
        upload = compare(content, remote.files)
        if not upload and remote.head:
            return remote.head, []
        try:
            commit, said = hub.commit(content, upload, remote.head)
        except CLIENT_ERRORS as error:
            failure = failure_of(error)
            # 400 is what storage says of bytes that have not the sha256 that was told before.
            if failure.status in (None, 400) and not failure.cut:
                content.check_files(upload.sent)
            if wait is None or not pause(failure, wait, tell):
                raise explained(error, hub.repo) from error
            remote = _look_again(hub, content, remote, tell)
            continue
        other = compare(content, hub.files(commit))
        if other:
            raise HubError(
                f"{hub.repo}: commit {commit} does not hold what was sent: {other.named()}; it was not tagged",
                "run the same command again",
            )
        return commit, said
    raise AssertionError("unreachable")


def _look_again(hub: Hub, content: Content, seen: Remote, tell: Tell) -> Remote:
    """The repository as it is now; another build that was published meanwhile is compared with anew.

    Raises:
        HubError: somebody else committed what is not a whole build.
        OutputError: the other build has this version or a higher one.
    """
    now = hub.present()
    upload = compare(content, now.files)
    if now.head == seen.head or not upload:
        return now
    edited = find_edited(hub, now, upload)
    if now.manifest is None or edited:
        raise HubError(
            f"{hub.repo}: somebody else committed {str(now.head)[:8]} meanwhile"
            + (f", which changed {', '.join(edited)}" if edited else "")
            + "; nothing was published",
            "look at that commit; if you run the same command again, it replaces main by this build",
        )
    _check_versions(hub, content, now, upload)
    tell(f"version {now.manifest.version} was published meanwhile; compared with that now")
    return now


def _tag(hub: Hub, content: Content, commit: str) -> None:
    """Tag the commit, unless the tag exists.

    Raises:
        HubError: somebody else made the tag of another commit meanwhile.
    """
    tagged = hub.tags().get(content.tag)
    if tagged is None:
        hub.tag(content.tag, commit)
        tagged = hub.tags().get(content.tag)
    if tagged != commit and (tagged is None or compare(content, hub.files(tagged))):
        raise HubError(
            f"{hub.repo}: main holds the build, but the tag {content.tag} is at another commit ({tagged})",
            "look on the Hub who made that tag",
        )


def _publication(
    repo: str,
    content: Content,
    commit: str | None,
    upload: Upload,
    notes: list[str],
    purge: Purge | None,
) -> Publication:
    return Publication(
        repo=repo,
        commit=commit,
        tag=content.tag,
        digest=content.manifest["digest"],
        sent=upload.sent,
        deleted=upload.deleted,
        unchanged=upload.unchanged,
        warnings=tuple(notes),
        purged=purge,
    )
