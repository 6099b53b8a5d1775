#!/bin/sh
# Makes the two roles that Levqor uses, and its database. The image runs this once, on an empty volume.
#
#   levqor_owner  owns the database and migrates it (DATABASE_ADMIN_URL); no superuser
#   levqor        the service's own role (DATABASE_URL): reads the log, and writes it through one function alone
set -eu

# Through psql's variables, which quote: a password may hold any character.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$OWNER_PASSWORD" --set service_password="$SERVICE_PASSWORD" <<'SQL'
create role levqor login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'service_password';
create role levqor_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
  password :'owner_password';
-- The migrations make a schema that belongs to the service's role.
grant levqor to levqor_owner;
create database levqor owner levqor_owner;
revoke all on database levqor from public;
grant connect on database levqor to levqor;
SQL
