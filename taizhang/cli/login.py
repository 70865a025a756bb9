"""`taizhang grant-login`, `taizhang revoke-login`: who of the work team reads the warehouse."""

from dataclasses import asdict
from typing import Annotated

import typer

from taizhang import login as logins
from taizhang.cli.console import AsJson, out, print_json
from taizhang.warehouse import on_command_line, warehouse_url

Division = Annotated[str, typer.Argument(help="A township by name or code, or the county.")]


def grant_login(division: Division, as_json: AsJson = False) -> None:
    """Give a division's work team a login that sees its own rows; once more, a new password.

    Example: taizhang grant-login 高沙镇
    """
    login = logins.grant_login(division)
    if as_json:
        print_json(asdict(login))
        return
    url, _ = on_command_line(warehouse_url().set(username=login.role_name))
    out.print(f"{login.division_name}: {login.role_name}, password {login.password}", highlight=False)
    out.print("It is shown this once. To connect:", highlight=False)
    out.print(f'  psql "{url}"', highlight=False, soft_wrap=True)


def revoke_login(
    holder: Annotated[str, typer.Argument(help="A township by name or code, the county, or an analyst's login.")],
    as_json: AsJson = False,
) -> None:
    """Take a login away: sessions that are open end, and what the login owns goes.

    Example: taizhang revoke-login 高沙镇
    """
    role_name = logins.revoke_login(holder)
    if as_json:
        print_json({"role_name": role_name})
    else:
        out.print(f"{role_name} is revoked.", highlight=False)
