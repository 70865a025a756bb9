"""The night: load, build, check, publish, tell who is concerned; what each task does is in `taizhang.steps`."""

from airflow.sdk import (
    Asset,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    chain,
    dag,
    task,
)

from taizhang import steps
from taizhang.airflow import WAREHOUSE_POOL, documented

RAW, MARTS = Asset("raw", "x-taizhang://warehouse/raw"), Asset("marts", "x-taizhang://warehouse/marts")
FINAL = RetryRule(exception=steps.FINAL_ERRORS, action=RetryAction.FAIL, reason="it would come again")


@dag(
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["台账"],
    default_args=steps.retries() | {"retry_policy": ExceptionRetryPolicy(rules=[FINAL])},
    params={name: Param(**({"default": None} | schema)) for name, schema in steps.PARAMETERS.items()},
)
def night() -> None:
    opened = task(steps.open_night)()
    folders = task(steps.folders)()
    by_office = {"map_index_template": "{{ task.op_kwargs.division_name }}", "pool": WAREHOUSE_POOL}
    loaded = task(steps.load, **by_office).partial(opened=opened).expand_kwargs(folders)
    answer = documented(steps.answer, steps.documents_of, **by_office)
    owed = task(steps.folders_owed)(opened)
    answered = answer.partial(opened=opened).expand_kwargs(owed)
    registered = task(steps.register_people, outlets=[RAW])(opened)
    marts_schema = task(steps.build, inlets=[RAW])(opened)
    checked = documented(steps.check, steps.documents_of)(opened=opened, marts_schema=marts_schema)
    published = task(steps.publish, inlets=[RAW], outlets=[MARTS])(opened, marts_schema)
    listed = documented(steps.write_worklists, steps.documents_of)(opened=opened)
    alerted = task(steps.alert)(opened)
    closed = task(steps.close_night)(opened).as_teardown(setups=opened)
    chain(opened, loaded, registered, marts_schema, checked, published, listed, alerted, closed)
    chain(registered, owed, answered, closed)


night()
