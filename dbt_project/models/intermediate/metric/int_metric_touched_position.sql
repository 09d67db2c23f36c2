-- Where and when something changed: every leaf grid and day at which a touched event stood or stands.
with touched as (
    select * from {{ ref('stg_ops__touched') }}
),

final as (
    select distinct grid_code, day
    from touched
    where grid_code is not null and day is not null
)

select * from final
