"""Known hosts: the SFTP servers whose keys somebody has looked at."""

from pathlib import Path

import paramiko

_FILE = Path("~/.ssh/known_hosts")


class KnownHosts(paramiko.MissingHostKeyPolicy):
    """Nobody hands a county's ledgers to a server that has taken another's place."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        file = _FILE.expanduser()
        if not (file.exists() and paramiko.HostKeys(str(file)).check(hostname, key)):
            raise paramiko.SSHException(
                f"{file} has no {key.get_name()} key of {hostname}: look at the server's key (ssh-keyscan) and add it."
            )
