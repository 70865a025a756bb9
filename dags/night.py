"""The night: load what the divisions handed in, build the marts, check, publish, tell who is concerned.

What each task does is in `taizhang.steps`.
"""

from airflow.sdk import CronTriggerTimetable, Param, chain, dag, task

from taizhang import steps


@dag(
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["台账"],
    params={
        "date": Param(None, type=["null", "string"], format="date", description="The night's date"),
        "inbox": Param(None, type=["null", "string"], description="Folder of extracts"),
    },
)
def night() -> None:
    opened = task(steps.open_night)()
    load = task(steps.load, map_index_template="{{ task.op_kwargs.division_name }}")
    loaded = load.partial(opened=opened).expand_kwargs(steps.folders())
    registered = task(steps.register_people)(opened)
    marts_schema = task(steps.build)(opened)
    checked = task(steps.check)(opened, marts_schema)
    published = task(steps.publish)(opened)
    alerted = task(steps.alert)(opened)
    closed = task(steps.close_night)(opened).as_teardown(setups=opened)
    chain(opened, loaded, registered, marts_schema, checked, published, alerted, closed)


night()
