"""A KMS as ``CANGSU_KMS_COMMAND`` asks one: a program with a key file of its own. ``python kms.py KEY_FILE``.

It is the whole of the protocol: a JSON request on standard input, a JSON answer on standard output, and exit status 1
if it will not. Whoever has a KMS of a vendor writes the same with that vendor's client.
"""

import base64
import json
import os
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def main() -> int:
    request = json.load(sys.stdin)
    if request["protocol"] != "cangsu-kms/1":
        return 1
    cipher = AESGCM(Path(sys.argv[1]).read_bytes())
    data, context = base64.b64decode(request["data"]), request["context"].encode()
    try:
        answer = {"wrap": wrap, "unwrap": unwrap}[request["operation"]](cipher, data, context)
    except InvalidTag:
        print("this KMS has not wrapped that", file=sys.stderr)
        return 1
    json.dump({"data": base64.b64encode(answer).decode()}, sys.stdout)
    return 0


def wrap(cipher: AESGCM, data: bytes, context: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher.encrypt(nonce, data, context)


def unwrap(cipher: AESGCM, data: bytes, context: bytes) -> bytes:
    return cipher.decrypt(data[:12], data[12:], context)


if __name__ == "__main__":
    sys.exit(main())
