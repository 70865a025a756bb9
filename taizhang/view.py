"""Views that others have made of what we publish: remembered before the swap, made again upon the new tables.

Postgres ties a view to the very table that it was made of. A publish that replaces the table would have to
destroy the view, or to stop at it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, class_row

# Every view that stands on some tables, or on another such view, the lower ones first.
_STANDING = """
with recursive standing as (
    select unnest(%(tables)s::regclass[])::oid as oid, 0 as height

    union all

    select rewritten.ev_class, standing.height + 1
    from standing
    join pg_depend used on used.refclassid = 'pg_class'::regclass and used.refobjid = standing.oid
    join pg_rewrite rewritten on used.classid = 'pg_rewrite'::regclass and rewritten.oid = used.objid
    where rewritten.ev_class <> standing.oid
),
views as (
    select oid, max(height) as height from standing where height > 0 group by oid
)
"""
# What else would go with a table and is not of the table itself: another's foreign key, a function in standard SQL.
# A temporary function is its session's own, and must not keep a night from being published.
_OTHERS = """
select pg_describe_object(used.classid, used.objid, used.objsubid)
from pg_depend used
left join pg_constraint keys on used.classid = 'pg_constraint'::regclass and keys.oid = used.objid
left join pg_proc functions on used.classid = 'pg_proc'::regclass and functions.oid = used.objid
where used.refclassid = 'pg_class'::regclass and used.refobjid in (select oid from standing) and used.deptype = 'n'
and (
    not pg_is_other_temp_schema(functions.pronamespace)
    or keys.conrelid <> all (select oid from standing)
)
"""
_VIEWS = """
select
    format('%%I.%%I', n.nspname, c.relname) as name,
    pg_get_userbyid(c.relowner) as owner,
    c.relkind = 'v' and not c.relhastriggers as can_be_made_again,
    pg_get_viewdef(c.oid) as definition,
    coalesce(c.reloptions, '{}') as options,
    (
        select coalesce(array_agg(format(
            'grant %%s%%s on %%s to %%s%%s', g.privilege_type, g.columns, format('%%I.%%I', n.nspname, c.relname),
            case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
            case when g.is_grantable then ' with grant option' else '' end
        )), '{}')
        from (
            select '' as columns, a.* from aclexplode(c.relacl) a
            union all
            select format(' (%%I)', attname), a.* from pg_attribute, aclexplode(attacl) a where attrelid = c.oid
        ) g
        where g.grantee <> c.relowner
    ) as grants,
    (
        select coalesce(array_agg(case d.objsubid
            when 0 then format('comment on view %%I.%%I is %%L', n.nspname, c.relname, d.description)
            else format('comment on column %%I.%%I.%%I is %%L', n.nspname, c.relname, attname, d.description)
        end), '{}')
        from pg_description d
        left join pg_attribute on attrelid = d.objoid and attnum = d.objsubid
        where d.objoid = c.oid and d.classoid = 'pg_class'::regclass
    ) as comments
from views
join pg_class c on c.oid = views.oid
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't'
order by views.height, c.oid
"""


class ViewError(RuntimeError):
    """A view that is not ours cannot be carried over."""


@dataclass(frozen=True)
class View:
    """A view with all that makes it what it is; `options` are such as `security_invoker=true`."""

    name: str
    owner: str
    can_be_made_again: bool
    definition: str
    options: list[str]
    grants: list[str]
    comments: list[str]


def remember_views(connection: psycopg.Connection[TupleRow], tables: Sequence[str]) -> Sequence[View]:
    """The views on these tables, in the order in which to make them again.

    Temporary views are left out: they go with their tables. Raises `ViewError` where there is what cannot be
    carried over: a materialised view, a view with triggers, another's foreign key or function.
    """
    connection.execute("set local search_path = ''")  # every name in a definition with its schema
    bound = {"tables": list(tables)}
    others = connection.execute(_STANDING + _OTHERS, bound).fetchall()
    with connection.cursor(row_factory=class_row(View)) as cursor:
        views = cursor.execute(_STANDING + _VIEWS, bound).fetchall()
    in_the_way = [name for (name,) in others] + [f"view {view.name}" for view in views if not view.can_be_made_again]
    if in_the_way:
        raise ViewError(f"{in_the_way[0]} stands on a table that is replaced; drop or move it")
    return views


def make_again(connection: psycopg.Connection[TupleRow], views: Sequence[View]) -> None:
    """Make each view as its owner, so that it reads no more than before. Raises `ViewError` where one does not fit."""
    for view in views:
        try:
            connection.execute(sql.SQL("set local role {}").format(sql.Identifier(view.owner)))
            for statement in _statements(view):
                connection.execute(statement.encode())
        except psycopg.Error as error:
            raise ViewError(
                f"the view {view.name}, of {view.owner}, does not fit the new tables"
                f" ({error.diag.message_primary}); mend or drop it"
            ) from error
    connection.execute("reset role")


def _statements(view: View) -> list[str]:
    options = f" with ({', '.join(view.options)})" if view.options else ""
    return [f"create view {view.name}{options} as {view.definition}", *view.grants, *view.comments]
