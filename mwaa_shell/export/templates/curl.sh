@asked@CLI_JSON=$(aws mwaa create-cli-token @target@ --output json) \
  && CLI_TOKEN=$(printf '%s' "$CLI_JSON" | jq -r '.CliToken') \
  && WEB_SERVER_HOSTNAME=$(printf '%s' "$CLI_JSON" | jq -r '.WebServerHostname') \
  && CLI_RESPONSE=$(@fed@curl --silent --show-error@redirects@ ${AWS_CA_BUNDLE:+--cacert} ${AWS_CA_BUNDLE:+"$AWS_CA_BUNDLE"} \
    --request POST "https://$WEB_SERVER_HOSTNAME@path@" \
    --header "Authorization: Bearer $CLI_TOKEN" \
    --header "Content-Type: text/plain" \
    @data@ \
    --write-out ' %{http_code}') \
  && CLI_RESULTS=$(printf '%s' "$CLI_RESPONSE" | jq -s '
    if .[0] | has("stdout") then .[0] + {http: .[1]} else error("HTTP \(.[1]): \(.[0])") end') \
  && printf '%s' "$CLI_RESULTS" | jq -r '.stdout // ""' | base64 --decode \
  && printf '%s' "$CLI_RESULTS" | jq -r '.stderr // ""' | base64 --decode >&2 \
  && printf '%s' "$CLI_RESULTS" | jq -e '.http < 400' > /dev/null
