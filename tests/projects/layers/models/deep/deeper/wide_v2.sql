{{ config(tags=['v2_file']) }} select 1 as id
