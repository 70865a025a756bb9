{#-
    Row-level security for a model as it is built, so that it is published with it: a login of the work team sees
    the rows of its own divisions, as `reconciliation.team_login` has them, and the role itself every row. A table that does not say whose its
    rows are is for the whole county's login alone. The rows of a mart are open unless they are of persons.
-#}
{% macro show_own_rows() %}
    {%- set columns = model.columns.keys() | list -%}
    {%- set owner = 'division_code' if 'division_code' in columns else 'township_code' -%}
    {%- set of_persons = 'labourer_key' in columns and owner in columns -%}
    {% if this.schema.startswith('reconciliation') or of_persons %}
    create policy all_rows on {{ this }} for select to checker, analyst using (true);
    create policy own_rows on {{ this }} for select to work_team using (
        {%- if owner in columns %}
        current_user = 'work_team' or starts_with(
            {{ owner }}, (select code_prefix from reconciliation.team_login where role_name = current_user)
        )
        {%- else %}
        current_user = 'work_team'
        or (select length(code_prefix) = 6 from reconciliation.team_login where role_name = current_user)
        {%- endif %}
    );
    alter table {{ this }} enable row level security;
    {% endif %}
{% endmacro %}
