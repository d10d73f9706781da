package sandbox

import (
	"os"
	"strings"
)

// shared is what programs read of a system, and what is no secret: libraries, data that belongs to programs, how names and
// certificates are found, and what the system says of itself and of the process. Of /etc and /proc only what is listed here:
// both hold secrets of root, and the arguments of other processes.
const shared = `
	/lib /lib32 /lib64 /usr/lib /usr/lib32 /usr/lib64 /usr/libexec /usr/share /usr/local/lib /usr/local/lib64 /usr/local/share
	/nix/store /gnu/store
	/etc/ld.so.cache /etc/ld.so.preload /etc/ld.so.conf /etc/ld.so.conf.d /etc/ld-musl-x86_64.path /etc/ld-musl-aarch64.path
	/etc/alternatives /etc/passwd /etc/group /etc/nsswitch.conf /etc/localtime /etc/timezone /etc/os-release /etc/locale.conf
	/etc/hosts /etc/host.conf /etc/gai.conf /etc/resolv.conf /etc/services /etc/protocols /etc/mime.types /etc/fonts
	/run/systemd/resolve /run/NetworkManager/resolv.conf /run/resolvconf
	/etc/ssl/certs /etc/ssl/openssl.cnf /etc/ssl/cert.pem /etc/pki/tls/certs /etc/pki/tls/openssl.cnf /etc/pki/ca-trust
	/etc/ca-certificates /etc/ca-certificates.conf /etc/crypto-policies
	/dev/zero /dev/full /dev/random /dev/urandom
	/proc/self /proc/cpuinfo /proc/meminfo /proc/stat /proc/version /proc/version_signature /proc/uptime /proc/loadavg
	/proc/filesystems /proc/sys/kernel /proc/sys/vm/overcommit_memory /proc/sys/vm/max_map_count /proc/sys/fs/pipe-max-size
	/sys/fs/cgroup /sys/devices/system/cpu /sys/kernel/mm/transparent_hugepage
`

// System returns what every program may read and write of the system it runs on, as far as it is there. No program lies in
// it.
func System() (read, write []string) {
	return existing(strings.Fields(shared)...), existing("/dev/null")
}

// existing returns the paths that are there.
func existing(paths ...string) []string {
	var all []string
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			all = append(all, path)
		}
	}
	return all
}
