{#-
    The order of answers to a break, the one that counts first: the latest night's, of what one night read the latest
    folder's, and of one date the county's before the township's before a village's, which happens to be the order of
    the alphabet. In the order in which files happen to be read, the last would be anybody's.
-#}
{% macro last_word_first(answers) -%}
    {{ answers }}.answered_on desc, {{ answers }}.file_date desc, {{ answers }}.level, {{ answers }}.answer_id desc
{%- endmacro %}
