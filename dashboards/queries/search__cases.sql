-- Cases by the number that their department gave them, all of it; brackets of every width and form are one.
select event_id, source_case_no, event_kind, category_code
from marts.fct_event
where
    translate(lower(source_case_no), '（）〔〕［］[]－', '()()()()-')
    = translate(lower($text), '（）〔〕［］[]－', '()()()()-')
order by event_kind, event_id
limit $most
