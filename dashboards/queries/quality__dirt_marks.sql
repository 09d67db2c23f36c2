-- By which mark, in which feeds and columns each dirt was found.
select f.dirt_code, f.feed, f.contract, f.mark, m.name_zh, m.name_en, m.origin, string_agg(distinct f.column_name, ', ' order by f.column_name) as columns,
    cast(sum(f.found_n) as bigint) as found_n
from marts.fct_dirt as f
inner join marts.ref_dirt_mark as m on f.mark = m.mark and f.dirt_code = m.dirt_code
where f.month >= $first and f.month <= $month_end
group by all
order by f.dirt_code, found_n desc, f.feed, f.mark
