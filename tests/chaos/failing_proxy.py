"""An HTTP proxy in front of an S3 server that fails now and then, in the ways networks fail."""

from __future__ import annotations

import http.client
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAILURES = ("refuse", "cut answer", "error 500", "error 503", "slow", "half an upload")


class FailingProxy:
    """Hands requests on to a server, and fails a share of them.

    Parameters
    ----------
    port
        Port of the server on this machine.
    share
        Which share of the requests fails; changed while it runs.
    seed
        Of the choice which requests fail, and how.
    """

    def __init__(self, port: int, share: float, seed: int) -> None:
        self.upstream = port
        self.share = share
        self.rng = random.Random(seed)
        self.failed = 0
        self.passed = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def answer(self) -> None:
                proxy.answer(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Hand one request on, or fail it."""
        size = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(size)
        failure = self.rng.choice(FAILURES) if self.rng.random() < self.share else ""
        if failure == "half an upload" and request.command != "PUT":
            failure = "refuse"
        self.failed += bool(failure)
        self.passed += not failure
        if failure == "refuse":
            request.close_connection = True
            return
        if failure.startswith("error"):
            request.send_error(int(failure.split()[1]))
            request.close_connection = True
            return
        if failure == "slow":
            time.sleep(1)
        half = failure == "half an upload"
        if half:
            body = body[: len(body) // 2]
        headers = {
            key: value
            for key, value in request.headers.items()
            # checksums of the whole would make the server refuse the half
            if not (half and key.lower().startswith(("content-", "x-amz-checksum", "x-amz-sdk")))
        }
        headers["Content-Length"] = str(len(body))
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=60)
        upstream.request(request.command, request.path, body, headers)
        response = upstream.getresponse()
        content = response.read()
        if half:  # the object is there, in half, and whoever sent it does not know
            request.close_connection = True
            return
        request.send_response(response.status)
        for key, value in response.getheaders():
            if key.lower() not in ("content-length", "transfer-encoding", "connection"):
                request.send_header(key, value)
        given = response.getheader("Content-Length") if request.command == "HEAD" else len(content)
        request.send_header("Content-Length", str(given or 0))
        request.end_headers()
        if failure == "cut answer":
            request.wfile.write(content[: len(content) // 2])
            request.close_connection = True
        elif request.command != "HEAD":
            request.wfile.write(content)
