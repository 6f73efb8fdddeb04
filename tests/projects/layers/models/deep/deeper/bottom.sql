{%- set names = ['middle', 'top'] -%}
{% for name in names %}select * from {{ ref(name) }}{% if not loop.last %} union all {% endif %}{% endfor %}
-- depends_on: {{ ref('parts', 'gear') }}
