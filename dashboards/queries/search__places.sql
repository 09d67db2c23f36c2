-- Areas in force by a part of their name or by their code, the widest first, with the area that holds each.
select areas.grid_code, areas.name_zh, areas.name_en, holders.name_zh as within_zh, holders.name_en as within_en
from marts.dim_grid as areas
left join marts.dim_grid as holders
    on areas.parent_code = holders.grid_code and holders.is_current and areas.grid_code <> holders.grid_code
where
    areas.is_current
    and areas.grid_code <> 'UNASSIGNED'
    and (
        contains(areas.name_zh, $text)
        or contains(lower(areas.name_en), lower($text))
        or lower(areas.grid_code) = lower($text)
    )
order by areas.grid_level, areas.grid_code
limit $most
