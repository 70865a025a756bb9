#!/bin/sh
# Airflow's own database and user, which sees nothing of the warehouse.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat /run/secrets/airflow_database_password)" <<'SQL'
create role airflow login password :'password';
create database airflow owner airflow;
revoke connect on database taizhang from public;
SQL
