"""A loader in a process of its own, to be killed: every folder of the inbox, as the tasks of a night load it."""

from datetime import date

from taizhang.load import load_folder
from taizhang.settings import settings
from taizhang.steps import folders
from taizhang.warehouse import migrate

if __name__ == "__main__":
    migrate()
    print("ready", flush=True)  # noqa: T201  # whoever kills it waits for this
    for folder in folders():
        load_folder(1, folder["division_code"], inbox=settings().inbox_dir, night_date=date(2020, 12, 31))
