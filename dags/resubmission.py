"""By day: what is handed in is loaded soon after it arrives, by a night that tells nobody; a late night is told of.

What each task does is in `taizhang.steps`.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronTriggerTimetable, dag, task

from taizhang import steps


@dag(
    schedule=CronTriggerTimetable("*/10 6-22 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["台账"],
    default_args=steps.retries(),
)
def resubmission() -> None:
    task(steps.tell_lateness)()
    night = TriggerDagRunOperator(
        task_id="night",
        trigger_dag_id="night",
        trigger_run_id="by_day__{{ run_id }}",
        skip_when_already_exists=True,
        conf={"quiet": True},
        note="By day: something was handed in. Nobody is told before the next night.",
    )
    task.short_circuit(steps.has_news)() >> night


resubmission()
