"""`publish`: one commit or none, whatever the Hub does, and what was published is what was built."""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest
from support import hub as stand_in
from support.builds import ROOT, SAID, UNSAID, sign

import corpus_vn_police as cvp
from corpus_vn_police.commands.publish.failures import scrub

pytestmark = pytest.mark.xdist_group("publish")  # one hub and one worker for all

_REPO = "me/news"
_SEEDS = {f"{year}.txt": f" date {year}-03 Bài viết số {year} của năm đó, đủ dài để không ai trùng ai." for year in range(2015, 2025)}  # fmt: skip
_TOML = """version = "{}"
license = "cc0-1.0"
contact = "keeper@example.org"
[splits]
test_from = "2023-01"
[card]
prose = "card.md"
"""


def _build(folder, version, seeds, **more):
    (folder / "in").mkdir(parents=True)
    for name, text in ({"corpus.toml": _TOML.format(version), "card.md": SAID} | seeds).items():
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
            [sys.executable, ROOT / "tests/support/worker.py"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "POLARS_MAX_THREADS": "1",
                **stand_in.variables(hub, home / "hf"),
            },
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


@pytest.fixture(scope="module")
def _published(_client, one):
    _client.hub.repos.clear()
    assert _client("publish", one, _REPO).code == 0
    return _client.hub.repos.pop(_REPO)


@pytest.fixture
def repo(_published, hub):
    """The repository, with version 1.0.0 published."""
    hub.repos[_REPO] = copy.deepcopy(_published)
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
        "unfinished": [],
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
    assert told.json["unchanged"] == 5  # the split train of three configs, and two schemas
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
    assert [line.split() for line in told.out.splitlines()[:-2]] == [
        ["would", "be", "sent", f"{len(content):,}", "bytes", path] for path, content in sorted(_bytes(one).items())
    ]
    assert told.out.endswith("would be tagged v1.0.0; nothing was changed\n")


def test_a_dry_run_lists_what_would_be_sent_and_deleted(run, hub, repo, two):
    hub.commit(_REPO, {"old.txt": b"x"})
    told = run("publish", two, _REPO, "--dry-run", "--json")
    assert (told.json["deleted"], told.json["unchanged"], told.json["dry_run"]) == (["old.txt"], 5, True)
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
    assert told.err == "warning: me/news already exists and is public; --private does not change that\n"


def test_a_folder_that_verify_finds_wrong_is_refused(run, hub, one, tmp_path):
    out = shutil.copytree(one, tmp_path / "out")
    (out / "extra.txt").write_text("x")
    told = run("publish", out, _REPO)
    assert (told.code, _writes(hub)) == (1, [])
    assert told.out.splitlines()[1:3] == [
        "A file is not part of the build (file.unlisted)", "  extra.txt: is not in the manifest",
    ]  # fmt: skip
    assert told.err.splitlines()[0] == f"error: {out}: verify finds 1 problem; nothing was sent"
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
    if version:
        card = (out / "README.md").read_text(encoding="utf-8")
        (out / "README.md").write_text(card.replace("version: 1.0.0", f"version: {version}"), encoding="utf-8")
    sign(out, generator="another one", **({"version": version} if version else {}))
    return out


def test_a_tag_with_other_content_is_refused_before_anything_is_sent(run, hub, repo, one, tmp_path):
    told = run("publish", _other(one, tmp_path), _REPO)
    assert (told.code, _writes(hub)) == (2, [])
    assert told.err.splitlines() == [
        "error: me/news: has the tag v1.0.0 with other content: manifest.json",
        "hint:  raise `version` in corpus.toml above 1.0.0 and build again; a takedown without the seeds: remove … --version X.Y.Z",
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


def test_a_version_that_is_none_is_refused(run, hub, one, tmp_path):
    told = run("publish", _other(one, tmp_path, "1.0/../x"), _REPO, "--json")
    assert (told.code, told.json["error"]["code"], _writes(hub)) == (2, "damaged", [])


def test_a_tag_that_is_missing_is_made(run, hub, repo, one):
    repo.tags.clear()
    told = run("publish", one, _REPO, "--json")
    assert (told.json["sent"], repo.tags) == ([], {"v1.0.0": repo.heads["main"]})
    assert _writes(hub) == [f"/api/datasets/{_REPO}/tag/{repo.heads['main']}"]


# Faults. The law: the Hub has the old state whole or the new one whole, and running again reaches the new one.

_STEPS = {  # in the order in which publishing a second version asks for them
    "the repository": ("GET", f"/api/datasets/{_REPO}$"),
    "the references": ("GET", "/refs"),
    "the files": ("GET", "/tree/"),
    "the manifest": ("GET", "/resolve/.*/manifest.json"),
    "how to upload": ("POST", "/preupload/"),
    "where to upload": ("POST", "/objects/batch"),
    "an upload": ("PUT", "/lfs/"),
    "the end of an upload": ("POST", "/lfs-verify/"),
    "the card": ("POST", "/validate-yaml"),
    "the commit": ("POST", "/commit/main"),
    "the tag": ("POST", "/tag/"),
}
_PASSING = {
    "500": {"status": 500},
    "429": {"status": 429, "headers": {"Retry-After": "7"}},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
}


def _state(repo, one, two):
    """`old` or `new`: what `main` holds whole; and whether the new tag is there, which then holds the new state."""
    assert _holds(repo, one, "v1.0.0")
    tagged = "v1.1.0" in repo.tags
    assert not tagged or _holds(repo, two, "v1.1.0")
    new = _holds(repo, two)
    assert new or _holds(repo, one)
    assert len(list(repo.history(repo.heads["main"]))) == 2 + new  # never two commits of one state
    return "new" if new else "old", tagged


@pytest.mark.parametrize("fault", _PASSING)
def test_what_passes_is_tried_again(run, hub, repo, one, two, fault):
    for step in _STEPS.values():
        hub.fail(*step, **_PASSING[fault])
    told = run("publish", two, _REPO)
    assert (told.code, [fault.times for fault in hub.faults]) == (0, [0] * len(_STEPS))
    assert _state(repo, one, two) == ("new", True)


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after"])
@pytest.mark.parametrize("step", _STEPS)
def test_what_does_not_pass_leaves_one_state_whole_and_can_be_run_again(run, hub, repo, one, two, step, fault):
    hub.fail(*_STEPS[step], **_PASSING[fault], times=1000)
    told = run("publish", two, _REPO, "--json")
    # What took effect is found done when it is looked at again, whether or not it was ever answered.
    done = fault == "cut after" and step in ("the end of an upload", "the commit")
    tagged = done or (step, fault) == ("the tag", "cut after")
    assert _state(repo, one, two) == ("new" if done or step == "the tag" else "old", tagged)
    assert told.code == (0 if done else 3)
    if not done:
        assert told.json["error"]["code"] == "hub"
        assert "run the same command again" in told.json["error"]["hint"]
    hub.faults.clear()
    assert run("publish", two, _REPO).code == 0
    assert _state(repo, one, two) == ("new", True)


def test_a_page_that_is_no_json_passes_too(run, hub, repo, one, two):
    for step in ("the card", "the commit"):
        hub.fail(*_STEPS[step], status=503, body=b"<html>busy</html>")
    assert (run("publish", two, _REPO).code, _state(repo, one, two)) == (0, ("new", True))


@pytest.mark.parametrize(
    ("step", "status"),
    [
        *((step, 403) for step in _STEPS),
        *((step, status) for step in ("the repository", "the commit") for status in (401, 404)),
    ],
)
def test_what_is_forbidden_is_not_tried_again(run, hub, repo, one, two, step, status):
    hub.fail(*_STEPS[step], status=status, body=json.dumps({"error": f"no, {stand_in.TOKEN}"}).encode())
    told = run("publish", two, _REPO, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "access")
    assert (told.slept, _state(repo, one, two)) == ([], ("new" if step == "the tag" else "old", False))
    hub.faults.clear()
    assert run("publish", two, _REPO).code == 0
    assert _state(repo, one, two) == ("new", True)


def test_a_repository_that_could_not_be_made_is_made_by_the_next_run(run, hub, one):
    hub.fail("POST", "/repos/create", status=500, times=1000)
    assert (run("publish", one, _REPO).code, hub.repos) == (3, {})
    hub.faults.clear()
    hub.fail("POST", "/repos/create", cut="after")  # made, and the answer lost
    assert (run("publish", one, _REPO).code, _holds(hub.repos[_REPO], one)) == (0, True)


def test_a_commit_whose_answer_was_lost_is_found_done_by_the_next_run(run, hub, repo, one, two):
    hub.fail("POST", "/commit/main", cut="after")
    hub.fail("GET", f"/api/datasets/{_REPO}$", status=500, skip=1, times=1000)  # and then the Hub is down
    assert (run("publish", two, _REPO).code, _state(repo, one, two)) == (3, ("new", False))
    hub.faults.clear()
    told = run("publish", two, _REPO, "--json")
    assert (told.code, told.json["sent"], _state(repo, one, two)) == (0, [], ("new", True))


def test_the_hub_is_given_the_time_that_it_asks_for(run, hub, repo, two):
    hub.fail("POST", "/commit/main", status=429, headers={"Retry-After": "7"})
    hub.fail("POST", "/tag/", status=429, headers={"RateLimit": '"api";r=0;t=55'})
    told = run("publish", two, _REPO)
    assert (told.code, told.slept) == (0, [7, 55])
    assert told.err.splitlines()[0] == f"429 at POST /api/datasets/{_REPO}/commit/main (injected); trying again in 7 s"


def test_the_hub_is_not_waited_for_for_an_hour(run, hub, repo, one, two):
    hub.fail("POST", "/commit/main", status=429, headers={"Retry-After": "3600"}, times=9)
    told = run("publish", two, _REPO)
    assert (told.code, told.slept, _state(repo, one, two)) == (3, [], ("old", False))
    assert told.err.endswith("run the same command again in 3600 s\n")


def test_waiting_is_bounded(run, hub, repo, two):
    hub.fail("POST", "/commit/main", status=502, times=1000)
    told = run("publish", two, _REPO)
    assert (told.code, told.slept) == (3, [1, 2, 4, 8, 16])


# Somebody else commits meanwhile.


def _meanwhile(hub, change):
    hub.fail("POST", "/commit/main", then=change)


@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_without_another_commit_is_tried_again(run, hub, repo, one, two, status):
    hub.fail("POST", "/commit/main", status=status)
    assert run("publish", two, _REPO).code == 0
    assert _state(repo, one, two) == ("new", True)


def test_what_somebody_changes_by_hand_meanwhile_is_not_overwritten_unseen(run, hub, repo, two):
    _meanwhile(hub, lambda: hub.commit(_REPO, {"README.md": b"mine"}))
    told = run("publish", two, _REPO)
    assert (told.code, repo.read("README.md"), repo.tags.keys()) == (3, b"mine", {"v1.0.0"})
    head = repo.heads["main"][:8]
    assert told.err.splitlines()[-2:] == [
        f"error: me/news: somebody else committed {head} meanwhile, which changed README.md; nothing was published",
        "hint:  look at that commit; if you run the same command again, it replaces main by this build",
    ]
    assert run("publish", two, _REPO).code == 0
    assert _holds(repo, two)


def test_another_version_that_is_published_meanwhile_is_compared_with_anew(run, hub, repo, one, two, tmp_path):
    other = _bytes(_other(one, tmp_path, "1.0.5"))
    changed = {name: other[name] for name in ("README.md", "manifest.json")}
    _meanwhile(hub, lambda: hub.commit(_REPO, changed, title="Publish v1.0.5"))
    told = run("publish", two, _REPO)
    assert told.code == 0
    assert told.err.splitlines()[-1] == "version 1.0.5 was published meanwhile; compared with that now"
    assert [commit.title for commit in repo.history(repo.heads["main"])][:2] == ["Publish v1.1.0", "Publish v1.0.5"]
    assert _holds(repo, two)


def test_a_higher_version_that_is_published_meanwhile_stays(run, hub, repo, one, two, tmp_path):
    other = _bytes(_other(one, tmp_path, "2.0.0"))
    _meanwhile(hub, lambda: hub.commit(_REPO, {name: other[name] for name in ("README.md", "manifest.json")}))
    told = run("publish", two, _REPO)
    assert (told.code, repo.read("manifest.json"), repo.tags.keys()) == (2, other["manifest.json"], {"v1.0.0"})


def test_the_same_build_that_is_published_meanwhile_is_found_done(run, hub, repo, one, two):
    def publish():
        repo.stored.update({stand_in.sha256(data): data for data in _bytes(two).values()})
        hub.commit(_REPO, _bytes(two))

    _meanwhile(hub, publish)
    assert run("publish", two, _REPO).code == 0
    assert _state(repo, one, two) == ("new", True)


# What is sent is what was verified.


@pytest.mark.parametrize("moment", [("POST", "/preupload/"), ("POST", "/objects/batch"), ("POST", "/lfs-verify/")])
@pytest.mark.parametrize("name", ["data/test-00000-of-00001.parquet", "README.md"])
def test_a_file_that_changes_meanwhile_is_not_published(run, hub, repo, one, two, tmp_path, moment, name):
    out = shutil.copytree(two, tmp_path / "out")
    data = bytearray((out / name).read_bytes())
    data[100] ^= 1
    hub.fail(*moment, then=lambda: (out / name).write_bytes(data))
    told = run("publish", out, _REPO, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "output")
    assert "was changed while it was published" in told.json["error"]["message"]
    assert _state(repo, one, two) == ("old", False)


def test_a_file_that_goes_meanwhile_is_not_published(run, hub, repo, one, two, tmp_path):
    out = shutil.copytree(two, tmp_path / "out")
    hub.fail("POST", "/preupload/", then=(out / "ledger.parquet").unlink)
    told = run("publish", out, _REPO, "--json")
    assert (told.code, told.json["error"]["code"], _state(repo, one, two)) == (3, "io", ("old", False))


def test_a_commit_that_holds_something_else_is_not_tagged(run, hub, repo, two):
    after = {"then": lambda: hub.spoil(_REPO, "README.md")}
    hub.fail("POST", "/commit/", then=lambda: hub.fail("GET", "/tree/", **after))
    told = run("publish", two, _REPO)
    assert (told.code, repo.tags.keys()) == (3, {"v1.0.0"})
    assert "does not hold what was sent: README.md; it was not tagged" in told.err


def test_a_card_that_the_hub_refuses_is_told(run, hub, repo, one, two):
    hub.fail("POST", "/validate-yaml", status=400, body=b'{"errors": [{"message": "license is not allowed"}]}')
    told = run("publish", two, _REPO)
    assert (told.code, _state(repo, one, two)) == (2, ("old", False))
    assert "the Hub refuses this: 400 at POST /api/validate-yaml (license is not allowed)" in told.err


# Tokens.


def test_without_a_token_nothing_is_asked(run, hub, one):
    told = run("publish", one, _REPO, HF_TOKEN="")
    assert (told.code, hub.requests) == (2, [])
    assert told.err == "error: me/news: there is no token for the Hub\nhint:  run hf auth login, or set HF_TOKEN\n"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("hf_wrong", "does not accept the token"),
        ("header.payload.signature", "does not accept the token"),
        (stand_in.READER, "does not have the right to do this"),
    ],
)
def test_a_token_that_will_not_do_is_told(run, hub, repo, one, two, token, said):
    told = run("publish", two, _REPO, HF_TOKEN=token)
    assert (told.code, _state(repo, one, two)) == (2, ("old", False))
    assert said in told.err
    assert token not in told.err


def test_a_private_repository_of_somebody_else_is_told(run, hub, repo, one):
    hub.fail("GET", f"/api/datasets/{_REPO}$", status=404, headers={"X-Error-Code": "RepoNotFound"}, times=9)
    told = run("publish", one, _REPO)
    assert (told.code, told.err.splitlines()[0]) == (3, "error: me/news: was there a moment ago, and is not there now")


def test_a_repository_that_the_token_may_not_see_is_not_taken_for_none(run, hub, repo, one):
    hub.fail("GET", f"/api/datasets/{_REPO}$", status=401, headers={"X-Error-Code": "RepoNotFound"})
    told = run("publish", one, _REPO, "--dry-run", "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "access")


def test_offline_is_told_at_once(one, cli):
    told = cli("publish", one, _REPO, "--json", HF_HUB_OFFLINE="1", HF_TOKEN=stand_in.TOKEN)
    assert (told.returncode, told.stderr) == (3, "")
    assert json.loads(told.stdout)["error"] == {
        "code": "hub",
        "message": "me/news: the Hub cannot be reached, because HF_HUB_OFFLINE is set",
        "hint": "unset HF_HUB_OFFLINE",
    }


def test_a_hub_that_cannot_be_reached_is_asked_once(one, cli):
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "0", "HF_TOKEN": stand_in.TOKEN}
    told = cli("publish", one, _REPO, **nowhere)
    assert (told.returncode, told.stdout) == (3, "")
    error, hint = told.stderr.splitlines()  # and no line of a retry
    assert error.startswith("error: me/news: the Hub cannot be reached at http://127.0.0.1:9: ")
    assert hint.startswith("hint:  check the network")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A build whose card says nothing of its own."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "in").mkdir()
    (folder / "in/a.txt").write_text(" date 2020-03 Một bài viết ngắn.", encoding="utf-8")
    cvp.build(folder / "in", out=folder / "out", workers=1)
    return folder / "out"


_MISSING = [
    f"these sections say [More Information Needed]: {'; '.join(UNSAID)}",
    "there is nobody to write to, also for takedown: set `contact` in corpus.toml",
    "the licence is `other` without a name: set `license_name` (and `license_link`) in corpus.toml",
]


def test_an_unfinished_card_is_refused_with_what_it_does_not_say(run, hub, bare):
    told = run("publish", bare, _REPO)
    assert (told.code, told.out, hub.requests) == (2, "", [])
    listed = [f"       - {sentence}" for sentence in _MISSING]
    assert told.err.splitlines()[:4] == [f"error: {bare}: the card is unfinished; nothing was sent:", *listed]
    error = run("publish", bare, _REPO, "--json").json["error"]
    assert (error["code"], error["message"].splitlines()[1:]) == ("unfinished", [f"- {each}" for each in _MISSING])


def test_a_dry_run_says_that_an_unfinished_card_would_be_refused(run, hub, bare):
    told = run("publish", bare, _REPO, "--dry-run", "--json")
    assert (told.code, told.json["sent"], told.json["unfinished"]) == (2, sorted(_bytes(bare)), _MISSING)
    assert "error: " in run("publish", bare, _REPO, "--dry-run").err
    told = run("publish", bare, _REPO, "--dry-run", "--unfinished")
    assert (told.code, told.err, hub.repos) == (0, "", {})


def test_an_unfinished_card_is_published_if_that_is_said(run, hub, bare):
    assert run("publish", bare, _REPO, "--unfinished").code == 0
    assert _holds(hub.repos[_REPO], bare)


def test_the_token_is_written_nowhere(run, hub, one, cli, tmp_path):
    out = shutil.copytree(one, tmp_path / "out")
    told = cli("publish", out, _REPO, **stand_in.variables(hub, tmp_path / "home"))
    assert (told.returncode, _holds(hub.repos[_REPO], out)) == (0, True)
    written = b"".join(_bytes(tmp_path).values()) + (told.stdout + told.stderr).encode()
    assert stand_in.TOKEN.encode() not in written + hub.repos[_REPO].reachable()
    assert told.stderr == ""


def test_what_others_wrote_is_shown_without_secrets():
    told = f"at https://s3.x/y?X-Amz-Signature=secret with Bearer abc.def and {stand_in.READER}, twice"
    assert scrub(told) == "at https://s3.x/y with [token] and [token], twice"


def test_nobody_is_shown_the_address_of_an_upload(run, hub, repo, two):
    hub.fail("PUT", "/lfs/", status=403)
    told = run("publish", two, _REPO)
    assert (told.code, "X-Amz-Signature" in told.err) == (2, False)


# Takedown.


@pytest.fixture(scope="module")
def three(tmp_path_factory, one):
    """Version 1.0.1: 1.0.0 without two of its seeds."""
    out = shutil.copytree(one, tmp_path_factory.mktemp("three") / "out")
    cvp.remove(
        out,
        [stand_in.sha256(_SEEDS[name].encode())[:16] for name in ("2016.txt", "2024.txt")],
        reason="asked for",
        version="1.0.1",
    )
    assert cvp.verify(out).ok
    return out


def test_after_a_takedown_the_revisions_that_hold_the_text_are_named(run, repo, three):
    commit = repo.heads["main"][:8]
    warning = (
        "2 seeds were taken down, and older revisions on the Hub have fewer tombstones, so they still hold the "
        f"text: v1.0.0, commit {commit}; --purge-history makes all revisions one, and deletes older tags and stored "
        "files for good"
    )
    assert run("publish", three, _REPO, "--dry-run", "--json").json["warnings"] == [warning]
    assert run("publish", three, _REPO, "--json").json["warnings"] == [warning]
    told = run("publish", three, _REPO)  # nothing to send, and still so
    assert told.err == f"warning: {warning}\n"


def test_a_card_that_loads_from_another_repository_is_warned_of(run, hub, one, tmp_path):
    shutil.copytree(one, tmp_path / "out")
    card = json.loads((one / "manifest.json").read_text())["card"]
    sign(tmp_path / "out", card=card | {"repo": "me/other"})
    (tmp_path / "out/README.md").write_text(cvp.card(tmp_path / "out"))
    sign(tmp_path / "out", card=card | {"repo": "me/other"})
    warning = f"the card shows how to load me/other, not {_REPO}: correct `repo` in corpus.toml, and build again"
    assert run("publish", tmp_path / "out", _REPO, "--dry-run", "--json").json["warnings"] == [warning]


def test_without_a_takedown_nothing_is_warned_of(run, hub, repo, two, three):
    assert run("publish", two, _REPO, "--json").json["warnings"] == []
    assert run("publish", three, "me/other", "--json").json["warnings"] == []


def test_purging_leaves_one_revision(run, hub, repo, one, three):
    before = repo.reachable()
    gone = [data for path, data in _bytes(one).items() if data != _bytes(three).get(path)]
    assert all(data in before for data in gone)
    dry = run("publish", three, _REPO, "--purge-history", "--dry-run", "--json")
    assert (_writes(hub), repo.reachable() == before) == ([], True)
    told = run("publish", three, _REPO, "--purge-history", "--json")
    head = repo.heads["main"]
    assert (told.code, told.json["warnings"], told.json["commit"]) == (0, [], head)
    assert (repo.tags, len(list(repo.history(head))), _holds(repo, three)) == ({"v1.0.1": head}, 1, True)
    assert [data for data in gone if data in repo.reachable()] == []
    assert repo.stored.keys() == {stand_in.sha256(d) for p, d in _bytes(three).items() if p.endswith(".parquet")}
    stored = [data for path, data in _bytes(one).items() if path.endswith(".parquet")]
    assert told.json["purged"] == {
        "commits": 2,
        "tags": ["v1.0.0"],
        "files": len(stored),
        "bytes": sum(map(len, stored)),
    }
    assert dry.json["purged"] == told.json["purged"]
    assert run("publish", three, _REPO, "--purge-history", "--json").json["purged"] == {
        "commits": 0, "tags": [], "files": 0, "bytes": 0,
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after"])
@pytest.mark.parametrize(
    "step",
    [("POST", "/super-squash/"), ("DELETE", "/tag/v1.0.0"), ("DELETE", "/tag/v1.0.1"), ("POST", "/lfs-files/batch")],
    ids=str,
)
def test_a_purge_that_fails_goes_on_when_it_is_run_again(run, hub, repo, one, three, step, fault):
    hub.fail(*step, **_PASSING[fault], times=1000)
    told = run("publish", three, _REPO, "--purge-history")
    assert (told.code, _holds(repo, three)) == (3, True)
    assert "; v1.0.1 is published, older revisions may still be there\n" in told.err
    hub.faults.clear()
    assert run("publish", three, _REPO, "--purge-history").code == 0
    assert (repo.tags, len(list(repo.history(repo.heads["main"])))) == ({"v1.0.1": repo.heads["main"]}, 1)
    assert (one / "manifest.json").read_bytes() not in repo.reachable()
    assert repo.stored.keys() == {stand_in.sha256(d) for p, d in _bytes(three).items() if p.endswith(".parquet")}


def test_what_a_purge_leaves_alone_is_named(run, hub, repo, three):
    repo.heads |= {
        "mine": repo.heads["main"],
        "refs/pr/1": repo.heads["main"],
        "refs/convert/parquet": repo.heads["main"],
    }
    told = run("publish", three, _REPO, "--purge-history", "--json")
    assert told.json["warnings"] == [
        "--purge-history does not change these, and they may hold the text: refs/heads/mine, refs/convert/parquet, refs/pr/1"
    ]


def test_a_repository_that_holds_something_else_is_replaced_but_never_purged(run, hub, repo, one):
    hub.commit(_REPO, dict.fromkeys(_bytes(one)) | {"model.bin": b"x"})
    repo.tags.clear()
    told = run("publish", one, _REPO, "--purge-history")
    assert (told.code, _writes(hub)) == (2, [])
    told = run("publish", one, _REPO, "--json")
    assert told.json["warnings"] == [
        "me/news held something other than a build; older revisions still hold it: model.bin"
    ]
    assert _holds(repo, one)


# What is published is what was built.


def test_verify_of_the_hub_gives_the_digest_of_the_build(run, repo, one, two):
    assert run("publish", two, _REPO).code == 0
    digests = [json.loads((build / "manifest.json").read_text())["digest"] for build in (one, two)]
    for url, digest in {f"{_REPO}@v1.0.0": digests[0], f"{_REPO}@v1.1.0": digests[1], _REPO: digests[1]}.items():
        told = run("verify", f"hf://datasets/{url}", "--json")
        assert (told.code, told.json) == (
            0,
            {"ok": True, "digest": digest, "problems": [], "warnings": [], "unchecked": []},
        )


def test_verify_of_the_hub_sees_what_was_published_since(run, repo, one, two):
    before = run("verify", f"hf://datasets/{_REPO}", "--json").json["digest"]
    assert run("publish", two, _REPO).code == 0
    told = run("verify", f"hf://datasets/{_REPO}", "--json")
    assert (told.code, told.json["digest"] == before) == (0, False)


_LOAD = """
import json, os, sys
import datasets
import corpus_vn_police as cvp
datasets.config.USE_PARQUET_EXPORT = False
from corpus_vn_police.dataset.digest import ColumnHashes, content_digest
from corpus_vn_police.contract import CONFIGS, contracts, load_contract, schema_digests

def digest(streaming):
    shards = {}
    for config, name in CONFIGS.items():
        for split, rows in datasets.load_dataset("me/news", config, streaming=streaming).items():
            hashes = ColumnHashes()
            for batch in rows.with_format("arrow").iter(batch_size=3):
                hashes.update(batch.cast(load_contract(name).schema))
            shards.setdefault(config, {})[split] = [hashes.digest()]
    return content_digest(shards, schema_digests(contracts()))

done = cvp.publish(sys.argv[1], "me/news")
print(json.dumps([done.digest, done.tag, list(done.sent), digest(False), digest(True)]), flush=True)
os._exit(0)  # threads of `datasets` that stream may abort a process at its end ("terminate called ...")
"""


def test_python_publishes_and_load_dataset_gives_the_digest_of_the_build_also_streaming(hub, one, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", _LOAD, one],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            **stand_in.variables(hub, tmp_path),
            "HF_DATASETS_CACHE": str(tmp_path / "datasets"),
        },
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    digest = json.loads((one / "manifest.json").read_text())["digest"]
    assert json.loads(told.stdout) == [digest, "v1.0.0", sorted(_bytes(one)), digest, digest]


def test_an_interruption_is_told(hub, repo, one, two, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "corpus_vn_police", "publish", two, _REPO],
        env={**os.environ, "PYTHONPATH": str(ROOT), **stand_in.variables(hub, tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    hub.fail("POST", "/validate-yaml", then=lambda: process.send_signal(signal.SIGINT))
    assert process.communicate(timeout=60)[1].splitlines() == [
        "error: me/news: interrupted",
        "hint:  the repository is unchanged, or holds the whole build; run the same command again to be sure",
    ]
    assert (process.returncode, _state(repo, one, two)) == (3, ("old", False))


def test_verify_looks_at_one_commit_whatever_is_published_meanwhile(run, hub, repo, one):
    hub.fail("GET", "/resolve/", then=lambda: hub.commit(_REPO, {"README.md": b"other"}))
    told = run("verify", f"hf://datasets/{_REPO}", "--json")
    assert (told.code, told.json["problems"], repo.read("README.md")) == (0, [], b"other")


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"{}", b"[1]", b'"x"', b"<html>", b'{"sha": 5}', b'[{"type": "file"}]']
)
@pytest.mark.parametrize(
    ("method", "pattern"),
    [("GET", r"/api/datasets/me/news($|[?])"), ("GET", "/refs"), ("GET", "/tree/"), ("POST", "/commit/")],
)
def test_an_answer_that_is_not_laid_out_as_the_hubs_are_is_a_failure_of_the_hub(run, hub, one, method, pattern, body):
    hub.fail(method, pattern, status=200, body=body, times=99)
    told = run("publish", one, _REPO, "--json")
    assert (told.code, told.json["error"]["code"] if told.code else "", told.err.count("Traceback")) in (
        (3, "hub", 0),
        (2, "config", 0),
        (0, "", 0),  # what is odd in it is not asked for
    )
