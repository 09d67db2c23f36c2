-- Workdays of a period and of the one it is compared with. One row.
select
    count(*) filter (where is_workday and date_day between $first_day and $last_day) as now_n,
    count(*) filter (where is_workday and date_day between $earlier_first and $earlier_last) as earlier_n
from marts.dim_date
order by now_n
