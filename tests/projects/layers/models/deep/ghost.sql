{{ config(enabled = var('missing', false)) }} select 1
