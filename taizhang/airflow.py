"""Airflow on this machine: its surroundings, one run inside this process, and a server with its scheduler.

No other module of the package imports Airflow, and this one only inside functions: importing it takes seconds
and reads the environment, which `environment` has to set first.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any, NoReturn
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from taizhang import parallel
from taizhang.settings import PROJECT, settings, variable
from taizhang.warehouse import as_conninfo, bring_up_to_date, embedded_database_url

DAGS = PROJECT / "dags"
DATABASE = "airflow"
USER = "admin"
_CONNECTION, _EXECUTOR = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__EXECUTOR"
_BROKER = "AIRFLOW__CELERY__BROKER_URL"
_HIDDEN_FROM_TASKS = "airflow-db-not-allowed:"
"""What Airflow puts in the place of its database's address where a task runs."""
WAREHOUSE_POOL, _POOL_SLOTS = "warehouse", 4
_MOST_PROCESSES = 4
_START_SECONDS, _RECOVERY_SECONDS, _STOP_SECONDS = 300, 60, 15
_COMPONENTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


class AirflowError(RuntimeError):
    """Airflow does not do what it is asked; the message says what to look at."""


@dataclass(frozen=True)
class TaskEvent:
    """A task of a run began, ended or failed. `name` is what a person reads: a mapped task's is its label."""

    task: str
    name: str
    state: str
    error: str | None = None


@dataclass(frozen=True)
class Run:
    """How a run in this process ended.

    `error` is a sentence that names the task that failed first, `results` what each unmapped task returned.
    """

    succeeded: bool
    error: str | None
    results: dict[str, Any]


@dataclass(frozen=True)
class Server:
    """An Airflow that serves; the password of `user` is in `password_file`."""

    url: str
    user: str
    password_file: str
    log: str


def environment() -> dict[str, str]:
    """The environment of Airflow's processes: what an operator has set stays, save home and DAGs."""
    home = settings().airflow_home
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    defaults = {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": port,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        _EXECUTOR: "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # A task's slot is free as soon as the task ends, not at the next of the long default heartbeats.
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        # On a busy machine the server takes its time to answer; a task that is not told to start dies.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    }
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        # Airflow starts its components, and dbt and psql are found, by name.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    return defaults | os.environ | ours


def run_in_process(dag_id: str, conf: Mapping[str, Any], *, log: Path, on_event: Callable[[TaskEvent], None]) -> Run:
    """Run a DAG from its first task to its last inside this process, its tasks one after another.

    The run is kept in a database of its own: a scheduler that serves at the same time would take its tasks.
    All that Airflow and the tasks print is added to `log`. Raises `AirflowError` if the DAG is not there, and
    `KeyboardInterrupt` where somebody interrupts or terminates the process.
    """
    home = settings().airflow_home
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(_of_one_task_at_a_time() | environment() | {_CONNECTION: f"sqlite:///{home / 'in_process.db'}"})
    settings.cache_clear()
    with _output_to(log), _interruptible(on_event) as listened_to:
        try:
            return _run(dag_id, conf, listened_to)
        except KeyboardInterrupt:
            parallel.stop()
            raise


def _of_one_task_at_a_time() -> dict[str, str]:
    """Each task may have the whole machine, or as much of it as is of use."""
    return {variable("processes"): str(min(os.cpu_count() or 1, _MOST_PROCESSES))}


def _run(dag_id: str, conf: Mapping[str, Any], on_event: Callable[[TaskEvent], None]) -> Run:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.listener import get_listener_manager
    from airflow.utils.db import initdb

    initdb()
    bag = DagBag(DAGS)
    if dag_id not in bag.dags:
        raise AirflowError(f"There is no DAG {dag_id} in {DAGS}. {' '.join(bag.import_errors.values())}".strip())
    listener = _listener(on_event)
    get_listener_manager().add_listener(listener)
    run = bag.dags[dag_id].test(run_conf=dict(conf))
    results = {ti.task_id: ti.xcom_pull(ti.task_id) for ti in run.get_task_instances() if ti.map_index < 0}
    return Run(run.state == "success", listener.error, results)


@contextmanager
def _interruptible(on_event: Callable[[TaskEvent], None]) -> Iterator[Callable[[TaskEvent], None]]:
    """Let somebody interrupt or terminate what is told of by `on_event`: to be listened to in its place.

    To Airflow and dbt an interruption is but a task that failed, after which they would go on to the next.
    """
    interrupted = Event()

    def interrupt(*_: Any) -> NoReturn:
        interrupted.set()
        raise KeyboardInterrupt

    def tell(event: TaskEvent) -> None:
        signal.signal(signal.SIGTERM, interrupt)  # Airflow takes it over as a task begins
        if interrupted.is_set():
            raise KeyboardInterrupt
        on_event(event)

    former = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield tell
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _listener(on_event: Callable[[TaskEvent], None]) -> Any:
    """A listener as Airflow's plugins have it, which passes on what happens to tasks."""
    from airflow.listeners import hookimpl

    class Listener:
        error: str | None = None
        failed: tuple[str, str] | None = None

        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            self.tell(task_instance, "running")

        @hookimpl
        def on_task_instance_success(self, task_instance: Any) -> None:
            self.tell(task_instance, "success")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: object) -> None:
            self.tell(task_instance, "failed", str(error) or type(error).__name__)

        def tell(self, task_instance: Any, state: str, error: str | None = None) -> None:
            name = task_instance.rendered_map_index or task_instance.task_id
            if error and self.failed in (None, (task_instance.task_id, name)):  # of one tried again, the last word
                self.failed = task_instance.task_id, name
                self.error = f"The task {task_instance.task_id} failed ({name}): {error}"
            on_event(TaskEvent(task_instance.task_id, name, state, error))

    return Listener()


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what this process and its children print to a file, whatever streams libraries have kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    _flush()
    with log.open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    try:
        yield
    finally:
        _flush()
        for descriptor, former in zip((1, 2), kept, strict=True):
            os.dup2(former, descriptor)
            os.close(former)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def documented(step: Callable[..., Any], address_of: Callable[[str, Any], str], **options: Any) -> Any:
    """A task like `@task`, whose page in Airflow links to what it wrote.

    `address_of` says where that is, given the step's name and what it is called with as `opened=`.
    """
    from airflow.providers.standard.decorators.python import _PythonDecoratedOperator
    from airflow.sdk import BaseOperatorLink
    from airflow.sdk.bases.decorator import task_decorator_factory

    class Link(BaseOperatorLink):  # type: ignore[misc]  # mypy does not follow Airflow
        name = "Documents"
        xcom_key = "documents"

        def get_link(self, operator: Any, **_: Any) -> str:
            """Airflow asks as the task ends, and keeps the answer with it."""
            return address_of(operator.task_id, operator.op_kwargs["opened"])

    class DocumentedOperator(_PythonDecoratedOperator):  # type: ignore[misc]
        operator_extra_links = (Link(),)

    return task_decorator_factory(step, decorated_operator_class=DocumentedOperator, **options)


def connection_url(conn_id: str) -> str:
    """The Apprise URL that a connection holds: `url` of its extra fields, or the connection as a URI.

    Raises `LookupError` if there is none of that name.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowException

    try:
        connection = Connection.get(conn_id)
    except AirflowException as error:
        raise LookupError(f"Airflow has no connection {conn_id}") from error
    return str(connection.extra_dejson.get("url") or connection.get_uri())


def serve() -> Server:
    """Start Airflow with its scheduler, in a process group of its own, and wait until each component is well.

    Does nothing if it serves already, and starts it anew if one of its components has died. Raises `AirflowError`
    if it does not come up.
    """
    variables = _server_environment()
    server = _server(variables)
    if _process() is not None:
        if _becomes_healthy(server.url, _RECOVERY_SECONDS):
            return server
        stop()
    _refuse_taken_port(variables["AIRFLOW__API__HOST"], variables["AIRFLOW__API__PORT"])
    bring_up_to_date()  # what runs before the first night looks for its tables
    _start(variables, Path(server.log))
    if not _becomes_healthy(server.url, _START_SECONDS):
        died = _process() is None
        stop()
        if died:
            raise AirflowError(f"Airflow stopped while it was starting; its last words are in {server.log}.")
        raise AirflowError(f"Airflow was not well after {_START_SECONDS} seconds; see {server.log}.")
    _make_pool(variables)
    return server


def _refuse_taken_port(host: str, port: str) -> None:
    """Airflow itself would try for minutes, and say so in its log only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, int(port)), family=family).close()
    except (OSError, OverflowError, ValueError) as error:
        raise AirflowError(
            f"Airflow cannot serve at port {port} of {host} ({error}): stop the program that does, or choose another"
            " port with AIRFLOW__API__PORT."
        ) from error


def _make_pool(variables: Mapping[str, str]) -> None:
    """The pool of those who write to the warehouse side by side; an operator may since have changed its slots."""
    airflow = [sys.executable, "-m", "airflow", "pools"]
    if subprocess.run(
        [*airflow, "get", WAREHOUSE_POOL], env=dict(variables), capture_output=True, check=False
    ).returncode:
        told = "Tasks that write to the warehouse at once"
        subprocess.run(
            [*airflow, "set", WAREHOUSE_POOL, str(_POOL_SLOTS), told],
            env=dict(variables),
            capture_output=True,
            check=True,
        )


def of_worker() -> dict[str, str]:
    """The environment of a Celery worker, which takes tasks from the broker that `AIRFLOW__CELERY__BROKER_URL` names.

    It needs neither Airflow's database nor the folder of whoever serves; what it takes a task with is in `environment`.
    Raises `AirflowError` where no broker is named.
    """
    variables = environment() | {_EXECUTOR: "CeleryExecutor"}
    if not variables.keys() & {_BROKER, f"{_BROKER}_CMD", f"{_BROKER}_SECRET"}:
        raise AirflowError(f"A worker takes its tasks from a broker: set {_BROKER}, as docs/operators.md says.")
    return variables


def work(name: str | None, variables: dict[str, str]) -> NoReturn:
    """Become a Celery worker of this name in this environment (see `of_worker`)."""
    settings().airflow_home.mkdir(parents=True, exist_ok=True)
    options = ["--celery-hostname", f"{name}@%h"] if name else []
    worker = [sys.executable, "-m", "airflow", "celery", "worker", *options]
    os.execve(sys.executable, worker, variables)  # noqa: S606  # it takes our place


def stop() -> bool:
    """Stop the Airflow that `serve` started, with everything that it runs. Returns whether there was one."""
    process = _process()
    _pid_file().unlink(missing_ok=True)
    if process is None:
        return False
    # Airflow's components do not all pass a signal on, so each member of the group gets its own.
    members = [member for member in psutil.process_iter() if _group(member.pid) == process.pid]
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        _, members = psutil.wait_procs(members, timeout=_STOP_SECONDS)
        if not members:
            break
    return True


def _group(pid: int) -> int | None:
    with suppress(ProcessLookupError, PermissionError):
        return os.getpgid(pid)
    return None


def clean_database(today: date) -> None:
    """Remove what Airflow's own tables have kept of runs longer than `keep_logs_days` ago.

    Raises `AirflowError` with what Airflow says.
    """
    before = today - timedelta(days=settings().keep_logs_days)
    options = ["--yes", "--skip-archive", "--error-on-cleanup-failure", "--clean-before-timestamp", before.isoformat()]
    ended = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "clean", *options],
        env=_server_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        told = (ended.stderr or ended.stdout).strip().splitlines()
        raise AirflowError(f"Airflow could not clean its tables: {told[-1] if told else 'it gave no reason'}")


def _server_environment() -> dict[str, str]:
    variables = environment()
    if configured := settings().airflow_database:
        variables[_CONNECTION] = configured.get_secret_value()
    elif _CONNECTION not in variables or variables[_CONNECTION].startswith(_HIDDEN_FROM_TASKS):
        url = embedded_database_url(DATABASE).set(drivername="postgresql+psycopg2")
        variables[_CONNECTION] = as_conninfo(url)
    return variables


def _server(variables: Mapping[str, str]) -> Server:
    return Server(
        url=f"http://127.0.0.1:{variables['AIRFLOW__API__PORT']}",
        user=USER,
        password_file=variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"],
        log=str(settings().airflow_home / "logs" / "standalone.log"),
    )


def _start(variables: Mapping[str, str], log: Path) -> None:
    _write_password(Path(variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "taizhang.airflow", "standalone"],
            env=dict(variables),
            cwd=settings().airflow_home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file().write_text(str(process.pid), encoding="ascii")


def _write_password(path: Path) -> None:
    """Make up a password unless there is one, in a file that nobody else reads."""
    with suppress(FileExistsError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({USER: secrets.token_urlsafe(12)}, file)


def _pid_file() -> Path:
    return settings().airflow_home / "standalone.pid"


def _process() -> psutil.Process | None:
    """The server's process if it lives; a number left by a crash may since belong to another program."""
    with suppress(FileNotFoundError, ValueError, psutil.Error):
        process = psutil.Process(int(_pid_file().read_text(encoding="ascii")))
        if process.status() != psutil.STATUS_ZOMBIE and "standalone" in process.cmdline():
            return process
    return None


def _becomes_healthy(url: str, seconds: float) -> bool:
    """Whether each component is well before so many seconds are over; a process that has ended will not be."""
    deadline = time.monotonic() + seconds
    while not (healthy := _is_healthy(url)) and _process() is not None and time.monotonic() < deadline:
        time.sleep(0.5)
    return healthy


def _is_healthy(url: str) -> bool:
    try:
        with urlopen(f"{url}/api/v2/monitor/health", timeout=5) as response:  # noqa: S310  # our own address
            health = json.load(response)
    except (URLError, TimeoutError, ConnectionError, ValueError):
        return False
    return all((health.get(component) or {}).get("status") == "healthy" for component in _COMPONENTS)


def _standalone() -> None:
    """Airflow's own `standalone`, but for an executor that is configured: the workers of Celery are elsewhere."""
    from airflow.__main__ import main
    from airflow.cli.commands.standalone_command import StandaloneCommand

    of_airflow, executor = StandaloneCommand.calculate_env, {_EXECUTOR: os.environ[_EXECUTOR]}
    StandaloneCommand.calculate_env = lambda command: of_airflow(command) | executor
    main()


if __name__ == "__main__":
    _standalone()
