"""A web server of this machine whose answers a test writes itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Served:
    """What the server gives: path -> answers, one for each request, of which the last is given for ever.

    An answer is ``(status, headers, body)``; a ``Content-Length`` among the headers may be a lie. ``asked`` holds the
    paths of all requests. A body of ``None`` is none at all: the server is silent until it is closed.
    """

    def __init__(self, address: str) -> None:
        self.address, self.asked = address, list[str]()
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes | None]]] = {}
        self.closed = threading.Event()

    def give(self, path: str, *bodies: bytes | None, status: int = 200, **headers: str) -> str:
        """Answer a path with these bodies; its address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = [(status, named, body) for body in bodies]
        return self.address + path


@contextlib.contextmanager
def serving() -> Iterator[Served]:
    """A server on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            answers = served.answers.get(self.path, [(404, {}, b"")])
            status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
            if body is None:
                served.closed.wait(60)
                return
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # who asked has had enough
                self.wfile.write(body)

        def log_message(self, *given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Served(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.closed.set()
        server.shutdown()
        thread.join()
        server.server_close()
