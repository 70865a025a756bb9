"""`python -m bench.million [PEOPLE]`: a million people at three levels, on demand as it takes minutes.

Ours beside the bare three-way full join of the same columns on the same Postgres, and beside a comparison row by row
in Python of two of the levels, which is what a tool outside the database does. (reladiff itself is not in the lock.)
"""

import os
import sys
import tempfile
from datetime import date

from psycopg import sql

from bench.ratio import seconds_of

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


def main(people: int) -> None:
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as home:
        os.environ["TAIZHANG_HOME"] = home
        os.environ.pop("TAIZHANG_WAREHOUSE", None)
        from bench.reconcile import find, fingerprint_of, join, models_of
        from taizhang.build import run_dbt
        from taizhang.warehouse import connect, migrate

        migrate()
        run_dbt(_DAY, "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
        with connect() as connection:
            connection.execute(_ROWS, [people])
            connection.execute(_HANDED_IN)
            fingerprint = fingerprint_of("employment")
            connection.execute(sql.SQL("update staging.stg_employment set fingerprint = {}").format(fingerprint))
        with connect(autocommit=True) as connection:
            connection.execute("vacuum (full, analyze) staging.stg_employment")
        # The models' own tables: each is found anew from those before it, as the last build has left them.
        run_dbt(_DAY, "run", "--select", *models_of(["employment"]))
        breaks = find(["employment"])  # warm
        ours = seconds_of(lambda: find(["employment"]))
        bare = seconds_of(lambda: join(["employment"]))
        by_row = seconds_of(_row_by_row)
        print(f"{people} people at three levels: {breaks} breaks of {people // 1000 + people // 2000} planted")
        print(f"ours {ours:.1f} s, fingerprints included")
        print(f"bare three-way full join {bare:.1f} s: {ours / bare:.2f} times; aim ≤ 1.5")
        print(f"row by row, two levels {by_row:.1f} s: {by_row / ours:.1f} times ours; aim ≥ 10")


def _row_by_row() -> int:
    """How many records of county and village differ, compared in Python as they come, ordered by their key."""
    from taizhang.warehouse import connect

    with connect() as one, connect() as other:
        cursors = []
        for connection, level in ((one, "county"), (other, "village")):
            cursor = connection.cursor(name=level)
            cursor.execute(
                "select person_key, name, gender, village_code, education, skill, household_type, work_status, channel,"
                " work_region, work_province, work_city, employer, job, started_on, months_worked, monthly_income,"
                " returned, returned_on, placed_as from staging.stg_employment where level = %s order by person_key",
                [level],
            )
            cursors.append(cursor)
        differing, theirs = 0, next(cursors[1], None)
        for row in cursors[0]:
            if theirs is None or theirs[0] != row[0]:
                differing += 1
                continue
            differing += row != theirs
            theirs = next(cursors[1], None)
        return differing


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PEOPLE)
