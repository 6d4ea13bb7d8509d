#!/bin/busybox sh
# shellcheck shell=dash
# init.sh: the first process of an emulated machine (emulate.sh): runs each line of /commands in /place, says which
# failed, and switches the machine off.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
place=$(cat /place)
export PATH="/bin:$place" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
grep -m1 'model name' /proc/cpuinfo
while read -r command; do
    echo "emulated: $command"
    sh -c "$command" </dev/null || echo "emulated: FAILED $command"
done </commands
echo "emulated: all ran, in $(cut -d ' ' -f 1 /proc/uptime) s of its own clock"
sleep 2 # until the serial line has sent it
poweroff -f
