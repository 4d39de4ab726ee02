# Prints what a builder can see, without what differs from build to build. $busybox is the path of busybox, under that name.
b=$busybox
p() { echo "== $*"; }
p identity; $b id -u; $b id -g; $b id -G; $b cat /proc/self/uid_map /proc/self/gid_map | $b awk '{print $1, $3}'; $b cat /proc/self/setgroups
p process; echo $$; $b cut -d' ' -f4-7 /proc/1/stat | $b awk '{print $1, $2, $3}'; umask; $b readlink /proc/1/cwd
p status; $b grep -E '^(NoNewPrivs|Seccomp|Cap|Sig(Q|Pnd|Blk|Ign|Cgt)|ShdPnd|Groups|Umask|Threads)' /proc/self/status | $b sed 's/^SigQ.*/SigQ/; s/^SigCgt.*/SigCgt/; s/^Cap\(Bnd\|Inh\).*/Cap\1/'
p limits; $b cut -c1-70 /proc/self/limits | $b grep -E -v 'open files|pending|processes'
p environment; $b env | $b sort | $b grep -v -E '^(busybox|script|out|builder|_)='
p names; $b cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname; $b uname -s; $b uname -m
p personality; $b cat /proc/self/personality
p network; $b ip addr | $b grep -o -E '^[0-9]+: [^:]*: <[^>]*>|inet6? [^ ]*'
p descriptors; for f in 0 1 2 3 4 9; do $b readlink /proc/1/fd/$f; done | $b grep -v pipe: | $b sed 's/pts\/[0-9]*/pts\/N/'; test -t 1 && echo terminal; test -t 0 && echo terminal 0
p terminal; $b stty -a <&1 | $b grep -v -E 'speed|rows'
p tree; for d in / /dev /dev/pts /dev/shm /etc /build /tmp /bin /nix /sys; do echo "$d:"; $b ls -lan $d 2>&1 | $b awk 'NR > 1 {print $1, $3, $4, $9, $10, $11}' | $b grep -v ' \.\. *$'; done
p store; $b ls /nix/store | $b cut -c34- | $b sort; $b stat -c '%a %u %g' /nix/store
p files; for f in passwd group hosts nsswitch.conf; do echo "$f:"; $b cat /etc/$f 2>&1; done
p mounts; $b awk '{print $5, $9, $10}' /proc/self/mountinfo | $b sed 's/ [^ ]*\/dev\/[^ ]*/ DEVICE/; s/^\/nix\/store\/[a-z0-9]*-/\/nix\/store\/HASH-/; s/shared:[0-9]*//' | $b awk '{print $1}' | $b sort
p writing; for f in / /etc /nix/store /dev /bin /build /tmp /proc; do (: > $f/probe) 2>/dev/null && echo "$f writable" && $b rm -f $f/probe; done
p setuid; : > /build/f; $b chmod 4755 /build/f 2>&1 | $b sed 's/.*: //'; $b chmod 2755 /build/f 2>&1 | $b sed 's/.*: //'; $b stat -c %a /build/f
p processes; $b ls /proc | $b grep -c '^[0-9]'
p devices; $b stat -c '%n %F %t %T %a' /dev/full /dev/null /dev/random /dev/urandom /dev/zero /dev/tty; $b mknod /build/n c 1 3 2>&1 | $b sed 's/.*: //'
p clock; $b stat -c %Y $busybox; $b date +%Z
