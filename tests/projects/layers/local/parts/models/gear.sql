{{ config(materialized='view', tags='in_file', meta={'file': 1}, flag=var('flag'), own=var('own'), from_root=var('from_root')) }}
select {{ parts.part_name('gear') }} as name, {{ shared() }} as s
