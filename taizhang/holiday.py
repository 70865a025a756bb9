"""China's public holidays and the days worked in exchange for them, as the seed that `dim_date` reads.

`python -m taizhang.holiday` writes it out of `chinesecalendar`, which follows the State Council's yearly notices
(国务院办公厅关于部分节假日安排的通知); committed, and a test holds it up to date.
"""

import csv
import io

from chinese_calendar import constants

from taizhang.settings import PROJECT

SEED = PROJECT / "dbt_project" / "seeds" / "holiday.csv"
_CHINESE = {holiday.value: holiday.chinese for holiday in constants.Holiday}


def render() -> str:
    """The text of the seed: each day off, and each day of a weekend that is worked, with its holiday."""
    days = {day: (name, False) for day, name in constants.holidays.items()}
    days |= {day: (name, True) for day, name in constants.workdays.items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date_day", "is_workday", "name", "name_zh"])
    writer.writerows(
        [day.isoformat(), str(is_workday).lower(), name, _CHINESE[name]]
        for day, (name, is_workday) in sorted(days.items())
    )
    return text.getvalue()


if __name__ == "__main__":
    SEED.write_text(render(), encoding="utf-8")
