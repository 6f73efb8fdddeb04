{{ config(tags=['file'], meta={'c': 3}, grants={'+select': ['file_readers'], 'insert': 'writers'}, pre_hook="select 'file'") }}
select 1 as id, '{{ var("only_here") }}' as v from {{ ref('gear') }}
