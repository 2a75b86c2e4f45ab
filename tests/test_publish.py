"""`publish`: one commit or none, whatever the Hub does, and what was published is what was built."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import hub as stand_in
import pytest
from conftest import ROOT

import corpus_vn_police as cvp
from corpus_vn_police.build.manifest import self_digest

pytestmark = pytest.mark.xdist_group("publish")  # one hub and one worker for all

_REPO = "me/news"
_SEEDS = {f"{year}.txt": f" date {year}-03 Bài viết số {year} của năm đó, đủ dài để không ai trùng ai." for year in range(2015, 2025)}  # fmt: skip
_TOML = 'version = "{}"\n[splits]\ntest_from = "2023-01"\n'


def _build(folder, version, seeds, **more):
    (folder / "in").mkdir(parents=True)
    for name, text in (seeds | {"corpus.toml": _TOML.format(version)}).items():
        (folder / "in" / name).write_text(text, encoding="utf-8")
    cvp.build(folder / "in", out=folder / "out", workers=1, **more)
    return folder / "out"


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Version 1.0.0."""
    return _build(tmp_path_factory.mktemp("one"), "1.0.0", _SEEDS)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Version 1.1.0: a seed more, in the split test."""
    return _build(tmp_path_factory.mktemp("two"), "1.1.0", _SEEDS | {"new.txt": " date 2024-05 Một bài mới hẳn."})


@dataclass
class Told:
    """What the command came to."""

    code: int
    out: str
    err: str
    slept: list

    @property
    def json(self):
        return json.loads(self.out)


class Client:
    """The command line in a process of its own, against the hub."""

    def __init__(self, hub, home):
        self.hub, self.home, self.told = hub, home, []
        self._errors = (home / "stderr").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "tests/worker.py"],
            env={**os.environ, "PYTHONPATH": str(ROOT), **stand_in.variables(hub, home / "hf")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )

    def __call__(self, *arguments, **variables):
        asked = {"arguments": [str(argument) for argument in arguments], "variables": variables}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, (self.home / "stderr").read_text()
        told = Told(**json.loads(line))
        assert stand_in.TOKEN not in line
        return told

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._errors.close()


@pytest.fixture(scope="module")
def _client(tmp_path_factory):
    with stand_in.serving() as hub:
        client = Client(hub, tmp_path_factory.mktemp("home"))
        yield client
        client.close()


@pytest.fixture
def run(_client):
    """Run a command against a hub without repositories."""
    hub = _client.hub
    hub.repos.clear(), hub.faults.clear(), hub.requests.clear()
    return _client


@pytest.fixture
def hub(run):
    return run.hub


@pytest.fixture
def repo(run, hub, one):
    """The repository, with version 1.0.0 published."""
    assert run("publish", one, _REPO).code == 0
    hub.requests.clear()
    return hub.repos[_REPO]


def _bytes(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _holds(repo, folder, revision="main"):
    """Whether a revision holds a build to the byte, beside the Hub's own file."""
    files = {path: repo.read(path, revision) for path in repo.files(revision)}
    files.pop(".gitattributes")
    return files == _bytes(folder)


def _writes(hub):
    """The requests that change something."""
    reads = ("/api/validate-yaml", "preupload", "paths-info")
    return [
        path for method, path, _ in hub.requests if method not in ("GET", "HEAD") and not any(map(path.count, reads))
    ]


def test_the_first_publication_makes_the_repository_one_commit_and_the_tag(run, hub, one):
    told = run("publish", one, _REPO, "--json")
    repo = hub.repos[_REPO]
    assert told.json == {
        "repo": _REPO,
        "commit": repo.heads["main"],
        "tag": "v1.0.0",
        "digest": json.loads((one / "manifest.json").read_text())["digest"],
        "sent": sorted(_bytes(one)),
        "bytes": sum(map(len, _bytes(one).values())),
        "deleted": [],
        "unchanged": 0,
        "warnings": [],
        "purged": None,
        "dry_run": False,
    }
    assert (told.code, told.err, repo.private) == (0, "", False)
    assert _holds(repo, one)
    assert repo.tags == {"v1.0.0": repo.heads["main"]}
    assert [commit.title for commit in repo.history(repo.heads["main"])] == ["Publish v1.0.0", "initial commit"]


def test_people_are_told_the_revision_and_the_line_that_loads_it(run, hub, one):
    told = run("publish", one, f"hf://datasets/{_REPO}")
    assert told.out.splitlines()[-3:] == [
        f"  {json.loads((one / 'manifest.json').read_text())['digest']}",
        f"  commit {hub.repos[_REPO].heads['main']}, tag v1.0.0",
        '  datasets.load_dataset("me/news", revision="v1.0.0")',
    ]


def test_publishing_again_changes_nothing(run, hub, repo, one):
    before = dict(repo.heads), dict(repo.tags)
    told = run("publish", one, _REPO, "--json")
    assert (told.code, told.json["sent"], told.json["unchanged"]) == (0, [], len(_bytes(one)))
    assert (_writes(hub), before) == ([], (repo.heads, repo.tags))


def test_only_what_differs_is_sent(run, hub, repo, one, two):
    told = run("publish", two, _REPO, "--json")
    old, new = _bytes(one), _bytes(two)
    assert told.json["sent"] == sorted(path for path in new if old.get(path) != new[path])
    assert told.json["unchanged"] == 3  # the split train of three configs
    sent = {path for path in new if path.endswith(".parquet") and old[path] != new[path]}
    assert len([path for path in _writes(hub) if path.startswith("/lfs/")]) == len(sent)
    assert _holds(repo, two)
    assert _holds(repo, one, "v1.0.0")
    assert len(list(repo.history(repo.heads["main"]))) == 3


def test_what_the_manifest_does_not_list_is_deleted_in_the_same_commit(run, hub, repo, two):
    hub.commit(_REPO, {"notes/old.txt": b"x", "data/train-00000-of-00002.parquet": b"y", ".gitattributes": b"z"})
    told = run("publish", two, _REPO, "--json")
    assert told.json["deleted"] == ["data/train-00000-of-00002.parquet", "notes/old.txt"]
    assert _holds(repo, two)
    assert repo.read(".gitattributes") == b"z"
    assert [commit.title for commit in repo.history(repo.heads["main"])][:2] == ["Publish v1.1.0", "by hand"]


def test_a_file_that_was_changed_on_the_hub_is_named_and_overwritten(run, hub, repo, one):
    card = (one / "README.md").read_bytes()
    hub.commit(_REPO, {"README.md": card[:-2] + b"!\n"})
    told = run("publish", one, _REPO, "--json")
    assert told.json["warnings"] == ["changed on the Hub since it was published, and overwritten: README.md"]
    assert told.json["sent"] == ["README.md"]
    assert _holds(repo, one)


def test_a_dry_run_touches_nothing(run, hub, one):
    told = run("publish", one, _REPO, "--dry-run", HF_TOKEN="")
    assert (told.code, hub.repos, _writes(hub)) == (0, {}, [])
    assert [line.split()[:4] for line in told.out.splitlines()[:-2]] == [
        ["would", "be", "sent", path] for path in sorted(_bytes(one))
    ]
    assert told.out.endswith("would be tagged v1.0.0; nothing was changed\n")


def test_a_dry_run_lists_what_would_be_sent_and_deleted(run, hub, repo, two):
    hub.commit(_REPO, {"old.txt": b"x"})
    told = run("publish", two, _REPO, "--dry-run", "--json")
    assert (told.json["deleted"], told.json["unchanged"], told.json["dry_run"]) == (["old.txt"], 3, True)
    assert (told.json["commit"], _writes(hub)) == (repo.heads["main"], [])
    assert run("publish", two, _REPO, "--json").json["sent"] == told.json["sent"]


def test_private_goes_for_the_repository_that_is_made(run, hub, one):
    assert run("publish", one, _REPO, "--private", "--json").json["warnings"] == []
    assert hub.repos[_REPO].private
    assert run("publish", one, _REPO).code == 0
    assert hub.repos[_REPO].private


def test_private_does_not_hide_a_repository_that_is_there(run, repo, one):
    told = run("publish", one, _REPO, "--private")
    assert (told.code, repo.private) == (0, False)
    assert told.err == "warning: me/news is there already and is public; --private does not change that\n"


def test_a_folder_that_verify_finds_wrong_is_refused(run, hub, one, tmp_path):
    out = shutil.copytree(one, tmp_path / "out")
    (out / "extra.txt").write_text("x")
    told = run("publish", out, _REPO)
    assert (told.code, hub.requests) == (1, [])
    assert told.out == "extra.txt: file.unlisted: is not in the manifest\n"
    assert told.err.splitlines()[0] == f"error: {out}: verify finds 1 problems; nothing was sent"
    told = run("publish", out, _REPO, "--json")
    assert (told.code, told.json["ok"], told.json["error"]["code"]) == (1, False, "unverified")
    assert told.json["problems"] == [{"file": "extra.txt", "code": "file.unlisted", "detail": "is not in the manifest"}]


def test_a_folder_that_is_no_build_is_refused(run, hub, tmp_path):
    assert (run("publish", tmp_path, _REPO).code, hub.requests) == (2, [])


@pytest.mark.parametrize(
    "name", ["news", "a/b/c", "me/new s", "hf://spaces/me/news", "hf://datasets/me/news@v1", "", "me/.git", "../x"]
)
def test_what_is_no_name_of_a_repository_is_refused_before_anything_is_asked(run, hub, one, name):
    told = run("publish", one, name, "--json")
    assert (told.code, told.json["error"]["code"], hub.requests) == (2, "config", [])


# Versions and tags.


def _other(folder, tmp_path, version=None):
    """The build with another card, signed again, as somebody would who changes it on purpose."""
    out = shutil.copytree(folder, tmp_path / "other")
    manifest = json.loads((out / "manifest.json").read_text())
    manifest |= {"generator": "another one"} | ({"version": version} if version else {})
    manifest["sha256"] = self_digest(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


def test_a_tag_with_other_content_is_refused_before_anything_is_sent(run, hub, repo, one, tmp_path):
    told = run("publish", _other(one, tmp_path), _REPO)
    assert (told.code, _writes(hub)) == (2, [])
    assert told.err.splitlines() == [
        "error: me/news: has the tag v1.0.0 with other content: manifest.json",
        "hint:  raise `version` in corpus.toml above 1.0.0, build again, and publish that",
    ]
    assert _holds(repo, one)


@pytest.mark.parametrize("version", ["1.0.0", "0.9.10"])
def test_a_version_that_is_not_above_that_of_main_is_refused(run, hub, repo, one, tmp_path, version):
    repo.tags.clear()
    told = run("publish", _other(one, tmp_path, version), _REPO, "--json")
    assert (told.code, told.json["error"]["code"], _writes(hub)) == (2, "output", [])
    assert f"holds version 1.0.0 with other content, and this is version {version}" in told.json["error"]["message"]


def test_versions_are_compared_as_numbers(run, repo, one, tmp_path):
    assert run("publish", _other(one, tmp_path, "1.0.10"), _REPO).code == 0
    assert run("publish", _other(one, tmp_path / "x", "1.0.9"), _REPO).code == 2


def test_a_tag_that_is_missing_is_made(run, hub, repo, one):
    repo.tags.clear()
    told = run("publish", one, _REPO, "--json")
    assert (told.json["sent"], repo.tags) == ([], {"v1.0.0": repo.heads["main"]})
    assert _writes(hub) == [f"/api/datasets/{_REPO}/tag/{repo.heads['main']}"]
