"""The server of the browser tests itself: what it forgets would fail other tests now and then."""

from __future__ import annotations

import gc
import socket
import struct
from urllib.parse import urlsplit

from tests.browser.live import ThreadServer

RESETS = 30
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


def test_a_browser_that_hangs_up_leaves_no_file_open(live: ThreadServer) -> None:
    """A file left open fails this test by its warning, as every warning does."""
    place = urlsplit(live.url)
    asked = f"GET /static/icons/favicon.svg HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    for _time in range(RESETS):
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            connection.sendall(asked)
            assert connection.recv(1) == b"H"
    live.stop()
    gc.collect()
