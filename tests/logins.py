"""Sessions of people who come to Postgres with a login of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from taizhang.login import Login
from taizhang.warehouse import as_conninfo, warehouse_url


@contextmanager
def logged_in(login: Login, **options: Any) -> Iterator[psycopg.Connection[Any]]:
    url = warehouse_url().set(username=login.role_name)
    with psycopg.connect(as_conninfo(url), password=login.password, **options) as connection:
        yield connection
