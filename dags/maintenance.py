"""Maintenance: a backup first, then what has grown old goes, then Postgres tidies up.

What each task does is in `taizhang.steps`.
"""

from airflow.sdk import CronTriggerTimetable, chain, dag, task

from taizhang import steps


@dag(
    schedule=CronTriggerTimetable("0 5 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["台账"],
    default_args=steps.retries(),
)
def maintenance() -> None:
    backed_up = task(steps.make_backup)()
    pruned = task(steps.prune_history)()
    dropped = task(steps.drop_reproductions)()
    tidied = [task(steps.prune_outbox)(), task(steps.prune_logs)(), task(steps.clean_airflow)()]
    chain(backed_up, [pruned, dropped], task(steps.vacuum)())
    chain(backed_up, tidied)
    task(steps.refuse_lost_files)(backed_up)


maintenance()
