#!/bin/sh
# test_serve.sh: the workbench from outside, with curl: who is let in, pictures and recordings from
# end to end, and what must not work: foreign hosts and pages, what is too large, cut off, hostile or
# slow, other project files, a full disk; and that it stops in order and leaves nothing behind.
# shellcheck disable=SC2317 # functions are called through check
# shellcheck source=tests/e2e/support.sh
. "$(dirname "$0")/support.sh"
if ! command -v curl >/dev/null; then
    echo "skipped: curl is not installed"
    exit 77
fi
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir "$scratch/tmp" "$scratch/data"
export TMPDIR="$scratch/tmp" XDG_DATA_HOME="$scratch/data"

# start OPTIONS: the server, and $at, $token
start() {
    "$nemg" serve --threads 1 "$@" >"$scratch/address" 2>"$scratch/log" &
    server=$!
    for _ in $(seq 100); do
        at=$(sed -n 's|/?token=.*||p' "$scratch/address")
        [ -z "$at" ] || break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    token=$(sed -n 's|.*token=||p' "$scratch/address")
}

stop() {
    kill -TERM "$server" # a shell lets what it starts behind "&" ignore SIGINT
    wait "$server"
    status=$?
    server=""
}

# api STATUS PATH [curl options]: the answer lies in $scratch/answer
api() {
    wanted=$1 path=$2
    shift 2
    got=$(curl -sk -o "$scratch/answer" -D "$scratch/headers" -w '%{http_code}' --max-time 60 \
        -H "Authorization: Bearer $token" "$@" "$at$path")
    [ "$got" = "$wanted" ] || { echo "$path: $got, wanted $wanted: $(head -c 300 "$scratch/answer")" >&2; return 1; }
}

json() {
    wanted=$1 path=$2 body=$3
    shift 3
    api "$wanted" "$path" -H 'Content-Type: application/json' --data-binary "$body" "$@"
}

field() {
    jq -r "$1" "$scratch/answer"
}

# job BODY: asks for it and waits; the answer is the job at its end
job() {
    json 202 /api/v1/jobs "$1" || return 1
    number=$(field .job)
    for _ in $(seq 300); do
        api 200 "/api/v1/jobs/$number" || return 1
        case $(field .state) in done | failed | stopped) return 0 ;; esac
        sleep 0.1
    done
    return 1
}

# ---- What it looks at ----

make_models
picture=$scratch/pictures/PSW/p01_0.png
header=$(find "$scratch/lab" -name '*.hea' | sort | head -n 1)
record=${header%.hea}

start --model "$scratch/p/model,$scratch/s/model" --recordings "$scratch/lab" --upload-mb 8
if [ -z "$at" ]; then
    failed starts "$(cat "$scratch/log")"
    finish
fi
ok starts

# ---- Who is let in ----

refused() { # STATUS [curl options]
    wanted=$1
    shift
    got=$(curl -s -o /dev/null -w '%{http_code}' "$@")
    [ "$got" = "$wanted" ] || { echo "$got, wanted $wanted" >&2; return 1; }
}
check token-wanted refused 401 "$at/api/v1/status"
check token-wrong refused 401 -H "Authorization: Bearer 00000000000000000000000000000000" "$at/api/v1/status"
check page-wants-token refused 401 "$at/"
check script-wants-token refused 401 "$at/app.js"
check host-foreign refused 421 -H 'Host: evil.example' -H "Authorization: Bearer $token" "$at/api/v1/status"
check origin-foreign refused 403 -H 'Origin: http://evil.example' -H "Authorization: Bearer $token" "$at/api/v1/status"
check site-foreign refused 403 -H 'Sec-Fetch-Site: cross-site' -H "Authorization: Bearer $token" "$at/api/v1/status"
cookies() {
    curl -s -c "$scratch/jar" -o /dev/null "$at/?token=$token" && grep -q '#HttpOnly_127.0.0.1' "$scratch/jar" &&
        refused 200 -b "$scratch/jar" "$at/" && refused 200 -b "$scratch/jar" "$at/api/v1/status"
}
check token-for-cookie cookies
headers() {
    api 200 /api/v1/status && grep -qi '^Research-Use-Only: research use only' "$scratch/headers" &&
        grep -qi "^Content-Security-Policy: default-src 'none'" "$scratch/headers" &&
        grep -qi '^Cache-Control: no-store' "$scratch/headers" && api 404 /nothing &&
        grep -qi '^Research-Use-Only: research use only' "$scratch/headers"
}
check headers headers
check_json use-in-json '.use == "research use only" and .schema == 1 and .error.code == "usage"' "$scratch/answer"
unchanged() {
    api 200 /style.css && tag=$(sed -n 's/^ETag: *//Ip' "$scratch/headers" | tr -d '\r') &&
        api 304 /style.css -H "If-None-Match: $tag"
}
check assets-are-cached unchanged
check openapi api 200 /api/v1/openapi.json
check method api 405 /api/v1/status -X DELETE

# ---- Pictures ----

check pictures-sent api 200 /api/v1/pictures -F "f=@$picture" -F "f=@$0;filename=../../x.png"
check_json pictures-one-read '(.pictures | length) == 1 and (.rejected[0].why | test("not a JPEG"))' "$scratch/answer"
if grep -q "$scratch" "$scratch/answer"; then failed no-paths "$(cat "$scratch/answer")"; else ok no-paths; fi
id=$(field '.pictures[0].picture')
check picture-back api 200 "/api/v1/pictures/$id"
check picture-classified job "{\"kind\": \"classify-pictures\", \"model\": \"m1\", \"pictures\": [\"$id\"]}"
check_json picture-scores '.state == "done" and ([.result.results[0].probabilities[]] | add - 1 | fabs) < 1e-5' "$scratch/answer"
"$nemg" classify --model "$scratch/p/model" --threads 1 --json "$picture" >"$scratch/cli" 2>/dev/null
same_scores() {
    [ "$(jq -c '.results[0].probabilities' "$scratch/cli")" = "$(jq -c '.result.results[0].probabilities' "$scratch/answer")" ]
}
check picture-scores-as-cli same_scores
check picture-explained job "{\"kind\": \"explain-picture\", \"model\": \"m1\", \"picture\": \"$id\", \"class\": \"PSW\"}"
check_json picture-explained-class '.state == "done" and .result.class == "PSW"' "$scratch/answer"
check picture-map api 200 "/api/v1/pictures/$(field .result.picture)"
# A picture that the model was trained on is its own nearest example; one of another patient is not.
similar() {
    n_own=0
    for patient in 01 02 03 04 05 06; do
        api 200 /api/v1/pictures -F "f=@$scratch/pictures/PSW/p${patient}_0.png" &&
            job "{\"kind\": \"similar-examples\", \"model\": \"m1\", \"picture\": \"$(field '.pictures[0].picture')\"}" || return 1
        first=$(field '.result.examples[0] | select(.similarity > 0.99999) | .name')
        [ "$first" != "PSW/p${patient}_0.png" ] || n_own=$((n_own + 1))
    done
    [ "$n_own" = "$("$nemg" dataset show "$scratch/set" --json | jq ".splits.train.patients | length")" ]
}
check similar-examples similar
check_json similar-examples-sorted '(.result.examples | length) == 6 and .result.is_own and
    ([.result.examples[].similarity] | . == (sort | reverse))' "$scratch/answer"
check similar-examples-are-there api 200 "/api/v1/pictures/$(field '.result.examples[5].picture')"
check picture-explained-none json 404 /api/v1/jobs '{"kind": "explain-picture", "model": "m1", "picture": "abc"}'
check picture-none json 404 /api/v1/jobs '{"kind": "classify-pictures", "model": "m1", "pictures": ["abc"]}'
check picture-other-model json 400 /api/v1/jobs "{\"kind\": \"classify-pictures\", \"model\": \"m2\", \"pictures\": [\"$id\"]}"
check model-none json 404 /api/v1/jobs "{\"kind\": \"classify-pictures\", \"model\": \"m9\", \"pictures\": [\"$id\"]}"
check kind-none json 400 /api/v1/jobs '{"kind": "x"}'
check job-none api 404 /api/v1/jobs/abc
# a PNG of 100 MB that says 30000 x 30000 pixels and holds none of them
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\165\060\0\0\165\060\010\002\0\0\0' >"$scratch/bomb.png"
check picture-bomb api 413 /api/v1/pictures -F "f=@$scratch/bomb.png"
head -c 2000 "$picture" >"$scratch/cut.png"
check picture-cut api 422 /api/v1/pictures -F "f=@$scratch/cut.png"
: >"$scratch/empty.png"
check picture-empty api 422 /api/v1/pictures -F "f=@$scratch/empty.png"
check picture-none-sent api 400 /api/v1/pictures -F "a=b"

# ---- Recordings ----

check recordings api 200 /api/v1/recordings
r=$(field '.recordings[0].recording')
check recording api 200 "/api/v1/recordings/$r"
check_json recording-facts '.duration_s == 4 and .channels[0].unit == "uV" and (has("patient") | not)' "$scratch/answer"
bytes() { # N PATH
    api 200 "$2" || return 1
    n=$(wc -c <"$scratch/answer")
    if [ "$n" != "$1" ]; then
        echo "$n bytes" >&2
        return 1
    fi
}
rate=$(api 200 "/api/v1/recordings/$r" && field '.channels[0].rate_hz')
check trace-columns bytes 832 "/api/v1/recordings/$r/trace?from=0&duration=4&columns=100"
check trace-samples bytes "$((32 + 4 * rate / 1000))" "/api/v1/recordings/$r/trace?from=1&duration=0.001"
check trace-filtered api 200 "/api/v1/recordings/$r/trace?from=1&duration=0.1&highpass=20&lowpass=3000&notch=50"
check trace-outside api 400 "/api/v1/recordings/$r/trace?from=5"
check trace-no-number api 400 "/api/v1/recordings/$r/trace?from=abc"
check trace-columns-over api 400 "/api/v1/recordings/$r/trace?columns=99999999"
check trace-channel api 400 "/api/v1/recordings/$r/trace?channel=7"
check sound bytes 192000 "/api/v1/recordings/$r/sound?from=1&duration=1"
check discharges api 200 "/api/v1/recordings/$r/discharges?from=0&duration=4"
check_json discharges-trains '(.discharges | length) == ([.trains[].n] | add)' "$scratch/answer"
check discharges-long api 400 "/api/v1/recordings/$r/discharges?duration=61"
check opinion api 200 "/api/v1/recordings/$r/opinion?from=0.5&duration=0.1"
check_json opinion-rules '.opinion | (.points_to | length) > 0 and has("findings")' "$scratch/answer"
check recording-none api 404 /api/v1/recordings/0123456789abcdef/trace
check recording-path api 404 "/api/v1/recordings/..%2f..%2fetc%2fpasswd"
check windows job "{\"kind\": \"classify-recording\", \"model\": \"m2\", \"recording\": \"$r\"}"
check_json windows-all '.state == "done" and (.result.windows | length) == 79 and .result.window_ms == 100' "$scratch/answer"
windows=$(field .job)
check windows-channel job "{\"kind\": \"classify-recording\", \"model\": \"m2\", \"recording\": \"$r\", \"channel\": 4}"
check_json windows-channel-why '.state == "failed" and (.error.message | test("channel"))' "$scratch/answer"

check annotate json 201 "/api/v1/recordings/$r/annotations" '{"onset_s": 1.5, "duration_s": 0.25, "label": "Fibs, \"sure\"", "text": "note"}'
mine=$(field .annotation)
check annotate-outside json 400 "/api/v1/recordings/$r/annotations" '{"onset_s": 99, "label": "Fibs"}'
check annotate-strict json 400 "/api/v1/recordings/$r/annotations" '{"onset_s": 1, "label": "Fibs", "more": 1}'
check annotate-lines json 400 "/api/v1/recordings/$r/annotations" '{"onset_s": 1, "label": "a\nb"}'
check json-damaged json 422 "/api/v1/recordings/$r/annotations" '{"onset_s": 1, '
check json-deep json 422 "/api/v1/recordings/$r/annotations" "$(printf '[%.0s' $(seq 5000))"
check json-type api 415 "/api/v1/recordings/$r/annotations" -H 'Content-Type: text/plain' --data '{"onset_s": 1}'
head -c 300000 /dev/zero >"$scratch/zeros"
check json-large api 413 "/api/v1/recordings/$r/annotations" -H 'Content-Type: application/json' --data-binary "@$scratch/zeros"
check annotations api 200 "/api/v1/recordings/$r/annotations"
check_json annotations-mine '.own[0].label == "Fibs, \"sure\"" and (.own[0].author | length) > 0' "$scratch/answer"

check export-csv api 200 "/api/v1/recordings/$r/export?format=csv&job=$windows"
check export-csv-lines grep -q '^1.5,0.25,,"Fibs, ""sure""","note",person,' "$scratch/answer"
check export-csv-model grep -q ',model,' "$scratch/answer"
check export-audacity api 200 "/api/v1/recordings/$r/export?format=audacity"
check export-audacity-line grep -q "$(printf '^1.500000\t1.750000\tFibs')" "$scratch/answer"
check export-labelstudio api 200 "/api/v1/recordings/$r/export?format=labelstudio"
check_json export-labelstudio-region '[.[0].annotations[0].result[].value | select(.start == 1.5)][0].end == 1.75' "$scratch/answer"
check export-edf api 200 "/api/v1/recordings/$r/export?format=edf"
cp "$scratch/answer" "$scratch/export.edf"
"$nemg" info --json "$scratch/export.edf" >"$scratch/info" 2>/dev/null
check_json export-edf-reads '.recordings[0] | .duration_s == 4 and .annotations.labels["Fibs, \"sure\""] == 1 and .patient == null' "$scratch/info"
check export-wfdb api 200 "/api/v1/recordings/$r/export?format=wfdb"
mkdir "$scratch/wfdb" && tar -xf "$scratch/answer" -C "$scratch/wfdb"
"$nemg" info --json "$scratch/wfdb/recording.hea" >"$scratch/info" 2>/dev/null
check_json export-wfdb-reads '.recordings[0].annotations.labels["Fibs, \"sure\""] == 1' "$scratch/info"
check export-format api 400 "/api/v1/recordings/$r/export?format=xls"
check annotation-deleted api 204 "/api/v1/recordings/$r/annotations/$mine" -X DELETE
check annotation-deleted-once api 404 "/api/v1/recordings/$r/annotations/$mine" -X DELETE

# ---- What is sent ----

check sent api 201 /api/v1/recordings -F "f=@$header" -F "f=@$record.dat" -F "f=@$record.atr"
sent=$(field .recording)
api 200 "/api/v1/recordings/$r/trace?from=0&duration=4&columns=500" && cp "$scratch/answer" "$scratch/here"
check sent-trace api 200 "/api/v1/recordings/$sent/trace?from=0&duration=4&columns=500"
check sent-trace-same cmp "$scratch/here" "$scratch/answer"
check sent-windows job "{\"kind\": \"classify-recording\", \"model\": \"m2\", \"recording\": \"$sent\"}"
check_json sent-windows-done '.state == "done"' "$scratch/answer"
check sent-header-only api 500 /api/v1/recordings -F "f=@$header"
check sent-two api 400 /api/v1/recordings -F "f=@$header" -F "f=@$header;filename=b.hea"
check sent-garbage api 422 /api/v1/recordings -F "f=@$0"
check sent-refers-elsewhere api 422 /api/v1/recordings -F "f=@-;filename=x.hea" <<EOF
x 1 1000 4
/etc/passwd 16 1 16 0 0 0 0 EMG
EOF
head -c 9000000 /dev/zero >"$scratch/nine"
check sent-large api 413 /api/v1/recordings -F "f=@$scratch/nine"
check sent-chunked api 411 /api/v1/recordings -H 'Transfer-Encoding: chunked' -F "f=@$header"
check sent-no-boundary api 400 /api/v1/recordings -H 'Content-Type: multipart/form-data' --data x
check sent-damaged api 400 /api/v1/recordings -H 'Content-Type: multipart/form-data; boundary=a' --data 'no parts at all'
check sent-type api 415 /api/v1/recordings -H 'Content-Type: application/json' --data '{}'
port=${at##*:}
# a client that says much and sends little is closed when it leaves, and nothing stays of it
(printf 'POST /api/v1/recordings HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=a\r\nContent-Length: 4000000\r\n\r\n--a\r\nContent-Disposition: form-data; name="f"; filename="x.edf"\r\n\r\nabc' \
    "$port" "$token"; sleep 1) | curl -s --max-time 2 "telnet://127.0.0.1:$port" >/dev/null 2>&1
gone() {
    for _ in $(seq 50); do
        [ -z "$(find "$TMPDIR" -name 'x.edf')" ] && return 0
        sleep 0.1
    done
    return 1
}
check sent-cut-is-removed gone
headers_over() {
    set --
    for i in $(seq 80); do set -- "$@" -H "X-$i: a"; done
    api 431 /api/v1/status "$@"
}
check headers-many headers_over
check alive api 200 /api/v1/status

# ---- Events, and the end ----

events() {
    (curl -sN --max-time 3 -H "Authorization: Bearer $token" "$at/api/v1/events" >"$scratch/events" || true) &
    listener=$!
    sleep 0.5
    job "{\"kind\": \"classify-recording\", \"model\": \"m2\", \"recording\": \"$r\"}"
    wait "$listener"
    grep -q '^event: job' "$scratch/events" && grep -q '"state":"done"' "$scratch/events"
}
check events events
if grep -qE 'a000|lab|Hea|p01' "$scratch/log"; then failed no-names-in-log "$(cat "$scratch/log")"; else ok no-names-in-log; fi
stop
if [ "$status" = 0 ]; then ok stops; else failed stops "status $status: $(cat "$scratch/log")"; fi
if [ -z "$(ls -A "$TMPDIR")" ]; then ok leaves-nothing; else failed leaves-nothing "$(find "$TMPDIR")"; fi

# stopped in the middle of work, with a stream open
start --model "$scratch/s/model" --recordings "$scratch/lab"
api 200 /api/v1/recordings && r=$(field '.recordings[0].recording')
curl -sN --max-time 20 -H "Authorization: Bearer $token" "$at/api/v1/events" >/dev/null &
for _ in 1 2 3 4 5; do
    json 202 /api/v1/jobs "{\"kind\": \"classify-recording\", \"model\": \"m1\", \"recording\": \"$r\", \"hop_ms\": 0.2}"
done
stop
if [ "$status" = 0 ]; then ok stops-in-work; else failed stops-in-work "status $status: $(cat "$scratch/log")"; fi

# ---- Similar examples of a damaged file, of a data set made anew, of another one ----

# asks: a job for what is like a picture, at its end
asks() {
    api 200 /api/v1/pictures -F "f=@$picture" &&
        job "{\"kind\": \"similar-examples\", \"model\": \"m1\", \"picture\": \"$(field '.pictures[0].picture')\"}"
}
kept=$(find "$scratch/set/features" -name 'nearest-train.data*')
check similar-examples-are-kept test -s "$kept"
head -c 100 "$kept" >"$kept.cut" && mv "$kept.cut" "$kept"
start --model "$scratch/p/model"
check similar-of-damaged asks
check_json similar-of-damaged-anew '.state == "done" and (.result.examples | length) == 6' "$scratch/answer"
stop
check set-made-anew "$nemg" dataset build --images "$scratch/pictures" --manifest "$scratch/pictures/manifest.csv" \
    --out "$scratch/set" --validation 0.34 --seed 9 --force --quiet
start --model "$scratch/p/model"
check similar-of-other-set asks
check_json similar-of-other-set-refused '.state == "failed" and (.error.message | test("made anew"))' "$scratch/answer"
stop
start --model "$scratch/p/model" --dataset "$scratch/set"
check similar-of-named-set asks
check_json similar-of-named-set-told '.state == "done" and (.result.is_own | not)' "$scratch/answer"
stop

# ---- What it does not start with ----

refuses network-without-tls 2 'certificate' "$nemg" serve --address 0.0.0.0
refuses address-none 2 'no address' "$nemg" serve --address 127.0.0.x
refuses model-missing 1 'model.json' "$nemg" serve --model "$scratch/nothing"
refuses recordings-missing 1 'no folder' "$nemg" serve --recordings "$scratch/nothing"
echo "this is some text, which is not a database of SQLite at all" >"$scratch/text.nemg"
refuses project-garbage 1 'no project file' "$nemg" serve --project "$scratch/text.nemg"
if command -v openssl >/dev/null &&
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/key.pem" -out "$scratch/cert.pem" -days 2 -subj /CN=localhost 2>/dev/null; then
    start --address 127.0.0.1 --certificate "$scratch/cert.pem" --key "$scratch/key.pem"
    case $at in https://*) ok tls-address ;; *) failed tls-address "$at $(cat "$scratch/log")" ;; esac
    check tls api 200 /api/v1/status
    stop
fi
finish
