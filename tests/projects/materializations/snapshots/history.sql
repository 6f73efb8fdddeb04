{% snapshot by_time %}
{{ config(unique_key='id', strategy='timestamp', updated_at='changed_at') }}
select * from {{ ref('raw') }}
{% endsnapshot %}
{% snapshot by_time_deleted %}
{{ config(unique_key=['id', 'code'], strategy='timestamp', updated_at='changed_at', hard_deletes='new_record', dbt_valid_to_current="'9999-12-31'::timestamp") }}
select * from {{ ref('raw') }}
{% endsnapshot %}
{% snapshot by_value %}
{{ config(unique_key='id', strategy='check', check_cols=['name', 'flag'], hard_deletes='invalidate') }}
select * from {{ ref('raw') }}
{% endsnapshot %}
