{#-
    A number that follows from values, the same every night: 60 bits of their md5, as text of hexadecimal digits
    may look like an account.
-#}
{% macro surrogate_key(values) -%}
    ('x' || left(md5(concat_ws('|', {{ values | join(', ') }})), 15))::bit(60)::bigint
{%- endmacro %}
