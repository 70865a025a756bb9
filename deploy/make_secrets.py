"""`make secrets`: make up every password that `docker-compose.yml` asks for, once, in files that their owner reads.

What is there already stays, so that a second call changes nothing.
"""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FOLDER = Path("secrets")
_PEOPLE = ("admin", "operator", "reader")
"""Who logs in to Airflow; what each may do is in `docker-compose.yml`."""


def main() -> None:
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    password = {name: _keep(f"{name}_password", _password) for name in ("postgres", "airflow_database", "redis")}
    people = json.loads(_keep("airflow_passwords", lambda: json.dumps({name: _password() for name in _PEOPLE})))
    airflow = f"airflow:{password['airflow_database']}@postgres/airflow"
    _keep("airflow_api_secret", _password)
    _keep("airflow_jwt_secret", _password)
    _keep("airflow_fernet_key", lambda: base64.urlsafe_b64encode(os.urandom(32)).decode())
    _keep("celery_broker", lambda: f"redis://:{password['redis']}@redis:6379/0")
    _keep("celery_results", lambda: f"db+postgresql+psycopg2://{airflow}")
    _keep("documents_passwords", lambda: f"reader:{_hashed(people['reader'])}")
    _keep("taizhang_airflow_database", lambda: f"postgresql+psycopg2://{airflow}")
    _keep("taizhang_alert_urls", str)
    _keep("taizhang_warehouse", lambda: f"postgresql://taizhang:{password['postgres']}@postgres/taizhang")
    print(f"Secrets are in {FOLDER}/; {FOLDER}/airflow_passwords says with what to log in.")  # noqa: T201


def _keep(name: str, make: Callable[[], str]) -> str:
    """The content of a secret, made up if it is not there yet."""
    path = FOLDER / name
    if path.exists():
        return path.read_text(encoding="utf-8")
    content = make()  # before there is a file, which would stay where this fails
    with suppress(FileExistsError):
        # A container's user reads it through the mount, whose owner is ours: others on this machine do not get here,
        # as nobody else enters the folder.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
    return path.read_text(encoding="utf-8")


def _password() -> str:
    return secrets.token_urlsafe(24)


def _hashed(password: str) -> str:
    """As nginx reads it."""
    if not shutil.which("openssl"):
        sys.exit("openssl is needed, to hash a password as nginx reads it: install it, then run this again")
    hashed = subprocess.run(
        ["openssl", "passwd", "-apr1", "-stdin"], input=password, capture_output=True, text=True, check=True
    )
    return hashed.stdout.strip()


if __name__ == "__main__":
    main()
