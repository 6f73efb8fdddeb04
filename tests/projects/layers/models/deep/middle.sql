{{ config(
    materialized = 'incremental',
    unique_key = ['id', 'day'],
    incremental_strategy = 'delete+insert',
    indexes = [{'columns': ['id'], 'unique': True}, {'columns': ['day'], 'type': 'hash'}],
    post_hook = [{"sql": "vacuum", "transaction": False}],
    schema = 'own_schema',
    database = target.dbname,
    contract = {'enforced': true},
    on_schema_change = 'fail'
) }}
select id, day from {{ ref('top') }} {% if is_incremental() %}where day > 1{% endif %}
