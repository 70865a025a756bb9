"""Real servers for one test: S3 as moto serves it, OpenSSH's sshd, Redis. Each listens on 127.0.0.1 only."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(port: int, *command: str | Path, **variables: str) -> Iterator[None]:
    """A program that serves at a port as long as the block lasts."""
    # It does not speak into a pipe that nobody reads: once that is full, a server waits for ever.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=os.environ | variables, stdout=said, stderr=subprocess.STDOUT)
        try:
            while not _is_open(port):
                assert process.poll() is None, os.pread(said.fileno(), 10_000, 0).decode()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(30)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"There is no {name}: apt-get install {package}"
    return found


@contextmanager
def s3(bucket: str) -> Iterator[dict[str, str]]:
    """An S3 with a bucket; gives the variables by which AWS' libraries find it."""
    port = free_port()
    found = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "county",
        "AWS_SECRET_ACCESS_KEY": "of the test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with serving(port, Path(sys.executable).with_name("moto_server"), "--host", "127.0.0.1", "--port", str(port)):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in found.items():
                patch.setenv(name, value)
            boto3.client("s3").create_bucket(Bucket=bucket)
        yield found


@contextmanager
def openssh(folder: Path) -> Iterator[str]:
    """An sshd that lets in the key of `folder/.ssh`, whose `known_hosts` has its own; gives `sftp://user@host:port`."""
    ssh, port = folder / ".ssh", free_port()
    ssh.mkdir(mode=0o700)
    for key in (ssh / "id_ed25519", folder / "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    shutil.copy(ssh / "id_ed25519.pub", ssh / "authorized_keys")
    kind, host_key, _ = (folder / "host_key.pub").read_text(encoding="utf-8").split()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {host_key}\n", encoding="utf-8")
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": ssh / "authorized_keys",
        "PasswordAuthentication": "no",
        "PidFile": "none",
        "StrictModes": "no",  # a folder of the test's lies below one that everybody may write
        "Subsystem": "sftp internal-sftp",
        "UsePAM": "no",
    }
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks its children up
    user = os.environ.get("USER", "root")
    with serving(port, program("sshd", "openssh-server"), "-D", "-e", "-f", config):
        yield f"sftp://{user}@127.0.0.1:{port}"
