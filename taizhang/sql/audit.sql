-- The audit trail: who did what. Runs after the tables that it watches are there; every statement is repeatable.

create schema if not exists audit;
comment on schema audit is 'Who did what; only ever added to. 审计';

create table if not exists audit.event (
    event_id uuid primary key default gen_random_uuid(),
    happened_at timestamptz not null default clock_timestamp(),
    action text not null,
    subject text not null,
    details jsonb not null default '{}',
    os_user text not null default coalesce(nullif(current_setting('taizhang.os_user', true), ''), 'unknown'),
    database_user name not null default session_user,
    role_name name not null default current_user
);
create index if not exists event_by_time on audit.event (happened_at);
comment on table audit.event is 'Who did what to what, when; keys only, nothing personal. 审计记录';
comment on column audit.event.os_user is
'Who ran the program on its machine, as the program says; `database_user` is what Postgres knows. 操作系统用户';

create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit.event is only ever added to' using errcode = 'insufficient_privilege';
end
$$;

create or replace trigger only_added_to before update or delete or truncate on audit.event
for each statement execute function audit.refuse_change();

-- Keeps of a changed row the columns that the trigger names.
create or replace function audit.record_change() returns trigger language plpgsql as $$
begin
    insert into audit.event (action, subject, details)
    select
        lower(tg_op),
        tg_table_schema || '.' || tg_table_name,
        coalesce(jsonb_object_agg(key, value), '{}')
    from jsonb_each(to_jsonb(coalesce(new, old)))
    where key = any(tg_argv);
    return null;
end
$$;

do $$
declare
    watched constant jsonb := '{
        "raw.extract": [
            "extract_id", "night_id", "division_code", "ledger", "period", "status", "sha256", "rows_accepted",
            "rows_rejected", "pruned_on"
        ],
        "reconciliation.accepted_difference": ["break_id", "accepted_by", "accepted_on", "accepted_until"],
        "reconciliation.worklist_answer": ["answer_id", "extract_id", "break_id"],
        "reconciliation.team_login": ["role_name", "code_prefix"]
    }';
    watched_table regclass;
    columns text;
begin
    for watched_table, columns in
        select key, (select string_agg(quote_literal(name), ', ') from jsonb_array_elements_text(value) as name)
        from jsonb_each(watched)
    loop
        execute format(
            'create or replace trigger is_audited after insert or update or delete on %s'
            ' for each row execute function audit.record_change(%s)',
            watched_table, columns
        );
        execute format(
            'create or replace trigger emptying_is_audited after truncate on %s'
            ' for each statement execute function audit.record_change()',
            watched_table
        );
    end loop;
end
$$;

grant usage on schema audit to loader, auditor;
grant insert (action, subject, details) on audit.event to loader;
grant select on audit.event to auditor;
