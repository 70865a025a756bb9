-- Schemas, roles and the loader's tables. Runs as a night begins, unless that would make nothing else than
-- the last time; every statement is repeatable.
-- The tables of the ledgers themselves (raw.employment, raw.training, raw.subsidy) come from the contracts.

do $$
declare
    role_name text;
begin
    foreach role_name in array array['loader', 'transformer', 'checker', 'analyst', 'work_team', 'auditor'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I', role_name);
        end if;
    end loop;
end
$$;

-- How far two identity numbers are apart; comes with Postgres, and anyone who may create in the database may.
create extension if not exists fuzzystrmatch;

-- Who connects is one of these roles or a login of theirs; nobody keeps rights for merely being able to connect.
do $$
declare
    members text := 'loader, transformer, checker, analyst, work_team, auditor';
    ours regprocedure;
begin
    if (select rolsuper from pg_roles where rolname = current_user) then
        -- Of a statement that fails, the server would log the row that it failed on; who asked is told anyway.
        execute format('alter database %I set log_min_messages = fatal', current_database());
        -- Postgres lets everybody take any advisory lock, and so keep the night waiting; and make large objects.
        for ours in
            select oid from pg_proc
            where
                pronamespace = 'pg_catalog'::regnamespace
                and (proname ~ '^pg_(try_)?advisory_' or proname in ('lo_creat', 'lo_create', 'lo_from_bytea'))
                and has_function_privilege('public', oid, 'execute')
        loop
            execute format('revoke execute on function %s from public', ours);
            execute format('grant execute on function %s to loader', ours);
        end loop;
    else
        execute format('grant %s to current_user', members);  -- who runs the night works as each of them
    end if;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to %s', current_database(), members);
    execute format('grant temporary on database %I to loader, transformer, checker, analyst', current_database());
end
$$;
revoke all on schema public from public;
-- Where the extension's functions are.
grant usage on schema public to transformer;

create schema if not exists raw authorization loader;
create schema if not exists vault authorization loader;
create schema if not exists staging authorization transformer;
create schema if not exists intermediate authorization transformer;
create schema if not exists marts authorization transformer;
create schema if not exists marts_next authorization transformer;
create schema if not exists reconciliation authorization transformer;
create schema if not exists reconciliation_next authorization transformer;

create table if not exists raw.extract (
    extract_id bigint generated always as identity primary key,
    night_id bigint not null,
    path text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint not null,
    level text not null check (level in ('county', 'township', 'village')),
    division_code text not null,
    extract_date date not null,
    ledger text,
    period date,
    status text not null,
    rows_read integer not null,
    rows_accepted integer not null,
    rows_rejected integer not null,
    unknown_headers text[] not null default '{}',
    loaded_at timestamptz not null default now(),
    pruned_on date,
    check (rows_read = rows_accepted + rows_rejected)
);
-- What was handed in is a ledger that is loaded, a file that is refused, or a filled worklist with its answers.
alter table raw.extract drop constraint if exists extract_status_check;
alter table raw.extract drop constraint if exists extract_check1;
alter table raw.extract drop constraint if exists extract_is_of_a_kind;
alter table raw.extract add constraint extract_is_of_a_kind check (
    status in ('rejected', 'worklist') or (status = 'loaded' and ledger is not null and period is not null)
);
alter table raw.extract
    add column if not exists pruned_on date,
    add column if not exists absent_columns text[] not null default '{}';
comment on column raw.extract.absent_columns is 'Columns of the contract that the file does not have. 表中没有的列';
create index if not exists extract_by_division on raw.extract (division_code, path, extract_id);
create index if not exists extract_by_ledger on raw.extract (ledger, level, division_code, period);
comment on table raw.extract is 'One file that one division handed in for one ledger; history is kept. 交表记录';

create table if not exists raw.rejected_row (
    extract_id bigint not null references raw.extract,
    sheet text not null,
    row_number integer not null,
    cells jsonb not null,
    primary key (extract_id, sheet, row_number)
);
alter table raw.rejected_row
    add column if not exists id_no text,
    add column if not exists name text,
    add column if not exists village_code text,
    add column if not exists record_no text;
comment on table raw.rejected_row is 'Rows that break their contract, with the text of every cell by its header. 退回的行';

create table if not exists raw.problem (
    extract_id bigint not null references raw.extract,
    sheet text,
    row_number integer,
    column_name text,
    cell text,
    rule text not null,
    severity text not null check (severity in ('error', 'warning')),
    value text,
    message text not null
);
create index if not exists problem_by_extract on raw.problem (extract_id);
comment on table raw.problem is 'What is wrong inside an extract: where, which rule, and what was written. 问题清单';

do $$
begin
    if to_regclass('raw.receipt') is null then
        create table raw.receipt (
            extract_id bigint primary key references raw.extract,
            night_id bigint not null,
            written_at timestamptz not null default now()
        );
        -- In a warehouse that is older than this table, each night has answered what it read.
        insert into raw.receipt (extract_id, night_id) select extract_id, night_id from raw.extract;
    end if;
end
$$;
comment on table raw.receipt is 'Extracts whose receipt has been written; the others are owed one. 已出具的回执';

create table if not exists vault.person (
    person_key bigint generated always as identity primary key,
    id_no text not null unique
);
comment on table vault.person is 'Identity numbers and their surrogate keys, a sequence so that it cannot be enumerated. 身份对照（受限）';

create table if not exists vault.account (
    account_key bigint generated always as identity primary key,
    account text not null unique
);
comment on table vault.account is 'Accounts that subsidies are paid into and their surrogate keys, a sequence. 账号对照（受限）';

create table if not exists vault.phone (
    phone_key bigint generated always as identity primary key,
    phone text not null unique
);
comment on table vault.phone is 'Phones and their surrogate keys, a sequence. 电话对照（受限）';

create table if not exists reconciliation.night (
    night_id bigint generated always as identity primary key,
    night_date date not null,
    status text not null default 'running',
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    is_quiet boolean not null default false,
    build_fingerprint text,
    summary jsonb not null default '{}'
);
alter table reconciliation.night
    add column if not exists is_quiet boolean not null default false,
    add column if not exists is_reproduction boolean not null default false,
    add column if not exists told_at timestamptz,
    drop constraint if exists night_status_check,
    add constraint night_status_check check (status in ('running', 'published', 'failed', 'reproduced'));
comment on table reconciliation.night is 'One complete run and its summary. 每晚运行记录';

create table if not exists reconciliation.expectation_result (
    night_id bigint not null references reconciliation.night,
    suite text not null,
    expectation text not null,
    ledger text,
    severity text not null,
    success boolean not null,
    unexpected_count bigint,
    description text,
    details jsonb not null default '{}',
    evaluated_at timestamptz not null default now()
);
create index if not exists expectation_result_by_night on reconciliation.expectation_result (night_id);
comment on table reconciliation.expectation_result is 'What each expectation found, night by night. 检查结果';

create table if not exists reconciliation.accepted_difference (
    break_id text not null,
    reason text not null check (reason <> ''),
    accepted_by text not null check (accepted_by <> ''),
    accepted_on date not null,
    accepted_until date not null,
    county_value text,
    township_value text,
    village_value text,
    accepted_at timestamptz not null default clock_timestamp(),
    primary key (break_id, accepted_at)
);
-- An earlier version did not keep what kind of break was accepted, and where.
alter table reconciliation.accepted_difference
    add column if not exists kind text,
    add column if not exists level text;
-- An earlier version kept the last acceptance of a break alone, and not the hour: it counts for all of its day, as it
-- did then. The column is given another type, and not an update, as an audit would record that as somebody's change.
do $$
begin
    if not exists (
        select from pg_attribute
        where attrelid = 'reconciliation.accepted_difference'::regclass and attname = 'accepted_at'
    ) then
        alter table reconciliation.accepted_difference add column accepted_at timestamptz;
        alter table reconciliation.accepted_difference
            alter column accepted_at type timestamptz using accepted_on,
            alter column accepted_at set default clock_timestamp(),
            alter column accepted_at set not null,
            drop constraint accepted_difference_pkey,
            add primary key (break_id, accepted_at);
    end if;
end
$$;
comment on table reconciliation.accepted_difference is
'Breaks that are known and accepted with a reason, as long as the values stay, until a day. Only ever added to: the
last acceptance of a break counts, and of a night that is reproduced the last before it. 认可的差异';

create table if not exists reconciliation.alert_delivery (
    night_id bigint not null references reconciliation.night,
    night_date date not null,
    channel text not null,
    content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
    status text not null,
    error text,
    sent_at timestamptz not null default now()
);
alter table reconciliation.alert_delivery
    add column if not exists delivery_id bigint generated always as identity primary key,
    add column if not exists title text,
    add column if not exists lines text[],
    add column if not exists parts_sent integer not null default 0,
    alter column night_id drop not null,  -- a night that never began has no number
    drop constraint if exists alert_delivery_status_check,
    add constraint alert_delivery_status_check check (status in ('sending', 'sent', 'failed'));
create index if not exists alert_delivery_by_channel on reconciliation.alert_delivery (channel, night_date);
comment on table reconciliation.alert_delivery is 'Which alert went out, to whom; a row is there before the message leaves. 通知发送记录';

-- Whom an earlier version has told of the last night is not told of all its breaks again as new. It kept no totals'
-- differences: that a total has grown is told from the second night on.
do $$
begin
    if to_regclass('reconciliation.told_break') is not null then
        return;
    end if;
    create table reconciliation.told_break (
        night_id bigint not null references reconciliation.night,
        break_id text not null,
        status text not null,
        difference numeric,
        primary key (night_id, break_id)
    );
    if to_regclass('reconciliation.ledger_break') is null then
        return;
    end if;
    with last_told as (
        update reconciliation.night set told_at = coalesce(ended_at, started_at)
        where night_id = (
            select max(night_id) from reconciliation.night
            where
                status = 'published' and not is_quiet
                and exists (select from reconciliation.alert_delivery where alert_delivery.status = 'sent')
        )
        returning night_id, night_date
    )
    -- what a quiet run by day has found or closed since is news still
    insert into reconciliation.told_break (night_id, break_id, status)
    select last_told.night_id, broken.break_id, case broken.status when 'closed' then 'open' else broken.status end
    from reconciliation.ledger_break as broken
    inner join last_told on broken.first_seen <= last_told.night_date
    where broken.closed_on is null or broken.closed_on > last_told.night_date;
end
$$;
alter table reconciliation.told_break
    add column if not exists awaits_acceptance boolean not null default false;
-- What a version before has published: whoever reads it finds the columns, and the next night fills them. Only once, as
-- it waits for whoever reads the table.
do $$
begin
    if exists (
        select from pg_attribute
        where attrelid = to_regclass('reconciliation.ledger_break')
        having bool_and(attname <> 'overdue_on')
    ) then
        alter table reconciliation.ledger_break
            add column if not exists awaits_acceptance boolean not null default false,
            add column overdue_on date;
    end if;
end
$$;
comment on table reconciliation.told_break is
'How each break stood when people were told of a night; what has changed since is the news of the next. 已通知的差异状态';

create table if not exists reconciliation.worklist_answer (
    answer_id bigint generated always as identity primary key,
    extract_id bigint not null references raw.extract,
    sheet text not null,
    row_number integer not null,
    break_id text not null,
    correct_value text,
    reason text,
    answered_at timestamptz not null default now(),
    unique (extract_id, sheet, row_number)
);
create index if not exists worklist_answer_by_break on reconciliation.worklist_answer (break_id, answer_id);
comment on table reconciliation.worklist_answer is
'What a filled worklist says of a break: the right value and the reason, and in which file and row. 工作单答复';

-- An earlier version took a break for another one as soon as another level was suspected or its person had moved. What
-- it kept is brought to the numbers of today: a break's nights, answers and acceptance are its own still, and nobody is
-- told of all breaks as gone and new. Of two that are one now, the later counts. Who hands in a worklist of before is
-- understood.
do $$
declare
    its_table text;
    of_one text;
    latest_first text;
begin
    if to_regclass('reconciliation.former_break') is not null then
        return;
    end if;
    create table reconciliation.former_break (
        former_id text primary key,
        break_id text not null
    );
    if to_regclass('intermediate.int_reconciliation__break_night') is null then
        return;
    end if;
    -- as dbt's macro break_id has it
    insert into reconciliation.former_break (former_id, break_id)
    select distinct on (break_id)
        break_id,
        md5(concat_ws(
            '|',
            ledger,
            period,
            case when kind in ('absent', 'extra') then 'missing' else kind end,
            case kind when 'duplicate' then level when 'total' then division_code else '' end,
            case
                when kind = 'identity'
                    then concat(least(person_key, candidate_key), '-', greatest(person_key, candidate_key))
                when ledger <> 'subsidy' then coalesce(person_key::text, '')
                else ''
            end,
            coalesce(record_no, ''),
            coalesce(column_name, '')
        ))
    from intermediate.int_reconciliation__break_night
    order by break_id, night_date desc;
    -- a cluster refuses to change what its rows are spread by
    foreach its_table in array array['ledger_break', 'answered_break'] loop
        continue when to_regclass('reconciliation.' || its_table) is null;
        execute format('create temporary table %1$I on commit drop as select * from reconciliation.%1$I', its_table);
    end loop;
    for its_table, of_one, latest_first in
        values
        ('intermediate.int_reconciliation__break_night', 'night_date', 'is_open desc'),
        ('intermediate.int_reconciliation__break_closed', 'closed_on', 'changed_levels'),
        ('pg_temp.ledger_break', 'true', 'last_seen desc'),
        ('pg_temp.answered_break', 'true', 'answered_on desc'),
        ('reconciliation.told_break', 'night_id', 'status desc'),
        ('reconciliation.accepted_difference', 'true', 'accepted_on desc'),
        ('reconciliation.worklist_answer', 'answer_id', 'true')
    loop
        continue when to_regclass(its_table) is null;
        execute format(
            'delete from %1$s using ('
            ' select its.ctid as place, row_number() over (partition by %2$s, former.break_id order by %3$s) as nth'
            ' from %1$s as its inner join reconciliation.former_break as former on former.former_id = its.break_id'
            ') as ranked where %1$s.ctid = place and nth > 1',
            its_table, of_one, latest_first
        );
        execute format(
            'update %1$s as its set break_id = former.break_id'
            ' from reconciliation.former_break as former where former.former_id = its.break_id',
            its_table
        );
    end loop;
    foreach its_table in array array['ledger_break', 'answered_break'] loop
        continue when to_regclass('pg_temp.' || its_table) is null;
        execute format('delete from reconciliation.%I', its_table);
        execute format('insert into reconciliation.%1$I select * from pg_temp.%1$I', its_table);
    end loop;
end
$$;
comment on table reconciliation.former_break is
'Under which number an earlier version knew a break, for the worklists that it wrote. 旧差异编号';

create table if not exists reconciliation.team_login (
    role_name name primary key,
    code_prefix text not null check (code_prefix ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$')
);
comment on table reconciliation.team_login is
'Of which divisions a login of the work team sees the rows; a login that is not listed sees none. 工作队账号的可见范围';
comment on column reconciliation.team_login.code_prefix is
'What the codes of its divisions begin with: 6 digits of a county, 9 of a township, 12 of a village. 区划代码前缀';

alter table raw.extract owner to loader;
alter table raw.rejected_row owner to loader;
alter table raw.problem owner to loader;
alter table raw.receipt owner to loader;
alter table vault.person owner to loader;
alter table vault.account owner to loader;
alter table vault.phone owner to loader;

grant usage on schema raw, vault to transformer;
grant select on raw.extract, raw.rejected_row, raw.problem, vault.person, vault.account, vault.phone to transformer;
grant usage on schema raw to checker;
grant select on raw.extract to checker;
grant select (extract_id) on raw.rejected_row to checker;
grant usage on schema marts, marts_next, reconciliation, reconciliation_next, intermediate to checker;
alter default privileges for role transformer in schema intermediate grant select on tables to checker;
grant usage on schema marts to analyst, work_team;
grant usage on schema reconciliation to analyst, work_team;
grant select on reconciliation.accepted_difference to transformer, checker;
grant select on reconciliation.night to transformer, checker, analyst, work_team;
grant select on reconciliation.expectation_result to transformer, checker, work_team;
grant select on reconciliation.told_break to checker;
grant usage on schema reconciliation to loader;
grant insert on reconciliation.worklist_answer to loader;
grant select on reconciliation.worklist_answer to transformer, checker;
grant select on reconciliation.former_break to transformer;
grant select on reconciliation.team_login to work_team;

-- A login sees its own line of the map, which is how a policy knows it: by its role, which it cannot choose.
do $$
begin
    if not exists (select from pg_policies where schemaname = 'reconciliation' and tablename = 'team_login') then
        create policy own_line on reconciliation.team_login for select to work_team using (role_name = current_user);
        alter table reconciliation.team_login enable row level security;
    end if;
    -- What the checks found is of the whole county.
    if not exists (select from pg_policies where schemaname = 'reconciliation' and tablename = 'expectation_result') then
        create policy all_rows on reconciliation.expectation_result for select to transformer, checker using (true);
        create policy county_rows on reconciliation.expectation_result for select to work_team
        using (
            current_user = 'work_team'
            or (select length(code_prefix) = 6 from reconciliation.team_login where role_name = current_user)
        );
        alter table reconciliation.expectation_result enable row level security;
    end if;
end
$$;
