select {{ function('is_positive_int') }}(1) as positive
