"""A dataset repository on the Hub: what it holds, and the steps that change it, each with its retries."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RemoteEntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.hf_api import GitRefs, LFSFileInfo, RepoFile
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status, validate_repo_id

from corpus_vn_police.commands.publish.compare import Content, Stored, Upload, parse_manifest
from corpus_vn_police.commands.publish.failures import CLIENT_ERRORS, Tell, retried, scrub, unreachable
from corpus_vn_police.dataset.layout import MANIFEST
from corpus_vn_police.dataset.manifest import Glance
from corpus_vn_police.errors import AccessError, ConfigError, HubError
from corpus_vn_police.version import __version__

_T = TypeVar("_T")
_TYPE = "dataset"
_PATIENCE = 5.0  # seconds for the first answer of the Hub
_IN_MEMORY = 10 << 20  # bytes; what is larger goes to large storage anyway


@dataclass(frozen=True)
class Remote:
    """A repository as it is at one moment.

    Attributes:
        head: the commit of `main`; None if there is none yet.
        private: whether only some may see it.
        files: path -> what is stored, at that commit.
        manifest: what `parse_manifest` made of the manifest there; None if it is not a build.
        tags: tag -> commit.
        others: the names of all other branches and pull requests.
    """

    head: str | None
    private: bool
    files: dict[str, Stored]
    manifest: Glance | None
    tags: dict[str, str]
    others: tuple[str, ...]


def repo_name(repo: str) -> str:
    """`user/name` of `user/name` or `hf://datasets/user/name`.

    Raises:
        ConfigError: it is neither.
    """
    name = repo.removeprefix("hf://datasets/").rstrip("/")
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise ConfigError(
            f"REPO {repo!r} is not a valid name of a repository: {error}", "write user/name or hf://datasets/user/name"
        ) from error
    if name.count("/") != 1:
        raise ConfigError(f"REPO {repo!r} has no user or organisation", "write user/name or hf://datasets/user/name")
    return name


def check_token(repo: str) -> None:
    """Refuse to send anything without a token.

    Raises:
        AccessError: there is none.
    """
    if not get_token():
        raise AccessError(f"{repo}: there is no token for the Hub", "run hf auth login, or set HF_TOKEN")


def check_reachable(repo: str) -> None:
    """Ask the Hub for anything once, so that a machine without a network need not wait for the retries.

    Raises:
        HubError: it gives no answer.
    """
    try:
        get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
    except CLIENT_ERRORS as error:
        raise unreachable(error, repo) from error


class Hub:
    """The client of one repository."""

    def __init__(self, repo: str, tell: Tell) -> None:
        """A client.

        Args:
            repo: `user/name`.
            tell: told of every retry.
        """
        self.repo = repo
        self._tell = tell
        self._api = HfApi(library_name="corpus-vn-police", library_version=__version__)
        self._of: dict[str, Any] = {"repo_id": repo, "repo_type": _TYPE}

    def read(self) -> Remote | None:
        """The repository as it is; None if it does not exist, or if the token may not see it.

        Raises:
            CorpusError: the Hub does not tell.
        """

        def info() -> Any:
            try:
                return self._api.repo_info(**self._of)
            except RepositoryNotFoundError as error:
                # Without a token the Hub says 401 of what is not there, to tell nobody what is private.
                if error.response.status_code == 404 or (error.response.status_code == 401 and not get_token()):
                    return None
                raise

        found = self._ask(info)
        if found is None:
            return None
        refs = self._refs()
        branches = [*refs.branches, *refs.converts, *(refs.pull_requests or [])]
        files = {} if found.sha is None else self.files(found.sha)
        return Remote(
            head=found.sha,
            private=bool(found.private),
            files=files,
            manifest=parse_manifest(self.fetch(MANIFEST, found.sha)) if found.sha and MANIFEST in files else None,
            tags={tag.name: tag.target_commit for tag in refs.tags},
            others=tuple(ref.ref for ref in branches if ref.ref != "refs/heads/main"),
        )

    def present(self) -> Remote:
        """The repository as it is.

        Raises:
            HubError: it is not there.
        """
        found = self.read()
        if found is None:
            raise HubError(f"{self.repo}: was there a moment ago, and is not there now", "run the same command again")
        return found

    def tags(self) -> dict[str, str]:
        """Tag -> commit."""
        return {tag.name: tag.target_commit for tag in self._refs().tags}

    def _refs(self) -> GitRefs:
        return self._ask(lambda: self._api.list_repo_refs(**self._of, include_pull_requests=True))

    def files(self, commit: str) -> dict[str, Stored]:
        """The files of a revision."""
        entries = self._ask(lambda: list(self._api.list_repo_tree(**self._of, recursive=True, revision=commit)))
        return {
            entry.path: Stored(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in entries
            if isinstance(entry, RepoFile)
        }

    def manifest(self, commit: str) -> Glance | None:
        """What `parse_manifest` makes of the manifest of a revision; None if there is none."""
        return parse_manifest(self.fetch(MANIFEST, commit, missing=b""))

    def fetch(self, path: str, commit: str, missing: bytes | None = None) -> bytes:
        """The bytes of a small file of a revision.

        Args:
            path: the file.
            commit: the revision.
            missing: what to return if the file does not exist; None makes that an error.
        """

        def get() -> bytes:
            url = hf_hub_url(self.repo, path, repo_type=_TYPE, revision=commit)
            response = get_session().get(url, headers=build_hf_headers())
            try:
                hf_raise_for_status(response)
            except RemoteEntryNotFoundError:
                if missing is None:
                    raise
                return missing
            return bytes(response.content)

        return self._ask(get)

    def commits(self, commit: str) -> list[str]:
        """A revision and those before it, the newest first."""
        return self._ask(
            lambda: [found.commit_id for found in self._api.list_repo_commits(**self._of, revision=commit)]
        )

    def create(self, private: bool) -> None:
        """Make the repository."""
        # Where the answer to an earlier try was lost it is there already, and that is fine.
        self._ask(lambda: self._api.create_repo(**self._of, private=private or None, exist_ok=True))

    def commit(self, content: Content, upload: Upload, parent: str | None) -> tuple[str, list[str]]:
        """Send what differs and make it one commit.

        Only this raises what the client raised: whether and from what to try again is for the caller,
        who must look at the repository first.

        Returns:
            The commit, and the Hub's warnings about the card.

        Raises:
            OutputError: a file is no longer what was verified; there is no commit.
        """
        adding = [CommitOperationAdd(path, _payload(content, path)) for path in upload.sent]
        if adding:
            # It tries again by itself, and skips what large storage has already.
            self._api.preupload_lfs_files(additions=adding, **self._of, free_memory=False)
        for one in adding:
            content.check(one.path_in_repo, one.upload_info.sha256.hex())
        content.check_files(upload.sent)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            done = self._api.create_commit(
                **self._of,
                operations=[*adding, *(CommitOperationDelete(path, is_folder=False) for path in upload.deleted)],
                commit_message=f"Publish {content.tag}",
                commit_description=content.manifest["digest"],
                parent_commit=parent,
            )
        return done.oid, [scrub(" ".join(str(one.message).split())) for one in caught]

    def tag(self, tag: str, commit: str) -> None:
        """Tag a commit; a tag that exists already is not moved."""
        self._ask(lambda: self._api.create_tag(**self._of, tag=tag, revision=commit, exist_ok=True))

    def delete_tag(self, tag: str) -> None:
        """Delete a tag, if it exists."""

        def delete() -> None:
            try:
                self._api.delete_tag(**self._of, tag=tag)
            except HfHubHTTPError as error:
                if error.response.status_code != 404:  # gone: the answer to an earlier try was lost
                    raise

        self._ask(delete)

    def squash(self, message: str) -> None:
        """Make all commits of `main` one."""
        self._ask(lambda: self._api.super_squash_history(**self._of, commit_message=message))

    def stored(self) -> list[LFSFileInfo]:
        """What the repository has in large storage, whichever revision refers to it."""
        return self._ask(lambda: list(self._api.list_lfs_files(**self._of)))

    def delete_stored(self, files: list[LFSFileInfo]) -> None:
        """Delete files from large storage for good."""
        self._ask(lambda: self._api.permanently_delete_lfs_files(**self._of, lfs_files=files))

    def _ask(self, call: Callable[[], _T]) -> _T:
        return retried(call, self.repo, self._tell)


def _payload(content: Content, path: str) -> Any:
    """What the client is to send: the verified bytes of small files, the path of Parquet files."""
    if path.endswith(".parquet") or content.files[path][0] > _IN_MEMORY:
        return content.folder / path
    return content.read(path)
