"""A stand-in for the Hub: its HTTP interface on a loopback port, repositories in memory, faults on demand.

What it does is what `huggingface_hub` 2.4 and `datasets` 5.2 ask for: datasets only, git and LFS
storage (no Xet), tokens, parent commits, tags, squashing, and the deletion of stored files.
"""

import base64
import hashlib
import itertools
import json
import re
import socket
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "WriteTokenOfTheTests" * 2
READER = "hf_" + "ReadTokenOfTheTests" * 2
_PAGE = 4  # so that listings have pages
_DATE = "2026-01-01T00:00:00.000Z"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@dataclass
class Fault:
    """What happens to the requests that it matches, `times` of them after the first `skip`."""

    method: str
    pattern: str
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: bytes = b'{"error": "injected"}'
    cut: str = ""  # "before" the request has its effect, or "after"
    times: int = 1
    skip: int = 0
    then: object = None  # called before the answer, with the hub locked


@dataclass(frozen=True)
class Blob:
    """A file of a revision: bytes in git, or a pointer to what is stored elsewhere."""

    size: int
    data: bytes | None = None
    sha256: str | None = None

    @property
    def oid(self):
        data = self.data
        if data is None:
            data = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@dataclass
class Commit:
    id: str
    parents: list
    title: str
    files: dict


@dataclass
class Repo:
    private: bool
    commits: dict = field(default_factory=dict)
    heads: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    stored: dict = field(default_factory=dict)
    uploads: dict = field(default_factory=dict)  # sent, and not yet said to be whole

    def history(self, commit):
        while commit:
            yield self.commits[commit]
            commit = next(iter(self.commits[commit].parents), None)

    def files(self, revision="main"):
        return self.commits[self.find(revision)].files

    def find(self, revision):
        for names in (self.heads, self.tags):
            if revision in names:
                return names[revision]
        if revision in self.commits:
            return revision
        raise Answer(404, {"error": "Invalid rev id"}, code="RevisionNotFound")

    def read(self, path, revision="main"):
        blob = self.files(revision)[path]
        return self.stored[blob.sha256] if blob.data is None else blob.data

    def reachable(self):
        """All bytes that somebody could still fetch."""
        found = list(self.stored.values())
        for start in [*self.heads.values(), *self.tags.values()]:
            found += [blob.data for commit in self.history(start) for blob in commit.files.values() if blob.data]
        return b"".join(found)


class Answer(Exception):
    def __init__(self, status, body=b"", code=None, headers=None, message=None):
        self.status, self.headers = status, dict(headers or {})
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if not isinstance(body, bytes):
            self.headers.setdefault("Content-Type", "application/json")
        if code:
            self.headers["X-Error-Code"] = code
        if message:
            self.headers["X-Error-Message"] = message


class Hub:
    def __init__(self):
        self.repos, self.faults, self.requests = {}, [], []
        self.sent = Counter()  # bytes of answers to GET, by path
        self.lock = threading.RLock()
        self.url = ""
        self._numbers = itertools.count()

    def fail(self, method, pattern, **what):
        self.faults.append(Fault(method, pattern, **what))

    def commit(self, name, changes, title="by hand", branch="main"):
        """A commit as somebody else makes it: path -> bytes, None to delete."""
        repo = self.repos[name]
        files = dict(repo.files(branch))
        for path, data in changes.items():
            files.pop(path, None)
            if data is not None:
                files[path] = Blob(len(data), data)
        return self._add(repo, files, title, branch)

    def spoil(self, name, path):
        """Have the newest commit hold another file than was sent."""
        files = self.repos[name].files()
        files[path] = Blob(1, b"x")

    def _add(self, repo, files, title, branch="main", squash=False):
        parents = [] if squash or branch not in repo.heads else [repo.heads[branch]]
        name = hashlib.sha1(f"{next(self._numbers)} {title}".encode()).hexdigest()
        repo.commits[name] = Commit(name, parents, title, files)
        repo.heads[branch] = name
        return name

    # What a request comes to.

    def answer(self, method, target, headers, body):
        parts = urlsplit(target)
        self.requests.append((method, unquote(parts.path), len(body)))
        path, query = parts.path, {key: values[0] for key, values in parse_qs(parts.query).items()}
        for pattern, methods, call in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method in methods:
                arguments = [unquote(part) if part else "" for part in found.groups()]
                try:
                    return call(self, _Request(method, query, headers, body), *arguments)
                except Answer as answer:
                    return answer
        return Answer(404, {"error": f"no such page: {method} {path}"})

    def repo(self, request, name, write=False):
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in (TOKEN, READER):
            said = "Invalid credentials in Authorization header"
            raise Answer(401, {"error": f"{said}: {token}"}, message=said)
        repo = self.repos.get(name)
        if repo is None or (repo.private and not token):
            raise Answer(404 if token else 401, {"error": "Repository not found"}, code="RepoNotFound")
        if write and token != TOKEN:
            raise Answer(403 if token else 401, {"error": "Forbidden"}, message="pass a token with the right to write")
        return repo

    def info(self, request, name, revision="main"):
        repo = self.repo(request, name)
        commit = repo.find(revision or "main")
        siblings = [{"rfilename": path} for path in repo.commits[commit].files]
        extra = {"tags": [], "downloads": 0, "likes": 0, "gated": False, "disabled": False, "lastModified": _DATE}
        return Answer(
            200, {"_id": "0", "id": name, "sha": commit, "private": repo.private, "siblings": siblings, **extra}
        )

    def refs(self, request, name):
        repo = self.repo(request, name)
        branches = [_ref(f"refs/heads/{n}", n, c) for n, c in repo.heads.items() if not n.startswith("refs/")]
        special = [_ref(n, n.partition("/")[2], c) for n, c in repo.heads.items() if n.startswith("refs/")]
        tags = [_ref(f"refs/tags/{n}", n, c) for n, c in repo.tags.items()]
        converts = [ref for ref in special if ref["ref"].startswith("refs/convert/")]
        pulls = (
            {"pullRequests": [ref for ref in special if ref not in converts]} if "include_prs" in request.query else {}
        )
        return Answer(200, {"branches": branches, "converts": converts, "tags": tags, **pulls})

    def tree(self, request, name, revision, folder=""):
        files = self.repo(request, name).files(revision)
        below = {path: blob for path, blob in files.items() if path.startswith(f"{folder}/" if folder else "")}
        if folder and not below:
            return Answer(404, {"error": "no such folder"}, code="EntryNotFound")
        entries = {path: _entry(path, blob) for path, blob in below.items()}
        for path in below:
            for parent in itertools.accumulate(path.split("/")[:-1], lambda one, other: f"{one}/{other}"):
                if parent.startswith(f"{folder}/" if folder else ""):
                    entries[parent] = {"type": "directory", "path": parent, "oid": "0" * 40, "size": 0}
        if request.query.get("recursive", "false").lower() in ("false", "0"):
            depth = folder.count("/") + 1 if folder else 0
            entries = {path: entry for path, entry in entries.items() if path.count("/") == depth}
        return self._page(
            request,
            [entries[path] for path in sorted(entries)],
            f"datasets/{name}/tree/{revision}" + (f"/{folder}" if folder else ""),
        )

    def _page(self, request, entries, path):
        start = int(request.query.get("cursor", 0))
        headers = {}
        if start + _PAGE < len(entries):
            rest = "".join(f"&{key}={value}" for key, value in request.query.items() if key != "cursor")
            headers["Link"] = f'<{self.url}/api/{path}?cursor={start + _PAGE}{rest}>; rel="next"'
        return Answer(200, entries[start : start + _PAGE], headers=headers)

    def paths_info(self, request, name, revision):
        files = self.repo(request, name).files(revision)
        sent = (
            json.loads(request.body)
            if request.body[:1] == b"{"
            else {"paths": parse_qs(request.body.decode())["paths"]}
        )
        found = [_entry(path, files[path]) for path in sent["paths"] if path in files]
        folders = [p for p in sent["paths"] if any(path.startswith(f"{p}/") for path in files)]
        return Answer(200, found + [{"type": "directory", "path": p, "oid": "0" * 40, "size": 0} for p in folders])

    def commits(self, request, name, revision):
        repo = self.repo(request, name)
        listed = [
            {"id": one.id, "title": one.title, "message": "", "authors": [{"user": "x"}], "date": _DATE}
            for one in repo.history(repo.find(revision))
        ]
        return self._page(request, listed, f"datasets/{name}/commits/{revision}")

    def create(self, request):
        asked = json.loads(request.body)
        name = f"{asked['organization']}/{asked['name']}"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != TOKEN:
            return Answer(403 if token == READER else 401, {"error": "Forbidden"}, message="no right to create")
        if name in self.repos:
            return Answer(409, {"error": "You already created this dataset repo", "url": f"{self.url}/datasets/{name}"})
        repo = self.repos[name] = Repo(private=asked.get("visibility") == "private" or asked.get("private") is True)
        data = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
        self._add(repo, {".gitattributes": Blob(len(data), data)}, "initial commit")
        return Answer(200, {"url": f"{self.url}/datasets/{name}", "name": name})

    def validate_yaml(self, request):
        card = json.loads(request.body)["content"]
        if not card.startswith("---"):
            return Answer(400, {"errors": [{"message": "no metadata"}], "warnings": []})
        return Answer(200, {"errors": [], "warnings": []})

    def preupload(self, request, name, revision):
        files = self.repo(request, name, write=True).files(revision)
        return Answer(200, {"files": [
            {"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(".parquet") else "regular",
             "shouldIgnore": False, "oid": (files[one["path"]].sha256 or files[one["path"]].oid) if one["path"] in files else None}
            for one in json.loads(request.body)["files"]
        ]})  # fmt: skip

    def batch(self, request, name):
        repo = self.repo(request, name, write=True)
        asked = json.loads(request.body)["objects"]
        return Answer(200, {"transfer": "basic", "objects": [
            one if one["oid"] in repo.stored else {**one, "actions": {
                "upload": {"href": f"{self.url}/lfs/{name}/{one['oid']}?X-Amz-Signature=secret"},
                "verify": {"href": f"{self.url}/lfs-verify/{name}"}}}
            for one in asked
        ]})  # fmt: skip

    def put(self, request, name, oid):
        if hashlib.sha256(request.body).hexdigest() != oid:
            return Answer(400, {"error": "the bytes have another sha256"})
        self.repos[name].uploads[oid] = request.body
        return Answer(200)

    def lfs_verify(self, request, name):
        asked = json.loads(request.body)
        repo = self.repo(request, name, write=True)
        if len(repo.uploads.get(asked["oid"], b"")) != asked["size"]:
            return Answer(404, {"error": "was not uploaded whole"})
        repo.stored[asked["oid"]] = repo.uploads[asked["oid"]]
        return Answer(200, {})

    def send_commit(self, request, name, branch):
        repo = self.repo(request, name, write=True)
        lines = [json.loads(line) for line in request.body.splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit") not in (None, repo.heads[branch]):
            return Answer(412, {"error": "A commit has happened since. Please refresh and try again."})
        files = dict(repo.files(branch))
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                data = base64.b64decode(value["content"])
                files[value["path"]] = Blob(len(data), data)
            elif line["key"] == "lfsFile":
                if value["oid"] not in repo.stored:
                    return Answer(400, {"error": f"{value['path']} was not uploaded"})
                files[value["path"]] = Blob(value["size"], sha256=value["oid"])
            elif files.pop(value["path"], None) is None:
                return Answer(404, {"error": "A file with this name doesn't exist"}, code="EntryNotFound")
        commit = self._add(repo, files, header["summary"], branch)
        return Answer(
            200, {"success": True, "commitOid": commit, "commitUrl": f"{self.url}/datasets/{name}/commit/{commit}"}
        )

    def tag(self, request, name, revision):
        repo = self.repo(request, name, write=True)
        if request.method == "DELETE":
            if repo.tags.pop(revision, None) is None:
                return Answer(404, {"error": "no such tag"}, code="RevisionNotFound")
            return Answer(200)
        tag = json.loads(request.body)["tag"]
        if tag in repo.tags:
            return Answer(409, {"error": "Tag reference exists already."})
        repo.tags[tag] = repo.find(revision)
        return Answer(200, {})

    def squash(self, request, name, branch):
        repo = self.repo(request, name, write=True)
        return Answer(
            200, {"id": self._add(repo, repo.files(branch), json.loads(request.body)["message"], branch, squash=True)}
        )

    def lfs_files(self, request, name):
        repo = self.repo(request, name, write=True)
        listed = [
            {
                "fileOid": oid,
                "oid": oid,
                "filename": "x",
                "pushedAt": _DATE,
                "ref": "refs/heads/main",
                "size": len(data),
            }
            for oid, data in repo.stored.items()
        ]
        return self._page(request, listed, f"datasets/{name}/lfs-files")

    def delete_lfs(self, request, name):
        repo = self.repo(request, name, write=True)
        asked = json.loads(request.body)["deletions"]
        for sha256 in asked["sha"]:
            repo.stored.pop(sha256, None)
        if asked["rewriteHistory"]:  # here every branch gets a new name by that
            for branch, commit in list(repo.heads.items()):
                self._add(repo, repo.commits[commit].files, repo.commits[commit].title, branch, squash=True)
            for commit in repo.commits.values():
                commit.files = {p: blob for p, blob in commit.files.items() if blob.sha256 not in asked["sha"]}
        return Answer(200)

    def resolve(self, request, name, revision, path):
        repo = self.repo(request, name)
        commit = repo.find(revision)
        blob = repo.commits[commit].files.get(path)
        if blob is None:
            return Answer(404, {"error": "Entry not found"}, code="EntryNotFound", headers={"X-Repo-Commit": commit})
        data = repo.read(path, commit)
        headers = {"X-Repo-Commit": commit, "ETag": f'"{blob.sha256 or blob.oid}"', "Accept-Ranges": "bytes"}
        if blob.sha256:
            headers |= {"X-Linked-Size": str(blob.size), "X-Linked-ETag": f'"{blob.sha256}"'}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if not asked:
            return Answer(200, data, headers=headers)
        start, end = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
        return Answer(206, data[start : end + 1], headers=headers)


@dataclass
class _Request:
    method: str
    query: dict
    headers: dict
    body: bytes


def _ref(ref, name, commit):
    return {"name": name, "ref": ref, "targetCommit": commit}


def _entry(path, blob):
    entry = {"type": "file", "path": path, "oid": blob.oid, "size": blob.size}
    return entry | ({"lfs": {"oid": blob.sha256, "size": blob.size, "pointerSize": 130}} if blob.sha256 else {})


_NAME, _REST = "([^/]+/[^/]+)", "([^/]+)"
ROUTES = [
    (r"/api/repos/create", ("POST",), Hub.create),
    (r"/api/validate-yaml", ("POST",), Hub.validate_yaml),
    (rf"/api/datasets/{_NAME}", ("GET",), Hub.info),
    (rf"/api/datasets/{_NAME}/revision/{_REST}", ("GET",), Hub.info),
    (rf"/api/datasets/{_NAME}/refs", ("GET",), Hub.refs),
    (rf"/api/datasets/{_NAME}/tree/{_REST}(?:/(.+))?", ("GET",), Hub.tree),
    (rf"/api/datasets/{_NAME}/paths-info/{_REST}", ("POST",), Hub.paths_info),
    (rf"/api/datasets/{_NAME}/commits/{_REST}", ("GET",), Hub.commits),
    (rf"/api/datasets/{_NAME}/preupload/{_REST}", ("POST",), Hub.preupload),
    (rf"/api/datasets/{_NAME}/commit/{_REST}", ("POST",), Hub.send_commit),
    (rf"/api/datasets/{_NAME}/tag/{_REST}", ("POST", "DELETE"), Hub.tag),
    (rf"/api/datasets/{_NAME}/super-squash/{_REST}", ("POST",), Hub.squash),
    (rf"/api/datasets/{_NAME}/lfs-files", ("GET",), Hub.lfs_files),
    (rf"/api/datasets/{_NAME}/lfs-files/batch", ("POST",), Hub.delete_lfs),
    (r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", ("POST",), Hub.batch),
    (rf"/lfs/{_NAME}/{_REST}", ("PUT",), Hub.put),
    (rf"/lfs-verify/{_NAME}", ("POST",), Hub.lfs_verify),
    (rf"/datasets/{_NAME}/resolve/{_REST}/(.+)", ("GET", "HEAD"), Hub.resolve),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two wait 40 ms for one another
    disable_nagle_algorithm = True
    hub = None

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        body = self._body()
        with self.hub.lock:
            fault = self._fault()
            if fault and fault.then:
                fault.then()
            if fault and (fault.status or fault.cut == "before"):
                answer = Answer(fault.status, fault.body, headers=fault.headers)
            else:
                answer = self.hub.answer(self.command, self.path, self.headers, body)
        if fault and fault.cut:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self._send(answer)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def _body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _fault(self):
        for fault in self.hub.faults:
            if fault.method == self.command and re.search(fault.pattern, unquote(self.path)):
                if fault.skip:
                    fault.skip -= 1
                elif fault.times:
                    fault.times -= 1
                    return fault
        return None

    def _send(self, answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.hub.sent[unquote(urlsplit(self.path).path)] += len(answer.body)
            self.wfile.write(answer.body)


def variables(hub, home):
    """The environment in which a process speaks with the stand-in, and with a home of its own."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    }


@contextmanager
def serving():
    """A hub that answers at its `url` for the time of the block."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
