"""``--offline``: no socket to another machine is opened in this process, whoever asks for it."""

from __future__ import annotations

import os
import socket
from typing import Any

from harness.errors import EnvironmentFailure


def close_sockets() -> None:
    """Make every connection but local ones fail at once, and tell the Hugging Face libraries not to try.

    Raises nothing itself; a later attempt raises ``EnvironmentFailure`` naming the address that was asked for.
    """
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_EVALUATE_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def refuse(address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(address, tuple) and host not in ("localhost", "127.0.0.1", "::1", "", None):
            raise EnvironmentFailure(
                f"--offline: something asked for {host}. Bring the files by `harness data add`, or leave --offline out."
            )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_lookup(host: Any, *arguments: Any, **keywords: Any) -> Any:
        refuse((host,))
        return lookup(host, *arguments, **keywords)

    socket.socket.connect = guarded_connect  # type: ignore[method-assign,assignment]
    socket.getaddrinfo = guarded_lookup
