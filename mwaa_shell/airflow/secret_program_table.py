"""How programs of this machine are told a password or a token: a table, for the command behind ``|``.

A key is a program and, where it matters, the words of its subcommand. Read in the manuals of the programs. Flags whose
names say what they take (``--password``, ``--token``) are known without a table, and URLs, headers, ``NAME=VALUE`` and
JSON too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Telling(NamedTuple):
    """Where the secrets stand in the words of one program; several flags with blanks between."""

    takes: str = ""  #: the value of these is secret: the next word, or what is joined
    joins: str = ""  #: what is joined to these is secret; the next word is none
    logins: str = ""  #: these take NAME:PASSWORD, or one of ``%/,`` in the place of the colon
    pairs: str = ""  #: behind these stand a name and, in the next word, its value
    assigns: str = ""  #: these take NAME=VALUE, and any value is secret; ``*`` is any word of that form
    words: tuple[int, ...] = ()  #: which of the words behind the key are secret, from 1; flags do not count
    prefix: str = ""  #: what stands behind this in a word is secret
    switches: str = ""  #: letters of flags without a value, which may stand in one word before a flag that has one


#: What holds for any program: letters of switches are those of curl.
ANY = Telling(
    logins="-u -U --user --proxy-user --basic-auth --auth --creds --userpass",
    pairs="--arg --argjson",
    switches="0123456aBfgGiIjJklLMnNOpqRsSvVZ#",
)
_P = Telling(takes="-p")
_P_UPPER = Telling(takes="-P")
_TOKEN = Telling(words=(1,))
_ASSIGN = Telling(assigns="*")
_LDAP = Telling(takes="-w -a -s")

PROGRAMS: Mapping[str, Telling] = {
    # Databases
    **dict.fromkeys(
        ("mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlshow", "mysqlcheck", "mysqlbinlog", "mysqlslap",
         "mysqlpump", "mysqlsh", "mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check"),
        Telling(joins="-p"),
    ),
    **dict.fromkeys(
        ("mycli", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport", "mongostat",
         "mongotop", "mongofiles", "cqlsh", "beeline", "arangosh", "nzsql", "hdbsql", "neo4j-admin", "cypher-shell"),
        _P,
    ),
    "vsql": Telling(takes="-w"),
    **dict.fromkeys(("sqlcmd", "bcp", "osql", "isql", "tsql", "bteq", "mssql-cli"), _P_UPPER),
    **dict.fromkeys(("sqlplus", "sql", "rman", "exp", "imp", "expdp", "impdp", "sqlldr"), Telling(prefix="/")),
    "redis-cli": Telling(takes="-a --pass AUTH auth", pairs="SET set"),
    "valkey-cli": Telling(takes="-a --pass AUTH auth", pairs="SET set"),
    "influx": Telling(takes="-t -password"),
    "clickhouse-client": Telling(joins="--password"),
    # The web
    "curl": Telling(logins="-E --cert --proxy-cert -U", assigns="-b --cookie", switches=ANY.switches),
    **dict.fromkeys(("http", "https", "xh", "xhs", "httpie"), Telling(logins="-a", switches="hbvjfd")),
    "wget": Telling(takes="--http-passwd --ftp-passwd"),
    "lftp": Telling(logins="-u"),
    "ab": Telling(logins="-A -P", assigns="-C"),
    "httpx": Telling(logins="--auth"),
    # Containers and clusters
    **dict.fromkeys(
        ("docker login", "podman login", "nerdctl login", "buildah login", "skopeo login", "helm registry login",
         "oras login", "crane auth login", "regctl registry login", "singularity remote login"),
        _P,
    ),
    "kubectl create secret": Telling(assigns="--from-literal"),
    "oc create secret": Telling(assigns="--from-literal"),
    "oc login": Telling(takes="-p"),
    "cf login": Telling(takes="-p"),
    "cf auth": Telling(words=(2,)),
    # Clouds and stores of secrets
    "az login": _P,
    "az acr login": _P,
    "az keyvault secret set": Telling(takes="--value"),
    "az webapp deployment user set": Telling(takes="--password"),
    "aws configure set": Telling(pairs="set"),
    "aws ssm put-parameter": Telling(takes="--value"),
    "gh secret set": Telling(takes="-b --body"),
    "glab variable set": Telling(words=(2,), takes="-v --value"),
    "vault login": _TOKEN,
    "vault kv put": _ASSIGN,
    "vault kv patch": _ASSIGN,
    "vault write": _ASSIGN,
    "bao kv put": _ASSIGN,
    "consul kv put": Telling(pairs="put"),
    "etcdctl put": Telling(pairs="put"),
    "doppler secrets set": _ASSIGN,
    "fly secrets set": _ASSIGN,
    "flyctl secrets set": _ASSIGN,
    "chamber write": Telling(words=(3,)),
    "op item create": _ASSIGN,
    "op item edit": _ASSIGN,
    "bw login": Telling(words=(2,)),
    "bw unlock": _TOKEN,
    "pulumi config set": Telling(pairs="set"),
    "mc alias set": Telling(words=(3, 4)),
    "rclone obscure": _TOKEN,
    # Packages
    "twine upload": _P,
    "poetry publish": _P,
    "uv publish": Telling(takes="-p -t"),
    "poetry config": Telling(words=(2, 3)),
    "npm config set": Telling(pairs="set"),
    "yarn config set": Telling(pairs="set"),
    "cargo login": _TOKEN,
    "gem push": Telling(takes="-k --key"),
    # Directories, mail, queues, hosts
    **dict.fromkeys(
        ("ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldapmodrdn", "ldapcompare"),
        Telling(takes="-w"),
    ),
    "ldappasswd": _LDAP,
    "sshpass": _P,
    **dict.fromkeys(("smbclient", "rpcclient", "smbget", "winexe", "wmic"), Telling(logins="-U --user")),
    "evil-winrm": _P,
    "rdesktop": _P,
    "xfreerdp": Telling(prefix="/p:"),
    "ipmitool": _P_UPPER,
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"), _P_UPPER),
    **dict.fromkeys(("snmpget", "snmpwalk", "snmpset", "snmpbulkwalk"), Telling(takes="-c -A -X")),
    "rabbitmqadmin": _P,
    "rabbitmqctl add_user": Telling(words=(2,)),
    "rabbitmqctl change_password": Telling(words=(2,)),
    "rabbitmqctl authenticate_user": Telling(words=(2,)),
    "sendemail": Telling(takes="-xp"),
    "swaks": Telling(takes="-ap"),
    "nmcli": Telling(takes="password wifi-sec.psk 802-1x.password"),
    "wpa_passphrase": Telling(words=(2,)),
    "htpasswd": Telling(words=(3,)),
    # Keys and archives
    "openssl": Telling(takes="-k -K", prefix="pass:"),
    "openssl passwd": _TOKEN,
    "mkpasswd": _TOKEN,
    "keytool": Telling(takes="-storepass -keypass -srcstorepass -deststorepass -srckeypass -destkeypass"),
    "jarsigner": Telling(takes="-storepass -keypass"),
    "ssh-keygen": Telling(takes="-N -P"),
    "zip": Telling(takes="-P", switches="rejqvyu0123456789"),
    "unzip": Telling(takes="-P", switches="loqcpnuxtv"),
    **dict.fromkeys(("7z", "7za", "7zr", "rar", "unrar"), Telling(joins="-p -hp")),
    "pdftk": Telling(takes="user_pw owner_pw input_pw"),
    "pdftotext": Telling(takes="-upw -opw"),
    "qpdf": Telling(takes="--password"),
}  # fmt: skip
