#!/usr/bin/env bash
# What a REGISTER and a call cost the server, beside Kamailio as registrar and as record-routing proxy, in one run on one machine.
# Usage: conformance/interop/load.sh [SECONDS]   (10 by default for each measurement; needs sipp, kamailio and two cores)
# The server and Kamailio have one core, SIPp the other. The status is not 0 if a transaction was lost or a ratio is above its target.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
registers_per_second=${REGISTERS_PER_SECOND:-2000}
calls_per_second=${CALLS_PER_SECOND:-300}
users=600
most_per_register=1.0 # of what Kamailio needs
most_per_call=2.0
server_port=17200 kamailio_port=17300 uas_port=17400 sipp_port=17500
out=$(mktemp -d)
running=()
# shellcheck disable=SC2317
clean_up() {
    local pid
    for pid in "${running[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    pkill -KILL -f "$out" 2>/dev/null || true
    rm -rf "$out"
}
trap clean_up EXIT

# Processor time of a process and its children so far, in microseconds.
cpu_us() {
    local pid ticks total=0
    for pid in "$1" $(pgrep -P "$1" || true); do
        ticks=$(awk '{print $14 + $15}' "/proc/$pid/stat")
        total=$((total + ticks))
    done
    echo $((total * 1000000 / $(getconf CLK_TCK)))
}

# The scenarios of one client become those of many: who it is comes from a file.
for scenario in register settings affiliate call; do
    sed -e 's/\[user\]/[field0]/g; s/\[client\]/[field1]/g; s/\[group\]/[field2]/g' \
        -e '/<action>/,/<\/action>/d; /<Reference/d; /<pause/d' -e 's/\(<recv response="200"[^>]*[^/]\)>$/\1\/>/; /<\/recv>/d' \
        "$scenario.xml" >"$out/$scenario.xml"
done
{
    echo SEQUENTIAL
    for n in $(seq "$users"); do
        printf 'sip:u%d@mc.example.org;urn:uuid:00000000-0000-4000-8000-%012d;sip:g%d@mc.example.org\n' "$n" "$n" "$n"
    done
} >"$out/users.csv"
binary=${MCPTT_SERVER:-../../target/release/mcptt-server}
[ -x "$binary" ] || (cd ../.. && cargo build --release --bin mcptt-server)
{
    "$binary" config | sed -e '/^\[\[user\]\]/,$d' -e "s/127.0.0.1:5060/127.0.0.1:$server_port/; s/127.0.0.1:5062/127.0.0.1:$((server_port + 2))/" \
        -e '/^\[media\]/,/^\[registration\]/ { s/^audio-ports = .*/audio-ports = [20000, 23999]/; s/^floor-ports = .*/floor-ports = [24000, 25999]/ }'
    for n in $(seq "$users"); do
        printf '[[user]]\nmcptt-id = "sip:u%d@mc.example.org"\n\n' "$n"
        printf '[[group]]\nid = "sip:g%d@mc.example.org"\nprotect-media = false\nmembers = [{ mcptt-id = "sip:u%d@mc.example.org" }, { mcptt-id = "sip:u%d@mc.example.org" }]\n\n' \
            "$n" "$n" $((n % users + 1))
    done
} >"$out/mcptt.toml"

drive() { # drive ADDRESS SCENARIO ARGUMENTS...
    local address=$1 scenario=$2
    shift 2
    if ! taskset -c 1 sipp "$address" -sf "$out/$scenario.xml" -inf "$out/users.csv" -i 127.0.0.1 -p "$sipp_port" -mp 30000 \
        -key floor_port 30002 -nostdin -timeout 120 -timeout_error -buff_size 8000000 "$@" >"$out/sipp.log" 2>&1; then
        tail -n 40 "$out/sipp.log"
        echo "FAILED: $scenario towards $address lost a transaction"
        exit 1
    fi
}

# measure NAME PID ADDRESS SCENARIO RATE: sets the variable NAME to the microseconds of processor time for each.
measure() {
    local before after count=$(($5 * seconds))
    before=$(cpu_us "$2")
    drive "$3" "$4" -r "$5" -m "$count" -l 2000
    after=$(cpu_us "$2")
    printf -v "$1" '%s' "$(((after - before) / count))"
    printf '%-22s %6d/s, %6d in all: %4d us each\n' "$1" "$5" "$count" "${!1}"
}

taskset -c 0 "$binary" serve --config "$out/mcptt.toml" --log warn 2>"$out/server.log" &
server=$!
running+=("$server")
sleep 1
for scenario in register settings affiliate; do drive "127.0.0.1:$server_port" "$scenario" -r 200 -m "$users"; done
measure our_register "$server" "127.0.0.1:$server_port" register "$registers_per_second"
measure our_call "$server" "127.0.0.1:$server_port" call "$calls_per_second"
kill "$server"
wait "$server" || true

start_kamailio() { # start_kamailio CONFIGURATION
    sed "s/SERVER/127.0.0.1:$uas_port/" "$1" >"$out/$1"
    taskset -c 0 kamailio -DD -E -m 128 -M 16 -l "udp:127.0.0.1:$kamailio_port" -f "$out/$1" -Y "$out" >"$out/kamailio.log" 2>&1 &
    proxy=$!
    running+=("$proxy")
    sleep 2
}
start_kamailio kamailio-registrar.cfg
measure kamailio_register "$proxy" "127.0.0.1:$kamailio_port" register "$registers_per_second"
kill "$proxy"
wait "$proxy" || true
start_kamailio kamailio.cfg
taskset -c 1 sipp -sf answer.xml -i 127.0.0.1 -p "$uas_port" -nostdin -buff_size 8000000 >/dev/null 2>&1 &
running+=("$!")
measure kamailio_call "$proxy" "127.0.0.1:$kamailio_port" call "$calls_per_second"
kill "$proxy"

awk -v r="$our_register" -v kr="$kamailio_register" -v c="$our_call" -v kc="$kamailio_call" -v mr="$most_per_register" -v mc="$most_per_call" 'BEGIN {
    printf "REGISTER: %.2f of what Kamailio needs, target at most %.1f\ncall: %.2f of what Kamailio needs, target at most %.1f\n", r / kr, mr, c / kc, mc
    exit !(r / kr <= mr && c / kc <= mc)
}'
