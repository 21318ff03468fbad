"""Passwords that local commands are told, each in the way of its program, and words that only look like one."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.secrets.local_commands import programs
from mwaa_shell.airflow.secrets.redaction import find_masks, left_mask, mask_line
from mwaa_shell.airflow.versions import Version

V2 = load_grammar(Version(2, 10, 3))

SECRET = [
    "curl -u me:PW https://h",
    "curl -su me:PW https://h",
    "curl -sSku me:PW https://h",
    "curl -sSume:PW https://h",
    "curl -ume:PW https://h",
    "curl --proxy-user=me:PW https://h",
    "curl --user=me:PW https://h",
    "curl -x me:PW@proxy:80 https://h",
    "curl -E cert.pem:PW https://h",
    "curl -b session=PW https://h",
    "curl -HAuthorization:PW https://h",
    """curl -d'{"password": "PW"}' https://h""",
    """curl --json '{"token": "PW"}' https://h""",
    "sh -c 'curl -su me:PW https://h'",
    "http -a me:PW https://h",
    "http --auth=me:PW https://h",
    "http -ame:PW https://h",
    "xh -a me:PW :8080",
    "http POST https://h password=PW",
    "tool --basic-auth me:PW",
    "tool --basic-auth=me:PW",
    "docker login -u me -p PW registry",
    "docker --config x login -pPW",
    "docker login -p=PW",
    "sudo podman login -p PW",
    "ssh host 'docker login -u me -p PW'",
    "helm registry login -u me -p PW registry",
    "skopeo copy --creds me:PW docker://a docker://b",
    "mongosh -u me -p PW",
    "mongodump -p PW",
    "mysql -uroot -pPW db",
    "sshpass -p PW ssh host",
    "sshpass -pPW ssh host",
    "redis-cli -a PW get x",
    "redis-cli AUTH PW",
    "redis-cli config set requirepass PW",
    "ldapsearch -x -w PW",
    "psql 'host=h password=PW'",
    "psql postgres://me:PW@h/db",
    """psql -c "ALTER USER me PASSWORD 'PW'" """,
    """mysql -e "CREATE USER me IDENTIFIED BY 'PW'" """,
    "PGPASSWORD=PW psql",
    "sqlplus me/PW@db",
    "sqlcmd -S h -U me -P PW",
    "jq --arg password PW '.x = $password'",
    "jq -n --argjson token PW .",
    "kubectl create secret generic x --from-literal=password=PW",
    "kubectl create secret generic x --from-literal=anything=PW",
    "kubectl create secret generic x --from-literal anything=PW",
    "tool --from-literal=password=PW",
    "helm install x --set a=b,db.password=PW",
    "aws configure set aws_secret_access_key PW",
    "aws ssm put-parameter --name x --type SecureString --value PW",
    "aws secretsmanager create-secret --name x --secret-string PW",
    "vault login PW",
    "vault login token=PW",
    "vault kv put secret/x key=PW",
    "az login --service-principal -u me -p PW --tenant t",
    "az keyvault secret set --name x --value PW",
    "gcloud sql users set-password me --password=PW",
    "gh secret set NAME --body PW",
    "gh secret set NAME -bPW",
    "ansible all -e ansible_password=PW",
    "terraform apply -var db_password=PW",
    "openssl enc -aes256 -pass pass:PW",
    "openssl rsa -passin pass:PW",
    "openssl enc -k PW",
    "keytool -storepass PW -list",
    "gpg --passphrase PW",
    "zip -P PW x.zip",
    "zip -erP PW x.zip",
    "7z a -pPW x.7z",
    "htpasswd -b file me PW",
    "smbclient -U me%PW //h/s",
    "wget --password=PW https://h",
    "twine upload -u me -p PW dist/x",
    "npm config set //registry/:_authToken PW",
    "rabbitmqctl add_user me PW",
    "consul -token PW members",
    # what another program of the table is called
    "docker login -u docker -p PW",
    "mysql -u root -D sql -pPW",
    # switches before a flag in one word
    "mysql -sNpPW db",
    "ldapsearch -LLLxwPW",
    "sshpass -vp PW ssh h",
    # several commands, and what a shell puts around them
    "(mysql -pPW db)",
    "cat <(mysql -pPW db)",
    "x=$(curl -u me:PW https://h)",
    "x=`curl -u me:PW https://h`",
    "true;curl -u me:PW https://h",
    "true && mysql -pPW db&",
    "mysql 2>/dev/null -pPW db",
    "mysql -p'PW';echo done",
    "sh -c 'true | curl -u me:PW https://h'",
    "sh -c 'slackcat --token PW'",
    "mysql <<< \"SET PASSWORD = 'PW'\"",
    # passwords that look like a reference, or like something else
    "mysql -p'$PW'",
    "mysql -p$'PW'",
    'mysql -p"\\$PW"',
    "mysql -p.PW",
    "curl -u 'me:$PW' https://h",
    """curl -d '{"token": "$PW"}' https://h""",
    "git clone https://me:#PW@h/x",
    "psql \"host=h password='a PW'\"",
    "psql 'host=h password=a;PW'",
    "mysql -e \"ALTER USER me IDENTIFIED BY 'it''s PW'\"",
    "trino --password -PW1",
    "curl -x me:P@PW@proxy:80 https://h",
    "ansible all '--extra-vars=db_password=a PW'",
    # by their form, whatever program takes them
    "git -c 'http.extraHeader=Authorization: Bearer PWPW' push",
    "tool 'Bearer PWPWPW12'",
    "tool 'basic PWpwPWpwPW=='",
    "curl -d @- https://hooks.slack.com/services/PW",
    "curl https://api.telegram.org/botPW/sendMessage",
    "curl -T - 'https://b.s3.amazonaws.com/k?X-Amz-Expires=9&X-Amz-Signature=PW'",
    "git push https://ghp_PWPWPWPWPWPWPWPWPW@github.com/x",
    "tool --config AccountKey=PW",
    "/usr/bin/sqlplus u/PW@db",
    "redis-cli AUTH me PW",
    "htpasswd -nb me PW",
    "htpasswd -cBb file me PW",
    "http -vA bearer -a PW https://h",
    "http -A bearer -a PW https://h",
    "git config --global github.token PW",
    "openssl dgst -sha256 -hmac PW",
    "openssl passwd -6 -salt x PW",
    "git clone https://PW0123456789abcdefgh@h/x",
    "influx -tPW",
    "influx -password PW",
    "influx -password=PW",
]
PLAIN = [
    "docker run -p 8080:80 image",
    "docker run -u 1000:1000 image",
    "docker run -itu 1000:1000 image",
    "docker pull image:3.18@sha256:0123456789",
    "jq --arg dag sales '.x = $dag'",
    "jq .password",
    "jq --arg password $PASSWORD .",
    "mysql -p db",
    "git clone git@example.com:me/x",
    "scp x me@h:/tmp/x",
    "git clone https://somebody-of-a-long-name@h/x",
    "git clone https://short1@h/x",
    "git clone ssh://APKA0123456789ABCDEFGH@h/x",
    "openssl req -x509 -key file -keyform PEM -out x",
    "openssl rsa -passin env:X",
    "openssl rsa -passin file:x",
    "redis-cli get x",
    "vault read secret/x",
    "aws s3 cp - s3://bucket/key",
    "grep -c password",
    "awk -F: '{print $1}'",
    "gh secret set NAME",
    "kubectl create configmap x --from-literal=a=b",
    "zip -r x.zip folder",
    "curl -s https://h/x",
    "curl -o x -su me https://h",
    "cut -d: -f1",
    "head -n 3",
    "mysql --password -h h",
    "jq '{token: .token, n: 1}'",
    "jq '.[] | {token: .token}'",
    """jq '.[] | {"token": .conf.token}'""",
    r"""jq -r '.[] | "token: \(.token)"'""",
    """curl -d '{"max_tokens": 4096}' https://h""",
    "curl -u me:$(cat password) https://h",
    "http -a $ME:$PASSWORD https://h",
    "docker run -u docker image",
    "sqlplus / as sysdba",
    "grep -i 'basic authentication'",
    "grep -E 'Bearer [a-z]+'",
    "mail -s 'Basic checks of today' me",
]


@pytest.mark.parametrize("local", SECRET)
def test_the_password_of_a_local_command_is_masked(local: str) -> None:
    for grammar in (V2, None):
        shown = mask_line(f"dags list | {local}", grammar).text
        assert "PW" not in shown.replace("PGPASSWORD", "").replace("PASSWORD", "")
        assert "***" in shown
        assert shown.startswith(f"dags list | {local.split(maxsplit=1)[0].partition('=')[0]}")
        assert left_mask(shown, find_masks(shown, grammar)) is None  # the user is asked for the secret in a rerun


@pytest.mark.parametrize("local", PLAIN)
def test_what_is_no_password_stays(local: str) -> None:
    assert mask_line(f"dags list | {local}", V2).text == f"dags list | {local}"


@pytest.mark.parametrize("key", programs())
def test_an_entry_of_the_table_is_in_use(key: str) -> None:
    telling = programs()[key]
    flags = (telling.takes + " " + telling.joins).split()
    tried = [f"{flag}CANARY" if flag in telling.joins.split() else f"{flag} CANARY" for flag in flags]
    tried += [f"{flag} me:CANARY" for flag in telling.logins.split()]
    tried += [f"{'' if key.endswith(word) else word} password CANARY" for word in telling.pairs.split()]
    tried += [f"{flag} x=CANARY" for flag in telling.assigns.replace("*", "").split()]
    tried += ["x=CANARY"] if telling.assigns == "*" else []
    tried += [" ".join(["x"] * (place - 1) + ["CANARY"]) for place in telling.words]
    tried += [f"{'me' if telling.prefix == '/' else ''}{telling.prefix}CANARY"] if telling.prefix else []
    assert tried
    for one in tried:
        line = one.replace("--passwordCANARY", "--password=CANARY")
        assert "CANARY" not in mask_line(f"dags list | {key} {line}", V2).text, line
