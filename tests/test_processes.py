"""Wherever a command is called from it ends: forked, in threads, without streams, folders or processors."""

import concurrent.futures
import errno
import inspect
import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.builds import ROOT

import corpus_vn_police as cvp
from corpus_vn_police import errors
from corpus_vn_police.engine.machine import machine_failures
from corpus_vn_police.engine.processors import available_processors, quotas

pytestmark = pytest.mark.field

_LONGEST = 120  # seconds after which a process is taken to hang; each of these needs a few


def _article(number):
    return f" date 2021-0{number % 9 + 1} Ngày {number}, Công an tỉnh Hà Nam tổ chức hội nghị số {number} về an ninh."


@pytest.fixture
def folder(write):
    return write({f"{number:04d}.txt": _article(number) for number in range(2_100)})  # more than one task


@pytest.fixture
def script(tmp_path):
    def script(code, **variables):
        (tmp_path / "script.py").write_text(code, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
        )

    return script


_COMMANDS = {
    "build": "cvp.build('in', out='other')",
    "verify": "cvp.verify('out')",
    "diff": "cvp.diff('out', 'out')",
    "sources": "cvp.sources('out', out='sources')",
    "remove": "cvp.remove('out', '0' * 16, reason='x')",
    "report": "cvp.report('out', out='r.html')",
    "publish": "cvp.publish('out', 'a/b', dry_run=True)",
    "card": "cvp.card('out')",
    "check_card": "cvp.check_card('out')",
    "path": "cvp.path()",
    "open": "cvp.open('out')",
    "stats": "cvp.stats('out')",
    "init": "cvp.init('in')",
    "records": "b.records('train')",
    "ledger": "b.ledger()",
    "rejected": "b.rejected(texts=True)",
    "duplicates": "b.duplicates()",
    "annotations": "b.annotations()",
    "count_by": "b.count_by('year')",
    "Build.stats": "b.stats()",
}


def test_each_command_in_a_fork_of_a_process_whose_polars_ran_names_the_start_method(write, script):
    write({"a.txt": _article(1)})
    told = script(
        "import multiprocessing, sys, corpus_vn_police as cvp\n"
        "def attempt(call):\n"
        "    try: eval(call)\n"
        "    except cvp.CorpusError as error: return [error.code, '\"spawn\"' in error.hint]\n"
        "b = cvp.build('in', out='out')\n"
        f"with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(attempt, {list(_COMMANDS.values())}))\n"
    )
    assert (told.stdout, told.stderr) == (f"{[['forked', True]] * len(_COMMANDS)}\n", "")


def test_a_fork_that_knew_the_package_only_afterwards_is_noticed(write, script):
    write({"a.txt": _article(1)})
    told = script(
        "import os, polars, warnings\n"
        "warnings.simplefilter('ignore')  # since 3.12 Python itself warns of such a fork\n"
        "polars.Series(['a']).str.contains('a')\n"
        "if not os.fork():\n"
        "    import corpus_vn_police as cvp\n"
        "    try: cvp.build('in', out='out')\n"
        "    except cvp.CorpusError as error: print(error.code, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    assert (told.stdout, told.stderr) == ("forked\n", "")


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_daemonic_process_builds(folder, script, method):
    told = script(
        "import multiprocessing, corpus_vn_police as cvp\n"
        "def build(out): return cvp.build('in', out=out, dedup='off', workers=2).seeds\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context({method!r}).Pool(1) as pool: print(pool.map(build, ['out']))\n"
    )
    assert (told.stdout, told.stderr) == ("[2100]\n", "")


def test_threads_build_at_once_and_leave_the_script_alone(folder, tmp_path):
    script = sys.modules["__main__"]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        made = [pool.submit(cvp.build, folder, out=tmp_path / f"out{n}", dedup="off", workers=2) for n in range(3)]
        digests = {each.result().digest for each in made}
    assert digests == {cvp.build(folder, out=tmp_path / "alone", dedup="off", workers=1).digest}
    assert sys.modules["__main__"] is script


def test_no_thread_works_on_once_a_build_has_failed(folder, tmp_path):
    def failing(step, count, total):
        if count:
            raise RuntimeError

    with pytest.raises(RuntimeError) as failed:  # which holds on to the frames of the build
        cvp.build(folder, out=tmp_path / "out", workers=2, progress=failing)
    names = [thread.name for thread in threading.enumerate()]
    assert (failed.type, [name for name in names if name.startswith("corpus-vn-police")]) == (RuntimeError, [])


def test_a_build_works_in_an_event_loop_s_thread(write, script):
    write({"a.txt": _article(1)})
    told = script(
        "import asyncio, corpus_vn_police as cvp\n"
        "print(asyncio.run(asyncio.to_thread(cvp.build, 'in', out='out')).seeds)\n"
    )
    assert (told.stdout, told.stderr) == ("1\n", "")


def test_an_opened_build_is_read_in_an_event_loop_s_threads(write, script):
    write({"a.txt": _article(1), "b.txt": "date 2020-13"})
    told = script(
        "import asyncio, corpus_vn_police as cvp\n"
        "async def main():\n"
        "    b = await asyncio.to_thread(cvp.build, 'in', out='out')\n"
        "    frames = [asyncio.to_thread(b.records), asyncio.to_thread(b.rejected, texts=True), asyncio.to_thread(b.ledger)]\n"
        "    return [len(frame) for frame in await asyncio.gather(*frames)]\n"
        "print(asyncio.run(main()))\n"
    )
    assert (told.stdout, told.stderr) == ("[1, 1, 2]\n", "")


def test_threads_read_one_build_at_once(folder, tmp_path):
    built = cvp.build(folder, out=tmp_path / "out", dedup="off", workers=2)
    remote = cvp.open(f"file://{tmp_path}/out")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        frames = [pool.submit(each.records, columns=["id", "text"]) for each in (built, remote) * 4]
        read = [frame.result() for frame in frames]
    assert all(frame.equals(read[0]) for frame in read)
    assert len(read[0]) == 2_100


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_pool_s_processes_read_a_build_that_they_are_given(write, script, method):
    write({"a.txt": _article(1), "b.txt": _article(2)})
    script("import corpus_vn_police as cvp\ncvp.build('in', out='out', dedup='off')\n")
    told = script(
        "import multiprocessing, pickle, corpus_vn_police as cvp\n"
        "def ids(b): return b.records(columns=['id'])['id'].to_list()\n"
        "def main():\n"
        "    b = cvp.open('out')\n"
        f"    with multiprocessing.get_context({method!r}).Pool(2) as pool: print(len(pool.map(ids, [b, b])[1]))\n"
        "if __name__ == '__main__': main()\n"
    )
    assert (told.stdout, told.stderr) == ("2\n", "")


def test_datasets_map_has_the_build_at_hand_in_its_processes(write, script):
    write({"a.txt": _article(1), "b.txt": _article(2)})
    told = script(
        "import os, corpus_vn_police as cvp\n"
        "def tell(row): return {'told': b.digest, 'rows': len(b.load('train'))}\n"
        "b = cvp.build('in', out='out')\n"
        "if __name__ == '__main__':\n"
        "    import datasets; datasets.disable_progress_bars()\n"
        "    told = b.load('train').map(tell, num_proc=2)\n"
        "    print(set(told['told']) == {b.digest}, set(told['rows']) == {2})\n",
        HF_DATASETS_DISABLE_PROGRESS_BARS="1",
    )
    assert told.stdout == "True True\n", told.stderr


def test_a_copy_of_a_remote_build_outlives_a_forked_child_and_not_the_process(write, script):
    write({"a.txt": _article(1)})
    told = script(
        "import os, sys, corpus_vn_police as cvp\n"
        "cvp.build('in', out='out')\n"
        "b = cvp.open(f'file://{os.getcwd()}/out')\n"
        "from corpus_vn_police.dataset.remote import kept_copies\n"
        "folder = kept_copies(b.path)[0].folder\n"
        "if not os.fork(): sys.exit(0)\n"
        "os.wait()\n"
        "print(len(b.records()), folder, flush=True)\n"
    )
    rows, folder = told.stdout.split()
    assert (rows, Path(folder).exists()) == ("1", False), told.stderr


def test_a_long_temporary_folder_will_do(folder, tmp_path, cli):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    for command in (["build", folder, "--out", tmp_path / "out"], ["check", folder]):
        assert cli(*command, "--workers", 2, TMPDIR=str(long)).returncode in (0, 1)
    assert cvp.verify(tmp_path / "out").ok


def test_a_current_folder_that_is_gone_will_do(folder, tmp_path, cli):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, subprocess, sys\n"
        "os.rmdir(os.getcwd())\n"
        "sys.exit(subprocess.run([sys.executable, '-m', 'corpus_vn_police', *sys.argv[1:]]).returncode)\n"
    )
    arguments = [sys.executable, "-c", code, "build", folder, "--out", tmp_path / "out", "--workers", "2", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(arguments, cwd=gone, env=environment, capture_output=True, text=True, timeout=_LONGEST)
    assert (told.returncode, json.loads(told.stdout)["seeds"]) == (0, 2_100)


def test_a_relative_path_in_a_current_folder_that_is_gone_is_an_error(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, sys\nos.rmdir(os.getcwd())\n"
        "from corpus_vn_police.cli.app import run\nsys.exit(run(['build', 'in', '--out', 'out', '--json']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-P", "-c", code], cwd=gone, env=environment, capture_output=True, text=True)
    assert (told.returncode, list(json.loads(told.stdout)["error"])) == (3, ["code", "message", "hint"])


@pytest.mark.skipif(os.getuid() != 0, reason="mounting /dev/shm read-only needs root")
def test_no_shared_memory_will_do(folder, tmp_path):
    mounted = 'mount -t tmpfs -o ro tmpfs /dev/shm && exec "$@"'
    if subprocess.run(["unshare", "-m", "sh", "-c", mounted, "sh", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespace can be had here")
    command = [sys.executable, "-m", "corpus_vn_police", "build", folder, "--out", tmp_path / "out", "--workers", "2"]
    told = subprocess.run(
        ["unshare", "-m", "sh", "-c", mounted, "sh", *command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=_LONGEST,
    )
    assert told.returncode == 0, told.stderr
    assert cvp.verify(tmp_path / "out").ok


@pytest.mark.parametrize("closed", ["0<&-", "2>&-", "0<&- 2>&-"])
def test_a_closed_stream_changes_nothing_that_is_printed(write, tmp_path, closed):
    write({"a.txt": _article(1)})

    def told(redirection, out):
        line = f"{sys.executable} -m corpus_vn_police build in --out {out} --json {redirection}"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(line, shell=True, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)

    usual, result = told("2>/dev/null", "usual"), told(closed, "out")
    assert (result.returncode, {**json.loads(result.stdout), "out": ""}) == (0, {**json.loads(usual.stdout), "out": ""})
    assert cvp.verify(tmp_path / "out").ok


def test_no_stderr_in_python_sends_nothing_for_people_into_the_json(write, monkeypatch, capsys):
    from corpus_vn_police.cli.app import run

    folder = write({"a.txt": _article(1)})
    monkeypatch.setattr(sys, "stderr", None)
    assert run(["build", str(folder), "--out", f"{folder}/../out", "--json"]) == 0
    assert run(["check", str(folder / "missing"), "--json"]) == 2
    built, error = map(json.loads, capsys.readouterr().out.splitlines())
    assert (built["seeds"], error["error"]["code"]) == (1, "input")


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("command", [["schema", "record"], ["check", "in"], ["--version"]])
def test_a_full_stdout_is_an_error_of_the_disk(write, tmp_path, command, as_json):
    write({"a.txt": _article(1)})
    as_json = as_json if command[0] == "check" else []
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(
            [sys.executable, "-m", "corpus_vn_police", *command, *as_json],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (told.returncode, told.stderr) == (
        3,
        "error: No space left on device\nhint:  make room on the disk, or write to another one\n",
    )


def test_no_temporary_folder_is_an_error_of_the_disk(write, tmp_path, monkeypatch):
    import tempfile

    from corpus_vn_police.cli.app import run

    folder = write({"a.txt": _article(1)})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert run(["check", str(folder), "--json"]) == 3


def test_memory_that_runs_out_is_an_error_of_the_machine(write, tmp_path):
    write({f"{n}.txt": _article(n) for n in range(3)})
    code = (
        "import resource, sys\n"
        "from corpus_vn_police.cli.app import run\n"
        "import corpus_vn_police.commands.build.batches\n"
        "def nothing_left(*arguments): return bytearray(1 << 40)\n"
        "corpus_vn_police.commands.build.batches.normalise_batch = nothing_left\n"
        "resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))\n"
        "sys.exit(run(['build', 'in', '--out', 'out', '--json']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (told.returncode, json.loads(told.stdout)["error"]["code"]) == (3, "memory"), told.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("limit", "said"), [("-n 8", "ulimit -n"), ("-f 1", "ulimit -f"), ("-v 700000", "ulimit -v")])
def test_a_limit_of_the_shell_s_is_an_error_that_names_it(write, tmp_path, limit, said):
    write({"a.txt": _article(1)})
    line = f"ulimit {limit}; exec {sys.executable} -m corpus_vn_police build in --out out --json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (told.returncode, said in json.loads(told.stdout)["error"]["hint"]) == (3, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        "<function _find_and_load at 0x7f5cf6c07ce0> returned NULL without setting an exception",
        "error return without exception set",
    ],
    ids=["NULL", "unset"],
)
def test_memory_that_runs_out_while_a_library_is_imported_is_named(words):
    # As Python 3.11 says it; whether it does is chance, so the limit of the shell alone does not show it each time.
    said = "memory ran out: a library could not be imported"
    with pytest.raises(errors.OutOfMemoryError, match=said), machine_failures():
        raise SystemError(words)


def test_memory_that_a_call_of_the_system_lacks_is_named():
    with pytest.raises(errors.OutOfMemoryError, match=r"memory ran out: .*Cannot allocate memory"), machine_failures():
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM), "polars/io")


def _errors():
    every = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]
    return [each for each in every if issubclass(each, errors.CorpusError)]


@pytest.mark.parametrize("kind", _errors())
def test_every_error_survives_pickling_with_all_its_fields(kind):
    error = kind(message="what", hint="next")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), str(again)) == (kind, vars(error), str(error))


_V1, _V2 = "9:name=systemd:/\n4:cpu,cpuacct:/docker/ab\n3:memory:/docker/ab\n0::/\n", "0::/user.slice/job\n"


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        (_V2, {"user.slice/job/cpu.max": "100000 100000\n"}, [1]),
        (_V2, {"user.slice/job/cpu.max": "max 100000\n", "user.slice/cpu.max": "250000 100000\n"}, [3]),
        (_V2, {"cpu.max": "50000 100000\n"}, [1]),
        (_V2, {"user.slice/job/cpu.max": "nonsense"}, []),
        (_V2, {}, []),
        (_V1, {"cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "400000", "cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000"}, [4]),
        (_V1, {"cpu,cpuacct/cpu.cfs_quota_us": "150000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"}, [2]),
        (_V1, {"cpu,cpuacct/cpu.cfs_quota_us": "-1", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, []),
        (_V1, {"memory/docker/ab/cpu.cfs_quota_us": "100000", "memory/docker/ab/cpu.cfs_period_us": "100000"}, []),
    ],
)  # fmt: skip
def test_the_quota_of_a_control_group_counts(write, membership, files, expected):
    assert quotas(membership, write(files, "cgroup")) == expected


def test_processors_are_at_most_those_of_the_affinity():
    assert 1 <= available_processors() <= len(os.sched_getaffinity(0))
