"""``--offline``: no Python of a command connects to another machine, under whatever name, and no child of it does.

127.0.0.2 stands for the other machine: it is an address of this one that the guard does not allow, and a server listens
there, so that a guard that slept would let the connection through.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.cli.parser import parser
from harness.machine import offline

ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = "127.0.0.2"
CLOSE = "from harness.machine.offline import close_sockets; close_sockets()\n"
EARLY = """
import asyncio, _socket, http.client, os, socket, subprocess, sys, urllib.request
from socket import create_connection, getaddrinfo, socket as early
connect = socket.socket.connect
where = (sys.argv[1], int(sys.argv[2]))
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="127.0.0.2 is an address of this machine on Linux alone"
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server on 127.0.0.2 that takes every connection."""
    with socket.create_server((ELSEWHERE, 0), backlog=50) as server:
        yield server.getsockname()[1]


def _python(program: str, *words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own: closing cannot be undone."""
    command = [sys.executable, "-c", program, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


ASKED = {
    "connect": "socket.socket().connect(where)",
    "connect, bound early": "connect(early(), where)",
    "connect_ex": "socket.socket().connect_ex(where)",
    "_socket": "_socket.socket().connect(where)",
    "create_connection": "create_connection(where, 3)",
    "getaddrinfo": "getaddrinfo(where[0].encode(), where[1])",
    "gethostbyname": "socket.gethostbyname(where[0])",
    "gethostbyname_ex": "socket.gethostbyname_ex(where[0])",
    "gethostbyaddr": "socket.gethostbyaddr(where[0])",
    "getnameinfo": "socket.getnameinfo(where, 0)",
    "sendto": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', where)",
    "sendto with flags": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', 0, where)",
    "sendmsg": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, where)",
    "urllib": "urllib.request.urlopen(f'http://{where[0]}:{where[1]}', timeout=0.1)",
    "http.client": "http.client.HTTPConnection(*where, timeout=0.1).request('GET', '/')",
    "asyncio": "asyncio.run(asyncio.open_connection(*where))",
}

UNASKED = ("urllib", "http.client", "gethostbyaddr", "getnameinfo")
"""Not tried without the guard: the server says nothing, and a name server might be asked."""


@pytest.mark.parametrize("program", ASKED.values(), ids=ASKED)
def test_another_machine_cannot_be_reached(program: str, port: int) -> None:
    """Every way to another machine fails at once, naming --offline, the address and what to do instead."""
    done = _python(EARLY + CLOSE + program, ELSEWHERE, port)
    assert done.returncode != 0, "a connection was made"
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"harness.errors.EnvironmentFailure: --offline: something asked for {ELSEWHERE}."), last
    assert "harness data add" in last


@pytest.mark.parametrize("name", [name for name in ASKED if name not in UNASKED])
def test_without_the_guard_it_is_reached(name: str, port: int) -> None:
    """The same calls go through where nobody asked for --offline: the test above can fail."""
    done = _python(EARLY + ASKED[name], ELSEWHERE, port)
    assert done.returncode == 0, done.stderr


CHILD = "import _socket, sys; _socket.socket().connect((sys.argv[1], int(sys.argv[2])))"
CHILDREN = {
    "subprocess": "sys.exit(subprocess.run([sys.executable, '-c', child, *sys.argv[1:]]).returncode)",
    "spawn": "import multiprocessing.util as m; a, b = os.pipe(); pid = m.spawnv_passfds(sys.executable.encode(), "
    "[w.encode() for w in (sys.executable, '-c', child, *sys.argv[1:])], []); "
    "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "fork": "pid = os.fork(); pid or (connect(early(), where), os._exit(0)); "
    "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "exec": "os.execv(sys.executable, [sys.executable, '-c', child, *sys.argv[1:]])",
}


@pytest.mark.parametrize("program", CHILDREN.values(), ids=CHILDREN)
def test_children_have_the_guard(program: str, port: int) -> None:
    """A Python that is started, forked or spawned refuses as well; without --offline each of them connects."""
    program = f"{EARLY}child = {CHILD!r}\nCLOSE\n{program}"
    done = _python(program.replace("CLOSE", CLOSE), ELSEWHERE, port)
    assert done.returncode == 1
    assert f"EnvironmentFailure: --offline: something asked for {ELSEWHERE}." in done.stderr
    assert _python(program.replace("CLOSE", ""), ELSEWHERE, port).returncode == 0


def test_a_child_without_the_package_has_the_guard(port: int, tmp_path: Path) -> None:
    """Where the package cannot be imported, a child refuses with an error of Python's own."""
    isolated = f"import os, subprocess, sys; os.environ['PYTHONPATH'] = os.environ['PYTHONPATH'].split(os.pathsep)[0]; child = {CHILD!r}\n"
    start = f"sys.exit(subprocess.run([sys.executable, '-P', '-c', child, *sys.argv[1:]], cwd={str(tmp_path)!r}).returncode)"
    done = _python(CLOSE + isolated + start, ELSEWHERE, port)
    assert done.returncode == 1
    assert f"--offline: something asked for {ELSEWHERE}." in done.stderr


REFUSED = {
    "another program": "subprocess.run(['/bin/echo', 'x'])",
    "a shell": "subprocess.run('echo x', shell=True)",
    "system": "os.system('echo x')",
    "posix_spawn": "os.posix_spawn('/bin/echo', ['echo', 'x'], os.environ)",
    "exec": "os.execv('/bin/echo', ['echo', 'x'])",
    "isolated Python": "subprocess.run([sys.executable, '-I', '-c', 'print(1)'])",
    "Python without site": "subprocess.run([sys.executable, '-W', 'error', '-uS', '-c', 'print(1)'])",
    "a clean environment": "subprocess.run([sys.executable, '-c', 'print(1)'], env={})",
    "git that may use a network": "subprocess.run(['git', '--version'], env={'PATH': os.environ['PATH']})",
}


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_watched_is_not_started(program: str) -> None:
    """A program whose connections nobody would see is refused by name."""
    done = _python(EARLY + CLOSE + program, ELSEWHERE, 1)
    assert done.returncode != 0
    assert not done.stdout
    assert "EnvironmentFailure: --offline: something started " in done.stderr.strip().splitlines()[-1]


def test_this_machine_can_still_be_reached() -> None:
    """Sockets of this machine work on, and so do git and programs that ask this machine what it is."""
    done = _python(
        CLOSE
        + textwrap.dedent("""
        import platform, socket, subprocess, sys
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(("localhost", server.getsockname()[1]), 3)
        left, right = socket.socketpair()
        left.sendall(b"x")
        platform.processor()
        subprocess.run(["git", "--version"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, "-W", "error", "-c", "print(2)"], check=True)
        print(right.recv(1), client.getpeername()[0])
    """)
    )
    assert done.stdout == "2\nb'x' 127.0.0.1\n", done.stderr


def test_git_uses_no_network(port: int) -> None:
    """Git may be started, but what it does by a network fails."""
    program = "import subprocess; print(subprocess.run(['git', 'ls-remote', 'http://127.0.0.1:1/x']).returncode)"
    done = _python(CLOSE + program)
    assert done.stdout == "128\n"
    assert "not allowed" in done.stderr


def test_the_environment_is_set_before_imports() -> None:
    """The libraries' own switches are set, and proxies, which lead to other machines, are left out."""
    program = "import os; print(*(os.environ[name] for name in ('HF_HUB_OFFLINE', 'HF_DATASETS_OFFLINE', 'HF_EVALUATE_OFFLINE', 'TRANSFORMERS_OFFLINE')), 'HTTPS_PROXY' in os.environ, 'http_proxy' in os.environ)"
    done = _python(CLOSE + program, HTTPS_PROXY="http://127.0.0.1:3128", http_proxy="http://127.0.0.1:3128")
    assert done.stdout.split() == ["1"] * 4 + ["False"] * 2


def test_a_sitecustomize_of_others_is_read(tmp_path: Path) -> None:
    """The guard of children does not hide the ``sitecustomize`` that they would have read."""
    (tmp_path / "sitecustomize.py").write_text("print('theirs')", encoding="utf-8")
    program = f"{CLOSE}import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1)'])"
    done = _python(program, PYTHONPATH=f"{ROOT}{os.pathsep}{tmp_path}")
    assert done.stdout == "theirs\ntheirs\n1\n"


@pytest.mark.parametrize(("value", "closed"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_the_variable_says_the_same(value: str, closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """HARNESS_OFFLINE=1 is the flag; empty and 0 are not."""
    monkeypatch.setenv("HARNESS_OFFLINE", value)
    assert offline.asked() is closed
    assert offline.asked(True)


def _commands(found: object = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command of the parser with the words that choose it."""
    made = parser() if found is None else found
    inner = [action.choices for action in made._actions if hasattr(action.choices, "items")]  # type: ignore[attr-defined]
    if words:
        yield words, made
    for name, command in (pair for choices in inner for pair in choices.items()):
        yield from _commands(command, (*words, name))


@pytest.mark.parametrize(
    ("words", "command"), list(_commands()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_has_the_flag(words: tuple[str, ...], command: object) -> None:
    """There is no verb that could load something and could not be told to stay offline."""
    assert "--offline" in command.format_help()  # type: ignore[attr-defined]


CALLS = """

import _socket, os
if "PORT" in os.environ:
    _socket.socket().connect(("127.0.0.2", int(os.environ["PORT"])))
"""
RUN = ["run", "--task", "pets", "--model", "parrot", "--data", "sample", "--output-dir", "out"]
VERBS = {
    "run": [*RUN, "--fresh"],
    "bench": ["bench", "--task", "pets", "--model", "crf", "--data", "sample", "--output-dir", "out"],
    "check": ["check", "pets"],
    "data check": ["data", "--offline", "check", "pets"],
    "score": ["score", "RUN", "--output-dir", "out"],
    "verify": ["verify", "RUN", "--to", "truth", "--output-dir", "out"],
}


@pytest.fixture
def at_home(tmp_path: Path, shelf: Callable[..., Path], pets_source: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A folder with a task that connects as it is loaded where PORT is set, and a run of it from before."""
    shelf({"tasks/toy/pets.py": pets_source + CALLS})
    monkeypatch.chdir(tmp_path)
    assert main(RUN) == 0
    return sorted(str(path.parent) for path in Path("out").rglob("result.json"))


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_that_load_stay_offline(verb: str, port: int, at_home: list[str]) -> None:
    """A file that connects as it is loaded is refused under every verb: the reason is told, and nothing is made."""
    words = [at_home[0] if word == "RUN" else word for word in VERBS[verb]]
    variables = {"PYTHONPATH": str(ROOT), "PORT": str(port)}
    for flag, variable in ((["--offline"], "0"), ([], "1")):
        environment = {**os.environ, **variables, "HARNESS_OFFLINE": variable}
        command = [sys.executable, "-m", "harness", *words, *flag]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        told = done.stdout + done.stderr
        assert done.returncode not in (0, 130), told
        assert f"--offline: something asked for {ELSEWHERE}" in told
        assert "Traceback" not in told
    done = [path for path in Path("out").rglob("result.json") if '"success"' in path.read_text(encoding="utf-8")]
    assert sorted(str(path.parent) for path in done) == at_home


def test_a_run_works_offline(tmp_path: Path) -> None:
    """The trivial model on the embedded sample runs with --offline and leaves a record."""
    words = ["run", "--task", "cmeee", "--model", "gazetteer", "--limit", "40", "--offline", "--output-dir"]
    command = [sys.executable, "-m", "harness", *words, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("result.json"))
