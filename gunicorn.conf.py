"""Production server: threads in several processes; HOST, PORT, WORKERS, THREADS from the environment."""

import os
import sys
from pathlib import Path


def count(name: str, default: str) -> int:
    """A number of processes or threads from the environment: 1 or more."""
    text = os.environ.get(name) or default
    if not text.isdecimal() or int(text) < 1:
        sys.exit(f"{name}={text}: must be a whole number, 1 or more")
    return int(text)


bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
worker_class = "gthread"
workers = count("WORKERS", "2")
threads = count("THREADS", "4")
# Each worker opens its own database connections, and SIGHUP loads new code.
preload_app = False
timeout = 60
graceful_timeout = 30
keepalive = 5
# A heartbeat file on a slow disk makes healthy workers look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # nosec B108
# The application logs every request itself, with its request id and without personal data.
accesslog = None
errorlog = "-"
# gunicorn 25 and later open a control socket in the home folder unless told not to.
control_socket_disable = True
