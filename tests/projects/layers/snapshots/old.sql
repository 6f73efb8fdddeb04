{% snapshot first_snap %}
{{ config(unique_key='id', strategy='timestamp', updated_at='at', schema=schema ~ '_x', invalidate_hard_deletes=true) }}
select * from {{ source('raw', 'things') }}
{% endsnapshot %}
{% snapshot second_snap %}
{{ config(unique_key=['id', 'name'], target_database=target.dbname, alias='second', check_cols='all') }}
select * from {{ ref('codes') }}
{% endsnapshot %}
