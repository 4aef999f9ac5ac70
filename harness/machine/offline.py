"""``--offline``: no socket to another machine is opened in this process, whoever asks for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import EnvironmentFailure

LOCAL = ("localhost", "127.0.0.1", "::1", "", None)


def close_sockets() -> None:
    """Make every connection but local ones fail at once, and tell the Hugging Face libraries not to try.

    Raises nothing itself; a later attempt raises ``EnvironmentFailure`` naming the address that was asked for.
    """
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_EVALUATE_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    for name in ("connect", "connect_ex"):
        _guard(socket.socket, name, lambda given: _pair(given[1]))
    _guard(socket.socket, "sendto", lambda given: _pair(given[-1]))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _guard(socket, name, lambda given: given[0])


def _pair(address: Any) -> Any:
    """The host of an address; one that is no pair is a file of this machine."""
    return address[0] if isinstance(address, tuple) else ""


def _guard(owner: Any, name: str, host_of: Callable[[Sequence[Any]], Any]) -> None:
    """Put a check of the host before a function of the socket module."""
    original = getattr(owner, name)

    def guarded(*given: Any, **keywords: Any) -> Any:
        host = host_of(given) if given else keywords.get("host")
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if host not in LOCAL:
            raise EnvironmentFailure(
                f"--offline: something asked for {host}. Bring the files by `harness data add`, or leave --offline out."
            )
        return original(*given, **keywords)

    setattr(owner, name, guarded)
