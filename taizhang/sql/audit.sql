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

create table if not exists audit.migration (
    fingerprint text not null,
    migrated_at timestamptz not null default clock_timestamp()
);
comment on table audit.migration is
'What the warehouse was made by: a night migrates only if it would make something else. 建库与升级记录';

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

-- Who comes in past our programs, which come as a member of `loader`. The trigger fires before anything is asked.
create or replace function audit.record_login() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if pg_has_role(session_user, 'loader', 'member') then
        return;
    end if;
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        raise log 'login of "%" is told here, as nothing can be added to audit.event', session_user;
        return;
    end if;
    insert into audit.event (action, subject, details, role_name)
    values (
        'login',
        session_user,
        jsonb_build_object('address', inet_client_addr(), 'application', current_setting('application_name')),
        session_user
    );
end
$$;

do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;  -- Postgres lets nobody else watch logins
    end if;
    -- Elsewhere the server's log has no more than what is fatal, as a message may quote a row.
    alter function audit.record_login() set log_min_messages to log;
    if not exists (select from pg_event_trigger where evtname = 'login_is_audited') then
        create event trigger login_is_audited on login execute function audit.record_login();
    end if;
end
$$;

grant usage on schema audit to loader, auditor;
grant insert (action, subject, details) on audit.event to loader;
grant select on audit.event to auditor;
