#!/bin/bash
# Drives a bundle with AWS's own Lambda Runtime Interface Emulator: an answer, a bad request, a request of 10 MB, and an answer
# after them. Usage: Tests/rie.sh BUNDLE.zip [TEXT]. Needs python3 with pip; the emulator's binary comes from the wheel of
# aws-sam-cli, kept in build/downloads. Exit status: 0 all as expected, 1 not, 2 the emulator or the bundle cannot be had.
set -euo pipefail
[ $# -ge 1 ] && [ -f "$1" ] || { echo "usage: Tests/rie.sh BUNDLE.zip [TEXT]" >&2; exit 2; }
bundle=$(readlink -f "$1") text=${2:-A small model that starts quickly.}
cd "$(dirname "$0")/.."
case $(uname -m) in x86_64) name=aws-lambda-rie-x86_64 ;; aarch64) name=aws-lambda-rie-arm64 ;; *) echo "rie: no emulator for $(uname -m)" >&2; exit 2 ;; esac
downloads=build/downloads rie=build/downloads/$name
if [ ! -x "$rie" ]; then
    mkdir -p "$downloads"
    python3 -m pip download -q --disable-pip-version-check --no-deps -d "$downloads" aws-sam-cli==1.170.0 || exit 2
    python3 -c 'import sys, zipfile; open(sys.argv[3], "wb").write(zipfile.ZipFile(sys.argv[1]).read("samcli/local/rapid/" + sys.argv[2]))' \
        "$downloads"/aws_sam_cli-*.whl "$name" "$rie.new" || exit 2
    chmod +x "$rie.new" && mv "$rie.new" "$rie"
fi
work=$(mktemp -d) pid=
finish() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; } || true; rm -rf "$work"; }
trap finish EXIT
python3 - "$bundle" "$work" <<'P' || { echo "rie: $bundle cannot be unpacked" >&2; exit 2; }
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extractall(sys.argv[2] + "/task")
    for entry in archive.infolist():
        os.chmod(f"{sys.argv[2]}/task/{entry.filename}", entry.external_attr >> 16 & 0o777 or 0o644)
P
ports=$(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])')
read -r front api <<<"$ports"
rie=$PWD/$rie
cd "$work/task"
env -i PATH=/usr/bin:/bin AWS_LAMBDA_FUNCTION_TIMEOUT=30 AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512 LAMBDA_TASK_ROOT="$work/task" \
    "$rie" --runtime-interface-emulator-address "127.0.0.1:$front" --runtime-api-address "127.0.0.1:$api" \
    --log-level error ./bootstrap >"$work/log" 2>&1 &
pid=$!
python3 - "$front" "$text" <<'P' || { echo "rie: the emulator's log:" >&2; cat "$work/log" >&2; exit 1; }
import json, sys, time, urllib.error, urllib.request

url = f"http://127.0.0.1:{sys.argv[1]}/2015-03-31/functions/function/invocations"

def invoke(body):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()

def check(what, holds, found):
    print(f"rie: {what}: {'ok' if holds else 'FAILED'}")
    if not holds:
        print("    " + repr(found)[:500])
        sys.exit(1)

event = json.dumps({"text": sys.argv[2]}).encode()
for _ in range(100):
    try:
        status, body = invoke(event)
        break
    except (urllib.error.URLError, ConnectionError):
        time.sleep(0.05)
else:
    sys.exit("rie: the emulator does not listen")
answer = json.loads(body)
check("an answer", status == 200 and "outputs" in answer, body)
again = json.loads(invoke(event)[1])
check("the same answer again", again == answer, again)
front = json.dumps({"version": "2.0", "requestContext": {"http": {"method": "POST"}}, "body": event.decode(), "isBase64Encoded": False})
wrapped = json.loads(invoke(front.encode())[1])
check("a function URL's event", wrapped.get("statusCode") == 200 and json.loads(wrapped["body"]) == answer, wrapped)
for name, bad in [("not JSON", b"hello"), ("wrong type", b'{"text": 5}'), ("no text", b'{"texts": []}'), ("unknown input", b'{"inputs": {"nope": [[1]]}}')]:
    found = json.loads(invoke(bad)[1])
    check(f"an error object for a request that is wrong ({name})", found.get("errorType") and found.get("errorMessage"), found)
status, body = invoke(json.dumps({"text": "x" * (10 << 20)}).encode())
check("a request of 10 MB ends in an answer or an error object", status in (200, 413) and (status == 413 or json.loads(body)), (status, body[:500]))
after = json.loads(invoke(event)[1])
check("the next request is answered", after == answer, after)
P
echo "rie: passed"
