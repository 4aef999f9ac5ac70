"""``--offline``: nothing connects, whoever asks, and the message names the address and the way out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLOSE = "from harness.machine.offline import close_sockets; close_sockets()\n"


def closed(program: str) -> subprocess.CompletedProcess[str]:
    """A program run after the sockets are closed, in a process of its own: closing cannot be undone."""
    return subprocess.run(
        [sys.executable, "-c", CLOSE + textwrap.dedent(program)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "program",
    [
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=3)",
        "import socket; socket.create_connection(('example.org', 80), 3)",
        "import socket; socket.socket().connect(('192.0.2.1', 80))",
        "import socket; socket.socket().connect_ex(('192.0.2.1', 80))",
        "import socket; socket.getaddrinfo(b'example.org', 80)",
        "import socket; socket.gethostbyname('example.org')",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import http.client; http.client.HTTPConnection('example.org', timeout=3).request('GET', '/')",
    ],
)
def test_another_machine_cannot_be_reached(program: str) -> None:
    """Every way to reach another machine fails at once, naming --offline, the address and what to do instead."""
    done = closed(program)
    assert done.returncode != 0, "a connection was tried"
    last = done.stderr.strip().splitlines()[-1]
    assert "EnvironmentFailure: --offline: something asked for" in last, last
    assert "example.org" in last or "192.0.2.1" in last
    assert "harness data add" in last


def test_this_machine_can_still_be_reached() -> None:
    """Sockets of this machine work on: processes that talk to each other need them."""
    done = closed("""
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(("localhost", server.getsockname()[1]), 3)
        left, right = socket.socketpair()
        left.sendall(b"x")
        print(right.recv(1), client.getpeername()[0])
    """)
    assert done.stdout.strip() == "b'x' 127.0.0.1", done.stderr


def test_the_hugging_face_libraries_are_told() -> None:
    """Their own switches are set, so that they look into their caches instead of trying."""
    done = closed(
        "import os; print(*(os.environ[name] for name in ('HF_HUB_OFFLINE', 'HF_DATASETS_OFFLINE', 'HF_EVALUATE_OFFLINE', 'TRANSFORMERS_OFFLINE')))"
    )
    assert done.stdout.split() == ["1"] * 4


def test_a_run_works_offline(tmp_path: Path) -> None:
    """The trivial model on the embedded sample runs with --offline and leaves a record."""
    command = [
        sys.executable,
        "-m",
        "harness",
        "run",
        "--task",
        "cmeee",
        "--model",
        "gazetteer",
        "--limit",
        "40",
        "--offline",
        "--output-dir",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("result.json"))
