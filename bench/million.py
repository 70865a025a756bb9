"""`python -m bench.million [PEOPLE]`: a million people at three levels, on demand as it takes minutes.

Ours beside the bare three-way full join of the same columns on the same Postgres; and at two of the levels beside
reladiff, by both of its methods: `hashdiff` for tables that may stand in two databases, `joindiff` for one.
"""

import logging
import sys
from datetime import date

from psycopg import sql

from bench.ratio import seconds_of, side_by_side
from bench.warehouse import own_warehouse

_PEOPLE = 1_000_000
_DAY = date(2020, 12, 31)
_VILLAGES = "array(select division_code from staging.division where level = 'village' order by division_code)"
# one in a thousand records of the village says something else of the employer, one in 2,000 is not there
_ROWS = f"""
insert into staging.stg_employment (
    extract_id, sheet, row_number, level, division_code, period, person_key, household_no, name, gender, village_code,
    education, skill, household_type, work_status, channel, work_region, work_province, work_city, employer, job,
    started_on, started_on_precision, months_worked, monthly_income, returned
)
select
    1, 's', n, level, village_code, date '2020-12-01', n, 'DK' || n / 4, '姓名' || n % 5000,
    case n % 2 when 1 then 'male' else 'female' end, village_code, 'primary', 'ordinary', 'lifted', 'working_away',
    'self_found', 'out_of_province', '广东省', '深圳市',
    '第' || n % 3000 || '电子有限公司' || case when level = 'village' and n % 1000 = 7 then '一分厂' else '' end,
    '岗位' || n % 200, date '2020-03-01' + (n % 200)::integer, 'day', (n % 12)::integer, 3000 + n % 2000, false
from generate_series(1, %s) as n
cross join unnest(array['county', 'township', 'village']) as level
cross join lateral (select ({_VILLAGES})[1 + n %% 364] as village_code) as home
where not (level = 'village' and n %% 2000 = 11)
""".replace("n % ", "n %% ")
_HANDED_IN = """
insert into intermediate.int_reconciliation__handed_in
    (ledger, period, division_code, township_code, county_handed_in, township_handed_in, village_handed_in)
select 'employment', date '2020-12-01', division_code, parent_code, true, true, true
from staging.division where level = 'village'
"""
_COMPARED = [
    "name", "gender", "village_code", "education", "skill", "household_type", "work_status", "channel", "work_region",
    "work_province", "work_city", "employer", "job", "started_on", "months_worked", "monthly_income", "returned",
    "returned_on", "placed_as",
]  # fmt: skip
_LEAVE_TWO_LEVELS = """
delete from staging.stg_employment where level = 'township';
update intermediate.int_reconciliation__handed_in set township_handed_in = false;
"""


def main(people: int) -> None:
    with own_warehouse():
        from bench.reconcile import find, fingerprint_of, join
        from taizhang.build import run_dbt
        from taizhang.warehouse import connect

        run_dbt(_DAY, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
        with connect() as connection:
            connection.execute(_ROWS, [people])
            connection.execute(_HANDED_IN)
            fingerprint = fingerprint_of("employment")
            connection.execute(sql.SQL("update staging.stg_employment set fingerprint = {}").format(fingerprint))
        _settle()
        breaks = find(["employment"])  # warm
        ratio = side_by_side("reconcile", lambda: find(["employment"]), lambda: join(["employment"]), "join", bound=1.5)
        print(f"{people} people at three levels: {breaks} breaks of {people // 1000 + people // 2000} planted")
        print(f"ours {ratio.ours:.1f} s, fingerprints included")
        print(f"bare three-way full join {ratio.plain:.1f} s: {ratio.ratio:.2f} times; aim ≤ {ratio.bound}", flush=True)

        _prepare_reladiff()
        with connect() as connection:
            connection.execute(_LEAVE_TWO_LEVELS)
        _settle()
        two = seconds_of(lambda: find(["employment"]))
        print(f"at county and village alone: ours {two:.1f} s")
        for method, aim in (("hashdiff", "; aim ≥ 10"), ("joindiff", "")):
            seconds = seconds_of(lambda method=method: _reladiff(method))
            print(f"reladiff, {method} {seconds:.1f} s: {seconds / two:.1f} times ours{aim}", flush=True)


def _settle() -> None:
    """Each model is found anew from those before it, as the last build has left them."""
    from bench.reconcile import models_of
    from taizhang.build import run_dbt
    from taizhang.warehouse import connect

    with connect(autocommit=True) as connection:
        connection.execute("vacuum (full, analyze) staging.stg_employment")
    run_dbt(_DAY, "run", "--select", *models_of(["employment"]))


def _prepare_reladiff() -> None:
    """A table of each level with the key that reladiff asks for."""
    from taizhang.warehouse import connect

    columns = sql.SQL(", ").join(map(sql.Identifier, _COMPARED))
    with connect(autocommit=True) as connection:
        for level in ("county", "village"):
            connection.execute(
                sql.SQL("create table {} as select person_key, {} from staging.stg_employment where level = {}").format(
                    sql.Identifier(level), columns, sql.Literal(level)
                )
            )
            connection.execute(sql.SQL("alter table {} add primary key (person_key)").format(sql.Identifier(level)))
            connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(level)))


def _reladiff(method: str) -> int:
    """How many lines its difference has."""
    from reladiff import Algorithm, connect_to_table, diff_tables

    from taizhang.warehouse import warehouse_url

    logging.getLogger("hashdiff_tables").setLevel(logging.ERROR)  # it warns of each column of text
    url = warehouse_url()
    database = {"driver": "postgresql", "host": url.query["host"], "user": url.username, "dbname": url.database}
    county, village = (connect_to_table(database, level, "person_key") for level in ("county", "village"))
    lines = diff_tables(county, village, extra_columns=tuple(_COMPARED), algorithm=Algorithm(method))
    return sum(1 for _ in lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PEOPLE)
