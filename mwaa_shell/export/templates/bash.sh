#!/usr/bin/env bash
# Runs one Airflow command on an Amazon MWAA environment and writes what it
# printed to the two standard streams. Needs the AWS CLI, curl 7.55 or newer,
# jq and base64. The exit code is 0 where the web server took the command: MWAA
# does not tell how the command itself ended.
set -euo pipefail

airflow_command=@command@

cli_json=$(aws mwaa create-cli-token @target@ --output json)
cli_token=$(printf '%s' "$cli_json" | jq -r '.CliToken')
web_server=$(printf '%s' "$cli_json" | jq -r '.WebServerHostname')

# Token and command go through pipes, because anybody on this machine can read
# the arguments of a program.
response=$(
  curl --silent --show-error@redirects@ ${AWS_CA_BUNDLE:+--cacert "$AWS_CA_BUNDLE"} \
    --request POST "https://$web_server@path@" \
    --header @<(printf 'Authorization: Bearer %s\n' "$cli_token") \
    --header 'Content-Type: text/plain' \
    --data-binary @<(printf '%s' "$airflow_command") \
    --write-out '\n%{http_code}'
)
status=${response##*$'\n'}
body=${response%$'\n'*}

if ! printf '%s' "$body" | jq -e 'has("stdout")' > /dev/null 2>&1; then
  printf 'HTTP %s: %s\n' "$status" "$body" >&2
  exit 1
fi
printf '%s' "$body" | jq -r '.stdout // ""' | base64 --decode
printf '%s' "$body" | jq -r '.stderr // ""' | base64 --decode >&2
[[ $status -lt 400 ]]
