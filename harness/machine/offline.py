"""``--offline`` and ``HARNESS_OFFLINE=1``: no Python of a command opens a connection to another machine.

An audit hook sees every socket that Python opens, whoever asks and under whatever name, and every program that Python
starts. A child that is Python has the same hook (``harness.machine.guard`` on ``PYTHONPATH``), git is told to use no
network (``GIT_ALLOW_PROTOCOL``), a few programs that only look at this machine may be started, and others are refused.
The hook does not see sockets that compiled code opens by itself: it guards against accidents, it is no sandbox.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None)
"""Hosts that are this machine. Not all of 127.0.0.0/8: 127.0.0.53 and 127.0.0.11 pass questions on to name servers."""

GUARD = str(Path(__file__).resolve().parent / "guard")
SWITCHES = {
    "HARNESS_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_EVALUATE_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}
"""What is set in the environment, and so in that of every child."""

PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
"""Taken out of the environment: a proxy on this machine leads to others."""

QUIET = frozenset(
    [
        "git",
        "uname",
        "lscpu",
        "sysctl",
        "ldconfig",
        "nvidia-smi",
        "rocm-smi",
        "file",
        "gcc",
        "g++",
        "cc",
        "c++",
        "clang",
        "clang++",
        "as",
        "ld",
        "objdump",
        "nvcc",
        "ptxas",
    ]
)
"""Programs that may be started: they look at this machine or compile for it. Git reads ``GIT_ALLOW_PROTOCOL``."""

_STARTS = {"subprocess.Popen": (0, 1, 3), "os.posix_spawn": (0, 1, 2), "os.exec": (0, 1, 2)}
"""Events of programs that start -> the places of program, words and environment among the hook's arguments."""
_BY_SHELL = ("os.system", "pty.spawn", "os.startfile")
_BY_ADDRESS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.bind": 1}
_BY_NAME = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_ALG")

_state = {"closed": False}


def asked(flag: bool = False) -> bool:
    """Whether the flag or the variable of the environment asks to stay offline; ``HARNESS_OFFLINE=0`` does not."""
    return flag or os.environ.get("HARNESS_OFFLINE", "") not in ("", "0")


def obey(flag: bool = False) -> None:
    """Close the sockets where the flag or ``HARNESS_OFFLINE`` asks for it."""
    if asked(flag):
        close_sockets()


def close_sockets() -> None:
    """Refuse every connection but local ones, in this process and in those that it starts, until it ends.

    Raises nothing itself; a later attempt raises ``EnvironmentFailure`` naming the address or program. Call it before
    the Hugging Face libraries are imported, which read their switches then.
    """
    os.environ.update(SWITCHES)
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if GUARD not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([GUARD, *filter(None, paths)])
    if not _state["closed"]:
        _state["closed"] = True
        sys.addaudithook(_hook)


def _hook(event: str, given: tuple[Any, ...]) -> None:
    """Look at one audit event; nearly all are of no interest here."""
    if event in _BY_ADDRESS:
        _check_address(event, given[0], given[_BY_ADDRESS[event]])
    elif event in _BY_NAME:
        _check_host(given[0])
    elif event == "socket.getnameinfo":
        _check_host(given[0][0])
    elif event in _STARTS:
        program, words, environment = (given[place] for place in _STARTS[event])
        _check_program(program, words, environment)
    elif event in _BY_SHELL:
        _refuse_program(given[0])


def _check_address(event: str, socket: Any, address: Any) -> None:
    """Refuse an address of another machine. ``sendmsg`` over a connected socket has none."""
    import socket as families

    if socket.family in (families.AF_INET, families.AF_INET6):
        if address is not None and event != "socket.bind":
            _check_host(address[0])
    elif socket.family not in {getattr(families, name, None) for name in _FAMILIES}:
        _refuse(f"an address of family {socket.family!r}")  # of a device or of a host around this virtual machine


def _check_host(host: Any) -> None:
    if isinstance(host, bytes | bytearray):
        host = host.decode(errors="replace")
    if host not in LOCAL:
        _refuse(str(host))


def _check_program(program: Any, words: Any, environment: Any) -> None:
    """Refuse a program that could connect, and one that is started without the environment's guard."""
    words = [words] if isinstance(words, str | bytes) else list(words)
    path = os.fsdecode(program if program is not None else words[0])
    name = Path(path).name
    python = name.startswith("python") or path == sys.executable
    guarded = _carried(os.environ if environment is None else environment)
    if (
        not guarded
        or not (python or name in QUIET)
        or (python and _isolated([os.fsdecode(word) for word in words[1:]]))
    ):
        _refuse_program(path)


def _carried(environment: Mapping[Any, Any]) -> bool:
    """Whether an environment has the switches and the guard that this process set."""
    found = {os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()}
    kept = all(found.get(name) == value for name, value in SWITCHES.items())
    return kept and GUARD in found.get("PYTHONPATH", "").split(os.pathsep)


def _isolated(words: Sequence[str]) -> bool:
    """Whether flags of Python make it leave out the guard: -E, -I and -S."""
    left = iter(words)
    for word in left:
        if not word.startswith("-") or word.startswith("--") or word == "-":
            return False
        for place, letter in enumerate(word[1:], 1):
            if letter in "EIS":
                return True
            if letter in "cm":
                return False
            if letter in "XW":  # the rest of the word, or the next word, is its value
                if place == len(word) - 1:
                    next(left, None)
                break
    return False


def _refuse(what: str) -> NoReturn:
    _fail(f"--offline: something asked for {what}. Bring the files by `harness data add`, or leave --offline out.")


def _refuse_program(program: Any) -> NoReturn:
    shown = os.fsdecode(program) if isinstance(program, str | bytes) else " ".join(map(os.fsdecode, program))
    _fail(
        f"--offline: something started {shown}, whose connections cannot be watched. Do without it, "
        "or leave --offline out (and unset HARNESS_OFFLINE)."
    )


def _fail(message: str) -> NoReturn:
    try:
        from harness.errors import EnvironmentFailure
    except ImportError:  # a child that has the guard and not the package
        raise PermissionError(message) from None
    raise EnvironmentFailure(message)
