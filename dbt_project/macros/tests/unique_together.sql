{# The grain of a model: no two rows agree in these columns. NULL counts as a value. #}
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_n
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
