with

tonight as (

    select
        {{ night_date() }} as night_date,
        now() as built_at

)

select * from tonight
