"""Makes a certificate authority and a certificate for 127.0.0.1, valid for a week.

This file runs inside the Airflow's own Python (3.7 to 3.13), whose environment holds ``cryptography``, and so imports
nothing of this package: ``python certificate.py FOLDER`` writes ca.pem, server.pem and server.key there.
"""

import datetime
import ipaddress
import os
import sys
import time

from cryptography import x509
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(time.time()))


def new_key():
    return ec.generate_private_key(ec.SECP256R1(), default_backend())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(signs_others):
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        encipher_only=False,
        decipher_only=False,
    )


def builder(subject, issuer, key, issuer_key, authority):
    made = x509.CertificateBuilder()
    made = made.subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(NOW - datetime.timedelta(hours=1))
    made = made.not_valid_after(NOW + datetime.timedelta(days=7))
    made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    made = made.add_extension(usage(authority), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )


def sign(made, key):
    return made.sign(key, hashes.SHA256(), default_backend()).public_bytes(serialization.Encoding.PEM)


def private(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write(folder, file, data):
    handle = os.open(os.path.join(folder, file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)


def main(folder):
    ca_key, key = new_key(), new_key()
    ca_name, own_name = name("private MWAA of mwaa-shell"), name("127.0.0.1")
    hosts = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    leaf = builder(own_name, ca_name, key, ca_key, False).add_extension(hosts, critical=False)
    leaf = leaf.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    write(folder, "ca.pem", sign(builder(ca_name, ca_name, ca_key, ca_key, True), ca_key))
    write(folder, "server.pem", sign(leaf, ca_key))
    write(folder, "server.key", private(key))


if __name__ == "__main__":
    main(sys.argv[1])
