with recursive

payments as (

    select * from {{ ref('int_subsidy__agreed') }}
    where is_agreed

),

links as (

    -- the number of what failed, in the latest ledger up to the reissue's that has it; that of another person's payment
    -- or of another subsidy is a slip (`reissue_of_another`), which must not take the money of that payment away
    select distinct on (again.period, again.payment_no)
        again.period, again.payment_no, again.status, again.paid_on, again.amount,
        failed.period as failed_period, failed.payment_no as failed_no
    from payments as again
    inner join payments as failed
        on failed.payment_no = again.reissue_of
        and failed.period <= again.period
        and failed.person_key = again.person_key
        and {{ may_be_one_subsidy('failed', 'again') }}
    where (failed.period, failed.payment_no) <> (again.period, again.payment_no)
    order by again.period, again.payment_no, failed.period desc

),

firsts as (

    -- what is no reissue itself: a circle of clerks' making is never entered
    select payments.*
    from payments
    where
        exists (
            select from links
            where links.failed_no = payments.payment_no and links.failed_period = payments.period
        )
        and not exists (
            select from links
            where links.payment_no = payments.payment_no and links.period = payments.period
        )

),

attempts as (

    select
        extract(year from period)::integer || '-' || payment_no as chain_key,
        1 as attempt,
        period, payment_no, status, paid_on, amount,
        null::text as failed_no, null::numeric as failed_amount
    from firsts

    union all

    select
        attempts.chain_key,
        attempts.attempt + 1,
        links.period, links.payment_no, links.status, links.paid_on, links.amount,
        attempts.payment_no as failed_no, attempts.amount as failed_amount
    from attempts
    inner join links on links.failed_no = attempts.payment_no and links.failed_period = attempts.period

),

described as (

    select
        *,
        lead(payment_no) over following as reissued_by,
        coalesce(bool_or(status = 'paid') over (following rows between 1 following and unbounded following), false)
            as is_paid_later,
        count(*) filter (where status = 'paid') over (partition by chain_key) as times_paid
    from attempts
    window following as (partition by chain_key order by attempt, paid_on, payment_no)

)

select * from described
