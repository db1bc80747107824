"""Stores to test with: a folder, and an S3 server on loopback behind a proxy that can fail."""

import http.client
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

import pytest

from racer.store import address, fetch

NO_STORE = 'obstore or moto is not installed: pip install ".[test-store]"'
SECRET = "quite-a-secret-0123456789"


class Proxy:
    """Passes requests on to a server, as long as it is told to."""

    def __init__(self, port):
        self.port_behind, self.port = port, 0
        self.refuses = lambda method, path: None
        self.bytes_put = 0
        self.start()

    def start(self):
        proxy, self.is_down = self, False

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                if proxy.is_down:  # a connection that was kept
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                refused = proxy.refuses(self.command, self.path)
                if refused is not None:
                    status, body = refused
                    self.answer(status, {}, body)
                    return
                if self.command == "PUT":
                    proxy.bytes_put += len(data)
                behind = http.client.HTTPConnection("127.0.0.1", proxy.port_behind)
                headers = {k: v for k, v in self.headers.items() if k != "Connection"}
                behind.request(self.command, self.path, data, headers)
                said = behind.getresponse()
                body = said.read()
                self.answer(said.status, dict(said.getheaders()), body)
                behind.close()

            def answer(self, status, headers, body):
                self.send_response(status)
                length = headers.get("Content-Length") if self.command == "HEAD" else len(body)
                for name, value in headers.items():
                    if name not in ("Content-Length", "Connection", "Transfer-Encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.is_down = True
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session")
def moto_port():
    pytest.importorskip("obstore", reason=NO_STORE)
    server = pytest.importorskip("moto.server", reason=NO_STORE)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield running.get_host_and_port()[1]
    running.stop()


@pytest.fixture
def proxy(moto_port, monkeypatch, tmp_path):
    """A proxy before an empty S3 server, and an environment that leads there."""
    urlopen(Request(f"http://127.0.0.1:{moto_port}/moto-api/reset", method="POST")).close()
    urlopen(Request(f"http://127.0.0.1:{moto_port}/bucket", method="PUT")).close()
    monkeypatch.setitem(address.RETRIES, "max_retries", 0)
    made = Proxy(moto_port)
    own = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{made.port}", "AWS_ACCESS_KEY_ID": "somebody"}
    for name, value in {**own, "AWS_SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(fetch, "user_cache", lambda: tmp_path / "cache")
    yield made
    made.refuses = lambda method, path: (503, b"")  # whoever still tries
    made.stop()


@pytest.fixture
def s3(proxy):
    """Address of a store in a bucket."""
    return "s3://bucket/racer"


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path, monkeypatch):
    """Address of a store: a folder, and a bucket."""
    pytest.importorskip("obstore", reason=NO_STORE)
    if request.param == "s3":
        return request.getfixturevalue("s3")
    monkeypatch.setattr(fetch, "user_cache", lambda: tmp_path / "cache")
    return f"file://{tmp_path}/store"
